"""A part of the application as a widget: the front end in the page, its back end in this kernel."""

from __future__ import annotations

import html
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from anywidget import AnyWidget
from traitlets import Unicode

from nbdock import human
from nbdock.back.backend import Backend, backend
from nbdock.back.jobs import Job, start
from nbdock.back.questions import described
from nbdock.dock.dock import Dock
from nbdock.errors import NbdockError
from nbdock.frames.cells import NO_MATHEMATICS
from nbdock.widgets.bundle import script, style

_MAX_CAPTION = 300


class Part(AnyWidget):
    """A part of the application, `part` by name. Pages that show it share one back end with every other part of this
    store. `close` ends it."""

    _esm = script("kernel.js")
    _css = style()

    caption = "The images of nbdock"

    part = Unicode().tag(sync=True)
    language = Unicode().tag(sync=True)

    def __init__(self, dock: Dock | None = None, **traits: Any) -> None:
        self.dock = dock or Dock()
        self.backend: Backend = backend(self.dock)
        self._jobs: dict[str, Job] = {}
        self._ends = ExitStack()
        self._joined = False
        super().__init__(**traits)
        self.on_msg(lambda _, content, buffers: self._hear(content))

    def close(self) -> None:
        self._ends.close()
        for job in tuple(self._jobs.values()):
            job.cancel()
        super().close()

    @property
    def summary(self) -> Any:
        """The frame that a notebook shows of it which is read without a kernel; None if nothing."""
        return None

    def still(self) -> str:
        """What it shows now, as HTML: its caption and its summary, if it has one."""
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        summary = self.summary
        table = "" if summary is None else summary._repr_html_()
        caption = html.escape(human.ellipsis(human.printable(repr(self)), _MAX_CAPTION))
        return f'<p class="{NO_MATHEMATICS}">{caption}, {when}</p>{table}'

    def __repr__(self) -> str:
        return self.caption

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        shown = {**data, "text/plain": repr(self), "text/html": self.still()} if data else data
        return (shown, *metadata) if metadata else shown

    def answered(self, name: str, asked: Mapping[str, Any], value: Any) -> None:
        """Called in a job's thread when a page was given an answer."""

    def _hear(self, content: Any) -> None:
        if content.get("joined"):
            self._join()
        elif number := content.get("cancel"):
            if job := self._jobs.get(number):
                job.cancel()
        elif number := content.get("ask"):
            name, asked = content["name"], content["values"]
            self._jobs[number] = job = Job()
            start(lambda: self._answer(number, job, name, asked), "nbdock-question")

    def _join(self) -> None:
        """A page shows it; more than one may, and each is told all that is shown."""
        self._ends.close()
        self._ends = ExitStack()
        self._ends.callback(self.backend.join(lambda message: self.send({"tell": message})))
        self.send({"tell": {"about": "joined"}})

    def _answer(self, number: str, job: Job, name: str, asked: Mapping[str, Any]) -> None:
        try:
            value = self.backend.ask(name, asked, job)
            self.answered(name, asked, value)
            told = {"answer": number, "value": value}
        except NbdockError as error:
            told = {"answer": number, "error": described(error)}
        except Exception as error:
            told = {"answer": number, "error": {"message": f"{type(error).__name__}: {error}", "hint": "", "kind": ""}}
            raise  # a fault of nbdock: the page must not wait for ever
        finally:
            self._jobs.pop(number, None)
            self.send(told)
