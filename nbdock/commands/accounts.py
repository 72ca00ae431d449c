"""Commands for credentials: login, logout."""

from __future__ import annotations

from typing import Annotated

from nbdock.dock import accounts
from nbdock.dock.dock import Dock
from nbdock.errors import Refused
from nbdock.grammar import Arg, Opt, Text, command


@command("login")
def login(
    dock: Dock,
    server: Annotated[str, Arg("SERVER", "the registry; Docker Hub where none is given", complete="registries")] = "",
    *,
    password: Annotated[str, Opt("refused: the cell is saved with the notebook", "-p")] = "",
    password_stdin: Annotated[bool, Opt("take the password from stdin (in a terminal)")] = False,
    session: Annotated[bool, Opt("keep it in memory only, until the kernel ends")] = False,
    username: Annotated[str, Opt("who", "-u")] = "",
) -> Text:
    """Log in to a registry.

    Asks for the password where it is not shown and not saved. Without --session it is kept where docker keeps it: in
    the helper that is configured, else in the clear in config.json, with a warning.
    """
    if password:
        raise Refused(
            "a password in the line would be saved with the notebook, and shown by the shell's history",
            hint="leave -p out: the password is asked for; in a terminal --password-stdin takes it too",
        )
    return Text(accounts.login(dock, server, username, password_stdin, session))


@command("logout")
def logout(
    dock: Dock,
    server: Annotated[str, Arg("SERVER", "the registry; Docker Hub where none is given", complete="registries")] = "",
) -> Text:
    """Log out from a registry: its credentials go, under every spelling."""
    return Text(accounts.logout(dock, server))
