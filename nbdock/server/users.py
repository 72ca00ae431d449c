"""Basic authentication against an htpasswd file of bcrypt hashes, the format that docker's registry reads."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from nbdock.errors import UsageError

_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}", re.ASCII)
_THREADS = 2
_MAX_PASSWORD = 72  # bytes: bcrypt takes no more, and htpasswd cuts off the rest


class Users:
    """User names with their bcrypt hashes; `check` is `bcrypt.checkpw`, and `readers` are those who may only pull."""

    def __init__(
        self, hashes: Mapping[str, bytes], check: Callable[[bytes, bytes], bool], readers: Iterable[str] = ()
    ) -> None:
        self._hashes, self._check, self._readers = hashes, check, frozenset(readers)
        self._dummies = list(hashes.values())
        self._key = secrets.token_bytes()
        self._authenticated: set[bytes] = set()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="nbdock-bcrypt")

    @classmethod
    def read(cls, writers: Path | None, readers: Path | None = None) -> Self:
        """Read the htpasswd files of those who may do all and of those who may only pull.

        Raises UsageError if a file cannot be read, has no users or another kind of hash, if a user is in both, or if
        bcrypt is not installed.
        """
        try:
            from bcrypt import checkpw
        except ImportError:
            raise UsageError("--htpasswd requires bcrypt", hint="pip install bcrypt") from None
        may_write, may_read = (_hashes(path) if path else {} for path in (writers, readers))
        if both := sorted(may_write.keys() & may_read.keys()):
            raise UsageError(f"{both[0]!r} is in {writers} and in {readers}", hint="a user is a reader or a writer")
        return cls({**may_write, **may_read}, checkpw, may_read)

    def is_reader(self, name: str) -> bool:
        """Whether the user may only pull."""
        return name in self._readers

    async def authenticate(self, authorization: str) -> str:
        """The user whose name and password the Authorization header has; "" if they are no user's.

        bcrypt is slow on purpose. Accepted credentials are therefore remembered (as an HMAC) and hashed only once, and
        hashing has threads of its own: however many strangers guess, other requests do not wait.
        """
        name, password = _basic(authorization)
        given = password.encode()[:_MAX_PASSWORD]
        if not name or b"\0" in given:
            return ""
        key = self._digest(name.encode() + b":" + given)
        if key not in self._authenticated and await self._matches(name, given):
            self._authenticated.add(key)
        return name if key in self._authenticated else ""

    def close(self) -> None:
        """Give up passwords that wait to be checked."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _matches(self, name: str, password: bytes) -> bool:
        """A name that is no user's has a user's hash too, always the same: it takes as long to check as that user."""
        hashed = (
            self._hashes.get(name) or self._dummies[int.from_bytes(self._digest(name.encode())) % len(self._dummies)]
        )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._check, password, hashed) and name in self._hashes

    def _digest(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, hashlib.sha256)


def _hashes(path: Path) -> dict[str, bytes]:
    lines = (line.strip() for line in _text(path).splitlines())
    found = dict(_user(line) for line in lines if line and not line.startswith("#"))
    if not found:
        raise UsageError(f"no users in {path}", hint=f"add one with: htpasswd -B {path} NAME")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        reason = error.strerror
    except UnicodeDecodeError:
        reason = "not UTF-8 text"
    raise UsageError(f"cannot read {path}: {reason}", hint="create one with: htpasswd -B -c FILE NAME")


def _user(line: str) -> tuple[str, bytes]:
    name, colon, hashed = line.partition(":")
    if not colon or not _BCRYPT.fullmatch(hashed):
        raise UsageError(f"the password of {name!r} is not a bcrypt hash", hint="hash it with: htpasswd -B FILE NAME")
    return name, hashed.encode()


def _basic(authorization: str) -> tuple[str, str]:
    """The name and password of a Basic header (RFC 7617, UTF-8); both empty if the header is anything else."""
    scheme, _, value = authorization.partition(" ")
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, no ASCII, no UTF-8
        colon = ""
    return (name, password) if colon and scheme.lower() == "basic" else ("", "")
