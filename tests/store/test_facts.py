"""What is known of layers: found when they are written, by whatever way, and kept by diff id."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from nbdock.contents.inflate import zstd
from nbdock.contents.layer import Reader
from nbdock.errors import DigestMismatch, InvalidContent
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.places import LayerFacts
from nbdock.store import Store
from tests.contents.test_layer import Collector
from tests.parts.layers import directory, file, hard_link, layer, symlink
from tests.places import LAYER, Shelf, pull, pull_from
from tests.store.audit import files

PACKED = layer(directory("d"), file("d/f", b"12345"), hard_link("h", "d/f"), symlink("s", "d/f"))
TAR = gzip.decompress(PACKED)
BLOB = Descriptor.of(LAYER, PACKED)
FACTS = LayerFacts(Digest.of(TAR), len("12345") + len("d/f"), len(TAR), 4)
COPIES = {
    "gzip": BLOB,
    "zstd": Descriptor.of(media.OCI_LAYER + "+zstd", zstd.compress(TAR)),
    "plain": Descriptor.of(media.OCI_LAYER, TAR),
}
CONTENT = {"gzip": PACKED, "zstd": zstd.compress(TAR), "plain": TAR}


def lines(root: Path) -> list[str]:
    """One for each layer that is known."""
    path = root / "nbdock" / "v1" / "layers"
    return list(filter(None, path.read_text().split("\n"))) if path.exists() else []


def write(store: Store, blob: Descriptor, content: bytes) -> None:
    store.write(blob, [content[:100], content[100:]])


def upload(store: Store, blob: Descriptor, content: bytes) -> None:
    incoming = store.incoming()
    for chunk in (content[:100], content[100:]):
        incoming.append(chunk)
    incoming.keep(blob.digest)


def place(store: Store, blob: Descriptor, content: bytes) -> None:
    """As another tool does; the layer is read when it is asked for."""
    path = store.root / "blobs" / blob.digest.algorithm / blob.digest.hex
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    store.facts(blob)


WAYS = [write, upload, place]
Way = Callable[[Store, Descriptor, bytes], None]


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("way", WAYS)
def test_further_readers_see_every_layer_once_whatever_way_it_comes(way: Way, kind: str, root: Path) -> None:
    made: list[Collector] = []

    def readers() -> Iterable[Reader]:
        made.append(Collector())
        return made[-1:]

    store = Store(root, readers)
    way(store, COPIES[kind], CONTENT[kind])
    (reader,) = made
    assert (reader.found, reader.facts) == ([("d", b""), ("d/f", b"12345"), ("h", b""), ("s", b"")], FACTS)
    assert store.facts(COPIES[kind]) == FACTS
    assert len(made) == 1


@pytest.mark.parametrize("way", WAYS)
def test_what_was_found_is_known_without_the_layer_being_read(way: Way, store: Store, root: Path) -> None:
    way(store, BLOB, PACKED)
    (root / "blobs" / "sha256" / BLOB.digest.hex).write_bytes(bytes(BLOB.size))
    assert Store(root).facts(BLOB) == FACTS


def test_copies_of_a_layer_share_its_diff_id_and_its_facts(store: Store, root: Path) -> None:
    for kind, blob in COPIES.items():
        store.write(blob, [CONTENT[kind]])
    assert {store.facts(blob) for blob in COPIES.values()} == {FACTS}
    assert [line.split()[-1] for line in lines(root)] == [str(blob.digest) for blob in COPIES.values()]
    store.delete([COPIES["gzip"].digest])
    assert Store(root).facts(COPIES["zstd"]) == FACTS
    assert len(lines(root)) == 2


def test_what_other_processes_append_is_known_at_once(store: Store, root: Path) -> None:
    others = [Descriptor.of(LAYER, layer(file(name, b"12345"))) for name in "abc"]
    for blob, name in zip(others, "abc", strict=True):
        Store(root).write(blob, [layer(file(name, b"12345"))])
        (root / "blobs" / "sha256" / blob.digest.hex).write_bytes(bytes(blob.size))
        assert store.facts(blob)
    Store(root).delete([others[0].digest])
    store.write(BLOB, [PACKED])
    assert [bool(Store(root).facts(blob)) for blob in (*others, BLOB)] == [False, True, True, True]


def test_what_is_written_twice_is_noted_once(store: Store, root: Path) -> None:
    for _ in range(2):
        store.write(BLOB, [PACKED])
        Store(root).facts(BLOB)
    assert len(lines(root)) == 1


def test_a_layer_that_is_not_there_is_not_known(store: Store, root: Path) -> None:
    assert store.facts(BLOB) is None
    assert not root.exists()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "content",
    [b"{}", b"<html>" * 1000, gzip.compress(b"<html>" * 1000), PACKED[:-1]],
    ids=["config", "page", "gzip", "cut"],
)
def test_what_is_no_layer_is_kept_and_not_known(way: Way, content: bytes, store: Store, root: Path) -> None:
    blob = Descriptor.of(media.OCTETS, content)
    way(store, blob, content)
    assert b"".join(store.open(blob)) == content
    assert store.facts(blob) is None
    assert not lines(root)


def test_what_is_known_of_a_layer_goes_with_it(store: Store, root: Path) -> None:
    pull(store, "httpd:2.4")
    assert len(lines(root)) == 5
    store.removal(store.names()).execute()
    assert not lines(root)
    assert store.facts(BLOB) is None


def test_an_older_store_is_brought_up_to_date_and_stays_readable_for_older_versions(store: Store, root: Path) -> None:
    store.write(BLOB, [PACKED])
    shutil.rmtree(root / "nbdock")
    note = root / "layers" / "sha256" / BLOB.digest.hex
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({"diff_id": str(FACTS.diff_id), "files": 7, "tar": 8, "entries": 9}))
    assert Store(root).facts(BLOB) == LayerFacts(FACTS.diff_id, 7, 8, 9)  # it was not read again
    assert lines(root) == [f"9 7 8 {FACTS.diff_id} {BLOB.digest}"]
    assert note.exists()
    note.unlink()
    assert Store(root).facts(BLOB) == LayerFacts(FACTS.diff_id, 7, 8, 9)


def test_what_another_process_noted_is_known(store: Store, root: Path) -> None:
    other = Store(root)
    store.write(BLOB, [PACKED])
    assert other.facts(BLOB) == FACTS
    other.write(COPIES["zstd"], [CONTENT["zstd"]])
    (root / "blobs" / "sha256" / COPIES["zstd"].digest.hex).unlink()
    assert store.facts(COPIES["zstd"]) == FACTS


def test_what_a_broken_write_left_spoils_no_other_line(store: Store, root: Path) -> None:
    store.write(BLOB, [PACKED])
    path = root / "nbdock" / "v1" / "layers"
    path.write_bytes(path.read_bytes()[:-1])
    store.write(COPIES["zstd"], [CONTENT["zstd"]])
    shutil.rmtree(root / "blobs")
    assert Store(root).facts(BLOB) is None
    assert Store(root).facts(COPIES["zstd"]) == FACTS


@pytest.mark.parametrize("way", WAYS)
def test_an_image_whose_config_names_another_diff_id_gets_no_name(way: Way, store: Store) -> None:
    shelf = Shelf()
    image = shelf.image(shelf.put(LAYER, PACKED), rootfs={"diff_ids": [str(BLOB.digest)]})
    way(store, BLOB, PACKED)
    with pytest.raises(DigestMismatch, match="wrong diff id calculated on extraction") as refusal:
        pull_from(shelf, image, store)
    assert (refusal.value.expected, refusal.value.actual) == (str(BLOB.digest), str(FACTS.diff_id))
    assert refusal.value.hint
    assert not store.names()


def test_an_image_whose_layer_is_no_tar_gets_no_name(store: Store) -> None:
    shelf = Shelf()
    page = gzip.compress(b"<html>" * 1000)
    image = shelf.image(shelf.put(LAYER, page))
    with pytest.raises(InvalidContent, match=r"failed to extract layer sha256:\w+: archive/tar: invalid tar header"):
        pull_from(shelf, image, store)
    assert not store.names()


def test_a_diff_id_may_be_a_sha512(store: Store) -> None:
    shelf = Shelf()
    right = Digest("sha512", "0" * 128).same(TAR)
    pull_from(shelf, shelf.image(shelf.put(LAYER, PACKED), rootfs={"diff_ids": [str(right)]}), store)
    with pytest.raises(DigestMismatch):
        wrong = shelf.image(shelf.put(LAYER, PACKED), rootfs={"diff_ids": [f"sha512:{'0' * 128}"]})
        pull_from(shelf, wrong, store, "wrong")
    assert store.resolve(Reference.parse("shelf")) and len(store.images()) == 1


def test_notes_are_not_among_what_is_still_arriving(store: Store, root: Path) -> None:
    store.write(BLOB, [PACKED])
    derived = {"layers", f"{FACTS.diff_id.hex}.parquet"}
    assert files(root) == {"blobs": {BLOB.digest.hex}, "ingest": set(), "nbdock": derived, "layers": set()}
