"""The commands for Python: methods of any dock, and functions on the user's own."""

from __future__ import annotations

from nbdock.api.copies import Copied, copy
from nbdock.api.data import Data
from nbdock.api.looking import Looking
from nbdock.api.moving import Moving
from nbdock.api.removing import Removing
from nbdock.api.system import System
from nbdock.dock.dock import Settings
from nbdock.grammar import table

__all__ = ["Copied", "Dock", "copy", "table"]


class Dock(Looking, Moving, Removing, Data, System):
    """A store and a registry client, with docker's commands as methods.

    Parameters
    ----------
    store
        The folder of the store; the user's own if omitted.

    Examples
    --------
    >>> dock = nbdock.Dock("class/store")
    >>> dock.pull("httpd:2.4").state.unique().tolist()
    ['Pull complete']
    >>> dock
    Dock('class/store'): 1 image, 203kB on disk
    """


class _UserDock(Dock):
    """The user's own dock, as the environment describes it at the time of each call."""

    @property
    def settings(self) -> Settings:
        return Settings.read()


class _Annotation(str):
    """An annotation that `inspect.signature` shows without quotes, as it is written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _readable(cls: type) -> None:
    for group in cls.__mro__:
        own = vars(group).values() if group.__module__.startswith(__name__) else ()
        for method in own:
            if callable(method) and hasattr(method, "__annotations__"):
                method.__annotations__ = {name: _Annotation(text) for name, text in method.__annotations__.items()}


_readable(Dock)
_user = _UserDock()
base = _user.base
container_create = _user.container_create
container_ls = _user.container_ls
container_prune = _user.container_prune
container_rm = _user.container_rm
create = _user.create
df = _user.df
export_tables = _user.export_tables
history = _user.history
images = _user.images
info = _user.info
inspect = _user.inspect
layers = _user.layers
login = _user.login
logout = _user.logout
ls = _user.ls
prune = _user.prune
ps = _user.ps
pull = _user.pull
push = _user.push
rm = _user.rm
rmi = _user.rmi
search = _user.search
serve = _user.serve
shared = _user.shared
sql = _user.sql
tag = _user.tag
tags = _user.tags
ui = _user.ui
version = _user.version
