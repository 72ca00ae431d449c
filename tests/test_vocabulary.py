"""Holds docs/vocabulary.md: words that it replaced are no part of the names of modules, classes and functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "nbdock").rglob("*.py"))
PAGE = (ROOT / "docs" / "vocabulary.md").read_text()


def replaced(page: str) -> set[str]:
    """The words in `code` of the third column."""
    rows = (re.split(r"(?<!\\)\|", line) for line in page.splitlines() if line.startswith("| **"))
    return {word for row in rows if len(row) > 4 for word in re.findall(r"`(\w+)`", row[3])}


def words(name: str) -> Iterator[str]:
    """The words of an identifier: `_send_all` has send and all, `APIError` has API and Error."""
    return iter(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name))


def names(source: str) -> Iterator[str]:
    """The classes and functions that the source defines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def forbidden(name: str) -> set[str]:
    """The replaced words in an identifier. Lower-case ones are found in class names too."""
    return {word for each in words(name) for word in (each, each.lower())} & replaced(PAGE)


def test_the_page_names_words_to_look_for() -> None:
    assert {"document", "foreign", "Call", "Answer", "spelled"} <= replaced(PAGE)


@pytest.mark.parametrize("name", ["ForeignLayer", "is_document", "_drop", "forget_all", "CallContext"])
def test_a_replaced_word_is_found(name: str) -> None:
    assert forbidden(name)


@pytest.mark.parametrize("name", ["documents", "call", "_answers", "callback", "Callable", "wholly"])
def test_another_word_is_not(name: str) -> None:
    assert not forbidden(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_follow_the_vocabulary(path: Path) -> None:
    found = {name: forbidden(name) for name in (path.stem, *names(path.read_text()))}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
