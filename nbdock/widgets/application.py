"""The whole application in one cell, and its form to log in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ipywidgets import Checkbox, Tab, Text

from nbdock.back.jobs import Job
from nbdock.dock.accounts import login, logout
from nbdock.dock.dock import Dock
from nbdock.widgets.components import PasswordField, Standalone, Status, button, field, row
from nbdock.widgets.image_list import Images
from nbdock.widgets.pulls import Pulls
from nbdock.widgets.search_form import Search


class Application(Standalone):
    """`images`, `search` and `login` in tabs, with the running `pulls` below them."""

    caption = "The images of nbdock"

    def __init__(self, dock: Dock | None = None) -> None:
        dock = dock or Dock()
        self.images = Images(dock)
        self.pulls = Pulls(dock, self._pulled)
        self.search = Search(dock, self.pulls)
        self.login = Login(dock)
        self.tabs = Tab([self.images, self.search, self.login], titles=["Images", "Search", "Log in"])
        super().__init__([self.tabs, self.pulls])
        self.add_class("nbdock-application")
        for each in self.tabs.children:
            self.ends.callback(each.close)

    @property
    def frame(self) -> Any:
        """The local images."""
        return self.images.frame

    def _pulled(self) -> None:
        self.images.refresh()
        self.search.show_cost()


class Login(Standalone):
    """Log in to the registry `server` (Docker Hub if empty) and out of it; for a `session` credentials stay in memory.

    The password goes to the registry; no trait, output or file holds it.
    """

    caption = "A form to log in"

    def __init__(self, dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self.server = field(Text, "Registry", placeholder="Docker Hub")
        self.username = field(Text, "User name")
        self.password = PasswordField(button="Log in")
        self.session = Checkbox(value=True, description="Keep in memory only, until the kernel stops", indent=False)
        self.logout = button("Log out", self._log_out, tooltip="Remove the credentials for this registry")
        self.status = Status()
        self.job = Job()
        fields = [row(self.server, self.username), row(self.password, self.logout), self.session]
        super().__init__([*fields, self.status])
        self.add_class("nbdock-form")
        self.password.on_submit(self._log_in)
        self.ends.callback(lambda: self.job.cancel())

    def _log_in(self, password: str) -> None:
        server, username, session = self.server.value.strip(), self.username.value.strip(), self.session.value
        if username and password:
            self.status.say("Logging in…")
            self._start(lambda dock: login(dock, server, username, password, False, session))
        else:
            self.status.say(f"Enter a {'password' if username else 'user name'}.", "error")

    def _log_out(self) -> None:
        server = self.server.value.strip()
        self._start(lambda dock: logout(dock, server))

    def _start(self, work: Callable[[Dock], str]) -> None:
        self.job = Job()
        dock = self._dock.facing(self.job)
        self.job.start(lambda: work(dock), self._done, self.status.say_error)

    def _done(self, message: str) -> None:
        self.status.say("\n".join([message, *self.job.lines]))
