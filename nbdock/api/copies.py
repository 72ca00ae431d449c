"""Copies between any two places: the altitude below the commands."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbdock import copying
from nbdock.frames import rows, schemas
from nbdock.grammar.values import convert
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import FindFacts, no_facts
from nbdock.store import Store
from nbdock.task import Task

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.places import Destination, Source


@dataclass(frozen=True)
class Copied(copying.Copied):
    """What `copy` did, shown as a frame.

    `reference` is the name at the destination, `target` what it points to, `manifests` what was copied with its layers.
    """

    _facts: FindFacts = field(default=no_facts, repr=False, compare=False)

    def frame(self) -> DataFrame:
        """One row for each layer, as `pull` returns them."""
        return schemas.COPIED.table(rows.copied_rows(self, self._facts)).frame()

    def __repr__(self) -> str:
        return repr(self.frame())

    def _repr_html_(self) -> str | None:
        return self.frame()._repr_html_()  # type: ignore[operator, no-any-return]


def copy(
    source: Source,
    destination: Destination,
    reference: Reference | str,
    *,
    to: Reference | str | None = None,
    platform: Platform | str | None = None,
    task: Task | None = None,
) -> Copied:
    """Copy an image or artifact from one place to another, and name it there.

    Content that the destination has is not sent again, and an interrupted copy is resumed. Manifests are copied byte
    for byte, so that digests stay the same.

    Parameters
    ----------
    source
        A `Store`, or a repository of a registry: `Registry().repository("httpd")`.
    destination
        A `Store`, or a repository of a registry made with `push=True`.
    reference
        The name at the source.
    to
        The name at the destination; the same if omitted.
    platform
        Copy the image of this platform, below its index. If omitted, everything below the name is copied: every
        platform, attestations too.
    task
        Receives progress, and can be cancelled.

    Returns
    -------
    Copied
        Shown as a frame of layers: `layer` (digest), `state`, `compressed_bytes`, `size_bytes` and more.

    Raises
    ------
    ImageNotFound, PlatformNotFound, BlobNotFound
        The source does not have it.
    IntegrityError
        Content does not match its digest, size or diff id.
    UsageError, InvalidReference, RegistryError, StoreError, Cancelled

    Examples
    --------
    >>> store, other = nbdock.Dock().store, nbdock.Store("other")
    >>> copied = nbdock.copy(store, other, "httpd:2.4", to="mine:1", platform="linux/amd64")
    >>> copied.frame().reference.unique().tolist()
    ['docker.io/library/mine:1']
    """
    name = convert(reference, Reference, "reference", warnings.warn)
    new = convert(to, Reference, "to", warnings.warn, optional=True) or name
    wanted = convert(platform, Platform, "platform", warnings.warn, optional=True)
    made = copying.Copier(destination, task or Task()).copy_name(source, name, new, wanted)
    facts = next((place.facts for place in (destination, source) if isinstance(place, Store)), no_facts)
    return Copied(made.reference, made.target, made.manifests, facts)
