"""The commands for Python: as functions on the user's own dock, and as methods of any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from nbdock import commands
from nbdock.dock import dock
from nbdock.grammar import table
from nbdock.widgets import command

__all__ = ["Dock", "table"]

P = ParamSpec("P")
R = TypeVar("R")


class Dock(dock.Dock):
    """A store and a registry client with docker's commands: `Dock("another/store").pull("httpd")`."""

    container_create = commands.container_create
    container_ls = commands.container_ls
    container_prune = commands.container_prune
    container_rm = commands.container_rm
    df = commands.df
    history = commands.history
    info = commands.info
    inspect = commands.inspect
    login = commands.login
    logout = commands.logout
    ls = commands.ls
    prune = commands.prune
    pull = commands.pull
    push = commands.push
    rm = commands.rm
    search = commands.search
    serve = commands.serve
    tag = commands.tag
    tags = commands.tags
    ui = command.ui
    version = commands.version


def _own(command: Callable[Concatenate[dock.Dock, P], R]) -> Callable[P, R]:
    """The command on the user's own dock, as the environment describes it at the time of the call."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(Dock(), *args, **kwargs)

    return run


container_create = _own(commands.container_create)
container_ls = _own(commands.container_ls)
container_prune = _own(commands.container_prune)
container_rm = _own(commands.container_rm)
df = _own(commands.df)
history = _own(commands.history)
info = _own(commands.info)
inspect = _own(commands.inspect)
login = _own(commands.login)
logout = _own(commands.logout)
ls = _own(commands.ls)
prune = _own(commands.prune)
pull = _own(commands.pull)
push = _own(commands.push)
rm = _own(commands.rm)
search = _own(commands.search)
serve = _own(commands.serve)
tag = _own(commands.tag)
tags = _own(commands.tags)
ui = _own(command.ui)
version = _own(commands.version)
