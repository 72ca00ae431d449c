"""The running pulls, each in a background thread, with its progress and a button to cancel it."""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML

from nbdock import commands
from nbdock.back.jobs import Job
from nbdock.dock.dock import Dock
from nbdock.errors import Cancelled, NbdockError
from nbdock.progress import Board, View
from nbdock.widgets.bars import markup
from nbdock.widgets.components import Panel, Status, button, heading, row, show_if


class Pulls(Panel):
    """The pulls that were started and not dismissed, newest first. `done` is called after each one that succeeds."""

    children: tuple[Pull, ...]

    def __init__(self, dock: Dock, done: Callable[[], None]) -> None:
        self.dock, self.done = dock, done
        super().__init__()

    def start(self, reference: str, platform: str = "") -> Pull:
        """Start to pull an image, unless it is being pulled. What an earlier, cancelled pull downloaded is kept."""
        for pull in self.children:
            if pull.wanted == (reference, platform) and pull.job.running:
                return pull
        made = Pull(self, reference, platform)
        self.children = (made, *self.children)
        return made

    def dismiss(self, pull: Pull) -> None:
        """Cancel a pull and remove it from the list."""
        self.children = tuple(each for each in self.children if each is not pull)
        pull.close()


class _View(View):
    def __init__(self, pull: Pull) -> None:
        super().__init__()
        self._pull = pull

    def draw(self) -> None:
        self._pull.show(self.board)


class Pull(Panel):
    """One pull. Its job's thread updates the progress, ten times a second at most, with one message each."""

    def __init__(self, pulls: Pulls, reference: str, platform: str) -> None:
        self.wanted = (reference, platform)
        self._pulls = pulls
        self.bars = HTML()
        self.status = Status()
        self.cancel = button("Cancel", self._cancel, tooltip=f"Cancel the pull of {reference}; downloaded data is kept")
        self.resume = button("Resume", self.run, tooltip=f"Resume the pull of {reference}")
        self.dismiss = button("Dismiss", lambda: pulls.dismiss(self), tooltip=f"Remove {reference} from this list")
        actions = row(self.cancel, self.resume, self.dismiss)
        super().__init__([HTML(heading(f"Pull {reference}")), self.bars, self.status, actions], "nbdock-panel")
        self.add_class("nbdock-pull")
        self.ends.callback(lambda: self.job.cancel())
        self.run()

    def run(self) -> None:
        self._show_buttons(self.cancel)
        self.status.say("Starting…")
        self.job = Job(_View(self))
        dock = self._pulls.dock.facing(self.job)
        reference, platform = self.wanted
        self.job.start(lambda: commands.pull(dock, reference, platform=platform or None), self._pulled, self._failed)

    def _cancel(self) -> None:
        self.status.say("Cancelling…")
        self.job.cancel()

    def show(self, board: Board) -> None:
        """Show how far the layers are, and how long it takes or how long nothing has come."""
        self.bars.value = markup(board) if board.layers else ""
        if board.silence:
            self.status.say(f"Waiting: {board.silence}")
        elif board.layers:
            self.status.say(f"{board.remaining} left" if board.remaining else "Pulling…")

    def _pulled(self, _: object) -> None:
        self.status.say(next((line for line in self.job.lines if line.startswith("Status: ")), "Done"))
        self._show_buttons(self.dismiss)
        self._pulls.done()

    def _failed(self, error: NbdockError) -> None:
        if isinstance(error, Cancelled):
            self.status.say("Cancelled. Downloaded data is kept: choose Resume to continue.")
        else:
            self.status.say_error(error)
        self._show_buttons(self.resume, self.dismiss)

    def _show_buttons(self, *shown: object) -> None:
        for each in (self.cancel, self.resume, self.dismiss):
            show_if(each in shown, each)
