"""The notebooks and the pages import public names only."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import nbdock

ROOT = Path(__file__).parent.parent.parent
PAGES = [*ROOT.glob("notebooks/**/*.ipynb"), *ROOT.glob("docs/*.md"), ROOT / "README.md"]
MODULES = {
    "nbdock",
    "nbdock.course",
    "nbdock.course.korean",
    "nbdock.demo",
    "nbdock.errors",
    "nbdock.plots",
    "nbdock.widgets",
}


def code(path: Path) -> Iterator[str]:
    """The Python of a notebook or a page, without its magics."""
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text())["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        blocks = [source for source in sources if not source.startswith("%%")]  # the rest of such a cell is no Python
    else:
        blocks = re.findall(r"^```python\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    for block in blocks:
        yield re.sub(r"^(\s*)(?:[\w, ]+=\s*)?%.*$", r"\1pass", block, flags=re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_public_names_are_imported(path: Path) -> None:
    for node in (node for block in code(path) for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names if alias.name.startswith("nbdock")}
            assert names <= MODULES
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nbdock"):
            assert node.module in MODULES
            public = nbdock.__all__ if node.module == "nbdock" else dir(import_module(node.module))
            assert {alias.name for alias in node.names} <= set(public)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "nbdock":
            assert node.attr in nbdock.__all__
