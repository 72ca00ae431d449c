"""Pulls at the same time in one process, through a gate that holds the first of them in the middle of a layer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nbdock.dock.console import Console
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.pulling import Pulled, pull
from nbdock.errors import Cancelled
from nbdock.oci.reference import Reference
from nbdock.progress import View
from nbdock.task import Progress, State, Task
from tests.parts.gate import LARGE, Gate, half_here
from tests.parts.stocked import large

__all__ = ["large"]

IMAGE = Reference.parse("large:1")


class Pulling(Console):
    """A pull in a thread. `moving` is set once it hears that the large layer moves."""

    def __init__(self) -> None:
        self.moving = threading.Event()
        self.pulled: list[Pulled] = []
        self.cancelled = False
        self.view = View()
        self.view.hear = self.hear  # type: ignore[method-assign]

    def hear(self, progress: Progress) -> None:
        if progress.state is State.DOWNLOADING and progress.total > LARGE:
            self.moving.set()

    def watching(self) -> View:
        return self.view

    def started(self, task: Task) -> None:
        self.task = task

    def run(self) -> None:
        try:
            self.pulled = pull(Dock(console=self), [IMAGE])
        except Cancelled:
            self.cancelled = True


@contextmanager
def running() -> Iterator[tuple[Pulling, threading.Thread]]:
    """A pull that is in the middle of the large layer."""
    pulling = Pulling()
    thread = threading.Thread(target=pulling.run, daemon=True)
    thread.start()
    assert pulling.moving.wait(30)
    while not half_here(Dock().store.root):
        thread.join(0.01)
    yield pulling, thread
    thread.join(30)


def test_two_pulls_of_one_image_fetch_it_once_and_show_the_same_progress(large: Gate) -> None:
    with running() as (first, _), running() as (second, _):
        large.opened.set()
    assert first.pulled[0].copied and second.pulled[0].copied
    layers = [f"/v2/library/large/blobs/{layer.descriptor.digest}" for layer, _ in first.pulled[0].copied.image.layers]
    assert [large.blobs.count(layer) for layer in layers] == [1, 1]


def test_a_pull_that_is_cancelled_leaves_the_layer_to_the_other(large: Gate) -> None:
    with running() as (first, thread), running() as (second, _):
        first.task.cancel()
        thread.join(30)
        large.opened.set()
    assert first.cancelled and second.pulled[0].copied
    (asked,) = large.ranges
    assert int(asked.removeprefix("bytes=").removesuffix("-")) > LARGE


def test_a_pull_that_waits_can_be_cancelled(large: Gate) -> None:
    with running() as (first, _):
        with running() as (second, thread):
            second.task.cancel()
            thread.join(30)
            assert second.cancelled and not large.opened.is_set()
        large.opened.set()
    assert first.pulled[0].copied
