"""The data set's tables of what is in layers: a file a layer, until `compact` makes runs of many, sorted by path.

The footer of a layer's file has what the pass found, so that a layer that was read is never fetched again. The footer
of a run names the layers in it; their own files no longer count, and are deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import dataset, parquet

from nbdock.frames.dataset import columns
from nbdock.oci.digest import Digest
from nbdock.places import Kind, LayerFacts
from nbdock.store.tables import VERSIONED, with_diff_id
from nbdock.surveys.documents import encoded

if TYPE_CHECKING:
    from nbdock.surveys.address import Address

_DIFF_IDS, _DIFF_ID, _FACTS = b"nbdock.diff_ids", b"nbdock.diff_id", b"nbdock.facts"
_KNOWN = re.compile(r"(\S+) ([0-9]{1,18}) ([0-9]{1,18}) ([0-9]{1,18})", re.ASCII)
_MOST_ROWS = 1_000_000
"""Rows of a run, which is sorted in memory."""
_MOST_LAYERS = 4000
"""Layers of a run: its footer names them."""


@dataclass
class LayerTable:
    """The files of one kind of table, as they were when they were listed."""

    address: Address
    kind: Kind
    _runs: dict[str, frozenset[str]] = field(default_factory=dict)
    _own: list[str] = field(default_factory=list)

    @classmethod
    def listed(cls, address: Address, kind: Kind) -> LayerTable:
        """What is there. Raises UsageError."""
        names = address.names(kind)
        runs = {name: _layers_of(address, name) for name in names if name.count("/") == 1}
        within = frozenset[str]().union(*runs.values())
        return cls(address, kind, runs, [name for name in names if name not in runs and _hex(name) not in within])

    @property
    def held(self) -> frozenset[str]:
        """The diff ids of the layers that are there, in hexadecimal."""
        return frozenset(map(_hex, self._own)).union(*self._runs.values())

    def dataset(self) -> Any:
        """All of it as one table, read where it lies."""
        paths = [self.address.path(name) for name in (*self._runs, *self._own)]
        return dataset.dataset(paths, columns(self.kind), format="parquet", filesystem=self.address.files)

    def compact(self) -> None:
        """Make runs of the files of layers. Raises UsageError."""
        small = [name for name, layers in self._runs.items() if len(layers) < _MOST_LAYERS // 2]
        for names in self._batches([*small, *self._own] if self._own else []):
            rows, layers = self._merged(names)
            name = f"{self.kind}/{hashlib.sha256(','.join(layers).encode()).hexdigest()[:32]}.parquet"
            content = encoded(rows, {**VERSIONED, _DIFF_IDS: ",".join(layers).encode()})
            del rows
            self.address.write(name, content)
            for each in set(names) - {name}:
                self.address.delete(each)

    def _batches(self, names: Iterable[str]) -> Iterator[list[str]]:
        """Files that make a run together."""
        batch, rows, layers = list[str](), 0, 0
        for name in names:
            count, within = _rows(self.address, name), len(self._runs.get(name, (name,)))
            if batch and (rows + count > _MOST_ROWS or layers + within > _MOST_LAYERS):
                yield batch
                batch, rows, layers = [], 0, 0
            batch, rows, layers = [*batch, name], rows + count, layers + within
        if len(batch) > 1 or (batch and batch[0] not in self._runs):
            yield batch

    def _merged(self, names: Sequence[str]) -> tuple[pa.Table, list[str]]:
        """The rows in the order of their paths, those of one layer in the order of its tar; and the layers."""
        with self.address.telling("read"):
            paths = [self.address.path(name) for name in names]
            wanted = columns(self.kind)
            found = dataset.dataset(paths, wanted, format="parquet", filesystem=self.address.files).to_table()
        layers = frozenset[str]().union(*(self._runs.get(name, {_hex(name)}) for name in names))
        by = [(name, "ascending") for name in ("path", "diff_id", "offset")]
        return found.sort_by(by).unify_dictionaries(), sorted(layers)


def write(address: Address, kind: Kind, layer: Digest, facts: LayerFacts, table: pa.Table) -> None:
    """Write what is in a layer. Raises UsageError."""
    known = f"{layer} {facts.size} {facts.tar_size} {facts.entries}"
    noted = {**VERSIONED, _DIFF_ID: str(facts.diff_id).encode(), _FACTS: known.encode()}
    address.write(_name(kind, facts.diff_id), encoded(with_diff_id(table, facts.diff_id), noted))


def facts_of(address: Address, kind: Kind, layer: Digest, diff_id: Digest | None) -> LayerFacts | None:
    """What is noted of a layer that was read: of this very blob, whatever else claims to be the same tar."""
    if diff_id is None or not address.has(_name(kind, diff_id)):
        return None
    noted = _noted(address, _name(kind, diff_id))
    known = _KNOWN.fullmatch(noted.get(_FACTS, b"").decode())
    if known is None or known[1] != str(layer) or noted.get(_DIFF_ID) != str(diff_id).encode():
        return None
    return LayerFacts(diff_id, *map(int, known.groups()[1:]))


def _name(kind: Kind, diff_id: Digest) -> str:
    return f"{kind}/{diff_id.hex[:2]}/{diff_id.hex}.parquet"


def _hex(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".parquet")


def _layers_of(address: Address, run: str) -> frozenset[str]:
    return frozenset(filter(None, _noted(address, run).get(_DIFF_IDS, b"").decode().split(",")))


def _noted(address: Address, name: str) -> Mapping[bytes, bytes]:
    """What the footer of a file notes; nothing if it is no Parquet file."""
    return _footer(address, name).metadata or {}


def _rows(address: Address, name: str) -> int:
    return int(_footer(address, name).num_rows)


def _footer(address: Address, name: str) -> Any:
    with address.telling("read"), parquet.ParquetFile(address.path(name), filesystem=address.files) as file:
        return file.metadata
