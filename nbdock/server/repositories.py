"""The store by repository, as a registry shows it.

A request has a repository name but no registry, while references in the store have both. A repository therefore has the
references of every registry, in order: this server's own, Docker Hub's, then the others alphabetically. Of two with the
same tag the first one counts; a deletion deletes all of them. Pushes get this server's own registry name, whatever
host name the client used. A cache has the references of the registry that it caches, and no others.

Only content that the references of a repository need, or that was uploaded or mounted to it since the server started,
can be read through it. A proxy that restricts access by repository can rely on this.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from nbdock.errors import BlobNotFound, DigestMismatch, InvalidContent, InvalidReference
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest, as_referrer
from nbdock.oci.reference import HUB, Reference
from nbdock.oci.verify import check_digest
from nbdock.places import Name
from nbdock.server.errors import APIError, invalid_request
from nbdock.store import Store

_DESCRIPTION = ("org.opencontainers.image.title", "org.opencontainers.image.description")
_EPOCH = datetime.fromtimestamp(0, UTC)


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

    @cached_property
    def manifests(self) -> dict[Digest, Descriptor]:
        """All manifests and indexes, including those in an index."""
        return {each.digest: each for each in self._contents if media.is_manifest(each.media_type)}

    @cached_property
    def blobs(self) -> dict[Digest, Descriptor]:
        """All configs and layers. A digest may be here and among the manifests: media types decide."""
        return {each.digest: each for each in self._contents if not media.is_manifest(each.media_type)}

    @cached_property
    def _contents(self) -> list[Descriptor]:
        return list(self.store.contents(self.names))[::-1]  # the first descriptor of a digest counts


class Repositories:
    """All repositories of a store. Repository names are plain text here (`library/httpd`).

    `registry` is this server's name as a registry, for example `127.0.0.1:5000`; of a cache it is the `only` registry
    whose references count. Pushes and deletions are atomic, and safe beside each other and beside a prune: the store
    checks and tags under its lock.
    """

    def __init__(self, store: Store, registry: str, *, only: bool = False) -> None:
        self.store, self._registry, self._only = store, registry, only
        self._cached: tuple[tuple[Name, ...], dict[str, Repository]] = ((), {})
        self._links: dict[str, dict[Digest, Descriptor]] = {}

    def names(self) -> list[str]:
        """The names of the repositories that have references."""
        return list(self._all())

    def descriptions(self) -> dict[str, str]:
        """What the labels of its newest image say of each repository, "" if they say nothing."""
        said = dict.fromkeys(self._all(), "")
        oldest_first = sorted(self.store.images(), key=lambda image: image.created or _EPOCH)
        for image in oldest_first:
            words = ". ".join(filter(None, map(image.labels.get, _DESCRIPTION)))
            said |= {name.reference.repository: words for name in image.names if name.reference and words}
        return {name: said[name] for name in self._all()}

    def get(self, repository: str) -> Repository:
        """The repository, empty if the store has no references of it. Raises APIError if the name is invalid."""
        self.name(repository)
        return self._all().get(repository) or Repository(self.store)

    def name(self, repository: str, tag: str | None = None) -> Reference:
        """The reference that a push gets. Raises APIError if the repository name or the tag is invalid."""
        name, code = Reference(self._registry, repository, tag), "NAME_INVALID" if tag is None else "MANIFEST_INVALID"
        with invalid_request(code, InvalidReference, detail=repository if tag is None else tag):
            if Reference.parse(str(name)) != name:
                raise InvalidReference("invalid reference format")
        return name

    def reference(self, repository: str, reference: str) -> Reference:
        """The same of a tag or a digest. Raises APIError, InvalidDigest."""
        name = self.name(repository)
        return replace(name, digest=Digest.parse(reference)) if ":" in reference else self.name(repository, reference)

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
        raise self._not_found(repository, "MANIFEST_UNKNOWN", reference)

    def blob(self, repository: str, digest: Digest) -> Descriptor:
        """A blob of the repository. Raises APIError if it is not in the store."""
        found = next(filter(self.store.has, self.known_blobs(repository, digest)), None)
        if found is None:
            raise self._not_found(repository, "BLOB_UNKNOWN", digest)
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
            raise self._not_found(repository, "NAME_UNKNOWN", repository)
        return list(found.tags)

    def referrers(self, repository: str, subject: Digest) -> list[Descriptor]:
        """The manifests of the repository whose `subject` is this digest, with artifact types and annotations."""
        found = ((each, self.store.manifest(each)) for each in self.get(repository).manifests.values())
        return [
            as_referrer(each, manifest)
            for each, manifest in found
            if manifest and manifest.subject and manifest.subject.digest == subject
        ]

    def put_manifest(
        self, repository: str, reference: str, raw: bytes, media_type: str, tags: Iterable[str] = ()
    ) -> tuple[Digest, Manifest | Index]:
        """Store a manifest or index under a tag or digest and further tags. Its content must have been pushed.

        Raises APIError, InvalidDigest, StoreError.
        """
        references = [self.reference(repository, reference), *(self.name(repository, tag) for tag in tags)]
        digest = references[0].digest or Digest.of(raw)
        with invalid_request("DIGEST_INVALID", DigestMismatch, detail=str(digest)):
            check_digest(digest.same(raw), digest)
        with invalid_request("MANIFEST_INVALID", InvalidContent):
            manifest = manifests.parse_response(raw, media_type)
        self._check_content(manifest)
        descriptor = Descriptor(manifest.media_type, digest, len(raw))
        self.store.write(descriptor, [raw])
        for each in references:
            self._tag(each, descriptor)
        return digest, manifest

    def link(self, repository: str, descriptor: Descriptor) -> None:
        """Link the blob or manifest into the repository."""
        self._links.setdefault(repository, {})[descriptor.digest] = descriptor

    def mount(self, repository: str, digest: Digest, source: str) -> bool:
        """Link a blob of the repository `source` ("" for any) into the repository. False if there is no such blob."""
        self.name(repository)
        for each in [source] if source else [*self._all(), *self._links]:
            with contextlib.suppress(APIError):
                self.link(repository, self.blob(each, digest))
                return True
        return False

    def delete_tag(self, repository: str, tag: str) -> None:
        """Untag a manifest. Raises APIError if there is no such tag."""
        names = self.get(repository).names
        deleted = [name for name in names if name.reference and name.reference.tag == tag]
        if not deleted:
            raise self._not_found(repository, "MANIFEST_UNKNOWN", tag)
        self._untag(deleted, tag)

    def delete_manifest(self, repository: str, digest: Digest) -> None:
        """Delete a manifest and its tags. Raises APIError if there is none, or if an index of the repository has it."""
        names = self.get(repository).names
        deleted = [name for name in names if name.target.digest == digest]
        remaining = self.store.contents(name for name in names if name not in deleted)
        if any(each.digest == digest for each in remaining):
            raise _in_use("the manifest is used by an index; delete the index first", digest)
        if not deleted:
            raise self._not_found(repository, "MANIFEST_UNKNOWN", digest)
        self._untag(deleted, digest)

    def delete_blob(self, repository: str, digest: Digest) -> None:
        """Delete a blob. Raises APIError if there is none, or if a manifest of the repository has it."""
        self.blob(repository, digest)
        if digest in self.get(repository).blobs:
            raise _in_use("the blob is used by a manifest; delete the manifest first", digest)
        self._linked(repository).pop(digest, None)
        if not any(digest in links for links in tuple(self._links.values())):
            self.store.delete([digest])

    def _untag(self, names: Sequence[Name], wanted: str | Digest) -> None:
        if any(name.read_only for name in names):
            raise APIError(405, "UNSUPPORTED", "it is in the base store, which is read-only", str(wanted))
        self.store.untag(names)

    def _check_content(self, manifest: Manifest | Index) -> None:
        """Raise APIError if content is missing, before anything is written."""
        needed = (each for each in dict.fromkeys(manifest.children) if not media.is_nondistributable(each.media_type))
        missing = [str(each.digest) for each in needed if not self.store.has(each)]
        if missing:
            raise _content_missing(missing)

    def _tag(self, reference: Reference, descriptor: Descriptor) -> None:
        try:
            # A layer may be another than the config says.
            with invalid_request("MANIFEST_INVALID", DigestMismatch, InvalidContent):
                self.store.tag(reference, descriptor)
        except BlobNotFound as error:  # content of a manifest in the index, or content that was pruned just now
            raise _content_missing(str(error)) from None

    def _not_found(self, repository: str, code: str, detail: object) -> APIError:
        """The 404 for missing content, or NAME_UNKNOWN if the repository itself does not exist."""
        if not self._exists(repository):
            code, detail = "NAME_UNKNOWN", repository
        return APIError(404, code, f"{code.replace('_', ' ').lower()} to registry", str(detail))

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
            if name.reference and (not self._only or name.reference.registry == self._registry):
                groups[name.reference.repository].append(name)
        return {repository: Repository(self.store, tuple(group)) for repository, group in sorted(groups.items())}

    def _precedence(self, name: Name) -> tuple[bool, bool, str]:
        registry = name.reference.registry if name.reference else ""
        return registry != self._registry, registry != HUB, registry


def _content_missing(detail: object) -> APIError:
    message = "manifest references a manifest or blob unknown to registry"
    return APIError(400, "MANIFEST_BLOB_UNKNOWN", message, detail)


def _in_use(message: str, digest: Digest) -> APIError:
    return APIError(405, "UNSUPPORTED", message, str(digest))
