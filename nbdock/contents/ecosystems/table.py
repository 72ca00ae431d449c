"""The packages table of a layer: one row for each package that a file of the layer names, made in the pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from nbdock import human
from nbdock.contents.columns import column
from nbdock.contents.ecosystems.binaries import BINARY, PROGRAMS
from nbdock.contents.ecosystems.java import JAVA
from nbdock.contents.ecosystems.languages import CONDA, GEM, NPM, PYTHON
from nbdock.contents.ecosystems.package import MAX_PACKAGES, Family, clean
from nbdock.contents.ecosystems.rpm import RPM
from nbdock.contents.ecosystems.system import APK, DPKG, OS_RELEASE
from nbdock.contents.header import Entry, Kind
from nbdock.contents.paths import absolute
from nbdock.contents.tar import Taker
from nbdock.errors import InvalidContent
from nbdock.places import LayerFacts
from nbdock.spool import Spool

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("inner_path", pa.string()),
        pa.field("ecosystem", pa.dictionary(pa.int32(), pa.string())),
        pa.field("name", pa.string()),
        pa.field("version", pa.string()),
        pa.field("purl", pa.string()),
        pa.field("architecture", pa.string()),
        pa.field("license", pa.string()),
        pa.field("installed_bytes", pa.int64()),
        pa.field("source", pa.string()),
        pa.field("problem", pa.string()),
    ]
)
"""The columns of a packages table; docs/tables.md says what they mean. `path` and `offset` are those of the file."""

_BY_PATH = (DPKG, APK, RPM, OS_RELEASE, PYTHON, CONDA, NPM, GEM, JAVA)
_ENDS = tuple(end for family in _BY_PATH for end in family.ends if not end.endswith(b"/"))
_IN_FOLDER = re.compile(b"|".join(re.escape(end) for family in _BY_PATH for end in family.ends if end.endswith(b"/")))
_EXECUTABLE, _LEAST_PROGRAM = 0o111, 1024
_MAX_ROWS = 1_000_000


class PackageTable:
    """A reader of the pass that makes the layer's packages table. `save` receives it at the end of a valid layer."""

    def __init__(self, save: Callable[[pa.Table, LayerFacts], None] | None = None) -> None:
        self._save = save
        self._rows: list[Mapping[str, Any]] = []

    def visit(self, entry: Entry) -> Taker | None:
        """Hold the content of an entry that may name packages."""
        if not entry.size or entry.kind is not Kind.FILE or entry.is_sparse:
            return None
        family = _family(entry)
        if family is None:
            return None
        held = _Held(family, entry, self._rows)
        if entry.size <= family.limit:
            return held.take
        held.refuse()
        return None

    def finish(self, facts: LayerFacts) -> None:
        if self._save:
            self._save(self.table(), facts)

    def table(self) -> pa.Table:
        """The rows so far."""
        columns = [column([row.get(each.name) for row in self._rows], each.type) for each in SCHEMA]
        return pa.Table.from_arrays(columns, schema=SCHEMA)


def _family(entry: Entry) -> Family | None:
    raw = entry.path
    if raw.endswith(_ENDS) or _IN_FOLDER.search(raw):
        path = absolute(raw)[0]
        for family in _BY_PATH:
            if (raw.endswith(family.ends) or family is DPKG) and family.wants(path):
                return family
    return BINARY if entry.size >= _LEAST_PROGRAM and _is_executable(entry) else None


def _is_executable(entry: Entry) -> bool:
    try:
        return bool(entry.mode & _EXECUTABLE)
    except InvalidContent:
        return False


@dataclass(slots=True)
class _Held:
    """The content of one file, until it is complete: then its packages become rows."""

    family: Family
    entry: Entry
    rows: list[Mapping[str, Any]]
    spool: Spool | None = field(default_factory=Spool)

    def refuse(self) -> None:
        """Take nothing of a file that is too long; most long programs have no packages."""
        if self.family is not BINARY:
            self._add(problem=f"it is too long: {human.size(self.entry.size)}")

    def take(self, chunk: memoryview) -> None:
        """Take the next bytes."""
        if self.spool is None:
            return
        if self.family is BINARY and not self.spool.size and not bytes(chunk[:4]).startswith(PROGRAMS):
            self.spool = None
            return
        self._hold(self.spool, chunk)

    def _hold(self, spool: Spool, chunk: memoryview) -> None:
        try:
            spool.write(chunk)
            if spool.size == self.entry.size:
                self.spool = None
                self._parse(spool)
        except OSError as error:  # no room for a temporary file: it costs the file's rows
            self.spool = None
            self._add(problem=f"cannot hold the file: {error.strerror}")

    def _parse(self, spool: Spool) -> None:
        path = absolute(self.entry.path)[0]
        with spool.data() as data:
            try:
                for package in islice(self.family.parse(path, data), MAX_PACKAGES):
                    self._add(**asdict(package))
            except Exception as error:  # whatever the libraries find wrong with it
                self._add(problem=clean(str(error)) or type(error).__name__)

    def _add(self, **values: Any) -> None:
        if len(self.rows) < _MAX_ROWS:
            self.rows.append({**values, "path": absolute(self.entry.path)[0], "offset": self.entry.offset})
