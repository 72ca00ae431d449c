"""Write archives: images in one file that docker, podman, skopeo, crane and nbdock load.

An archive is an OCI image layout in a tar, with docker's `manifest.json` beside it. The same images make the same
bytes, whichever store they come from: entries have no times and no owners, and stand in a fixed order. The small ones
that say what is in the archive come first, for readers that read it once. A blob is there once, however many images
have it. docker's older `repositories` is left out: only docker before 1.10 reads that and no `manifest.json`.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from nbdock.oci import media
from nbdock.oci.annotations import CONTAINERD_NAME, REF_NAME
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.reference import Reference
from nbdock.oci.verify import wrong_size

Open: TypeAlias = Callable[[Descriptor], Iterable[bytes]]

_BLOCK = 512
_END = bytes(2 * _BLOCK)


@dataclass(frozen=True, slots=True)
class Archived:
    """An image in an archive, and the names that it gets there.

    Attributes
    ----------
    target
        What the names point to: the image's manifest, or the index that goes with everything below it.
    image
        The manifest that docker loads.
    manifests
        All indexes and manifests from the target down, as `read_manifests` returns them.
    names
        Names with tags; none for an image that is loaded without a name.
    text
        What the layout calls it, for tools that look for that; the tags of its names if it is "".
    """

    target: Descriptor
    image: Descriptor
    manifests: Mapping[Descriptor, Manifest | Index]
    names: tuple[Reference, ...]
    text: str = ""

    @property
    def manifest(self) -> Manifest:
        """The image's."""
        return cast(Manifest, self.manifests[self.image])


def archive(images: Sequence[Archived], open: Open) -> Iterator[bytes]:
    """The bytes of an archive; `open` gives the content of configs and layers.

    Raises SizeMismatch if content has not the size that its descriptor says, and what `open` raises.
    """
    yield from _file("oci-layout", media.LAYOUT)
    yield from _file("index.json", _json(_index(images)))
    yield from _file("manifest.json", _json([_docker(each) for each in images]))
    manifests = {each.digest: manifest for image in images for each, manifest in image.manifests.items()}
    for digest, manifest in manifests.items():
        yield from _file(_path(digest), manifest.raw)
    for blob in blobs(images):
        yield from _entry(_path(blob.digest), blob.size, _sized(blob, open(blob)))
    yield _END


def blobs(images: Iterable[Archived]) -> Iterable[Descriptor]:
    """The configs and layers of images, each once."""
    manifests = (manifest for image in images for manifest in image.manifests.values())
    found = (each for manifest in manifests if isinstance(manifest, Manifest) for each in manifest.children)
    return {blob.digest: blob for blob in found}.values()


def _index(images: Iterable[Archived]) -> dict[str, object]:
    """The layout's index, with the annotations of docker and containerd."""
    return {
        "schemaVersion": 2,
        "mediaType": media.OCI_INDEX,
        "manifests": [
            Descriptor(
                each.target.media_type, each.target.digest, each.target.size, annotations=_annotations(name, each.text)
            ).json()
            for each in images
            for name in each.names or [None]
        ],
    }


def _annotations(name: Reference | None, text: str) -> dict[str, str]:
    full = {CONTAINERD_NAME: str(name), REF_NAME: name.tag or ""} if name else {}
    return {**full, REF_NAME: text} if text else full


def _docker(archived: Archived) -> dict[str, object]:
    """An item of `manifest.json`."""
    manifest = archived.manifest
    return {
        "Config": _path(manifest.config.digest),
        "RepoTags": [name.familiar for name in archived.names] or None,
        "Layers": [_path(layer.digest) for layer in manifest.layers],
    }


def _path(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.hex}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _file(path: str, content: bytes) -> Iterator[bytes]:
    return _entry(path, len(content), [content])


def _entry(path: str, size: int, content: Iterable[bytes]) -> Iterator[bytes]:
    """A file in a tar; one that is larger than ustar can say has a pax header."""
    header = tarfile.TarInfo(path)  # without times and owners
    header.size = size
    yield header.tobuf(tarfile.PAX_FORMAT)
    yield from content
    yield bytes(-size % _BLOCK)


def _sized(blob: Descriptor, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same chunks. Raises SizeMismatch before one that is too much, or at the end if they are too few."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > blob.size:
            break
        yield chunk
    if size != blob.size:
        raise wrong_size(blob, size)
