from datetime import UTC, datetime, timedelta

import pytest

from nbdock.docker import moments
from nbdock.errors import UsageError

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

MOMENTS = [
    ("2006-01-02T15:04:05.999999999+07:00", 1136189045.999999),
    ("2006-01-02T15:04:05.999999999Z", 1136214245.999999),
    ("2006-01-02T15:04:05Z", 1136214245),
    ("2006-01-02T15:04Z", 1136214240),
    ("2006-01-02T15:04-00:00", 1136214240),
    ("2006-01-02T15Z", 1136214000),
    ("2006-01-02T15+00:00", 1136214000),
    ("2006-01-02T1Z", 1136163600),
    ("2006-01-02+00:00", 1136160000),
    ("2006-01-02-00:01", 1136160060),
    ("2006-01-02Z", 1136160000),
    ("1136073600", 1136073600),
    ("1136073600.000001", 1136073600.000001),
    ("0", 0),
]


@pytest.mark.parametrize(("text", "seconds"), MOMENTS)
def test_moments_are_those_of_moby(text: str, seconds: float) -> None:
    found = moments.parse(text, NOW)
    assert (found.tzinfo, found.timestamp()) == (UTC, seconds)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2006-01-02T15:04:05.5", (15, 4, 5, 500_000)),
        ("2006-01-02T15:04:05", (15, 4, 5)),
        ("2006-01-02T15:04", (15, 4)),
        ("2006-01-02T15", (15,)),
        ("2006-01-02", ()),
    ],
)
def test_a_time_without_a_zone_is_local(text: str, parts: tuple[int, ...]) -> None:
    assert moments.parse(text, NOW) == datetime(2006, 1, 2, *parts).astimezone()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("10m", 10), ("1.5h", 90), ("1h30m", 90), ("240h", 240 * 60), ("90s", 1.5), ("1m30000ms", 1.5), ("-5m", -5)],
)
def test_durations_are_counted_back_from_now(text: str, minutes: float) -> None:
    assert moments.parse(text, NOW) == NOW - timedelta(minutes=minutes)


REFUSED = """
invalid 10minutes 1d 5_m 2006-01-02T15:04:0Z 2006-01-02T15:0 2006-01-02T 2006-13-01 2006-02-30 06-01-02 foo.bar
1136073600.bar 99999999999999999999 2006-01-02T15:04:05+99:00 9999999999999h h 1h30 2006-01-02z
""".split()


@pytest.mark.parametrize("text", [*REFUSED, "", "10m\n", "١٠m", "1" * 5000])
def test_what_is_no_moment_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        moments.parse(text, NOW)
    assert str(refusal.value).startswith(f'failed to parse value as time or duration: "{text[:100]}')
    assert "24h" in refusal.value.hint
