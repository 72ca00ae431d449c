"""The progress of a command: the state of each layer, and two ways to print it."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from nbdock import human
from nbdock.oci.digest import Digest
from nbdock.task import Listener, Progress, State

MOVING = frozenset({State.DOWNLOADING, State.PUSHING})
SETTLED = frozenset({State.PULLED, State.EXISTS, State.PUSHED, State.MOUNTED, State.LAYER_EXISTS})
PRINTED = frozenset({State.PULLING, State.PREPARING, State.RETRYING})
CLEAR = "\r\x1b[2K"
"""Clears the line that `redrawn` draws."""
Clock = Callable[[], float]


class Board:
    """The state of every layer, in the order in which they appeared."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.layers: dict[Digest, Progress] = {}
        self._clock = clock
        self._began: float | None = None
        self._moved = 0

    def hear(self, progress: Progress) -> bool:
        """Record progress. Returns whether a layer changed its state."""
        before = self.layers.get(progress.descriptor.digest)
        self.layers[progress.descriptor.digest] = progress
        if progress.state in MOVING:
            self._began = self._clock() if self._began is None else self._began
            self._moved += max(0, progress.done - (before.done if before else 0))
        return before is None or before.text != progress.text

    @property
    def done(self) -> int:
        """Bytes transferred so far."""
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
        """Bytes per second since the first byte."""
        passed = self._clock() - self._began if self._began is not None else 0
        return int(self._moved / passed) if passed else 0

    @property
    def remaining(self) -> str:
        """The time left, as `12 seconds`; "" if it is unknown or nothing is left."""
        left = self.total - self.done
        return human.duration(left / self.rate) if left > 0 and self.rate else ""

    @property
    def text(self) -> str:
        """`3/7 layers, 12.3MB of 150MB, 45MB/s`."""
        bytes_ = f"{human.size(self.done)} of {human.size(self.total)}"
        return f"{self.settled}/{len(self.layers)} layers, {bytes_}, {human.size(self.rate)}/s"


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


def status(progress: Progress) -> str:
    """The state, with bytes while they move: `Pull complete`, `Downloading 1.2MB/9.9MB`."""
    if progress.state in MOVING:
        return f"{progress.text} {human.size(progress.done)}/{human.size(progress.total)}"
    return progress.text


def line(progress: Progress) -> str:
    """docker's line for a layer: `a1b2c3d4e5f6: Pull complete`."""
    return f"{progress.descriptor.digest.short}: {status(progress)}"


@contextlib.contextmanager
def lines(write: Callable[[str], object]) -> Iterator[Listener]:
    """For a log or a saved notebook: a line when a layer starts and one when it is complete.

    Layers are reported complete in the order in which they started, so that two pulls of an image print the same.
    """
    board = Board()
    ended = 0

    def hear(progress: Progress) -> None:
        nonlocal ended
        if board.hear(progress) and progress.state in PRINTED:
            write(line(progress))
        for layer in itertools.islice(board.layers.values(), ended, None):
            if layer.state not in SETTLED:
                break
            write(line(layer))
            ended += 1

    yield hear


@contextlib.contextmanager
def redrawn(stream: TextIO) -> Iterator[Listener]:
    """For a terminal: a line for each completed layer, and below them a line that is redrawn."""
    board, pace = Board(), Pace()

    def hear(progress: Progress) -> None:
        if board.hear(progress) and progress.state in SETTLED:
            stream.write(f"{CLEAR}{line(progress)}\n")
        if pace.allows():
            stream.write(f"{CLEAR}{board.text}")
            stream.flush()

    try:
        yield hear
    finally:
        stream.write(CLEAR)
        stream.flush()
