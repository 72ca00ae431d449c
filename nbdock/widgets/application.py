"""All of it in one cell: the images, the search, the account; pulls stay in sight whatever tab is open."""

from __future__ import annotations

from ipywidgets import Tab, VBox

from nbdock.dock.dock import Dock
from nbdock.widgets.account import Login
from nbdock.widgets.finder import Search
from nbdock.widgets.image_list import Images
from nbdock.widgets.pulls import Pulls


class Application(VBox):  # type: ignore[misc]
    """`images`, `search`, `login` and `pulls` are its parts, to observe and to set. `close()` ends all of them."""

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
        self.search.price()
