"""The store by repository, as a registry shows it.

A request has a repository name but no registry, while references in the store have both. A repository therefore has the
references of every registry, in order: this server's own, Docker Hub's, then the others alphabetically. Of two with the
same tag the first one counts; a deletion deletes all of them. Pushes get this server's own registry name, whatever
host name the client used.

Only content that the references of a repository need, or that was uploaded or mounted to it since the server started,
can be read through it. A proxy that restricts access by repository can rely on this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from nbdock.errors import InvalidReference
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.reference import HUB, Reference
from nbdock.places import Name
from nbdock.server.errors import APIError, ErrorCode
from nbdock.store import Store


@dataclass(frozen=True)
class Repository:
    """What a repository has by reference, at one moment. Of two names with the same tag the first one counts."""

    store: Store
    names: tuple[Name, ...] = ()

    @cached_property
    def tags(self) -> dict[str, Descriptor]:
        """The manifest or index of each tag."""
        named = ((name.reference, name.target) for name in reversed(self.names))
        return {reference.tag: target for reference, target in named if reference and reference.tag}

    @property
    def manifests(self) -> dict[Digest, Descriptor]:
        """All manifests and indexes, including those in an index."""
        return self._content[True]

    @property
    def blobs(self) -> dict[Digest, Descriptor]:
        """All configs and layers."""
        return self._content[False]

    def referrers(self, subject: Digest) -> Iterator[Descriptor]:
        """The manifests whose `subject` is this digest, with their artifact types and annotations."""
        for descriptor in self.manifests.values():
            manifest = self.store.manifest(descriptor)
            if manifest and manifest.subject and manifest.subject.digest == subject:
                yield Descriptor(
                    descriptor.media_type,
                    descriptor.digest,
                    descriptor.size,
                    annotations=manifest.annotations,
                    artifact_type=_artifact_type(manifest),
                )

    @cached_property
    def _content(self) -> dict[bool, dict[Digest, Descriptor]]:
        """Manifests (True) apart from blobs (False): one digest may be used as both."""
        found: dict[bool, dict[Digest, Descriptor]] = {True: {}, False: {}}
        for descriptor in self.store.contents(self.names):
            found[media.is_manifest(descriptor.media_type)].setdefault(descriptor.digest, descriptor)
        return found


class Repositories:
    """All repositories of a store. Repository names are plain text here (`library/httpd`).

    Parameters
    ----------
    registry
        This server's name as a registry: `127.0.0.1:5000`.
    """

    def __init__(self, store: Store, registry: str) -> None:
        self.store, self._registry = store, registry
        self._cached: tuple[tuple[Name, ...], dict[str, Repository]] = ((), {})
        self._links: dict[str, dict[Digest, Descriptor]] = {}

    def names(self) -> list[str]:
        """The names of the repositories that have references."""
        return list(self._all())

    def get(self, repository: str) -> Repository:
        """The repository, empty if the store has no references of it. Raises APIError if the name is invalid."""
        self.reference(repository)
        return self._all().get(repository) or Repository(self.store)

    def reference(self, repository: str, tag: str | None = None) -> Reference:
        """The reference that a push gets. Raises APIError if the repository name or the tag is invalid."""
        try:
            reference = Reference.parse(f"{self._registry}/{repository}" + (f":{tag}" if tag is not None else ""))
            if reference == Reference(self._registry, repository, tag):
                return reference
            message = "invalid reference format"
        except InvalidReference as error:
            message = str(error)
        code = ErrorCode.NAME_INVALID if tag is None else ErrorCode.MANIFEST_INVALID
        raise APIError(HTTPStatus.BAD_REQUEST, code, message, repository if tag is None else tag)

    def manifest(self, repository: str, reference: str) -> Descriptor:
        """The manifest or index of a tag or digest. Raises APIError if it is not in the store, InvalidDigest."""
        found = self.get(repository)
        if ":" in reference:
            digest = Digest.parse(reference)
            manifest = found.manifests.get(digest) or self._linked(repository).get(digest)
        else:
            manifest = found.tags.get(reference)
        if manifest and media.is_manifest(manifest.media_type) and self.store.has(manifest):
            return manifest
        raise self.not_found(repository, ErrorCode.MANIFEST_UNKNOWN, reference)

    def blob(self, repository: str, digest: Digest) -> Descriptor:
        """A blob of the repository. Raises APIError if it is not in the store."""
        found = next(filter(self.store.has, self.known_blobs(repository, digest)), None)
        if found is None:
            raise self.not_found(repository, ErrorCode.BLOB_UNKNOWN, str(digest))
        return found

    def known_blobs(self, repository: str, digest: Digest) -> Iterator[Descriptor]:
        """The descriptors that the repository's manifests and links have of a blob, in the store or not."""
        for blob in (self.get(repository).blobs.get(digest), self._linked(repository).get(digest)):
            if blob and not media.is_manifest(blob.media_type):
                yield blob

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository. Raises APIError if it does not exist."""
        found = self.get(repository)
        if not self._exists(repository):
            raise self.not_found(repository, ErrorCode.NAME_UNKNOWN, repository)
        return list(found.tags)

    def referrers(self, repository: str, subject: Digest) -> list[Descriptor]:
        """As `Repository.referrers`. Raises APIError if the repository name is invalid."""
        return list(self.get(repository).referrers(subject))

    def find_blob(self, digest: Digest) -> Descriptor | None:
        """The blob, if any repository has it."""
        for repository in [*self._all(), *self._links]:
            try:
                return self.blob(repository, digest)
            except APIError:
                continue
        return None

    def link(self, repository: str, descriptor: Descriptor) -> None:
        """Link the blob or manifest into the repository."""
        self._links.setdefault(repository, {})[descriptor.digest] = descriptor

    def unlink(self, repository: str, digest: Digest) -> bool:
        """Remove the link from the repository. True if no repository has a link to the content any more."""
        self._linked(repository).pop(digest, None)
        return not any(digest in links for links in tuple(self._links.values()))

    def not_found(self, repository: str, code: ErrorCode, detail: str) -> APIError:
        """The 404 for missing content, or NAME_UNKNOWN if the repository itself does not exist."""
        if not self._exists(repository):
            code, detail = ErrorCode.NAME_UNKNOWN, repository
        return APIError(HTTPStatus.NOT_FOUND, code, f"{code.replace('_', ' ').lower()} to registry", detail)

    def _exists(self, repository: str) -> bool:
        return repository in self._all() or bool(self._linked(repository))

    def _linked(self, repository: str) -> dict[Digest, Descriptor]:
        return self._links.get(repository, {})

    def _all(self) -> dict[str, Repository]:
        """The repositories that have references, by name."""
        names = self.store.names()
        if names != self._cached[0]:
            self._cached = names, self._grouped(names)
        return self._cached[1]

    def _grouped(self, names: tuple[Name, ...]) -> dict[str, Repository]:
        groups: defaultdict[str, list[Name]] = defaultdict(list)
        for name in sorted(names, key=self._precedence):
            if name.reference:
                groups[name.reference.repository].append(name)
        return {repository: Repository(self.store, tuple(group)) for repository, group in sorted(groups.items())}

    def _precedence(self, name: Name) -> tuple[bool, bool, str]:
        registry = name.reference.registry if name.reference else ""
        return registry != self._registry, registry != HUB, registry


def _artifact_type(manifest: Manifest | Index) -> str:
    if manifest.artifact_type or isinstance(manifest, Index):
        return manifest.artifact_type
    return manifest.config.media_type
