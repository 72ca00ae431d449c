"""Notebooks run with nobody there, each in a store of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from nbdock.demo.session import Session
from nbdock.errors import Refused

_PATIENCE = 120
"""Seconds that a cell may take."""

Say = Callable[[str], None]


def check(paths: Sequence[Path], running: Session, say: Say) -> None:
    """Run them, showing each cell and what came of it, and say which passed. Raises Refused where one did not."""
    failed = [path.stem for path in paths if not _passes(path, running, say)]
    for path in paths:
        say(f"{path.stem}: {'failed' if path.stem in failed else 'passed'}")
    if failed:
        raise Refused(f"{len(failed)} of {len(paths)} notebooks failed: {', '.join(failed)}")


def execute(path: Path, environment: Mapping[str, str], seen: Callable[[NotebookNode], None]) -> NotebookNode:
    """The notebook with its outputs; `seen` gets each cell of code when it has run.

    Raises CellExecutionError where a cell fails that is not tagged `raises-exception`, CellTimeoutError,
    DeadKernelError.
    """
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=_PATIENCE, kernel_name="python3", record_timing=False)
    client.coalesce_streams = True  # what is printed stands as one, however it came
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
    say(f"── {path.stem} ──\n")
    try:
        execute(path, running.environment(path.stem), lambda cell: say("\n".join(_lines(cell)) + "\n"))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        say(f"{path.stem} failed: {error}\n")
        return False
    return True


def _lines(cell: NotebookNode) -> Iterator[str]:
    """The cell as a session in a terminal shows it."""
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
