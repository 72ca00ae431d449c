"""The bars of a pull, without a browser."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.progress import Board
from nbdock.task import Progress, State
from nbdock.widgets import bars as module
from nbdock.widgets.bars import MAX_BARS, Bars, markup, text
from tests.test_progress import PULL, hear_all


def test_bars_are_shown_once_there_is_progress(shell: InteractiveShell) -> None:
    with capture_output() as captured, Bars() as view:
        view.tick()
        assert not captured.outputs
        hear_all(view.hear)
    (shown,) = captured.outputs
    assert set(shown.data) == {"text/html", "text/plain"}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What is displayed, one after the other."""
    shown: list[dict[str, str]] = []

    class Handle:
        def update(self, data: dict[str, str], raw: bool) -> None:
            shown.append(data)

    def display(data: dict[str, str], **_: bool) -> Handle:
        shown.append(data)
        return Handle()

    monkeypatch.setattr(module, "display", display)
    return shown


def test_what_is_complete_is_one_line(shown: list[dict[str, str]]) -> None:
    with Bars() as view:
        view.hear(PULL[0])
        view.tick()
        hear_all(view.hear)
    assert [each["text/html"].count("<progress") for each in shown] == [2, 0]
    assert shown[-1] == {"text/html": "<p>2/2 layers, 2kB of 2kB</p>", "text/plain": "2/2 layers, 2kB of 2kB"}


def test_what_failed_stays_as_it_was(shown: list[dict[str, str]]) -> None:
    with pytest.raises(ZeroDivisionError), Bars() as view:
        view.hear(PULL[0])
        raise ZeroDivisionError
    assert shown[-1]["text/html"].count("<progress") == 2


def test_the_number_of_bars_is_limited() -> None:
    board = Board()
    for number in range(5000):
        layer = Descriptor("application/x", Digest("sha256", f"{number:064x}"), 1)
        board.hear(Progress(layer, State.PULLED, 1, 1))
    assert markup(board).count("<progress") == MAX_BARS + 1
    assert len(text(board).splitlines()) == MAX_BARS + 1
    assert "5000/5000 layers" in markup(board)


def test_text_from_a_registry_is_neither_markup_nor_mathematics() -> None:
    board = Board()
    board.hear(Progress(PULL[0].descriptor, State.MOUNTED, detail="<script>$x$"))
    assert "Mounted from &lt;script&gt;$x$" in markup(board)
    assert markup(board).startswith('<table class="mathjax_ignore tex2jax_ignore">')
