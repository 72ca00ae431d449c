import re
from datetime import UTC, datetime, timedelta

import pytest

from nbdock import human

MINUTE, HOUR = 60, 3600
DAY = 24 * HOUR

SIZES = [
    (0, "0B", "0B"),
    (1, "1B", "1B"),
    (640, "640B", "640B"),
    (999, "999B", "999B"),
    (1000, "1kB", "1kB"),
    (1024, "1.02kB", "1.024kB"),
    (72_857_600, "72.9MB", "72.86MB"),
    (1_982_296, "1.98MB", "1.982MB"),
    (416_287_112, "416MB", "416.3MB"),
    (2_300_000_000, "2.3GB", "2.3GB"),
    (5_372 * 10**9, "5.37TB", "5.372TB"),
    (10**27, "1e+03YB", "1000YB"),
]


@pytest.mark.parametrize(("count", "three", "four"), SIZES)
def test_sizes_are_those_of_go_units(count: int, three: str, four: str) -> None:
    assert (human.size(count), human.size(count, 4)) == (three, four)


@pytest.mark.parametrize(("count", "shown"), [(999_499, "999kB"), (999_500, "1MB"), (999_999_999, "1GB")])
def test_a_size_that_rounds_up_takes_the_next_unit(count: int, shown: str) -> None:
    assert human.size(count) == shown


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("2GB", 2 * 10**9), ("2g", 2 * 10**9), ("1.5 kB", 1500), ("2GiB", 2 * 2**30), ("72.9MB", 72_900_000)],
)
def test_a_size_is_read_as_it_is_shown(text: str, count: int) -> None:
    assert human.bytes_of(text) == count


@pytest.mark.parametrize("text", ["", "GB", "-1", "1e9", "2XB", "1.", "٣", "9" * 40])
def test_what_is_no_size_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        human.bytes_of(text)


DURATIONS = [
    (0.45, "Less than a second"),
    (-5, "Less than a second"),
    (1.9, "1 second"),
    (59.9, "59 seconds"),
    (MINUTE, "About a minute"),
    (2 * MINUTE - 1, "About a minute"),
    (35 * MINUTE + 40, "35 minutes"),
    (HOUR - 1, "59 minutes"),
    (HOUR, "About an hour"),
    (HOUR + 29 * MINUTE, "About an hour"),
    (HOUR + 31 * MINUTE, "2 hours"),
    (3 * HOUR + 31 * MINUTE, "4 hours"),
    (36 * HOUR, "36 hours"),
    (2 * DAY, "2 days"),
    (13 * DAY + 5 * HOUR, "13 days"),
    (14 * DAY, "2 weeks"),
    (30 * DAY, "4 weeks"),
    (60 * DAY, "2 months"),
    (23 * 30 * DAY, "23 months"),
    (730 * DAY, "2 years"),
    (3 * 365 * DAY + 60 * DAY, "3 years"),
]


@pytest.mark.parametrize(("seconds", "shown"), DURATIONS)
def test_durations_are_those_of_go_units(seconds: float, shown: str) -> None:
    assert human.duration(seconds) == shown


def test_ages_are_counted_from_now() -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    assert human.ago(now - timedelta(days=15), now) == "2 weeks ago"
    assert human.ago(now + timedelta(days=15), now) == "Less than a second ago"


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("", 5, ""),
        ("abcde", 5, "abcde"),
        ("abcdef", 5, "abcd…"),
        ("도커", 4, "도커"),
        ("도커를", 5, "도커…"),
        ("도커를", 4, "도…"),
        ("é" * 6, 5, "éééé…"),
        ("abc", 1, "…"),
    ],
)
def test_what_does_not_fit_ends_in_an_ellipsis_of_one_column(text: str, columns: int, shown: str) -> None:
    assert human.ellipsis(text, columns) == shown
    assert human.width(shown) <= columns


def test_a_very_long_text_is_cut() -> None:
    assert human.ellipsis("a\u0301" * 10**6, 45) == ("a\u0301" * 22) + "…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 한국어, naïve, 👩‍💻", "plain text, 한국어, naïve, 👩‍💻"),
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("a\tb\nc\rd\x7f\x85\x9b1m", r"a\tb\nc\rd\x7f\x85\x9b1m"),
        ("\u202egnp.exe\u2066\u200f", r"\u202egnp.exe\u2066\u200f"),
        ("a\u2028b\u2029c\ufeff", r"a\u2028b\u2029c\ufeff"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_hostile_text_shows_as_what_it_is(text: str, shown: str) -> None:
    assert human.printable(text) == shown
    assert human.printable(shown) == shown


def test_columns_are_ten_wide_and_three_apart() -> None:
    text = "IMAGE ID\tTAG\tSIZE\n5612a2f73dad\tlat\t6B\n한국어\t\t0B\n"
    assert human.align(text) == (
        "IMAGE ID       TAG       SIZE\n"
        "5612a2f73dad   lat       6B\n"
        "한국어                   0B\n"
    )  # fmt: skip


def test_a_cell_that_is_not_there_costs_nothing() -> None:
    assert human.align("a\tb\tc\nx\n\ny\tz") == "a         b         c\nx\n\ny         z"
