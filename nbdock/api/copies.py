"""Copies between any two places, which are named or are objects."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from nbdock import commands, copying
from nbdock.api.running import Base
from nbdock.errors import UsageError
from nbdock.frames import rows, schemas
from nbdock.grammar.values import convert
from nbdock.oci.digest import Digest
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


class Copies(Base):
    """From anywhere to anywhere."""

    @overload
    def copy(
        self,
        source: str | os.PathLike[str] | Reference | Digest,
        destination: str | os.PathLike[str] | Reference,
        *,
        all: bool = ...,
        platform: str | Platform | None = ...,
        quiet: bool = ...,
        referrers: bool = ...,
    ) -> DataFrame: ...
    @overload
    def copy(
        self,
        source: Source,
        destination: Destination,
        reference: Reference | str,
        *,
        to: Reference | str | None = ...,
        platform: str | Platform | None = ...,
        task: Task | None = ...,
    ) -> Copied: ...
    def copy(
        self,
        source: Any,
        destination: Any,
        reference: Reference | str | None = None,
        *,
        all: bool = False,
        to: Reference | str | None = None,
        platform: str | Platform | None = None,
        quiet: bool = False,
        referrers: bool = False,
        task: Task | None = None,
    ) -> Any:
        """Copy an image from one place to another, and name it there.

        The places are `docker://NAME` (a registry), `docker-archive:FILE[:NAME]`, `oci-archive:FILE[:NAME]`,
        `oci:FOLDER[:NAME]`, `docker-daemon:NAME`, `podman:NAME` and `store:NAME`. A name alone is in the store, a file
        whose name ends as an archive's is one. Content that the destination has is not sent again. Manifests are copied
        byte for byte, so that digests stay the same; but an image that no registry has yet gets compressed layers, and
        a manifest of them, on its way to one. Between two registries nothing is stored here: layers stream from one to
        the other, verified on the way, and within one registry they are mounted.

        Places may be objects too: a `Store`, or a repository of a registry, `Registry().repository("httpd")`, made with
        `push=True` if it is the destination. Then `reference` is the name.

        Parameters
        ----------
        source
            An image and where it is; or the place, an object.
        destination
            Where it goes. Without a name there it keeps its own.
        reference
            The name at the source, if that is an object.
        all
            Copy every platform, with the index; else one. Between objects everything below the name is copied unless
            `platform` is given.
        to
            The name at the destination, if that is an object; the same if omitted.
        platform
            The platform to copy, as `linux/arm64`; this machine's by default.
        quiet
            Show no progress.
        referrers
            From one registry to another, copy the signatures, SBOMs and attestations of the image too.
        task
            Receives the progress of a copy between objects, and can be cancelled.

        Returns
        -------
        DataFrame or Copied
            One row for each layer, as `pull` returns them, those of referrers last, with their `kind`; between objects
            a `Copied`, which is shown so.

        Raises
        ------
        ImageNotFound, PlatformNotFound, BlobNotFound
            The source does not have it.
        IntegrityError
            Content does not match its digest, size or diff id.
        UsageError, InvalidReference, NotFound, Refused, RegistryError, StoreError, Interrupted

        Examples
        --------
        >>> nbdock.copy("docker://httpd:2.4", "docker-archive:httpd.tar").reference.unique().tolist()
        ['docker.io/library/httpd:2.4']
        >>> store, other = nbdock.Dock().store, nbdock.Store("other")
        >>> nbdock.copy(store, other, "httpd:2.4", to="mine:1", platform="linux/amd64").frame().image_id.nunique()
        1
        """
        if isinstance(source, str | os.PathLike | Reference | Digest):
            flags = {"all": all, "platform": platform, "quiet": quiet, "referrers": referrers}
            return self._frame(commands.copy, source, destination, **flags)
        if isinstance(destination, str | os.PathLike | Reference):
            raise UsageError("one place is an object, the other a name", hint="give two names, or two objects")
        return _copied(source, destination, reference, to, platform, task)


def _copied(
    source: Source,
    destination: Destination,
    reference: Reference | str | None,
    to: Reference | str | None,
    platform: Platform | str | None,
    task: Task | None,
) -> Copied:
    name = convert(reference, Reference, "reference", warnings.warn)
    new = convert(to, Reference, "to", warnings.warn, optional=True) or name
    wanted = convert(platform, Platform, "platform", warnings.warn, optional=True)
    made = copying.Copier(destination, task or Task()).copy_name(source, name, new, wanted)
    facts = next((place.facts for place in (destination, source) if isinstance(place, Store)), no_facts)
    return Copied(made.reference, made.target, made.manifests, made.referrers, facts)
