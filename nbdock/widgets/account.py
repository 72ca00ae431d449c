"""Log in and out. The password is read once, handed to the registry, and is in no trait, no output and no file of the
notebook's."""

from __future__ import annotations

from functools import partial

from ipywidgets import Checkbox, Text, VBox

from nbdock.dock.accounts import login, logout
from nbdock.dock.dock import Dock
from nbdock.errors import NbdockError
from nbdock.widgets.job import Job
from nbdock.widgets.parts import Secret, Status, bar, button, field


class Login(VBox):  # type: ignore[misc]
    """For the registry in `server`, Docker Hub where it is empty."""

    def __init__(self, dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self.server = field(Text, "Registry", placeholder="Docker Hub")
        self.username = field(Text, "User name")
        self.secret = Secret(button="Log in")
        self.session = Checkbox(value=True, description="Until the kernel ends, in memory only", indent=False)
        self.out = button("Log out", self._log_out, tooltip="Forget the credentials for this registry")
        self.status = Status()
        self.job: Job = Job()
        super().__init__([bar(self.server, self.username), bar(self.secret, self.out), self.session, self.status])
        self.add_class("nbdock")
        self.secret.on_submit(self._log_in)

    def close(self) -> None:
        self.job.cancel()
        super().close()

    def __repr__(self) -> str:
        return "A form to log in"

    def _log_in(self, secret: str) -> None:
        if not self.username.value.strip():
            self.status.say("Type the user name first.", "error")
            return
        self.status.say("Logging in")
        self.job = Answers(secret)
        dock = self._dock.facing(self.job)
        work = partial(login, dock, self.server.value.strip(), self.username.value, False, self.session.value)
        self.job.start(work, self._said, self._failed)

    def _log_out(self) -> None:
        self.job = Job()
        self.job.start(
            partial(logout, self._dock.facing(self.job), self.server.value.strip()), self._said, self._failed
        )

    def _said(self, answer: str) -> None:
        self.status.say("\n".join([answer, *self.job.lines]))

    def _failed(self, error: NbdockError) -> None:
        self.status.fail(error)


class Answers(Job):
    """Answers the question for the password, once."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret: str | None = secret

    def read_secret(self, prompt: str) -> str | None:
        secret, self._secret = self._secret, None
        return secret
