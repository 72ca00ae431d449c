"""Java archives, and the archives in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from posixpath import basename
from typing import IO, cast
from zipfile import ZipFile, ZipInfo

from nbdock.contents.ecosystems.package import MAX_BINARY, Family, Package, clean, purl, stanzas
from nbdock.errors import InvalidContent
from nbdock.spool import Data

_ENDS = (".jar", ".war", ".ear", ".par", ".jpi", ".hpi")
_POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_MANIFEST = "META-INF/MANIFEST.MF"
_FILE_NAME = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.+-]*)")
_MAX_DEPTH, _MAX_UNPACKED, _MAX_TEXT, _MAX_DIRECTORY = 4, 1 << 28, 1 << 20, 1 << 23
_MAX_INNER = 1 << 26
_END_OF_ZIP, _END_OF_LARGE_ZIP, _TAIL = b"PK\5\6", b"PK\6\6", 1 << 17


def _parse(path: str, data: Data) -> Iterator[Package]:
    if path.endswith(".jar") or data[:2] == b"PK":  # other files end with .par or .ear too
        yield from _Archive(_Budget(_MAX_UNPACKED)).packages(data, basename(path))


@dataclass
class _Budget:
    """How many bytes may still be inflated of the outermost archive."""

    left: int

    def read(self, archive: ZipFile, entry: ZipInfo, limit: int) -> bytes:
        """The content of an entry. Raises InvalidContent, and what zipfile raises."""
        self.left -= entry.file_size
        if entry.file_size > limit or self.left < 0:
            raise InvalidContent("an entry is too long")
        with archive.open(entry) as file:  # reads no more than file_size
            return file.read(limit)


@dataclass(frozen=True)
class _Archive:
    budget: _Budget
    inner_path: str | None = None
    depth: int = 0

    def packages(self, data: Data, file_name: str) -> Iterator[Package]:
        """What the archive is, and what is in the archives in it."""
        _check_directory(data)
        with ZipFile(BytesIO(data) if isinstance(data, bytes) else cast("IO[bytes]", data)) as archive:
            entries = archive.infolist()
            poms = [entry for entry in entries if _POM.fullmatch(entry.filename)]
            found = [each for entry in poms if (each := self._of_pom(self._text(archive, entry)))]
            manifest = next((entry for entry in entries if entry.filename == _MANIFEST), None)
            yield from found or self._of_manifest(self._text(archive, manifest) if manifest else "", file_name)
            for entry in entries:
                if entry.filename.endswith(_ENDS) and self.depth < _MAX_DEPTH:
                    yield from self._inside(archive, entry)

    def _inside(self, archive: ZipFile, entry: ZipInfo) -> Iterator[Package]:
        where = "!/".join(filter(None, (self.inner_path, clean(entry.filename))))
        content = self.budget.read(archive, entry, _MAX_INNER)
        yield from _Archive(self.budget, where, self.depth + 1).packages(content, basename(entry.filename))

    def _text(self, archive: ZipFile, entry: ZipInfo) -> str:
        return self.budget.read(archive, entry, _MAX_TEXT).decode(errors="replace")

    def _of_pom(self, text: str) -> Package | None:
        pairs = (line.partition("=") for line in text.split("\n") if not line.startswith("#"))
        told = {key.strip(): clean(value) for key, _, value in pairs}
        name = told.get("artifactId")
        return self._package(name, told.get("version"), told.get("groupId")) if name else None

    def _of_manifest(self, text: str, file_name: str) -> Iterator[Package]:
        """By the file's name, and by the manifest where that says less."""
        told = next(stanzas(_unfolded(text)), {})
        stem = clean(file_name.rpartition(".")[0]) or ""
        parts = _FILE_NAME.fullmatch(stem)
        versions = ("Implementation-Version", "Bundle-Version", "Specification-Version")
        version = parts["version"] if parts else next((told[key] for key in versions if told.get(key)), None)
        group = clean(told.get("Implementation-Vendor-Id"))
        if stem:
            yield self._package(parts["name"] if parts else stem, clean(version), group)

    def _package(self, name: str, version: str | None, group: str | None) -> Package:
        address = purl("maven", name, version, group)
        return Package("maven", f"{group}:{name}" if group else name, version, address, inner_path=self.inner_path)


def _unfolded(manifest: str) -> str:
    """Lines of a manifest are cut at 72 bytes, in the middle of words."""
    return manifest.replace("\r\n", "\n").replace("\n ", "")


def _check_directory(data: Data) -> None:
    """Raises InvalidContent if the archive's directory would take much memory."""
    tail = data[-_TAIL:]
    end = tail.rfind(_END_OF_ZIP)
    if end < 0:
        raise InvalidContent("it is no zip")
    if _END_OF_LARGE_ZIP in tail or int.from_bytes(tail[end + 12 : end + 16], "little") > _MAX_DIRECTORY:
        raise InvalidContent("it has too many entries")


JAVA = Family(_parse, lambda path: True, tuple(end.encode() for end in _ENDS), MAX_BINARY)
