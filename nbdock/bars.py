"""The progress of a command as a widget: a bar for each layer, and one for all."""

from __future__ import annotations

import html

from ipywidgets import HTML

from nbdock.progress import Board, status

MOST = 40


class Bars(HTML):  # type: ignore[misc]
    """One widget for all layers, so that one message renders them. `MOST` layers have a bar of their own."""

    def show(self, board: Board) -> None:
        layers = list(board.layers.values())[:MOST]
        rows = [_row(layer.descriptor.digest.short, layer.done, layer.total, status(layer)) for layer in layers]
        self.value = f"<table>{''.join(rows)}{_row('total', board.done, board.total, board.text)}</table>"

    def __repr__(self) -> str:
        return "The progress of each layer"


def _row(name: str, done: int, total: int, text: str) -> str:
    bar = f'<progress max="{max(total, 1)}" value="{done}" aria-label="{name}"></progress>'
    return f"<tr><td><code>{name}</code></td><td>{bar}</td><td>{html.escape(text)}</td></tr>"
