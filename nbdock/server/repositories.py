"""The store by repository, as a registry shows it.

A request names no registry, a store's names do. So a path answers for the names that any registry has under it: first
this server's own, which is where pushes go whatever a client calls the host, then Docker Hub's, then the others' in
alphabetical order. What is deleted is deleted under all of them.

A repository has what its names need, and what was uploaded or mounted to it since the server began. Nothing else can be
read through it: whoever guards a registry guards its paths.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus

from nbdock.errors import InvalidReference
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import HUB, Reference
from nbdock.places import Name
from nbdock.server.refusal import Code, Refusal
from nbdock.server.repository import Repository
from nbdock.store import Store


class Repositories:
    """Every repository of the store. `own` is this server's name as a registry: `127.0.0.1:5000`."""

    def __init__(self, store: Store, own: str) -> None:
        self.store, self.own = store, own
        self._seen: tuple[tuple[Name, ...], dict[str, Repository]] = ((), {})
        self._admitted: dict[str, dict[Digest, Descriptor]] = {}

    def all(self) -> dict[str, Repository]:
        """By path, those that have names."""
        names = self.store.names()
        if names != self._seen[0]:
            self._seen = names, self._sorted(names)
        return self._seen[1]

    def at(self, path: str) -> Repository:
        """What the path has now. Raises Refusal where it cannot be a name."""
        self.reference(path)
        return self.all().get(path) or Repository(self.store)

    def reference(self, path: str, tag: str | None = None) -> Reference:
        """The name that a push gets. Raises Refusal."""
        try:
            reference = Reference.parse(f"{self.own}/{path}" + (f":{tag}" if tag is not None else ""))
            if reference == Reference(self.own, path, tag):
                return reference
            message = "invalid reference format"
        except InvalidReference as error:
            message = str(error)
        code = Code.NAME_INVALID if tag is None else Code.MANIFEST_INVALID
        raise Refusal(HTTPStatus.BAD_REQUEST, code, message, path if tag is None else tag)

    def manifest(self, path: str, reference: str) -> Descriptor:
        """What a tag or a digest stands for, if that is here. Raises Refusal, InvalidDigest."""
        repository = self.at(path)
        if ":" in reference:
            digest = Digest.parse(reference)
            found = repository.manifests.get(digest) or self._admitted.get(path, {}).get(digest)
        else:
            found = repository.tags.get(reference)
        if found and media.is_document(found.media_type) and self.store.has(found):
            return found
        raise self.unknown(path, Code.MANIFEST_UNKNOWN, reference)

    def blob(self, path: str, digest: Digest) -> Descriptor:
        """A blob that the path has. Raises Refusal."""
        found = next(filter(self.store.has, self.promised(path, digest)), None)
        if found is None:
            raise self.unknown(path, Code.BLOB_UNKNOWN, str(digest))
        return found

    def promised(self, path: str, digest: Digest) -> Iterator[Descriptor]:
        """The blob as the path's names describe it, and as it was admitted, whether it is there or not."""
        for found in (self.at(path).blobs.get(digest), self._admitted.get(path, {}).get(digest)):
            if found and not media.is_document(found.media_type):
                yield found

    def tags(self, path: str) -> list[str]:
        """Raises Refusal where there is no such repository."""
        repository = self.at(path)
        if not self._knows(path):
            raise self.unknown(path, Code.NAME_UNKNOWN, path)
        return list(repository.tags)

    def anywhere(self, digest: Digest) -> Descriptor | None:
        """A blob that some path has."""
        for path in [*self.all(), *self._admitted]:
            try:
                return self.blob(path, digest)
            except Refusal:
                continue
        return None

    def admit(self, path: str, descriptor: Descriptor) -> None:
        """Let the path have the content."""
        self._admitted.setdefault(path, {})[descriptor.digest] = descriptor

    def dismiss(self, path: str, digest: Digest) -> bool:
        """Let the path have it no longer; True where no path was given it then."""
        self._admitted.get(path, {}).pop(digest, None)
        return not any(digest in given for given in tuple(self._admitted.values()))

    def _knows(self, path: str) -> bool:
        return path in self.all() or bool(self._admitted.get(path))

    def unknown(self, path: str, code: Code, detail: str) -> Refusal:
        """What is not there: the whole repository, or this of it."""
        code, detail = (code, detail) if self._knows(path) else (Code.NAME_UNKNOWN, path)
        return Refusal(HTTPStatus.NOT_FOUND, code, f"{code.replace('_', ' ').lower()} to registry", detail)

    def _sorted(self, names: tuple[Name, ...]) -> dict[str, Repository]:
        paths: defaultdict[str, list[Name]] = defaultdict(list)
        for name in sorted(names, key=self._rank):
            if name.reference:
                paths[name.reference.repository].append(name)
        return {path: Repository(self.store, tuple(found)) for path, found in sorted(paths.items())}

    def _rank(self, name: Name) -> tuple[bool, bool, str]:
        registry = name.reference.registry if name.reference else ""
        return registry != self.own, registry != HUB, registry
