from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, cast

import pandas
import pytest

from nbdock.docker.filters import Filters
from nbdock.errors import UsageError
from nbdock.oci.reference import Reference
from nbdock.places import Image

KEYS = "ancestor before dangling id is-official label label! name reference since stars status until".split()
EAST = timezone(timedelta(hours=1))
OLD, NEW = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


def image(created: datetime | None, dangling: bool = False, names: str = "", **labels: str) -> Image:
    references = [SimpleNamespace(reference=Reference.parse(name)) for name in names.split()]
    return cast(Image, SimpleNamespace(created=created, dangling=dangling, labels=labels, names=references))


IMAGES = (image(OLD, a="b"), image(NEW, a="c"), image(None, dangling=True, c="d"))


def kept(given: object) -> list[int]:
    passed = Filters.read(given, KEYS).images(IMAGES)
    return [number for number, each in enumerate(IMAGES) if each in passed]


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ("dangling=true", {"dangling": True}, [2]),
        ("dangling=0", {"dangling": False}, [0, 1]),
        ("until=2022-01-01T00:00:00Z", {"until": datetime(2022, 1, 1, tzinfo=UTC)}, [0, 2]),
        ("until=2022-01-01", {"until": datetime(2022, 1, 1)}, [0, 2]),
        ("until=2022-01-01", {"until": pandas.Timestamp("2022-01-01")}, [0, 2]),
        ("until=2020-01-01T00:30:00+01:00", {"until": datetime(2020, 1, 1, 0, 30, tzinfo=EAST)}, [2]),
        ("until=2020-01-01T00:30:00Z", {"until": pandas.Timestamp("2020-01-01T00:30", tz="UTC")}, [0, 2]),
        ("label=a", {"label": "a"}, [0, 1]),
        ("label=a=b", {"label": {"a": "b"}}, [0]),
        (["label=a", "label=a=c"], {"label": ["a", "a=c"]}, [1]),
        ("label!=a", {"label!": {"a": None}}, [2]),
        (("label=a", "until=2022-01-01"), [{"label": "a"}, "until=2022-01-01"], [0]),
        ([], {}, [0, 1, 2]),
        ((), None, [0, 1, 2]),
    ],
)  # fmt: skip
def test_text_and_values_mean_the_same(text: object, value: object, passed: list[int]) -> None:
    assert kept(text) == kept(value) == passed


def test_a_reference_is_a_pattern_of_itself() -> None:
    some = image(OLD, names="httpd:2.4 docker.io/library/busybox:1 ghcr.io/httpd:2.4")

    def names(given: object) -> list[str]:
        return [str(each.reference) for each in Filters.read(given, KEYS).names(some) if each.reference]

    assert names({"reference": Reference.parse("httpd:2.4")}) == ["docker.io/library/httpd:2.4"]
    assert names({"reference": ["ht*", Reference.parse("busybox:1")]}) == names(["reference=ht*", "reference=busybox"])
    assert len(names({})) == 3


@pytest.mark.parametrize("value", [3, "3", pandas.Series([1, 3]).max()])
def test_search_results_pass_by_stars_and_by_who_keeps_them(value: object) -> None:
    rows: list[dict[str, Any]] = [{"stars": 2, "official": True}, {"stars": 3, "official": True}]
    rows.append({"stars": 9, "official": False})
    given = Filters.read({"stars": value, "is-official": True}, KEYS)
    assert [given.found(row) for row in rows] == [False, True, False]
    assert [Filters.read(["stars=1", "stars=3"], KEYS).found(row) for row in rows] == [False, True, True]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"until": []}, 'filter "until" takes a datetime or docker\'s text, not list'),
        ({"until": None}, 'filter "until" takes a datetime or docker\'s text, not NoneType'),
        ({"until": 3}, 'filter "until" takes a datetime or docker\'s text, not int'),
        ({"dangling": 1}, 'filter "dangling" takes True, False or docker\'s text, not int'),
        ({"dangling": [True]}, 'filter "dangling" takes True, False or docker\'s text, not list'),
        ({"stars": True}, 'filter "stars" takes a whole number or docker\'s text, not bool'),
        ({"stars": 2.5}, 'filter "stars" takes a whole number or docker\'s text, not float'),
        ({"label": 3}, 'filter "label" takes a mapping of labels or docker\'s text, not int'),
        ({"label": {"a": 3}}, 'label "a" takes text, not int'),
        ({"label": [()]}, "a label is text, or a key and its value"),
        ({"label": [None]}, 'filter "label" takes a mapping of labels or docker\'s text, not NoneType'),
        ({"reference": 3}, 'filter "reference" takes a pattern or a reference, not int'),
        ({"before": IMAGES[0]}, 'filter "before" takes a reference or docker\'s text, not SimpleNamespace'),
        ({"name": Reference.parse("x")}, 'filter "name" takes text, not Reference'),
        ({"status": ["created", {}]}, 'filter "status" takes text, not dict'),
        ({"label": []}, 'filter "label" has no value'),
        ({"bogus": True}, "invalid filter 'bogus'"),
        ({3: True}, "invalid filter '3'"),
        (3, "a filter is text, a list of texts or a mapping, not int"),
        ([None], "a filter is text, a list of texts or a mapping, not NoneType"),
        (pandas.Series(["label=a"]), "a filter is text, a list of texts or a mapping, not Series"),
        ("dangling", "bad format of filter (expected name=value): dangling"),
        ("dangling=maybe", "invalid filter 'dangling=[maybe]'"),
        (["dangling=true", "dangling=0"], "invalid filter 'dangling=[true false]'"),
        (["until=1h", "until=2h"], "more than one until filter specified"),
        ({"until": datetime.min}, 'failed to parse value as time or duration: "0001-01-01 00:00:00"'),
        ({"until": pandas.NaT}, 'failed to parse value as time or duration: "NaT"'),
        ({"stars": -1}, "invalid filter 'stars=-1'"),
        ("stars=" + "9" * 5000, "invalid filter 'stars=9"),
        ("stars=٣", "invalid filter 'stars=٣'"),
        ("status=foo", "invalid filter 'status=foo'"),
        ("reference=[", "syntax error in pattern"),
    ],
)
def test_a_wrong_filter_is_one_clear_error(given: object, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Filters.read(given, KEYS)
    assert str(refusal.value).startswith(message) and refusal.value.hint
