"""The progress of a command: the state of each layer, and two ways to print it."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from typing import Self, TextIO

from nbdock import human
from nbdock.oci.digest import Digest
from nbdock.task import Progress, State, Tally

MOVING = frozenset({State.DOWNLOADING, State.PUSHING, State.READING, State.LOADING, State.SAVING})
SETTLED = frozenset(
    {
        State.PULLED,
        State.EXISTS,
        State.PUSHED,
        State.MOUNTED,
        State.LAYER_EXISTS,
        State.ELSEWHERE,
        State.READ,
        State.LOADED,
        State.SAVED,
    }
)
PRINTED = frozenset({State.PULLING, State.PREPARING, State.RETRYING})
CLEAR = "\r\x1b[2K"
"""Clears the line that `Redrawn` draws."""
Clock = Callable[[], float]

_WAITING = MOVING | {State.PULLING, State.PREPARING}
_THERE_BEFORE = frozenset({State.EXISTS, State.LAYER_EXISTS, State.MOUNTED})
_LAST_SECONDS = 5.0
_SAMPLES = 1000
_SILENCE = 3.0


class Board:
    """The state of every layer, in the order in which they appeared."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.layers: dict[Digest, Progress] = {}
        self.tallies: dict[str, Tally] = {}
        self._clock = clock
        self._heard: dict[Digest, float] = {}
        self._last_heard = clock()
        self._furthest: dict[Digest, int] = {}
        self._moved: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def hear(self, progress: Progress) -> bool:
        """Record progress. Returns whether a layer changed its state."""
        digest, now = progress.descriptor.digest, self._clock()
        before, furthest = self.layers.get(digest), self._furthest.get(digest, 0)
        moves = before is not None and before.state in MOVING
        if moves or progress.state in MOVING:  # bytes that were kept, or are sent once more, are no speed
            self._moved.append((now, max(0, progress.done - furthest) if moves else 0))
        self.layers[digest] = progress
        self._furthest[digest] = max(furthest, progress.done)
        self._heard[digest] = self._last_heard = now
        return before is None or before.text != progress.text

    @property
    def done(self) -> int:
        """Bytes that are there."""
        return sum(layer.done for layer in self.layers.values())

    @property
    def total(self) -> int:
        """Bytes of all layers."""
        return sum(layer.total for layer in self.layers.values())

    @property
    def settled(self) -> int:
        """The number of completed layers."""
        return sum(layer.state in SETTLED for layer in self.layers.values())

    @property
    def rate(self) -> int:
        """Bytes per second in the last five seconds."""
        now = self._clock()
        while self._moved and self._moved[0][0] < now - _LAST_SECONDS:
            self._moved.popleft()
        passed = now - self._moved[0][0] if self._moved else 0
        since_then = sum(count for _, count in itertools.islice(self._moved, 1, None))
        return int(since_then / passed) if passed else 0

    @property
    def fetched(self) -> tuple[int, int]:
        """Bytes that are there and bytes of all layers, without those layers that existed before."""
        layers = [layer for layer in self.layers.values() if layer.state not in _THERE_BEFORE]
        return sum(layer.done for layer in layers), sum(layer.total for layer in layers)

    @property
    def seconds_left(self) -> float | None:
        """The time left; None if it is unknown or nothing is left."""
        left, rate = self.total - self.done, self.rate
        return left / rate if left > 0 and rate else None

    @property
    def remaining(self) -> str:
        """The time left, as `12 seconds`; "" if it is unknown or nothing is left."""
        return "" if self.seconds_left is None else human.duration(self.seconds_left)

    @property
    def silent(self) -> float | None:
        """For how many seconds the registry has sent and taken nothing; None if it does."""
        waits = not self.layers or any(layer.state in _WAITING for layer in self.layers.values())
        return self._silent(self._last_heard) if waits else None

    @property
    def silence(self) -> str:
        """`no data for 4 seconds` while the registry sends and takes nothing; "" otherwise."""
        return _silence(self.silent)

    @property
    def text(self) -> str:
        """`3/7 layers, 12.3MB of 150MB, 45MB/s`; of many things how many are done; "" before there is progress."""
        if self.tallies or not self.layers:
            return ", ".join(map(tallied, self.tallies.values()))
        moving = f"{human.size(self.rate)}/s" if self.done < self.total else ""
        facts = (
            f"{self.settled}/{len(self.layers)} layers",
            f"{human.size(self.done)} of {human.size(self.total)}",
            self.silence or moving,
        )
        return ", ".join(filter(None, facts))

    def status(self, layer: Progress) -> str:
        """The state, with bytes while they move, and for how long they have not."""
        silent = self._silent(self._heard[layer.descriptor.digest]) if layer.state in MOVING else None
        return ", ".join(filter(None, (status(layer), _silence(silent))))

    def _silent(self, since: float) -> float | None:
        passed = self._clock() - since
        return passed if passed >= _SILENCE else None


class Pace:
    """Limits how often something is drawn: ten times a second."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._due = float("-inf")

    def allows(self) -> bool:
        now = self._clock()
        if now < self._due:
            return False
        self._due = now + 0.1
        return True


class View:
    """Shows the progress of a command while it runs, in a `with` block.

    `hear` is called with all progress, `tick` often, also without any: what is drawn can say that nothing comes.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.board = Board(clock)
        self._pace = Pace(clock)

    def hear(self, progress: Progress) -> None:
        """Record progress."""
        self.board.hear(progress)

    def count(self, tally: Tally) -> None:
        """Record how many are done."""
        self.board.tallies[tally.what] = tally

    def tick(self) -> None:
        """Draw what has been heard, if it is time to."""
        if self._pace.allows():
            self.draw()

    def draw(self) -> None:
        """Draw what has been heard."""

    def end(self) -> None:
        """Draw what stays."""
        self.draw()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Lines(View):
    """For a log or a notebook that runs unattended: a line when a layer starts and one when it is complete.

    Layers are reported complete in the order in which they started, so that two pulls of an image print the same.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write
        self._ended = 0

    def hear(self, progress: Progress) -> None:
        if self.board.hear(progress) and progress.state in PRINTED:
            self._write(line(progress))
        for layer in itertools.islice(self.board.layers.values(), self._ended, None):
            if layer.state not in SETTLED:
                break
            self._write(line(layer))
            self._ended += 1

    def count(self, tally: Tally) -> None:
        super().count(tally)
        if tally.done == tally.total:
            self._write(tallied(tally))


class Redrawn(View):
    """For a terminal: a line for each completed layer, and below them a line that is redrawn."""

    def __init__(self, stream: TextIO, clock: Clock = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream

    def hear(self, progress: Progress) -> None:
        if self.board.hear(progress) and progress.state in SETTLED:
            self._stream.write(f"{CLEAR}{line(progress)}\n")

    def draw(self) -> None:
        if self.board.text:
            self._stream.write(f"{CLEAR}{self.board.text}")
            self._stream.flush()

    def end(self) -> None:
        self._stream.write(CLEAR)
        self._stream.flush()


def _silence(seconds: float | None) -> str:
    return "" if seconds is None else f"no data for {human.duration(seconds)}"


def status(progress: Progress) -> str:
    """The state, with bytes while they move: `Pull complete`, `Downloading 1.2MB/9.9MB`."""
    if progress.state in MOVING or progress.state is State.VERIFYING:
        return f"{progress.text} {human.size(progress.done)}/{human.size(progress.total)}"
    return progress.text


def line(progress: Progress) -> str:
    """docker's line for a layer: `a1b2c3d4e5f6: Pull complete`."""
    return f"{progress.descriptor.digest.short}: {status(progress)}"


def tallied(tally: Tally) -> str:
    """How many are done, and how many there are: `120/200 images`."""
    return f"{tally.done}/{tally.total} {tally.what}"
