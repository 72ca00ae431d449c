"""An image as an object: the frames of the commands, without naming it again."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.api import Dock
    from nbdock.oci.digest import Digest


class Image:
    """An image of a store. It stays the same image if its name is given to another one.

    Attributes
    ----------
    id
        The digest of its config.

    Examples
    --------
    >>> httpd = nbdock.image("httpd")
    >>> httpd
    Image('httpd')
    >>> httpd.files("/etc/passwd").instruction.isna().tolist()
    [True]
    >>> httpd.open("/etc/debian_version").read()
    b'12.0\\n'
    """

    def __init__(self, dock: Dock, name: str, id: Digest) -> None:
        self.id = id
        self._dock, self._name = dock, name

    def __repr__(self) -> str:
        return f"Image({self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def files(self, *globs: str, layer: int | None = None, layers: bool = False) -> DataFrame:
        """Its files, as `nbdock.files` lists them."""
        return self._dock.files(self.id, *globs, format="", layer=layer, layers=layers)

    def open(self, path: str) -> IO[bytes]:
        """A file of it, to read and seek in."""
        return self._dock.open(self.id, path)

    def cat(self, path: str) -> str:
        """The text of a file of it."""
        return self._dock.cat(self.id, path)

    def cp(self, path: str, dest: str | os.PathLike[str], *, force: bool = False) -> DataFrame:
        """Copy a file or folder of it to this machine."""
        return self._dock.cp(self.id, path, dest, force=force)

    def history(self) -> DataFrame:
        """The instructions that made it."""
        return self._dock.history(self.id, quiet=False)

    def layers(self) -> DataFrame:
        """Its layers, the lowest first."""
        return self._dock.layers(self.id)

    def packages(self) -> DataFrame:
        """The packages that are installed in it, as `nbdock.packages` lists them."""
        return self._dock.packages(self.id)

    def why(self, depth: int = 2) -> DataFrame:
        """Its size, by instruction and folder."""
        return self._dock.why(self.id, depth=depth)

    def waste(self) -> DataFrame:
        """What it carries in vain."""
        return self._dock.waste(self.id)

    def lint(self) -> DataFrame:
        """What to change in its Dockerfile."""
        return self._dock.lint(self.id)

    def diff(self, other: Image | str, show: str = "") -> DataFrame:
        """What differs between it and another image."""
        return self._dock.diff(self.id, other.id if isinstance(other, Image) else other, show=show)
