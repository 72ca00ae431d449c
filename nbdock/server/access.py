"""Who may do what: with passwords or without, readers and writers, namespaces."""

from __future__ import annotations

from dataclasses import dataclass

from nbdock.server.errors import APIError
from nbdock.server.users import Users

_READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Access:
    """What a server allows.

    Without `users` everybody may do what it offers: pull, and if it is `writable` push and delete. With `users` only
    they may, and of them the readers may pull only; if it is `public`, everybody may pull. With `own_namespace` a user
    pushes and deletes only in the repositories below the own name: `alice/…`.
    """

    users: Users | None = None
    writable: bool = False
    public: bool = False
    own_namespace: bool = False

    async def check(self, method: str, repository: str, authorization: str) -> str:
        """The name of the user, "" if nobody logged in.

        Raises APIError: 401 without a password that is needed, 403 if this user may not do it, 405 if nobody may.
        """
        is_reading = method in _READING
        user = await self._user(authorization, needed=not (self.public and is_reading))
        if is_reading:
            return user
        if not self.writable:
            raise APIError(405, "UNSUPPORTED", "the registry is read-only", headers={"Allow": "GET, HEAD"})
        if self.users and self.users.is_reader(user):
            raise APIError(403, "DENIED", f"{user} may pull, but not push or delete")
        if self.own_namespace and repository.partition("/")[0] != user:
            raise APIError(403, "DENIED", f"{user} may push to repositories below {user}/ only")
        return user

    async def _user(self, authorization: str, needed: bool) -> str:
        if self.users is None:
            return ""
        user = await self.users.authenticate(authorization)
        if user or not (needed or authorization):
            return user
        headers = {"WWW-Authenticate": 'Basic realm="nbdock", charset="UTF-8"'}
        raise APIError(401, "UNAUTHORIZED", "authentication required", headers=headers)

    def close(self) -> None:
        """Give up passwords that wait to be checked."""
        if self.users:
            self.users.close()
