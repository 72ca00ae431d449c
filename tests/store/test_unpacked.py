from __future__ import annotations

import gzip
from pathlib import Path

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.places import Unpacked
from nbdock.store import Store
from tests.parts.layers import directory, file, hard_link, layer, symlink
from tests.places import LAYER, pull
from tests.store.audit import files

PACKED = layer(directory("d"), file("d/f", b"12345"), hard_link("h", "d/f"), symlink("s", "d/f"))
BLOB = Descriptor.of(LAYER, PACKED)
MEASURED = Unpacked(Digest.of(gzip.decompress(PACKED)), len("12345") + len("d/f"), len(gzip.decompress(PACKED)), 4)


def test_a_layer_is_measured_where_no_pull_has_done_so(store: Store, root: Path) -> None:
    """As another tool puts it there."""
    store.write(BLOB, [PACKED])
    assert store.unpacked(BLOB) == MEASURED
    assert files(root)["layers"] == {BLOB.digest.hex}


def test_what_was_measured_is_known_without_the_layer_being_read(store: Store, root: Path) -> None:
    store.write(BLOB, [PACKED])
    store.record(BLOB, MEASURED)
    (root / "blobs" / "sha256" / BLOB.digest.hex).write_bytes(bytes(BLOB.size))
    assert Store(root).unpacked(BLOB) == MEASURED


def test_a_layer_that_is_not_there_is_not_known(store: Store, root: Path) -> None:
    assert store.unpacked(BLOB) is None
    assert not root.exists()


def test_what_is_no_layer_is_not_measured(store: Store, root: Path) -> None:
    config = Descriptor.of(media.OCI_CONFIG, b"{}")
    store.write(config, [b"{}"])
    assert store.unpacked(config) is None
    assert not files(root)["layers"]


def test_what_is_known_of_a_layer_goes_with_it(store: Store, root: Path) -> None:
    pull(store, "httpd:2.4")
    assert len(files(root)["layers"]) == 5
    store.removal(store.names()).execute()
    assert not files(root)["layers"]
    assert store.unpacked(BLOB) is None
