"""The progress of a pull or push as one widget: a bar for each layer and one for the total."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator

from IPython.display import display
from ipywidgets import HTML

from nbdock.progress import Board, Pace, status
from nbdock.task import Listener, Progress

MAX_BARS = 40


class Bars(HTML):  # type: ignore[misc]
    """Progress bars of the first `MAX_BARS` layers and of the total. It is one widget: each update is one message."""

    def show(self, board: Board) -> None:
        layers = list(board.layers.values())[:MAX_BARS]
        rows = [_row(layer.descriptor.digest.short, layer.done, layer.total, status(layer)) for layer in layers]
        self.value = f"<table>{''.join(rows)}{_row('total', board.done, board.total, board.text)}</table>"

    def __repr__(self) -> str:
        return "The progress of each layer"


@contextlib.contextmanager
def bars() -> Iterator[Listener]:
    """Show progress bars below the running cell, once there is progress."""
    board, pace, widget = Board(), Pace(), Bars()

    def hear(progress: Progress) -> None:
        if not board.layers:
            display(widget)  # type: ignore[no-untyped-call]
        board.hear(progress)
        if pace.allows():
            widget.show(board)

    try:
        yield hear
    finally:
        widget.show(board)


def _row(name: str, done: int, total: int, text: str) -> str:
    bar = f'<progress max="{max(total, 1)}" value="{done}" aria-label="{name}"></progress>'
    return f"<tr><td><code>{name}</code></td><td>{bar}</td><td>{html.escape(text)}</td></tr>"
