"""Bars below the cell that a command runs in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from IPython.display import display

from nbdock.bars import Bars
from nbdock.progress import Board, Pace
from nbdock.task import Listener, Progress


@contextlib.contextmanager
def bars() -> Iterator[Listener]:
    """Shows the bars once there is something to tell."""
    board, pace = Board(), Pace()
    shown: list[Bars] = []

    def hear(progress: Progress) -> None:
        board.hear(progress)
        if not shown:
            shown.append(Bars())
            display(shown[0])  # type: ignore[no-untyped-call]
        if pace.allows():
            shown[0].show(board)

    try:
        yield hear
    finally:
        for widget in shown:
            widget.show(board)
