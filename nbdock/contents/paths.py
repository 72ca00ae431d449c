"""The names of a tar as paths of a file system: absolute, clean, inside the root, and safe to print."""

from __future__ import annotations

import posixpath
from functools import lru_cache

from nbdock import human
from nbdock.errors import InvalidContent

MAX_NAMES = 1 << 28
"""The names of folders that have no entry of their own, in bytes of one image."""
_WHITEOUT, _RESERVED, OPAQUE = ".wh.", ".wh..wh.", ".wh..wh..opq"


def absolute(raw: bytes) -> tuple[str, bytes | None]:
    """The path of an entry, and its name in the tar if the path does not tell it.

    `.`, repeated slashes and a slash at the end are left out. `..` ends at the root. Bytes that are not UTF-8 and
    characters that are not safe to print are escaped.

    Examples
    --------
    >>> absolute(b"./usr//bin/env")
    ('/usr/bin/env', None)
    >>> absolute(b"../../etc/passwd")
    ('/etc/passwd', b'../../etc/passwd')
    """
    text, is_exact = shown(raw)
    path = text.removeprefix("./").strip("/")
    if path and "//" not in path and "./" not in path and not path.endswith("."):
        return f"/{path}", None if is_exact else raw
    parts = text.split("/")
    clean = posixpath.normpath(f"/{text.lstrip('/')}")
    return clean, None if is_exact and ".." not in parts else raw


def shown(raw: bytes) -> tuple[str, bool]:
    """Bytes as text that is safe to print, and whether it says the same."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return human.printable(raw.decode(errors="backslashreplace")), False
    safe = human.printable(text)
    return safe, safe == text


def hidden_by(path: str) -> tuple[str, str | None] | None:
    """What a whiteout is and which path it hides; None if the path is no whiteout (OCI image spec, layer.md).

    Other names that begin with `.wh..wh.` are aufs' own: they hide nothing.

    Examples
    --------
    >>> hidden_by("/etc/.wh.motd")
    ('whiteout', '/etc/motd')
    >>> hidden_by("/etc/.wh..wh..opq")
    ('opaque', '/etc')
    >>> hidden_by("/etc/motd")
    """
    folder, _, name = path.rpartition("/")
    if not name.startswith(_WHITEOUT):
        return None
    if name == OPAQUE:
        return "opaque", folder or "/"
    hidden = name.removeprefix(_WHITEOUT)
    return "whiteout", None if name.startswith(_RESERVED) or hidden in ("", ".", "..") else f"{folder}/{hidden}"


@lru_cache(1 << 12)
def parent(path: str) -> str:
    """The folder of a path; of the root, the root.

    Examples
    --------
    >>> parent("/usr/bin/env")
    '/usr/bin'
    """
    return path.rpartition("/")[0] or "/"


def with_folders(paths: set[str]) -> set[str]:
    """The paths, and all folders above them. Raises InvalidContent if these are more than any image has."""
    found, waiting, room = set[str](), paths, MAX_NAMES
    while waiting:
        found |= waiting
        waiting = set(map(parent, waiting)) - found
        room -= sum(map(len, waiting))
        if room < 0:
            raise too_many_folders()
    return found


def too_many_folders() -> InvalidContent:
    """The error for names that are folders in folders: each has all names above it in its own."""
    return InvalidContent("the names of its folders are too long", hint="such an image is not made to be unpacked")
