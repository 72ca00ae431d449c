"""OCI layouts in folders as destinations, written as skopeo and umoci write them (OCI image spec, image-layout.md)."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from nbdock.dock.transfer.targets import replacing, telling
from nbdock.oci import fields, media
from nbdock.oci.annotations import REF_NAME
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.fields import JSON
from nbdock.oci.reference import Reference
from nbdock.oci.verify import verified

_EMPTY: JSON = {"schemaVersion": 2, "mediaType": media.OCI_INDEX}


class LayoutFolder:
    """A folder that gets one image, called `name` there; the others in it stay. Raises Refused if that fails."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name

    def has(self, descriptor: Descriptor, /) -> bool:
        """Whether a file of this digest and size is there."""
        try:
            found = os.lstat(self._blob(descriptor))
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == descriptor.size

    def partial(self, _descriptor: Descriptor, /) -> Iterator[bytes]:
        """Nothing: what was cut short is not kept."""
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        """Write the content in one step. Raises DigestMismatch, SizeMismatch."""
        _write(self._blob(descriptor), verified(descriptor, chunks))

    def tag(self, _reference: Reference, target: Descriptor, /, image: Descriptor | None = None) -> None:
        """List the image, in place of the one that had its name. Raises InvalidContent for a damaged index."""
        path = self._path / "index.json"
        with telling(path):
            index = fields.load(path.read_bytes(), "index.json") if path.exists() else _EMPTY
        others = [each for each in fields.objects(index, "manifests") if not self._is_replaced(each, target)]
        entry = replace(target, platform=None, annotations={REF_NAME: self._name} if self._name else {}).json()
        _write(self._path / "oci-layout", [media.LAYOUT])
        _write(path, [json.dumps({**index, "manifests": [*others, entry]}, separators=(",", ":")).encode()])

    def _is_replaced(self, entry: JSON, target: Descriptor) -> bool:
        known = Descriptor.read(entry)
        return known.annotations.get(REF_NAME, "") == self._name and (bool(self._name) or known == target)

    def _blob(self, descriptor: Descriptor) -> Path:
        return self._path / "blobs" / descriptor.digest.algorithm / descriptor.digest.hex


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with telling(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as new, open(new, "xb") as file:
            file.writelines(chunks)
