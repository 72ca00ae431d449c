"""Pulls and pushes that go on while the page does something else. Each page is shown all of them."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from nbdock import commands
from nbdock.back.backend import Backend
from nbdock.back.inside import moved
from nbdock.back.jobs import Job
from nbdock.back.questions import question
from nbdock.dock.dock import Dock
from nbdock.errors import NbdockError
from nbdock.oci.reference import Reference
from nbdock.progress import SETTLED, Board, View

MAX_LAYERS = 200

_NEWER = "Status: Downloaded newer"
_numbers = itertools.count(1)
_lock = threading.RLock()


@question
def pull(backend: Backend, dock: Dock, reference: str, platform: str = "") -> int:
    """Begin to pull an image, unless it is being pulled. Returns the number of the pull."""
    return _begin(backend, Pull, Reference.parse(reference).tagged, platform)


@question
def push(backend: Backend, dock: Dock, reference: str) -> int:
    """Begin to push an image, unless it is being pushed. Returns a number as those of pulls."""
    return _begin(backend, Push, Reference.parse(reference).tagged, "")


@question
def resume(backend: Backend, dock: Dock, number: int) -> None:
    """Pull again what failed or was cancelled. What was downloaded is kept."""
    if (known := backend.pulls.get(number)) and not known.active:
        known.begin()


@question
def cancel(backend: Backend, dock: Dock, number: int) -> None:
    """Cancel a pull."""
    if known := backend.pulls.get(number):
        known.cancel()


@question
def dismiss(backend: Backend, dock: Dock, number: int) -> None:
    """Cancel a pull, and take it off the list."""
    if known := backend.pulls.get(number):
        known.cancel()
        known.leave()


class Pull:
    """One pull. Its job's thread tells pages how far it is, ten times a second at most.

    Its `state` is waiting, pulling, done, failed or cancelled.
    """

    verb = "pull"

    def __init__(self, backend: Backend, number: int, reference: Reference, platform: str) -> None:
        self.wanted = (reference, platform)
        self.job = Job()
        self.state = ""
        self._backend, self._number = backend, number
        self._facts: dict[str, Any] = {}

    @property
    def active(self) -> bool:
        return self.state in ("waiting", "pulling") and not self.job.cancelled

    def begin(self) -> None:
        """Pull, once it is its turn."""
        self.job = Job(_View(self))
        self._facts = {}
        self._show("waiting")
        _take_turns(self._backend)

    def run(self) -> None:
        job = self.job
        dock = self._backend.dock.facing(job)
        self._show("pulling", done=0, total=0, rate=0, left=None, silent=None, layers=[])
        job.start(
            lambda: self.work(dock),
            lambda _: self._pulled(job),
            lambda error: self._failed(job, error),
        )

    def work(self, dock: Dock) -> object:
        reference, platform = self.wanted
        return commands.pull(dock, reference, platform=platform or None)

    def cancel(self) -> None:
        """Cancel it; its thread ends later, and then it may have begun again."""
        if self.active:
            self.job.cancel()
            self._end("cancelled")

    def leave(self) -> None:
        """Be on the list no longer."""
        self._backend.pulls.pop(self._number, None)
        self._backend.hide(f"pull {self._number}")

    def move(self, board: Board) -> None:
        """Tell how far it is. Bytes that were here before are in neither `done` nor `total`."""
        if self.state != "pulling":
            return
        layers = [
            [layer.descriptor.digest.short, layer.done, layer.total, layer.text, layer.state in SETTLED]
            for layer in itertools.islice(board.layers.values(), MAX_LAYERS)
        ]
        silent = None if board.silent is None else int(board.silent)
        self._show("pulling", **moved(board), silent=silent, layers=layers)

    def _pulled(self, job: Job) -> None:
        """A pull that is done is news for the pages that are open, not for later ones."""
        if job is not self.job:
            return
        self._end("done", newer=any(line.startswith(_NEWER) for line in job.lines))
        self.leave()

    def _failed(self, job: Job, error: NbdockError) -> None:
        if not job.cancelled:
            self._end("failed", error={"message": str(error), "hint": error.hint, "kind": type(error).__name__})

    def _end(self, state: str, **facts: Any) -> None:
        self._show(state, silent=None, **facts)
        _take_turns(self._backend)

    def _show(self, state: str, **facts: Any) -> None:
        """Tell pages what is new. A pull that was dismissed has nothing to tell."""
        before, self._facts, self.state = (self.state, self._facts), {**self._facts, **facts}, state
        if self._number in self._backend.pulls and before != (state, self._facts):
            reference, platform = self.wanted
            told = {"number": self._number, "verb": self.verb, "reference": reference.familiar, "platform": platform}
            self._backend.show(f"pull {self._number}", {**told, "state": state, **self._facts})


class Push(Pull):
    """One push, shown as a pull is."""

    verb = "push"

    def work(self, dock: Dock) -> object:
        return commands.push(dock, self.wanted[0])


class _View(View):
    def __init__(self, pull: Pull) -> None:
        super().__init__()
        self._pull = pull

    def draw(self) -> None:
        self._pull.move(self.board)


def _begin(backend: Backend, kind: type[Pull], reference: Reference, platform: str) -> int:
    with _lock:
        for number, known in backend.pulls.items():
            if type(known) is kind and known.wanted == (reference, platform) and known.active:
                return number
        number = next(_numbers)
        begun = backend.pulls[number] = kind(backend, number, reference, platform)
    begun.begin()
    return number


def _take_turns(backend: Backend) -> None:
    """Begin the pulls whose turn it is."""
    with _lock:
        pulls = list(backend.pulls.values())
        free = backend.at_once - sum(each.state == "pulling" for each in pulls)
        for each in [each for each in pulls if each.state == "waiting"][: max(0, free)]:
            each.run()
