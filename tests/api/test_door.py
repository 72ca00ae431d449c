"""The Python door: what `nbdock.<TAB>` and `nbdock.pull?` show, and that the docstrings' examples run."""

from __future__ import annotations

import doctest
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import nbdock
from nbdock import api, commands
from nbdock.api import Dock
from nbdock.demo.session import session
from nbdock.docker.filters import Filters
from nbdock.frames import inside, schemas, surveys
from nbdock.grammar import Command
from nbdock.widgets import command

COMMANDS: dict[str, Command[Any]] = {
    name: value for name, value in {**vars(commands), "ui": command.ui}.items() if isinstance(value, Command)
}
ALIASES = {"images": "ls", "rmi": "rm", "ps": "container_ls", "create": "container_create"}
OBJECTS = ("image", "open")
"""Functions that return an object, and are no commands."""
FUNCTIONS = sorted({name for name in nbdock.__all__ if inspect.ismethod(getattr(nbdock, name))} - {*OBJECTS})
PACKAGE = Path(nbdock.__file__).parent


def test_tab_lists_commands_types_and_modules() -> None:
    types = {name for name in nbdock.__all__ if inspect.isclass(getattr(nbdock, name))}
    modules = {name for name in nbdock.__all__ if inspect.ismodule(getattr(nbdock, name))}
    assert modules == {"course", "errors", "plots", "widgets"}
    assert set(nbdock.__all__) == types | modules | {*FUNCTIONS, *OBJECTS}
    assert set(dir(nbdock)) == {*nbdock.__all__, "__version__"}


@pytest.mark.parametrize("jedi", [False, True])
def test_tab_in_a_notebook_offers_nothing_else(jedi: bool) -> None:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}, "Completer": {"use_jedi": jedi}}))
    shell.run_cell("import nbdock").raise_error()
    code = "nbdock."
    with provisionalcompleter():
        completions = list(shell.Completer.completions(code, len(code)))
    offered = {each.text.removeprefix("nbdock").removeprefix(".") for each in completions}
    assert {name for name in offered if not name.startswith("__")} == set(nbdock.__all__)


def test_importing_it_is_cheap() -> None:
    code = "import sys, nbdock; print(*{'pandas', 'httpx', 'ipywidgets', 'nbdock.api'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == ""


@pytest.mark.parametrize("name", [*FUNCTIONS, *OBJECTS])
def test_a_signature_shows_ordinary_types(name: str) -> None:
    signature = inspect.signature(getattr(nbdock, name))
    types = [*(each.annotation for each in signature.parameters.values()), signature.return_annotation]
    shown = [inspect.formatannotation(each) for each in types]
    assert "dock" not in signature.parameters and signature.empty not in types
    assert not [each for each in shown if each.startswith(("'", '"', "Annotated"))]


@pytest.mark.parametrize(
    "name", sorted({*FUNCTIONS} - {"append", "build", "copy", "load", "save"})
)  # copy takes objects too, a file is no option, append has no command, build says `tags` for `--tag`
def test_a_function_takes_what_its_command_takes(name: str) -> None:
    own = list(inspect.signature(getattr(nbdock, name)).parameters.values())
    _dock, *other = inspect.signature(COMMANDS[ALIASES.get(name, name)].run).parameters.values()
    assert [(each.name, each.kind, each.default) for each in own] == [
        (each.name, each.kind, () if isinstance(each.default, Filters) else each.default) for each in other
    ]


@pytest.mark.parametrize("name", [*FUNCTIONS, *OBJECTS])
def test_a_docstring_says_what_goes_in_and_comes_out(name: str) -> None:
    text = inspect.getdoc(getattr(nbdock, name)) or ""
    parameters = set(inspect.signature(getattr(nbdock, name)).parameters)
    assert text.splitlines()[0].endswith(".") and "Returns\n-------\n" in text and "Examples\n--------\n>>>" in text
    assert not parameters or "Parameters\n----------\n" in text
    told = {part.strip(" *") for line in text.splitlines() if not line.startswith(" ") for part in line.split(",")}
    assert parameters <= told


def test_every_command_is_a_function() -> None:
    assert set(COMMANDS) - {"demo"} == {ALIASES.get(name, name) for name in FUNCTIONS} - {"append"}


def test_no_module_bears_the_name_of_a_function() -> None:
    """Importing `nbdock.files` would put the module in the place of the function."""
    assert not {path.stem for path in PACKAGE.iterdir()} & {*FUNCTIONS, *OBJECTS}


def test_a_dock_says_what_it_is(tmp_path: Path) -> None:
    assert repr(Dock(tmp_path / "store")) == f"Dock('{tmp_path}/store'): 0 images, 0B on disk"


def test_a_dock_travels_to_another_process(tmp_path: Path) -> None:
    import pickle

    dock = Dock(tmp_path / "store")
    packed = pickle.dumps(dock)
    assert dock.ls().empty and dock.registry
    assert pickle.dumps(dock) == packed, "what a dock has opened travels with it"
    assert pickle.loads(packed).store is dock.store


@pytest.fixture(scope="module")
def samples() -> Iterator[dict[str, str]]:
    """An environment in which docker.io is the samples."""
    with session(Dock()) as running:
        yield dict(running.environment())


FRAMES = {
    "search": schemas.FOUND,
    "tags": schemas.TAGS,
    "plan": schemas.PLAN,
    "outdated": schemas.OUTDATED,
    "pull": schemas.COPIED,
    "ls": schemas.IMAGES,
    "inspect": schemas.INSPECTED,
    "history": schemas.HISTORY,
    "files": inside.FILES,
    "cp": inside.EXTRACTED,
    "where": inside.FOUND_FILES,
    "layers": schemas.LAYERS,
    "why": inside.SHARES,
    "waste": inside.WASTED,
    "lint": inside.ADVICE,
    "diff": inside.DIFFERENCES,
    "rm": schemas.REMOVED,
    "df": schemas.USAGE,
    "export_tables": inside.EXPORTED,
    "base": inside.BASES,
    "info": schemas.INFO,
    "survey": surveys.SURVEYED,
    "serve": schemas.SERVERS,
    "container_create": schemas.CONTAINERS,
    "container_ls": schemas.CONTAINERS,
}


@pytest.mark.parametrize("name", FRAMES)
def test_the_columns_that_a_docstring_names_are_those_of_its_frame(name: str) -> None:
    text = inspect.getdoc(getattr(nbdock, name)) or ""
    returned = text.partition("Returns\n-------\n")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([a-z_]+)`", returned))
    assert named and named <= {column.name for column in FRAMES[name].columns}


EXAMPLES = doctest.DocTestFinder(recurse=False)


OTHERS = (
    *("Copied", "Dock", "Image", "copy", "Descriptor", "Digest"),
    *("Layer", "Platform", "Reference", "Registry", "Removal", "Store", "Survey"),
)


@pytest.mark.parametrize("name", OTHERS)
def test_other_public_names_are_documented_too(name: str) -> None:
    text = inspect.getdoc(getattr(nbdock, name)) or ""
    assert text.splitlines()[0].endswith((".", ":", ","))


@pytest.mark.parametrize(
    "name",
    [name for name in FUNCTIONS if name not in ALIASES]
    + [*OBJECTS, "Dock", "Image", "copy", "Digest", "Platform", "Reference"]
    + [f"plots.{name}" for name in nbdock.plots.__all__ if name != "Figure"],
)
def test_the_example_of_a_docstring_runs(
    name: str, samples: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {**samples, "NBDOCK_STORE": str(tmp_path / "store")}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(tmp_path)
    for each in ("httpd:latest", "httpd:2.4"):
        nbdock.pull(each)
    nbdock.tag("httpd", "mine:1.0")
    if name in ("container_ls", "container_rm"):
        nbdock.create("httpd", name="web")
    target = getattr(api.Dock, name) if name in {*FUNCTIONS, *OBJECTS} else attrgetter(name)(nbdock)
    (test,) = EXAMPLES.find(target, name, globs={"nbdock": nbdock})
    failed, _ = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(test)
    assert failed == 0
    assert os.environ["NBDOCK_STORE"] == str(tmp_path / "store")
