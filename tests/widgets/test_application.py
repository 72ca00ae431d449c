from __future__ import annotations

import threading
from pathlib import Path

import pytest
from ipywidgets import Widget

import nbdock
from nbdock.api import Dock
from nbdock.dock.console import Console
from nbdock.errors import Refused
from nbdock.widgets import Application, command
from tests.parts.gate import Gate
from tests.parts.many import fill


def test_all_parts_use_one_dock(dock: Dock) -> None:
    ui = nbdock.ui()
    assert isinstance(ui, Application)
    assert len(ui.images.frame) == 4
    assert repr(ui) == "The images of nbdock"


def test_a_pulled_image_is_listed(gated: Gate) -> None:
    ui = nbdock.ui()
    ui.pulls.start("hello-world").job.join()
    assert list(ui.images.frame["repository"]) == ["hello-world"]


def test_closing_it_closes_all_parts(dock: Dock) -> None:
    ui = nbdock.ui()
    (thread,) = (each for each in threading.enumerate() if each.name == "nbdock-watch")
    ui.close()
    thread.join(30)
    assert not thread.is_alive()


def test_a_terminal_shows_no_widgets(dock: Dock) -> None:
    class Terminal(Console):
        shows_widgets = False

    with pytest.raises(Refused, match="a terminal cannot show widgets"):
        command.ui(dock.facing(Terminal()))


def test_many_images_need_few_widgets(tmp_path: Path) -> None:
    fill(tmp_path, 300)
    before = set(Widget.get_manager_state()["state"])
    ui = Application(Dock(tmp_path))
    assert len(ui.images.table.rows) == 300
    assert len(set(Widget.get_manager_state()["state"]) - before) < 250
