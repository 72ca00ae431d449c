"""What a survey is about: names, patterns, ranges of versions, and the newest."""

from __future__ import annotations

import pytest

from nbdock.errors import UsageError
from nbdock.oci.reference import Reference
from nbdock.surveys.choosing import Chosen, Repositories, Repository, parse

TAGS = ["latest", "4", "3.12-slim", "3.11.2", "3.10", "3.9", "edge"]
HIDDEN = f"sha256-{'a' * 64}.sig"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], TAGS),
        (["all"], TAGS),
        (["3.*"], ["3.12-slim", "3.11.2", "3.10", "3.9"]),
        ([">=3.10,<3.12"], ["3.11.2", "3.10"]),
        (["2"], ["latest", "4"]),
        (["3.*", "1"], ["3.12-slim"]),
        ([">3", "3.*", "2"], ["3.12-slim", "3.11.2"]),
    ],
)
def test_tags_are_chosen_by_patterns_ranges_and_age(texts: list[str], expected: list[str]) -> None:
    assert Chosen.parse(texts).of([*reversed(TAGS), HIDDEN]) == expected


@pytest.mark.parametrize("text", [">=", ">=x", ">1,,<2", "<3.10;"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="invalid range of versions"):
        Chosen.parse([text])


def test_a_name_with_a_tag_is_that_one() -> None:
    assert parse("httpd:2.4", ["9.*"]) == Reference.parse("httpd:2.4")


def test_a_name_without_a_tag_is_all_chosen_ones() -> None:
    assert parse("httpd", ["2.*"]) == Repository(Reference.parse("httpd"), Chosen("2.*"))


def test_a_pattern_may_be_of_tags_and_of_repositories() -> None:
    assert parse("localhost:5000/team/app:1.*") == Repository(Reference.parse("localhost:5000/team/app"), Chosen("1.*"))
    assert parse("localhost:5000/team/*:1.*") == Repositories("localhost:5000", "team/*", Chosen("1.*"))
    assert parse("localhost:5000/") == Repositories("localhost:5000", "*", Chosen())
    assert parse("library/*") == Repositories("docker.io", "library/*", Chosen())


def test_names_of_a_catalog_that_are_none_are_counted() -> None:
    names = ["team/app", "Team/App", "x" * 300, "team/app:1.0", "other/app", "team/\x1b[31m"]
    found, others = parse_repositories("localhost:5000/team/*").of(names)
    assert [each.repository for each in found] == ["team/app"]
    assert others == 3


def parse_repositories(text: str) -> Repositories:
    item = parse(text)
    assert isinstance(item, Repositories)
    return item
