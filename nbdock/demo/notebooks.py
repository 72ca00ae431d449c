"""The notebooks of the course: open them in JupyterLab, or run them headless, each in a store of its own."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from nbdock.demo.session import Session
from nbdock.errors import Refused

_CELL_TIMEOUT = 120
"""Seconds."""
_COPIES = "The images are samples, the notebooks copies. Both are deleted at the end; your own images are not touched."
_COURSES = {"": "01-course.ipynb", "ko": "ko/01-course.ipynb"}
"""The course by the languages that it is in; "" is for all others."""

Say = Callable[[str], None]


def folder() -> Path:
    """The folder of the notebooks: inside an installed package, beside the package in a clone."""
    package = Path(__file__).parent.parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def all() -> list[Path]:
    """The notebooks in reading order, those in English first."""
    return sorted(path for path in folder().rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


def title(path: Path) -> str:
    """What a notebook is called: `01-course`, `ko/01-course`."""
    below = path.relative_to(folder()) if path.is_relative_to(folder()) else Path(path.name)
    return str(below.with_suffix(""))


def open_copies(running: Session, say: Say, flags: Sequence[str] = ()) -> None:
    """Open copies of the notebooks in JupyterLab, with further flags of its own, until it ends.

    It begins with the course, in the user's language if there is a course in it.

    Raises ModuleNotFoundError if JupyterLab is missing.
    """
    import_module("jupyterlab")
    copies = running.folder / "notebooks"
    shutil.copytree(folder(), copies)
    say(_COPIES)
    say(f"The course: {_COURSES['']}, 한국어: {_COURSES['ko']}")
    course = _COURSES.get((locale.getlocale()[0] or "")[:2], _COURSES[""])
    root = ["--allow-root"] if os.geteuid() == 0 else []  # as in most containers, where nobody else is
    running.run([sys.executable, "-m", "jupyterlab", *root, f"--ServerApp.root_dir={copies}", *flags, course], copies)


def check(paths: Sequence[Path], running: Session, say: Say) -> None:
    """Run notebooks and show each cell with its output, then which of them passed. Raises Refused if one failed."""
    failed = [path for path in paths if not _passes(path, running, say)]
    for path in paths:
        say(f"{title(path)}: {'failed' if path in failed else 'passed'}")
    if failed:
        message = f"{len(failed)} of {len(paths)} notebooks failed: {', '.join(map(title, failed))}"
        raise Refused(message, hint="the output above shows the cell that failed and its error")


def execute(path: Path, environment: Mapping[str, str], seen: Callable[[NotebookNode], None]) -> NotebookNode:
    """Run a notebook and return it with its outputs.

    Parameters
    ----------
    path
        The notebook; its cells run in its folder.
    environment
        Environment variables for the kernel, in addition to this process's.
    seen
        Called with each code cell after it ran.

    Raises
    ------
    CellExecutionError
        A cell failed that is not tagged `raises-exception`.
    CellTimeoutError
        A cell took longer than two minutes.
    DeadKernelError
        The kernel ended.
    """
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=_CELL_TIMEOUT, kernel_name="python3", record_timing=False)
    client.coalesce_streams = True  # how often the kernel flushed makes no difference
    client.extra_arguments = ["--log-level=ERROR"]
    client.resources = {"metadata": {"path": str(path.parent)}}
    with client.setup_kernel(env={**os.environ, **environment}):
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                try:
                    client.execute_cell(cell, number)
                finally:
                    seen(cell)
    return notebook


def _passes(path: Path, running: Session, say: Say) -> bool:
    say(f"── {title(path)} ──\n")
    try:
        execute(
            path, running.environment(title(path).replace("/", "-")), lambda cell: say("\n".join(_lines(cell)) + "\n")
        )
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        say(f"{title(path)} failed: {error}\n")
        return False
    return True


def _lines(cell: NotebookNode) -> Iterator[str]:
    """The cell as an interactive session in a terminal would show it."""
    for number, line in enumerate(cell.source.splitlines()):
        yield f"{'...' if number else '>>>'} {line}"
    for output in cell.outputs:
        yield _text(output).rstrip("\n")


def _text(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return str(output.data.get("text/plain", ""))
