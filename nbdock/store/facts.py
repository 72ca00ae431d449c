"""What layers are unpacked: measured while they arrive, kept beside the blobs, measured again where missing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from nbdock.contents.layer import LayerCheck, checked
from nbdock.errors import NbdockError
from nbdock.oci import document, media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.places import Unpacked
from nbdock.store import disk
from nbdock.store.blobs import Blobs, verified

_SIZES = ("files", "tar", "entries")


class UnpackedLayers:
    """`layers/<algorithm>/<hex>` for each layer blob. Derived: it may be deleted at any time."""

    def __init__(self, root: Path, blobs: Blobs) -> None:
        self._root = root
        self._blobs = blobs
        self._known: dict[Digest, Unpacked] = {}

    def of(self, layer: Descriptor) -> Unpacked | None:
        """The layer's diff id and sizes; None where it is not here or is no file system's."""
        known = self._known.get(layer.digest) or self._recorded(layer.digest) or self._measured(layer)
        if known:
            self._known[layer.digest] = known
        return known

    def record(self, layer: Descriptor, unpacked: Unpacked) -> None:
        """Remember what a pass over the layer found. A store that cannot be written forgets, and measures again."""
        self._known[layer.digest] = unpacked
        note = {key: getattr(unpacked, key) for key in _SIZES} | {"diff_id": str(unpacked.diff_id)}
        with contextlib.suppress(NbdockError):
            disk.replace(self._root, self._path(layer.digest), json.dumps(note).encode())

    def forget(self, digest: Digest) -> None:
        """The layer is gone."""
        self._known.pop(digest, None)
        with contextlib.suppress(OSError):
            self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: Digest) -> Path:
        return self._root / "layers" / digest.algorithm / digest.hex

    def _recorded(self, digest: Digest) -> Unpacked | None:
        with contextlib.suppress(OSError, NbdockError):
            note = document.load(self._path(digest).read_bytes(), "layer")
            diff_id = Digest.parse(document.text(note, "diff_id"))
            return Unpacked(diff_id, *(document.integer(note, key) for key in _SIZES))
        return None

    def _measured(self, layer: Descriptor) -> Unpacked | None:
        if not media.is_layer(layer.media_type) or not self._blobs.has(layer):
            return None
        check = LayerCheck(layer, None)
        with contextlib.suppress(NbdockError):
            for _ in checked(verified(layer, self._blobs.open(layer)), check):
                pass
            self.record(layer, check.unpacked)
            return check.unpacked
        return None
