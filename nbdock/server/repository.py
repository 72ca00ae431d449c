"""What one path of the served store has by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.places import Name
from nbdock.store import Store


@dataclass(frozen=True)
class Repository:
    """At one moment; `names` in the order in which they answer."""

    store: Store
    names: tuple[Name, ...] = ()

    @cached_property
    def tags(self) -> dict[str, Descriptor]:
        """Each tag with what it stands for."""
        named = ((name.reference, name.target) for name in reversed(self.names))
        return {reference.tag: target for reference, target in named if reference and reference.tag}

    @property
    def manifests(self) -> dict[Digest, Descriptor]:
        """All manifests and indexes, also those below an index."""
        return self._contents[True]

    @property
    def blobs(self) -> dict[Digest, Descriptor]:
        """All configs and layers."""
        return self._contents[False]

    def referrers(self, subject: Digest) -> Iterator[Descriptor]:
        """The manifests that name `subject` as theirs, each with its artifact type and annotations."""
        for each in self.manifests.values():
            document = self.store.document(each)
            if document and document.subject and document.subject.digest == subject:
                yield Descriptor(
                    each.media_type,
                    each.digest,
                    each.size,
                    annotations=document.annotations,
                    artifact_type=_artifact_type(document),
                )

    @cached_property
    def _contents(self) -> dict[bool, dict[Digest, Descriptor]]:
        """What is a document, and what is not: both may lie under one digest."""
        found: dict[bool, dict[Digest, Descriptor]] = {True: {}, False: {}}
        for each in self.store.contents(self.names):
            found[media.is_document(each.media_type)].setdefault(each.digest, each)
        return found


def _artifact_type(document: Manifest | Index) -> str:
    if document.artifact_type or isinstance(document, Index):
        return document.artifact_type
    return document.config.media_type
