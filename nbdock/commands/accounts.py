"""Commands for credentials: login, logout."""

from __future__ import annotations

from typing import Annotated

from nbdock.dock.dock import Dock
from nbdock.grammar import Arg, Opt, Text, command

Server = Annotated[str, Arg("SERVER", "the registry; Docker Hub if omitted", complete="registries")]
_SAVED = "a password on the command line would be saved with the notebook and in the shell's history"


@command("login")
def login(
    dock: Dock,
    server: Server = "",
    *,
    password: Annotated[str, Opt("refused: it would be saved with the notebook", "-p", refused=_SAVED)] = "",
    password_stdin: Annotated[bool, Opt("read the password from stdin, in a terminal")] = False,
    session: Annotated[bool, Opt("keep the credentials in memory only, until the kernel ends")] = False,
    username: Annotated[str, Opt("user name", "-u")] = "",
) -> Text:
    """Log in to a registry.

    Asks for the password in a field that is neither shown nor saved. Without --session the credentials are stored as
    docker does: in the configured credential helper, or else unencrypted in config.json, with a warning.
    """
    from nbdock.dock import accounts

    return Text(accounts.login(dock, server, username, password, password_stdin, session))


@command("logout")
def logout(
    dock: Dock,
    server: Server = "",
) -> Text:
    """Log out from a registry.

    Deletes the credentials under every form of the registry's address.
    """
    from nbdock.dock import accounts

    return Text(accounts.logout(dock, server))
