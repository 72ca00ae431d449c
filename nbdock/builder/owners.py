"""Owners and modes of COPY: `--chown` by number or by name in the image, `--chmod` by number or by letters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.builder.tree import Tree, followed
from nbdock.errors import Refused, UsageError
from nbdock.human import excerpt

if TYPE_CHECKING:
    from nbdock.task import Task

_LARGEST_FILE = 1 << 22
_LARGEST_ID = (1 << 32) - 1
_OCTAL = re.compile(r"0?[0-7]{1,4}")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)")
_CHANGE = re.compile(r"([-+=])([rwxXstugo]*)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}
_STICKY, _SET_GROUP, _SET_USER = 0o1000, 0o2000, 0o4000


@dataclass(frozen=True, slots=True)
class Owner:
    """A user and a group by number."""

    uid: int = 0
    gid: int = 0


ROOT = Owner()


def numbered(text: str) -> Owner | None:
    """The owner that `USER[:GROUP]` means if both are numbers: no image has to be looked into for it."""
    user, colon, group = text.partition(":")
    uid = _number(user)
    gid = _number(group) if colon else uid
    return None if uid is None or gid is None else Owner(uid, gid)


def owner(text: str, root: Tree, task: Task) -> Owner:
    """The owner that `USER[:GROUP]` means in a root. A number needs no entry; its group is the same number.

    Raises UsageError for a name that is not in the image, NotFound.
    """
    user, colon, group = text.partition(":")
    if not user or (colon and not group):
        raise UsageError(f"invalid user: {text!r}", hint="write --chown=USER or --chown=USER:GROUP")
    uid = own_group = _number(user)
    if uid is None:
        uid, own_group = _entry(root, "/etc/passwd", user, task) or (None, None)
    if uid is None:
        raise _unknown("user", user, "/etc/passwd")
    gid = _number(group) if group else own_group
    if gid is None and group:
        gid, _ = _entry(root, "/etc/group", group, task) or (None, None)
    if gid is None:
        raise _unknown("group", group or user, "/etc/group")
    return Owner(uid, gid)


def mode(text: str, old: int, is_folder: bool) -> int:
    """The mode that `--chmod` makes of another: `755`, or letters as in chmod. Raises UsageError."""
    if _OCTAL.fullmatch(text):
        return int(text, 8) & 0o7777
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise UsageError(f"invalid chmod: {text!r}", hint="write --chmod=755 or --chmod=u=rwX,go=rX")
        for sign, letters in _CHANGE.findall(match[2]):
            old = _changed(old, match[1].replace("a", "ugo") or "ugo", sign, letters, is_folder)
    return old


def _changed(old: int, who: str, sign: str, letters: str, is_folder: bool) -> int:
    bits, covered = _bits(old, who, letters, is_folder)
    if sign == "+":
        return old | bits
    return old & ~bits if sign == "-" else old & ~covered | bits


def _bits(old: int, who: str, letters: str, is_folder: bool) -> tuple[int, int]:
    """The bits that letters mean for someone, and all that `=` sets for them."""
    each = sum({bit for letter, bit in _BITS.items() if letter in letters})
    if "X" in letters and (is_folder or old & 0o111):
        each |= 1
    for letter in set(letters) & set(_SHIFTS):
        each |= old >> _SHIFTS[letter] & 7
    bits = covered = 0
    for letter in who:
        bits |= each << _SHIFTS[letter]
        covered |= 7 << _SHIFTS[letter]
    special = {"u": _SET_USER, "g": _SET_GROUP}
    for letter in who:
        covered |= special.get(letter, 0)
        bits |= special.get(letter, 0) if "s" in letters else 0
    return bits | (_STICKY if "t" in letters else 0), covered


def _entry(root: Tree, path: str, name: str, task: Task) -> tuple[int, int | None] | None:
    """The number and the group of a name in /etc/passwd or /etc/group; None if it is in none."""
    for line in _lines(root, path, task):
        fields = line.split(":")
        number = _number(fields[2]) if len(fields) > 2 else None
        if fields[0] == name and number is not None:
            return number, _number(fields[3]) if len(fields) > 3 else None
    return None


def _lines(root: Tree, path: str, task: Task) -> list[str]:
    node = root.find(followed(root, path))
    if node is None or node.type != "file":
        return []
    if node.size > _LARGEST_FILE:
        raise Refused(f"{path} of the image is too long to find a user in", hint="write --chown with numbers")
    with root.reading([node], task) as opened:
        return b"".join(opened(node)).decode(errors="replace").splitlines()


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 11
    return int(text) if is_number and int(text) <= _LARGEST_ID else None


def _unknown(what: str, name: str, path: str) -> UsageError:
    return UsageError(f"no {what} {excerpt(name)} in {path} of the image", hint=f"write the number of the {what}")
