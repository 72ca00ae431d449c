"""Parts of the application as widgets, without a browser: what pages ask the kernel, and what is left without one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import nbdock.widgets
from nbdock.api import Dock
from nbdock.back import questions
from nbdock.widgets.part import Part


class Asking:
    """A page: it asks a widget, and waits for what the widget sends."""

    def __init__(self, widget: Part, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget, self.sent, self._came = widget, list[dict[str, Any]](), threading.Condition()
        monkeypatch.setattr(widget, "send", self._send)

    def _send(self, message: dict[str, Any]) -> None:
        with self._came:
            self.sent.append(message)
            self._came.notify_all()

    def ask(self, question: str, /, **values: Any) -> dict[str, Any]:
        self.widget._hear({"ask": "1", "name": question, "values": values})
        return self.wait(lambda message: message.get("answer") == "1")

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with self._came:
            assert self._came.wait_for(lambda: any(map(wanted, self.sent)), 30)
            return next(filter(wanted, self.sent))


def test_a_page_is_answered_and_told(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Asking(nbdock.widgets.Application(dock), monkeypatch)
    assert len(page.ask("images")["value"]["images"]) == 3
    page.sent.clear()
    error = page.ask("image", name="nope")["error"]
    assert error["kind"] == "ImageNotFound" and "nope" in error["message"]
    page.widget._hear({"joined": True})
    page.widget.backend.tell({"about": "store"})
    page.wait(lambda message: message.get("tell") == {"about": "store"})
    page.widget.close()
    page.sent.clear()
    page.widget.backend.tell({"about": "store"})
    assert page.sent == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_nbdock_leaves_no_page_waiting(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Asking(nbdock.widgets.Application(dock), monkeypatch)
    page.ask("images")
    page.sent.clear()
    monkeypatch.setitem(questions._answers, "images", lambda backend, dock: 1 / 0)
    assert page.ask("images")["error"]["message"] == "ZeroDivisionError: division by zero"


def test_what_a_page_gave_up_is_cancelled(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    page, begun = Asking(nbdock.widgets.Application(dock), monkeypatch), threading.Event()

    def wait(backend: object, dock: Dock) -> None:
        dock.run(lambda task: (begun.set(), task.sleep(60)))

    page.ask("images")
    page.sent.clear()
    monkeypatch.setitem(questions._answers, "images", wait)
    page.widget._hear({"ask": "2", "name": "images", "values": {}})
    assert begun.wait(30)
    page.widget._hear({"cancel": "2"})
    assert page.wait(lambda message: message.get("answer") == "2")["error"]["kind"] == "Cancelled"


def test_the_application_in_python(dock: Dock) -> None:
    ui = nbdock.widgets.Application(dock)
    assert len(ui.frame) == 4 and len(ui.selected) == 0
    ui.selected = ui.frame.query("repository == 'httpd'")
    assert len(ui.chosen) == 2
    assert set(ui.selected["tag"]) == {"2.2", "2.4", "latest"}
    assert ui.selected.pipe(nbdock.rm, dry_run=True) is not None


def test_what_stays_without_a_kernel(dock: Dock) -> None:
    layers = nbdock.widgets.Layers("httpd:2.4", dock)
    bundle = layers._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == "The layers of httpd:2.4"
    assert "The layers of httpd:2.4, 20" in data["text/html"] and "<table" in data["text/html"]
    assert "<script" not in nbdock.widgets.Layers("<script>", dock).still()
    for widget in (nbdock.widgets.Search("a", dock), nbdock.widgets.Login(dock)):
        assert "UTC" in widget.still()
        assert str(widget) in widget.still()
