"""The whole application in one cell, and its form to log in."""

from __future__ import annotations

from functools import partial

from ipywidgets import Checkbox, Tab, Text, VBox

from nbdock.dock.accounts import login, logout
from nbdock.dock.dock import Dock
from nbdock.widgets.background import Job
from nbdock.widgets.components import PasswordField, Status, button, field, row
from nbdock.widgets.image_list import Images
from nbdock.widgets.pulls import Pulls
from nbdock.widgets.search_form import Search


class Application(VBox):  # type: ignore[misc]
    """Images, search and login in tabs, with the running pulls below them.

    Parameters
    ----------
    dock
        The store and registries to use; the user's own if omitted.

    Attributes
    ----------
    images, search, login, pulls
        The widgets that it is made of. `close()` closes all of them.
    """

    def __init__(self, dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self.images = Images(self._dock)
        self.pulls = Pulls(self._dock, self._pulled)
        self.search = Search(self._dock, self.pulls)
        self.login = Login(self._dock)
        self.tabs = Tab([self.images, self.search, self.login], titles=["Images", "Search", "Log in"])
        super().__init__([self.tabs, self.pulls])
        self.add_class("nbdock")
        self.add_class("nbdock-application")

    def close(self) -> None:
        for part in (self.images, self.search, self.login, self.pulls):
            part.close()
        super().close()

    def __repr__(self) -> str:
        return "The images of nbdock"

    def _pulled(self) -> None:
        self.images.refresh()
        self.search.show_cost()


class Login(VBox):  # type: ignore[misc]
    """Log in to a registry and out of it. The password goes to the registry; no trait, output or file holds it.

    Parameters
    ----------
    dock
        The credentials and registries to use; the user's own if omitted.

    Attributes
    ----------
    server
        The registry; Docker Hub if empty.
    session
        Whether to keep the credentials in memory only.
    """

    def __init__(self, dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self.server = field(Text, "Registry", placeholder="Docker Hub")
        self.username = field(Text, "User name")
        self.password = PasswordField(button="Log in")
        self.session = Checkbox(value=True, description="Keep in memory only, until the kernel stops", indent=False)
        self.logout = button("Log out", self._log_out, tooltip="Remove the credentials for this registry")
        self.status = Status()
        self.job = Job()
        credentials = [row(self.server, self.username), row(self.password, self.logout), self.session]
        super().__init__([*credentials, self.status])
        self.add_class("nbdock")
        self.password.on_submit(self._log_in)

    def close(self) -> None:
        self.job.cancel()
        super().close()

    def __repr__(self) -> str:
        return "A form to log in"

    def _log_in(self, password: str) -> None:
        if not self.username.value.strip():
            self.status.say("Enter a user name.", "error")
            return
        self.status.say("Logging in…")
        self.job = PasswordJob(password)
        dock = self._dock.facing(self.job)
        work = partial(login, dock, self.server.value.strip(), self.username.value, "", False, self.session.value)
        self.job.start(work, self._done, self.status.say_error)

    def _log_out(self) -> None:
        self.job = Job()
        work = partial(logout, self._dock.facing(self.job), self.server.value.strip())
        self.job.start(work, self._done, self.status.say_error)

    def _done(self, message: str) -> None:
        self.status.say("\n".join([message, *self.job.lines]))


class PasswordJob(Job):
    """A job that answers the question for the password, once."""

    def __init__(self, password: str) -> None:
        super().__init__()
        self._password: str | None = password

    def read_secret(self, prompt: str) -> str | None:
        password, self._password = self._password, None
        return password
