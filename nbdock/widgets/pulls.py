"""Pulls under way: each in a thread of its own, with its bars and its Cancel. The kernel stays usable."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ipywidgets import HTML, VBox

from nbdock.commands.copies import pull
from nbdock.dock.dock import Dock
from nbdock.dock.pulling import Pulled
from nbdock.errors import Cancelled, NbdockError
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.progress import Board, Pace
from nbdock.widgets.bars import Bars
from nbdock.widgets.job import Job
from nbdock.widgets.parts import Status, bar, button, heading


class Pulls(VBox):  # type: ignore[misc]
    """Every pull that was started and not dismissed, newest first."""

    children: tuple[Pull, ...]

    def __init__(self, dock: Dock, done: Callable[[], None]) -> None:
        self._dock, self._done = dock, done
        super().__init__(())
        self.add_class("nbdock")

    def start(self, reference: str, platform: Platform | None = None) -> Pull:
        """Pull an image; what an earlier, cancelled pull left is not fetched again."""
        made = Pull(self._dock, reference, platform, self._done, self._dismiss)
        self.children = (made, *self.children)
        return made

    def close(self) -> None:
        for each in self.children:
            each.close()
        super().close()

    def _dismiss(self, one: Pull) -> None:
        self.children = tuple(each for each in self.children if each is not one)
        one.close()


class Pull(VBox):  # type: ignore[misc]
    """One of them. It is rendered by the thread that waits for it, ten times a second at most, as one message."""

    def __init__(
        self,
        dock: Dock,
        reference: str,
        platform: Platform | None,
        done: Callable[[], None],
        dismiss: Callable[[Pull], None],
    ) -> None:
        self._dock, self._reference, self._platform, self._done = dock, reference, platform, done
        self.job = Job()
        self.bars = Bars()
        self.status = Status()
        self.cancel = button("Cancel", self._cancel, tooltip=f"Stop pulling {reference}; what came is kept")
        self.resume = button("Resume", self.run, tooltip=f"Go on pulling {reference}")
        self.dismiss = button("Dismiss", partial(dismiss, self), tooltip=f"Take {reference} off this list")
        actions = bar(self.cancel, self.resume, self.dismiss)
        super().__init__([HTML(heading(f"Pull {reference}")), self.bars, self.status, actions])
        self.add_class("nbdock-panel")
        self.add_class("nbdock-pull")
        self.run()

    def run(self) -> None:
        """Begin, or go on."""
        self._buttons(running=True)
        self.status.say("Starting")
        self._board, self._pace = Board(), Pace()
        self.job = Job(self._board.hear, self._draw)
        dock = self._dock.facing(self.job)
        work = partial(_pull, dock, self._reference, self._platform)
        self.job.start(work, self._pulled, self._failed)

    def close(self) -> None:
        self.job.cancel()
        super().close()

    def _cancel(self) -> None:
        self.status.say("Cancelling")
        self.job.cancel()

    def _draw(self) -> None:
        if self._board.layers and self._pace.allows():
            self._render()

    def _render(self) -> None:
        self.bars.show(self._board)
        left = self._board.remaining
        self.status.say(f"About {left} left" if left else "Working")

    def _pulled(self, pulled: list[Pulled]) -> None:
        self._render()
        self.status.say(next((line for line in self.job.lines if line.startswith("Status: ")), "Done"))
        self._buttons(running=False)
        self.resume.layout.display = "none"
        self._done()

    def _failed(self, error: NbdockError) -> None:
        self._render()
        if isinstance(error, Cancelled):
            self.status.say("Cancelled. What came is kept: Resume goes on from there.")
        else:
            self.status.fail(error)
        self._buttons(running=False)

    def _buttons(self, running: bool) -> None:
        self.cancel.layout.display = "" if running else "none"
        for each in (self.resume, self.dismiss):
            each.layout.display = "none" if running else ""


def _pull(dock: Dock, name: str, platform: Platform | None) -> list[Pulled]:
    return pull(dock, [Reference.parse(name)], platform=platform)
