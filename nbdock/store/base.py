"""The names of a base: a store below another one, whose content counts as there and is never changed.

Of a base only files are read, and no lock is taken: it may be on a disk that cannot be written, and others may fill or
prune it meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbdock.errors import NbdockError, StoreError
from nbdock.oci import fields
from nbdock.oci.reference import Reference
from nbdock.places import Name
from nbdock.store import disk

if TYPE_CHECKING:
    from nbdock.store.index import NameIndex

_WITHOUT = "unset NBDOCK_STORE_BASE to work without it"
_MAX_LAYOUT = 4096

Names = tuple[Name, ...]


class Base:
    """The names of a base, which are read-only to the store above it."""

    def __init__(self, root: Path, index: NameIndex) -> None:
        self._root, self._index = root, index
        self._read: tuple[Names | None, Names] = (None, ())
        self._merged: tuple[Names | None, Names, Names] = (None, (), ())

    def names(self) -> Names:
        """Every name; the same tuple until the base changes. Raises StoreError."""
        with self._usable():
            found = self._index.read()
            if found is not self._read[0]:
                self._read = found, tuple(replace(name, read_only=True) for name in found)
            return self._read[1]

    def under(self, own: Names) -> Names:
        """A store's own names, then those of the base that they do not hide; the same tuple until either changes.

        Raises StoreError.
        """
        below, known = self.names(), self._merged
        if known[0] is not own or known[1] is not below:
            hidden = set(map(_key, own))
            known = self._merged = own, below, (*own, *(name for name in below if _key(name) not in hidden))
        return known[2]

    def find(self, reference: Reference) -> Name | None:
        """The name of a reference. Raises StoreError."""
        with self._usable():
            return self._index.find(reference)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Raises StoreError, with what helps, if the base is not there, not readable, damaged or of a newer format."""
        if not self._root.is_dir():
            raise self._refusal("it is not there", f"NBDOCK_STORE_BASE names its folder; {_WITHOUT}")
        if not os.access(self._root, os.R_OK | os.X_OK):
            raise self._refusal("permission denied", f"its owner opens it with `chmod -R a+rX {self._root}`")
        if (version := _layout(self._root)) and not version.startswith("1."):
            raise self._refusal(f"its layout is version {version}, which is newer", "install a newer nbdock")
        try:
            yield
        except NbdockError as error:
            raise self._refusal(str(error), f"its owner repairs it; {_WITHOUT}") from error

    def _refusal(self, why: str, hint: str) -> StoreError:
        return StoreError(f"cannot use the base store {self._root}: {why}", hint=hint)


def _layout(root: Path) -> str:
    """The version of the layout (OCI image-layout.md); "" if nothing says it."""
    with suppress(OSError, NbdockError), disk.open_file(root, root / "oci-layout") as file:
        return fields.text(fields.load(file.read(_MAX_LAYOUT) or b"", "oci-layout"), "imageLayoutVersion")
    return ""


def _key(name: Name) -> tuple[str, ...]:
    """What a name hides: the same name, or the same image without one."""
    return (str(name.reference),) if name.reference else (name.bare_tag, name.target.digest.hex)
