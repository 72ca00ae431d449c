"""What refers to a manifest: signatures, SBOMs, attestations (OCI distribution spec, "Listing Referrers")."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from nbdock.errors import ImageNotFound
from nbdock.oci import manifest, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.kinds import SUFFIXES
from nbdock.oci.manifest import Index
from nbdock.oci.reference import Reference
from nbdock.reading import read
from nbdock.registry.repository import Repository

_LONGEST_HEX = 64


class Referrers:
    """The referrers of a repository's manifests, under the `name` of the repository.

    Where the registry lists none, a tag of each manifest points to an index of them, which those who push keep
    ("Referrers Tag Schema"). cosign has tags of its own beside that.
    """

    def __init__(self, repository: Repository, name: Reference) -> None:
        self.repository, self.name = repository, name

    def of(self, subject: Digest) -> list[Descriptor]:
        """What refers to a manifest, as the registry or the index says. Raises RegistryError, IntegrityError."""
        listed = self.repository.referrers(subject)
        if listed is not None:
            return listed
        return self._indexed(subject) if _tag(subject) in self._tags else []

    def tagged(self, subject: Digest) -> dict[Reference, Descriptor]:
        """What cosign's tags for a manifest point to."""
        tags = (f"{_tag(subject)}.{kind}" for kind in SUFFIXES)
        names = [self._named(tag) for tag in tags if tag in self._tags]
        return {name: found for name in names if (found := self.repository.find(name))}

    def keep(self, subject: Digest, referrers: Sequence[Descriptor]) -> None:
        """Add referrers that were pushed to the index, unless the registry lists them itself."""
        if not referrers or self.repository.referrers(subject) is not None:
            return
        before = self._indexed(subject)
        new = [each for each in referrers if each not in before]
        if new:
            manifests = [each.json() for each in (*before, *new)]
            raw = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": manifests}).encode()
            index = Descriptor.of(media.OCI_INDEX, raw)
            self.repository.write(index, [raw])
            self.repository.tag(self._named(_tag(subject)), index)

    def _indexed(self, subject: Digest) -> list[Descriptor]:
        found = self.repository.find(self._named(_tag(subject)))
        index = manifest.parse(read(self.repository, found), found.media_type) if found else None
        return list(index.manifests) if isinstance(index, Index) else []

    @cached_property
    def _tags(self) -> frozenset[str]:
        with suppress(ImageNotFound):  # as some say of a repository without tags
            return frozenset(self.repository.tags())
        return frozenset()

    def _named(self, tag: str) -> Reference:
        return replace(self.name, tag=tag, digest=None)


def _tag(subject: Digest) -> str:
    return f"{subject.algorithm}-{subject.hex[:_LONGEST_HEX]}"
