"""One credential, and how docker's config.json writes it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Self

from nbdock.errors import InvalidContent
from nbdock.oci import document
from nbdock.oci.document import Document


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name with its password, or a token that a registry gave out for them. Its repr holds no secret.

    An `identity_token` is exchanged for access tokens; a `registry_token` is one itself.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, entry: Document) -> Self:
        """From an entry of `auths`. Raises InvalidContent."""
        username, password = document.text(entry, "username"), document.text(entry, "password")
        if auth := document.text(entry, "auth"):
            username, password = _decoded(auth)
        return cls(username, password, document.text(entry, "identitytoken"), document.text(entry, "registrytoken"))

    def json(self) -> dict[str, Any]:
        """As the entry of `auths` that docker writes."""
        kept = "" if self.identity_token else self.password
        entry = {"auth": base64.b64encode(f"{self.username}:{kept}".encode()).decode()}
        return {**entry, "identitytoken": self.identity_token} if self.identity_token else entry

    @property
    def basic(self) -> str:
        """The header that sends it in the clear (RFC 7617, UTF-8)."""
        secret = self.identity_token or self.password
        return "Basic " + base64.b64encode(f"{self.username}:{secret}".encode()).decode()

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.identity_token or self.registry_token)


def _decoded(auth: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise InvalidContent("invalid auth: not the base64 of user:password", hint="log out and in again")
    return username, password.strip("\0")
