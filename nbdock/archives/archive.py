"""An archive, or a layout in a folder, as a source: its images under their names, and their content by digest."""

from __future__ import annotations

from collections.abc import Iterator

from nbdock.archives import docker, layout, legacy
from nbdock.archives.files import Files
from nbdock.archives.listing import Held, Listing
from nbdock.errors import BlobNotFound, ImageNotFound, IntegrityError, InvalidContent, NbdockError
from nbdock.oci import manifest as manifests
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.fields import natural
from nbdock.oci.manifest import Index, Manifest, is_attestation
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.reading import MAX_DEPTH, MAX_MANIFESTS, read

__all__ = ["Archive", "Held"]


class Archive:
    """The images of an archive of any kind. Raises InvalidContent if it is none."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._listing = _listed(files)
        self.images = tuple(self._listing.images)
        if files.size(layout.INDEX) is not None and files.size(docker.MANIFEST) is not None:
            docker.complete(self._listing, files, self._configs())
            self.images = tuple(self._listing.images)

    def find(self, text: str) -> Held:
        """The image that is called so in the archive, or `@0` for the first; the only one for "".

        Raises ImageNotFound.
        """
        number = natural(text[1:]) if text.startswith("@") else None
        if number is not None and number < len(self.images):
            return self.images[number]
        found = [each for each in self.images if not text or _is_called(each, text)]
        if len({each.target for each in found}) == 1:
            return found[0]
        what = f"{len(found)} images" if found else f"no image {text}".rstrip()
        names = ", ".join(each.text or f"@{number}" for number, each in enumerate(self.images))
        hint = f"add one of the names that it has: {names}" if names else "name the images when you save them"
        raise ImageNotFound(f"the archive has {what}", hint=hint)

    def platform(self, target: Descriptor, wanted: Platform, strict: bool) -> Platform | None:
        """The platform to read of an index: the wanted one, or else the first that is complete unless `strict`.

        None if the target is no index.
        """
        if target.media_type not in media.INDEXES:
            return None
        index = manifests.parse(read(self, target), target.media_type)
        complete = [each.platform for each in self.complete(target) if each.platform]
        candidates = index.candidates(wanted) if isinstance(index, Index) else ()
        if strict or any(each.platform in complete for each in candidates):
            return wanted
        return complete[0] if complete else wanted

    def complete(self, target: Descriptor) -> list[Descriptor]:
        """The manifests below an index of which everything is in the archive."""
        return [each for each, is_complete in self._below(target) if is_complete and not is_attestation(each)]

    def is_complete(self, target: Descriptor) -> bool:
        """Whether everything below the target is in the archive."""
        return all(is_complete for _, is_complete in self._below(target))

    # A Source

    def resolve(self, reference: Reference, /) -> Descriptor:
        """The index or manifest of a name. Raises ImageNotFound."""
        return self.find(str(reference.tagged)).target

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        """The content from byte `start` on. Raises BlobNotFound, InvalidContent."""
        document = self._listing.documents.get(descriptor.digest)
        if document is not None:
            return iter([document[start:]])
        path = self._path(descriptor)
        if self.files.size(path) is None:
            raise BlobNotFound(f"the archive has no {descriptor.digest}", hint="it is incomplete: save the image again")
        return self.files.open(path, start)

    def has(self, descriptor: Descriptor) -> bool:
        """Whether the content is in the archive."""
        is_made = descriptor.digest in self._listing.documents
        return is_made or self.files.size(self._path(descriptor)) == descriptor.size

    def _path(self, descriptor: Descriptor) -> str:
        digest = descriptor.digest
        return self._listing.paths.get(digest) or f"blobs/{digest.algorithm}/{digest.hex}"

    def _below(self, top: Descriptor) -> list[tuple[Descriptor, bool]]:
        """Each manifest below, and each index that is not there; and whether all of it is. Raises InvalidContent."""
        found: list[tuple[Descriptor, bool]] = []
        depths = {top: 0}
        for descriptor in (waiting := [top]):  # which grows meanwhile
            manifest = self._manifest(descriptor)
            if isinstance(manifest, Index) and depths[descriptor] < MAX_DEPTH:
                new = [child for child in dict.fromkeys(manifest.manifests) if child not in depths]
                depths |= dict.fromkeys(new, depths[descriptor] + 1)
                waiting += new
            else:
                children = manifest.children if isinstance(manifest, Manifest) else ()
                found.append((descriptor, isinstance(manifest, Manifest) and all(map(self.has, children))))
            if len(waiting) > MAX_MANIFESTS:
                raise InvalidContent(f"there are more than {MAX_MANIFESTS} manifests below {top.digest}")
        return found

    def _manifest(self, descriptor: Descriptor) -> Manifest | Index | None:
        try:
            return manifests.parse(read(self, descriptor), descriptor.media_type)
        except (BlobNotFound, IntegrityError):
            return None

    def _configs(self) -> dict[Reference | None, set[Digest]]:
        """The configs of the images under each name."""
        found: dict[Reference | None, set[Digest]] = {}
        for held in self.images:
            below = map(self._manifest, (each for each, _ in self._below(held.target)))
            configs = {each.config.digest for each in below if isinstance(each, Manifest)}
            found.setdefault(held.reference, set()).update(configs)
        return found


def _listed(files: Files) -> Listing:
    for path, read_listing in (
        (layout.INDEX, layout.listed),
        (docker.MANIFEST, docker.listed),
        (legacy.REPOSITORIES, legacy.listed),
    ):
        if files.size(path) is not None:
            return read_listing(files)
    message = f"invalid archive: does not contain a {docker.MANIFEST}"
    raise InvalidContent(message, hint="`docker save`, `podman save` and skopeo write archives of images")


def _is_called(held: Held, text: str) -> bool:
    if text == held.text:
        return True
    try:
        return Reference.parse(text).tagged == held.reference
    except NbdockError:
        return False
