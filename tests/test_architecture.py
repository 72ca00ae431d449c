"""Holds the floors: a file imports only from floors below its own, or from its own folder."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nbdock"
FLOORS = ["errors", "oci", "__init__"]
IMPURE = {"httpx", "os", "pathlib", "socket", "subprocess", "io", "tempfile"}
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def floor(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = floor(path)
    for name in imports(path):
        if name.startswith("nbdock."):
            other = name.split(".")[1]
            assert other == own or FLOORS.index(other) < FLOORS.index(own), f"{own} imports {other} in {path.name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "oci").rglob("*.py")), ids=lambda path: path.name)
def test_the_words_do_no_input_or_output(path: Path) -> None:
    assert not imports(path) & IMPURE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
