"""Holds the floors: a file imports only from floors below its own, or from its own folder. Siblings share a line."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nbdock"
FLOORS = [
    {"errors", "human"},
    {"oci"},
    {"task"},
    {"progress", "places"},
    {"contents"},
    {"registry", "store", "copying"},
    {"dock", "server"},
    {"demo", "docker"},
    {"bars", "frames"},
    {"grammar"},
    {"commands"},
    {"plots", "widgets"},
    {"api"},
    {"jupyter", "__main__"},
    {"__init__"},
]
HEIGHT = {name: height for height, names in enumerate(FLOORS) for name in names}
PURE = {"oci", "contents", "human", "task", "places"}
IMPURE = {"httpx", "os", "pathlib", "socket", "subprocess", "io", "tempfile"}
ROOMS = {
    "pandas": {"frames", "api", "widgets", "plots"},
    "IPython": {"jupyter", "widgets"},
    "anywidget": {"widgets"},
    "ipywidgets": {"bars", "widgets"},
    "nbclient": {"demo"},
    "httpx": {"registry"},
    "tornado": {"server"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def floor(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "nbdock" else [module]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_down(path: Path) -> None:
    own = floor(path)
    for module in imports(path):
        package, _, rest = module.partition(".")
        other = rest.split(".")[0]
        if package == "nbdock" and other in HEIGHT and other != own:
            assert HEIGHT[other] < HEIGHT[own], f"{own} imports {other} in {name(path)}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_library_stays_in_its_rooms(path: Path) -> None:
    for module in imports(path):
        rooms = ROOMS.get(module.split(".")[0])
        assert rooms is None or floor(path) in rooms, f"{module} in {name(path)}"


@pytest.mark.parametrize("path", [path for path in FILES if floor(path) in PURE], ids=name)
def test_the_words_do_no_input_or_output(path: Path) -> None:
    assert not {module.split(".")[0] for module in imports(path)} & IMPURE


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_environment_is_read_at_the_door(path: Path) -> None:
    if floor(path) not in {"demo", "jupyter", "widgets", "__main__"} and name(path) != "dock/dock.py":
        assert not re.search(r"\bos\.environ|getenv", path.read_text())


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
