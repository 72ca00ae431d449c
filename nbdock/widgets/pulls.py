"""The running pulls, each in a background thread, with its progress and a button to cancel it."""

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
from nbdock.widgets.background import Job
from nbdock.widgets.bars import Bars
from nbdock.widgets.components import Status, button, heading, row, show_if


class Pulls(VBox):  # type: ignore[misc]
    """The pulls that were started and not dismissed, newest first. `done` is called after each one that succeeds."""

    children: tuple[Pull, ...]

    def __init__(self, dock: Dock, done: Callable[[], None]) -> None:
        self._dock, self._done = dock, done
        super().__init__(())
        self.add_class("nbdock")

    def start(self, reference: str, platform: Platform | None = None) -> Pull:
        """Start to pull an image. What an earlier, cancelled pull downloaded is not downloaded again."""
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
    """One pull. Its job's thread updates the progress, ten times a second at most, with one message each."""

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
        self.cancel = button("Cancel", self._cancel, tooltip=f"Cancel the pull of {reference}; downloaded data is kept")
        self.resume = button("Resume", self.run, tooltip=f"Resume the pull of {reference}")
        self.dismiss = button("Dismiss", partial(dismiss, self), tooltip=f"Remove {reference} from this list")
        actions = row(self.cancel, self.resume, self.dismiss)
        super().__init__([HTML(heading(f"Pull {reference}")), self.bars, self.status, actions])
        self.add_class("nbdock-panel")
        self.add_class("nbdock-pull")
        self.run()

    def run(self) -> None:
        """Start or resume the pull."""
        self._show_buttons(running=True)
        self.status.say("Starting…")
        self._board, self._pace = Board(), Pace()
        self.job = Job(self._board.hear, self._draw)
        dock = self._dock.facing(self.job)
        self.job.start(partial(_pull, dock, self._reference, self._platform), self._pulled, self._failed)

    def close(self) -> None:
        self.job.cancel()
        super().close()

    def _cancel(self) -> None:
        self.status.say("Cancelling…")
        self.job.cancel()

    def _draw(self) -> None:
        if self._board.layers and self._pace.allows():
            self._show_progress()

    def _show_progress(self) -> None:
        self.bars.show(self._board)
        left = self._board.remaining
        self.status.say(f"{left} left" if left else "Pulling…")

    def _pulled(self, pulled: list[Pulled]) -> None:
        self._show_progress()
        self.status.say(next((line for line in self.job.lines if line.startswith("Status: ")), "Done"))
        self._show_buttons(running=False)
        show_if(False, self.resume)
        self._done()

    def _failed(self, error: NbdockError) -> None:
        self._show_progress()
        if isinstance(error, Cancelled):
            self.status.say("Cancelled. Downloaded data is kept: choose Resume to continue.")
        else:
            self.status.say_error(error)
        self._show_buttons(running=False)

    def _show_buttons(self, running: bool) -> None:
        show_if(running, self.cancel)
        show_if(not running, self.resume, self.dismiss)


def _pull(dock: Dock, name: str, platform: Platform | None) -> list[Pulled]:
    return pull(dock, [Reference.parse(name)], platform=platform)
