"""Pulls that go on while the page does something else. Each page is shown all of them."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from nbdock import commands
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.back.questions import question
from nbdock.dock.dock import Dock
from nbdock.errors import Cancelled, NbdockError
from nbdock.oci.reference import Reference
from nbdock.progress import SETTLED, Board, View

_numbers = itertools.count(1)
_beginning = threading.Lock()
MAX_LAYERS = 200


@question
def pull(backend: Backend, dock: Dock, reference: str, platform: str = "") -> int:
    """Begin to pull an image, unless it is being pulled. Returns the number of the pull."""
    wanted = (Reference.parse(reference).tagged.familiar, platform)
    with _beginning:
        for number, known in backend.pulls.items():
            if known.wanted == wanted and known.job.running:
                return number
        number = next(_numbers)
        backend.pulls[number] = Pull(backend, number, *wanted)
    backend.pulls[number].run()
    return number


@question
def resume(backend: Backend, dock: Dock, number: int) -> None:
    """Pull again what failed or was cancelled. What was downloaded is kept."""
    if (known := backend.pulls.get(number)) and not known.job.running:
        known.run()


@question
def cancel(backend: Backend, dock: Dock, number: int) -> None:
    """Cancel a pull."""
    if known := backend.pulls.get(number):
        known.job.cancel()


@question
def dismiss(backend: Backend, dock: Dock, number: int) -> None:
    """Cancel a pull, and take it off the list."""
    if known := backend.pulls.pop(number, None):
        known.job.cancel()
        backend.hide(f"pull {number}")


class Pull:
    """One pull. Its job's thread tells pages how far it is, ten times a second at most."""

    def __init__(self, backend: Backend, number: int, reference: str, platform: str) -> None:
        self.wanted = (reference, platform)
        self.job = Job()
        self._backend, self._number = backend, number
        self._state: dict[str, Any] = {}

    def run(self) -> None:
        self.job = job = Job(_View(self))
        reference, platform = self.wanted
        dock = self._backend.dock.facing(job)
        self._show(state="pulling", text="", done=0, total=0, layers=[])
        job.start(lambda: commands.pull(dock, reference, platform=platform or None), self._pulled, self._failed)

    def move(self, board: Board) -> None:
        """Tell how far it is. Bytes that were here before are in neither `done` nor `total`."""
        layers = [
            [layer.descriptor.digest.short, layer.done, layer.total, board.status(layer), layer.state in SETTLED]
            for layer in itertools.islice(board.layers.values(), MAX_LAYERS)
        ]
        done, total = board.fetched
        self._show(
            done=done, total=total, rate=board.rate, left=board.seconds_left, silence=board.silence, layers=layers
        )

    def _pulled(self, _: object) -> None:
        status = next((line for line in self.job.lines if line.startswith("Status: ")), "")
        self._show(state="done", text=status.removeprefix("Status: "), silence="")

    def _failed(self, error: NbdockError) -> None:
        if isinstance(error, Cancelled):
            self._show(state="cancelled", text="", silence="")
        else:
            self._show(state="failed", text=str(error), hint=error.hint, kind=type(error).__name__, silence="")

    def _show(self, **facts: Any) -> None:
        reference, platform = self.wanted
        self._state |= facts
        if self._number in self._backend.pulls:
            told = {"number": self._number, "reference": reference, "platform": platform, **self._state}
            self._backend.show(f"pull {self._number}", told)


class _View(View):
    def __init__(self, pull: Pull) -> None:
        super().__init__()
        self._pull = pull

    def draw(self) -> None:
        self._pull.move(self.board)
