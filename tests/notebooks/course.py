"""The course's notebooks, as its tests read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from nbdock.demo import notebooks

ENGLISH, KOREAN = notebooks.folder() / "01-course.ipynb", notebooks.folder() / "ko" / "01-course.ipynb"
COURSES = {"en": ENGLISH, "ko": KOREAN}


def cells(path: Path) -> list[NotebookNode]:
    return list(nbformat.read(path, 4).cells)


def numbered(path: Path, kind: str) -> dict[int, NotebookNode]:
    """The cells of the exercises, as `yours`, `check` or `help`, by the number of the exercise."""
    found = ((re.fullmatch(rf"exercise-(\d+)-{kind}", cell.id), cell) for cell in cells(path))
    return {int(match[1]): cell for match, cell in found if match}


def answers(path: Path) -> dict[int, str]:
    """The code in the folded answers."""
    fence = re.compile(r"```python\n(.*?)\n```", re.DOTALL)
    return {number: "\n".join(fence.findall(cell.source)) for number, cell in numbered(path, "help").items()}


def said(cell: NotebookNode) -> str:
    """The text of a cell's outputs."""
    outputs = cell.get("outputs", [])
    parts = (output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)
    return "\n".join(parts)


def prose(cell: NotebookNode) -> str:
    """The words of a markdown cell, without code, addresses and tags."""
    return re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|<[^>]*>", " ", cell.source, flags=re.DOTALL)


def spans(cell: NotebookNode) -> list[str]:
    """The code in a markdown cell."""
    return re.findall(r"`([^`\n]+)`", cell.source)


def typed(source: str) -> Iterator[str]:
    """The lines of magics, without their percent signs: `docker pull -q httpd`."""
    return (line for line in re.findall(r"^(?:\w+ = )?%%?(docker .*)$", source, re.MULTILINE))
