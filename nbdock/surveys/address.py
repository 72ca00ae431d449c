"""Where a data set is: a folder, or an address that fsspec knows (`s3://bucket/survey`). Files are written whole."""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyarrow import fs

from nbdock.errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    """A folder or an fsspec address. It can be sent to other machines: who opens it there has the log-ins, not it."""

    text: str

    @classmethod
    def of(cls, where: str | os.PathLike[str]) -> Address:
        """From what a user says; a folder is one of this machine, whoever asks."""
        text = os.fspath(where)
        return cls(text if "://" in text else os.path.abspath(os.path.expanduser(text)))

    @property
    def is_folder(self) -> bool:
        return "://" not in self.text

    def __str__(self) -> str:
        """Without a password."""
        return re.sub(r"//[^/@]*@", "//", self.text)

    @property
    def files(self) -> fs.FileSystem:
        """The file system, as pyarrow reads it."""
        return _opened(self.text)[0]

    def path(self, name: str) -> str:
        """Where a file of this name is in `files`."""
        return f"{_opened(self.text)[1]}/{name}"

    def names(self, folder: str) -> list[str]:
        """The names of all Parquet files in a folder and below, in order. Raises UsageError."""
        root = _opened(self.text)[1]
        with self.telling("read"):
            found = self.files.get_file_info(fs.FileSelector(f"{root}/{folder}", allow_not_found=True, recursive=True))
        paths = (each.path for each in found if each.type == fs.FileType.File and each.path.endswith(".parquet"))
        return sorted(f"{folder}/{path.rpartition(f'/{folder}/')[2]}" for path in paths)

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        with self.telling("read"):
            return bool(self.files.get_file_info(self.path(name)).type == fs.FileType.File)

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole: nobody sees a part of it. Raises UsageError."""
        with self.telling("write"):
            if self.is_folder:
                _replace(self.path(name), content)
            else:
                _put(_opened(self.text)[2], self.path(name), content)

    def delete(self, name: str) -> None:
        """Delete a file; somebody else may have. Raises UsageError."""
        with self.telling("change"), contextlib.suppress(FileNotFoundError):
            self.files.delete_file(self.path(name))

    @contextlib.contextmanager
    def telling(self, what: str) -> Iterator[None]:
        """Failures as UsageError: those of object stores are of any type."""
        try:
            yield
        except UsageError:
            raise
        except Exception as error:
            if self.is_folder and not isinstance(error, OSError):
                raise
            why = (isinstance(error, OSError) and error.strerror) or str(error).partition("\n")[0]
            hint = "choose another place, or free space" if self.is_folder else "check the address and its log-in"
            raise UsageError(f"cannot {what} {self}: {why}", hint=hint) from None


@lru_cache
def _opened(text: str) -> tuple[fs.FileSystem, str, Any]:
    """The file system, the path in it, and fsspec's own object, if it is fsspec's. Raises UsageError."""
    if "://" not in text:
        return fs.LocalFileSystem(), text, None
    try:
        from fsspec.core import url_to_fs

        found, path = url_to_fs(text, use_listings_cache=False)  # others write there too
    except (ImportError, ValueError) as error:
        hint = "pip install 'nbdock[survey]', and s3fs for s3, gcsfs for gs, adlfs for abfs"
        raise UsageError(f"cannot open {Address(text)}: {error}", hint=hint) from None
    return fs.PyFileSystem(fs.FSSpecHandler(found)), path.rstrip("/"), found


def _replace(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    part = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(part, "wb") as file:
            file.write(content)
        os.replace(part, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)


def _put(files: Any, path: str, content: bytes) -> None:
    """An object store shows an object once all of it is there. Other places may want a folder first."""
    try:
        files.pipe_file(path, content)
    except FileNotFoundError:
        files.makedirs(path.rpartition("/")[0], exist_ok=True)
        files.pipe_file(path, content)
