"""The widget of a pull, without a browser."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.progress import Board
from nbdock.task import Progress, State
from nbdock.widgets import bars as module
from nbdock.widgets.bars import MAX_BARS, Bars, bars
from tests.test_progress import PULL, hear_all


def test_bars_are_shown_once_there_is_progress(shell: InteractiveShell) -> None:
    with capture_output() as captured, bars() as listener:
        assert not captured.outputs
        hear_all(listener)
    (shown,) = captured.outputs
    assert shown.data["text/plain"] == "The progress of each layer"
    assert "application/vnd.jupyter.widget-view+json" in shown.data


def test_the_final_state_is_always_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Bars] = []
    monkeypatch.setattr(module, "display", shown.append)
    with bars() as listener:
        hear_all(listener)
    assert shown[0].value.count("<progress") == 3
    assert "<td>Pull complete</td>" in shown[0].value
    assert "2/2 layers, 2kB of 2kB" in shown[0].value


def test_the_number_of_bars_is_limited() -> None:
    widget, board = Bars(), Board()
    for number in range(5000):
        layer = Descriptor("application/x", Digest("sha256", f"{number:064x}"), 1)
        board.hear(Progress(layer, State.PULLED, 1, 1))
    widget.show(board)
    assert widget.value.count("<progress") == MAX_BARS + 1
    assert "5000/5000 layers" in widget.value


def test_text_from_a_registry_is_never_markup() -> None:
    widget, board = Bars(), Board()
    board.hear(Progress(PULL[0].descriptor, State.MOUNTED, detail="<script>"))
    widget.show(board)
    assert "Mounted from &lt;script&gt;" in widget.value
