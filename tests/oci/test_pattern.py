"""Patterns of names, as in Go's path.Match."""

from __future__ import annotations

import warnings

import pytest

from nbdock.errors import UsageError
from nbdock.oci.pattern import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("h*d", "httpd"),
        ("*/httpd", "library/httpd"),
        ("*:2*4", "httpd:2.2.4"),
        ("**", "httpd"),
        ("h?tpd", "httpd"),
        ("[^a-c]ttpd", "httpd"),
        (r"[\d]", "d"),
        (r"\*", "*"),
        ("[a&&b]", "&"),
        ("[[a]", "["),
    ],
)
def test_what_matches(pattern: str, text: str) -> None:
    with warnings.catch_warnings(action="error"):  # Python's of sets that it may read in another way some day
        assert compile_pattern(pattern).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "text"), [("*", "library/httpd"), ("h?d", "h/d"), (r"[\d]", "5"), ("[^a-c]ttpd", "bttpd"), ("*a", "ab")]
)
def test_what_does_not_match(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern).fullmatch(text)


@pytest.mark.parametrize("pattern", ["[", "[]", "[^]", "\\", "[c-a]"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(UsageError, match="syntax error in pattern"):
        compile_pattern(pattern)


def test_many_stars_cost_no_more_than_one() -> None:
    assert not compile_pattern("*a" * 50 + "*b").fullmatch("a" * 255)
