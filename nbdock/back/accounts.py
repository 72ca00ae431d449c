"""Logins to registries. No answer holds a password or a token."""

from __future__ import annotations

from typing import Any

from nbdock import human
from nbdock.back.backend import Backend
from nbdock.back.jobs import said
from nbdock.back.questions import question
from nbdock.dock import accounts
from nbdock.dock.dock import Dock
from nbdock.errors import UsageError

_WARNING = "WARNING: "
"""Begins a line about what is wrong with logins; the warning of clear text, which the page says itself, has none."""
_MOST = 200


@question
def logins(backend: Backend, dock: Dock) -> dict[str, Any]:
    """Who is logged in where, and in which file or helper that is kept ("" for memory), and what cannot be read."""
    found = dock.registry.credentials.logins()[:_MOST]
    rows = [
        {"registry": human.excerpt(each.registry), "user": human.excerpt(each.username), "kept": each.source}
        for each in found
    ]
    return {"logins": rows, "problems": list(dock.registry.credentials.problems())}


@question
def login(
    backend: Backend, dock: Dock, registry: str, user: str, password: str, session: bool = True
) -> dict[str, Any]:
    """Log in, for a `session` in memory only. Returns what is wrong all the same."""
    if not user.strip():
        raise UsageError("the user name is empty", hint="type it")
    if not password:
        raise UsageError("the password is empty", hint="type it")
    accounts.login(dock, registry.strip(), user, password, False, session)
    return _changed(backend, dock)


@question
def logout(backend: Backend, dock: Dock, registry: str) -> dict[str, Any]:
    """Log out. Returns what is wrong all the same."""
    accounts.logout(dock, registry.strip())
    return _changed(backend, dock)


def _changed(backend: Backend, dock: Dock) -> dict[str, Any]:
    backend.tell({"about": "accounts"})
    return {"problems": [line.removeprefix(_WARNING) for line in said(dock) if line.startswith(_WARNING)]}
