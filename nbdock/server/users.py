"""Who may use the server: an htpasswd file, as docker's registry reads it (bcrypt, `htpasswd -B`)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from nbdock.errors import UsageError

_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}", re.ASCII)
_LONGEST = 72  # of a password: bcrypt takes no more, and htpasswd cuts the rest off


class Users:
    """Names and the hashes of their passwords; `check` says whether a password is a hash's."""

    def __init__(self, hashes: Mapping[str, bytes], check: Callable[[bytes, bytes], bool]) -> None:
        self._hashes, self._check = hashes, check
        self._key = secrets.token_bytes()
        self._passed: set[bytes] = set()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises UsageError where the file cannot be read, holds another kind of hash, or bcrypt is not installed."""
        try:
            from bcrypt import checkpw

            lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        except ImportError:
            raise UsageError("--htpasswd needs bcrypt", hint="pip install 'nbdock[serve]'") from None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {path}: {error}", hint="htpasswd -B -c FILE NAME makes one") from None
        hashes = dict(_user(line) for line in lines if line and not line.startswith("#"))
        if not hashes:
            raise UsageError(f"{path} names nobody", hint="htpasswd -B adds somebody")
        return cls(hashes, checkpw)

    async def admit(self, authorization: str) -> bool:
        """The header is Basic, and of somebody who is in the file. A hash is slow on purpose: each is checked once."""
        if not authorization:
            return False
        name, password = _basic(authorization)
        seal = hmac.digest(self._key, f"{name}:{password}".encode(), hashlib.sha256)
        if seal not in self._passed and await asyncio.to_thread(self._matches, name, password):
            self._passed.add(seal)
        return seal in self._passed

    def _matches(self, name: str, password: str) -> bool:
        """A name that nobody has takes as long as any other."""
        given = password.encode()[:_LONGEST]
        hashed = self._hashes.get(name, next(iter(self._hashes.values())))
        return b"\0" not in given and self._check(given, hashed) and name in self._hashes


def _user(line: str) -> tuple[str, bytes]:
    name, colon, hashed = line.partition(":")
    if not colon or not _BCRYPT.fullmatch(hashed):
        raise UsageError(f"the password of {name!r} is not a bcrypt hash", hint="make it with htpasswd -B")
    return name, hashed.encode()


def _basic(authorization: str) -> tuple[str, str]:
    """The name and the password (RFC 7617, UTF-8); empty where it says neither."""
    scheme, _, value = authorization.partition(" ")
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    return (name, password) if colon and scheme.lower() == "basic" else ("", "")
