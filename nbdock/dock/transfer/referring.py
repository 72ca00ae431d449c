"""Copy what refers to an image from one registry to another: signatures, SBOMs, attestations."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from nbdock.copying import Copied, Copier
from nbdock.errors import BlobNotFound, InvalidContent
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import as_referrer
from nbdock.oci.reference import Reference
from nbdock.reading import MAX_MANIFESTS, read
from nbdock.registry.referrers import Referrers


@dataclass(frozen=True, slots=True)
class Referring:
    """Copies referrers, each once: `copier` writes to the repository of `to`."""

    source: Referrers
    to: Referrers
    copier: Copier
    _copied: dict[Digest, Copied] = field(default_factory=dict)

    def copy(self, subjects: Iterable[Digest]) -> tuple[Copied, ...]:
        """Copy what refers to these manifests, and what refers to that in turn, as the signature of an SBOM does.

        What a registry lists wrongly is left out, and said. Raises as `Copier.copy`, and InvalidContent if there is no
        end of it.
        """
        waiting = deque(subjects)
        while waiting:
            waiting.extend(self._copy_those_of(waiting.popleft()))
        for each in self.source.repository.missing:
            self.copier.task.note(f"signatures may be left out: {each}")
        return tuple(self._copied.values())

    def _copy_those_of(self, subject: Digest) -> list[Digest]:
        """The digests of what was copied now."""
        before = set(self._copied)
        found = list(self._referring(subject))
        for each in found:
            self._copy(each, replace(self.to.name, tag=None, digest=each.digest))
        self.to.keep(subject, found)
        for name, target in self.source.tagged(subject).items():
            self._copy_tag(target, replace(self.to.name, tag=name.tag, digest=None))
        return [each for each in self._copied if each not in before]

    def _copy_tag(self, target: Descriptor, name: Reference) -> None:
        there = self.to.repository.find(name)
        if there and there.digest != target.digest:
            self.copier.task.note(f"{name.familiar} pointed to {there.digest} before")
        self._copy(target, name)

    def _copy(self, target: Descriptor, name: Reference) -> None:
        if target.digest in self._copied:
            return
        if len(self._copied) == MAX_MANIFESTS:
            raise InvalidContent(f"more than {MAX_MANIFESTS} referrers", hint="copy the image without them")
        self._copied[target.digest] = self.copier.copy(self.source.repository, target, name)

    def _referring(self, subject: Digest) -> Iterator[Descriptor]:
        """Those of the list that do refer to it."""
        for listed in self.source.of(subject):
            try:
                found = self._verified(listed, subject)
            except BlobNotFound as error:
                self.copier.task.note(f"left out, although it is listed as referring to {subject}: {error}")
            else:
                yield found

    def _verified(self, listed: Descriptor, subject: Digest) -> Descriptor:
        """The referrer as its own manifest says. Raises BlobNotFound if that says something else."""
        if not media.is_manifest(listed.media_type):
            raise BlobNotFound(f"{listed.digest} is no manifest")
        found = manifests.parse(read(self.source.repository, listed), listed.media_type)
        if found.subject is None or found.subject.digest != subject:
            raise BlobNotFound(f"{listed.digest} refers to something else")
        return as_referrer(listed, found)
