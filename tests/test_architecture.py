"""Holds the floors of docs/design.md: a file imports only from floors below its own, or from its own room."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "nbdock"
FLOORS = [
    {"errors", "human"},
    {"oci"},
    {"dockerfile"},
    {"task", "regular", "spool"},
    {"progress", "places", "turns"},
    {"contents", "reading"},
    {"http", "claims"},
    {"archives", "engines", "registry", "store", "copying"},
    {"dock", "server"},
    {"builder", "demo", "docker"},
    {"frames"},
    {"surveys"},
    {"grammar"},
    {"commands"},
    {"plots"},
    {"back"},
    {"widgets", "lab"},
    {"api"},
    {"course", "jupyter", "__main__"},
    {"__init__"},
]
HEIGHT = {name: height for height, names in enumerate(FLOORS) for name in names}
PURE = {"oci", "dockerfile", "contents", "claims", "human", "task", "places"}
IMPURE = {"httpx", "os", "pathlib", "socket", "subprocess", "tempfile"}
HOMES = {
    "distributed": {"surveys"},
    "duckdb": {"dock"},
    "fsspec": {"surveys"},
    "pandas": {"frames", "api", "widgets", "plots"},
    "IPython": {"course", "jupyter", "widgets"},
    "anywidget": {"widgets"},
    "ipywidgets": {"widgets"},
    "nbclient": {"demo"},
    "httpcore": {"http"},
    "httpx": {"engines", "http", "registry"},
    "jupyter_server": {"lab"},
    "tornado": {"lab", "server"},
    "univers": {"contents"},
}
LONGEST_CHAIN = 36
FILES = sorted(PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """What a file imports, late imports and `import_module` with a plain name too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "nbdock" else [module]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
            "import_module",
            "_import_module",
            "__import__",
        ):
            yield from (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_down(path: Path) -> None:
    own = room(path)
    for module in imports(path):
        package, _, rest = str(module).partition(".")
        other = rest.split(".")[0]
        if package == "nbdock" and other in HEIGHT and other != own:
            assert HEIGHT[other] < HEIGHT[own], f"{own} imports {other} in {name(path)}"


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in FILES} == set(HEIGHT)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_library_stays_at_home(path: Path) -> None:
    for module in imports(path):
        homes = HOMES.get(str(module).split(".")[0])
        assert homes is None or room(path) in homes, f"{module} in {name(path)}"


@pytest.mark.parametrize("path", [path for path in FILES if room(path) in PURE], ids=name)
def test_types_of_the_specs_do_no_input_or_output(path: Path) -> None:
    assert not {str(module).split(".")[0] for module in imports(path)} & IMPURE


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_environment_is_read_in_one_place(path: Path) -> None:
    """Settings in `dock/dock.py`; which front end it is, in the rooms that show something there."""
    shows = room(path) in {"demo", "jupyter", "widgets", "__main__"} or name(path) == "plots/figure.py"
    if not shows and name(path) != "dock/dock.py":
        assert not re.search(r"\bos\.environ|getenv", path.read_text())


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", FILES, ids=name)
def test_functions_are_short(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and room(path) != "api":
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
            assert lines <= 32, f"{node.name} in {name(path)} has {lines} lines"


def test_no_chain_of_imports_is_long() -> None:
    chains = dict.fromkeys(FILES, 0)
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}

    def length(path: Path, above: tuple[Path, ...] = ()) -> int:
        if not chains[path] and path not in above:
            below = [modules[module] for module in map(str, imports(path)) if modules.get(module, path) != path]
            chains[path] = 1 + max((length(each, (*above, path)) for each in below), default=0)
        return chains[path]

    assert max(map(length, FILES)) <= LONGEST_CHAIN


@pytest.mark.parametrize("room", sorted(set(HEIGHT) - {"__init__", "__main__"}))
def test_the_design_says_what_every_room_is(room: str) -> None:
    assert re.search(rf"`{room}(?:\.py|/)`", (ROOT / "docs" / "design.md").read_text())
