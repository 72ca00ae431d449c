"""The progress of a pull or push as bars: one for each layer and one for the total.

The bars of a cell are no widget but an output that is updated: what a saved notebook shows without a kernel is the last
state.
"""

from __future__ import annotations

import html
from typing import Any

from IPython.display import display

from nbdock.frames.cells import NO_MATHEMATICS
from nbdock.progress import Board, View, line, tallied

MAX_BARS = 40


class Bars(View):
    """Progress bars below the running cell, once there is progress."""

    _handle: Any = None
    _shown: Any = None

    def draw(self) -> None:
        if not self.board.text:
            return
        self._show({"text/html": markup(self.board), "text/plain": text(self.board)})

    def end(self) -> None:
        """What is complete is one line, above the frame; what is not stays as it was."""
        if self.board.tallies or self.board.settled == len(self.board.layers) > 0:
            self._show({"text/html": f"<p>{html.escape(self.board.text)}</p>", "text/plain": self.board.text})
        else:
            self.draw()

    def _show(self, shown: dict[str, str]) -> None:
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        elif shown != self._shown:
            self._handle.update(shown, raw=True)
        self._shown = shown


def markup(board: Board) -> str:
    """Bars of the first `MAX_BARS` layers and of the total, as HTML that an untrusted notebook shows too."""
    layers = list(board.layers.values())[:MAX_BARS]
    rows = [_row(layer.descriptor.digest.short, layer.done, layer.total, board.status(layer)) for layer in layers]
    total = "" if board.tallies else _row("total", board.done, board.total, board.text)
    rows += (_row(each.what, each.done, each.total, tallied(each)) for each in board.tallies.values())
    return f'<table class="{NO_MATHEMATICS}">{"".join(rows)}{total}</table>'


def text(board: Board) -> str:
    """The same as text."""
    return "\n".join([*map(line, list(board.layers.values())[:MAX_BARS]), board.text])


def _row(name: str, done: int, total: int, text: str) -> str:
    bar = f'<progress max="{max(total, 1)}" value="{done}" aria-label="{name}"></progress>'
    return f"<tr><td><code>{name}</code></td><td>{bar}</td><td>{html.escape(text)}</td></tr>"
