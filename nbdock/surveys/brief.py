"""What a survey's jobs are told, and what they tell: small, and sent between machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbdock.errors import UsageError
from nbdock.frames.schema import Row
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Image, Kind
from nbdock.surveys import documents
from nbdock.surveys.address import Address


@dataclass(frozen=True, slots=True)
class Brief:
    """What every job of a survey knows: where to write, what to read, and when the survey began.

    A dry run writes nothing, and may have no address. No `platforms` are all of them, no `kinds` documents alone.
    `requests` and `bytes` are the budget of a registry, a second.
    """

    address: Address | None
    seen_at: datetime
    platforms: tuple[Platform, ...] = ()
    kinds: tuple[Kind, ...] = ()
    requests: float | None = None
    bytes: float | None = None
    dry_run: bool = False

    @property
    def asked(self) -> tuple[Platform | None, ...]:
        """What is asked for of an index: a platform each, or once for all."""
        return self.platforms or (None,)

    @property
    def place(self) -> Address:
        """Where to write to. Raises UsageError."""
        if self.address is None:
            raise UsageError("a survey needs a place to write to")
        return self.address

    def write(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Write rows of several tables, unless it is a dry run. Raises UsageError."""
        if not self.dry_run:
            documents.write(self.place, rows)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job found, and the rows of what it could not read."""

    found: tuple[Any, ...] = ()
    problems: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What names of one repository point to, and what is asked for of it: platforms, or None for all."""

    descriptor: Descriptor
    names: tuple[Reference, ...]
    asked: tuple[Platform | None, ...]


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """A layer that an image has."""

    descriptor: Descriptor
    diff_id: Digest | None
    reference: Reference


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that was read, and its layers."""

    id: Digest
    layers: tuple[FoundLayer, ...]

    @classmethod
    def of(cls, image: Image, name: Reference) -> FoundImage:
        """An image that was found under a name."""
        return cls(image.id, tuple(FoundLayer(each.descriptor, each.diff_id, name) for each in image.layers))
