"""A store whose files were damaged after they were written: what can be read is, the rest is named with its remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nbdock.errors import BlobNotFound, DigestMismatch, StoreDamaged
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.reading import read
from nbdock.store import Store
from nbdock.task import State
from tests.places import pull, target
from tests.store.audit import audit


def gone(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def zeros(path: Path) -> None:
    """As a disk leaves a file when the power goes."""
    path.write_bytes(bytes(path.stat().st_size))


def another_letter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"linux", b"Linux").replace(b"schemaVersion", b"SchemaVersion"))


DAMAGES = [gone, cut, zeros, another_letter]


def documents(store: Store, text: str) -> dict[str, Digest]:
    name = next(name for name in store.names() if name.reference == Reference.parse(text).tagged)
    image = next(image for image in store.images() if name in image.names)
    return {"index": name.target.digest, "manifest": name.image.digest, "config": image.id}


def file_of(root: Path, digest: Digest) -> Path:
    return root / "blobs" / "sha256" / digest.hex


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("part", ["manifest", "config"])
def test_of_a_damaged_image_the_others_know_nothing(
    part: str, damage: Callable[[Path], None], store: Store, root: Path
) -> None:
    pull(store, "httpd:2.4")
    pull(store, "busybox")
    damage(file_of(root, documents(store, "busybox")[part]))
    fresh = Store(root)
    (image,) = fresh.images()
    assert image.tags == (Reference.parse("httpd:2.4"),)
    tag, digest = fresh.problems
    assert tag.startswith("busybox:latest: ")
    assert tag.endswith("pull the image again") or "pull the image again;" in tag
    assert digest.startswith("busybox@sha256:")
    assert len(fresh.names()) == 4


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("part", ["index", "manifest", "config"])
def test_a_pull_mends_what_is_damaged(part: str, damage: Callable[[Path], None], store: Store, root: Path) -> None:
    pull(store, "busybox")
    damage(file_of(root, documents(store, "busybox")[part]))
    pull(Store(root), "busybox")
    audit(root)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_a_damaged_image_shares_with_another_stays(
    damage: Callable[[Path], None], store: Store, root: Path
) -> None:
    pull(store, "httpd:2.4")
    pull(store, "httpd:2.2")
    damage(file_of(root, documents(store, "httpd:2.2")["manifest"]))
    fresh = Store(root)
    fresh.removal([name for name in fresh.names() if name.reference in (Reference.parse("httpd:2.2"),)]).execute()
    assert len(Store(root).images()) == 1
    pull(Store(root), "httpd:2.2")
    audit(root)


@pytest.mark.parametrize("damage", [zeros, cut])
def test_a_damaged_layer_is_found_when_it_is_read_again(
    damage: Callable[[Path], None], store: Store, root: Path
) -> None:
    pull(store, "httpd:2.4")
    layer = store.images()[0].layers[0]
    damage(file_of(root, layer.descriptor.digest))
    shutil.rmtree(root / "nbdock")
    assert Store(root).facts(layer.descriptor) is None
    again = dict(pull(Store(root), "httpd:2.4").image.layers)
    assert again.pop(layer) == State.PULLED
    assert set(again.values()) == {State.EXISTS}
    audit(root)


def test_what_is_read_of_a_damaged_document_says_so(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    image = store.images()[0]
    zeros(file_of(root, image.id))
    with pytest.raises(DigestMismatch, match="hashes to") as refusal:
        read(store, image.manifest.config)
    assert refusal.value.hint.startswith("pull the image again")
    gone(file_of(root, image.id))
    with pytest.raises(BlobNotFound):
        read(store, image.manifest.config)


@pytest.mark.parametrize("damage", [b"", b"{}", b"1 2 3 sha256:0 %s", b"\xff\0"], ids=range(4))
def test_what_is_derived_is_made_again_where_it_is_damaged(damage: bytes, store: Store, root: Path) -> None:
    pull(store, "httpd:2.4")
    layer = store.images()[0].layers[0].descriptor
    measured = store.facts(layer)
    path = root / "nbdock" / "v1" / "layers"
    right = next(line for line in path.read_bytes().split(b"\n") if line.endswith(layer.digest.hex.encode()))
    path.write_bytes(damage.replace(b"%s", str(layer.digest).encode()))
    assert Store(root).facts(layer) == measured
    assert path.read_bytes() == damage.replace(b"%s", str(layer.digest).encode()) + b"\n" + right


def test_a_list_of_records_that_is_damaged_is_said_to_be_and_left_as_it_is(store: Store, root: Path) -> None:
    with store.containers.editing() as records:
        records.append({"id": "1"})
    (root / "containers.json").write_bytes(b"{")
    with pytest.raises(StoreDamaged, match=r"containers\.json cannot be read"), store.containers.editing():
        pass
    assert (root / "containers.json").read_bytes() == b"{"


def test_records_are_written_when_they_change(store: Store, root: Path) -> None:
    with store.containers.editing() as records:
        records.append({"id": "1"})
    before = (root / "containers.json").stat()
    with store.containers.editing():
        pass
    assert (root / "containers.json").stat() == before
    assert Store(root).containers.read() == [{"id": "1"}]


def test_a_damaged_image_that_loses_its_last_name_stays_without_one(store: Store, root: Path) -> None:
    """As one that is not damaged does: a pull may mend it."""
    for text in ("hello-app:1.0", "hello-app:2.0", "hello-world"):
        pull(store, text, to=f"mine@{target(text).digest}")
    for image, text in zip(store.images(), ("a", "b", "c"), strict=True):
        store.tag_image(Reference.parse(text), image)
    store.removal(name for name in store.names() if name.reference and name.reference.digest).execute()
    damaged, _, whole = store.images()
    for image in store.images()[:2]:
        gone(file_of(root, image.id))
    fresh = Store(root)
    fresh.tag_image(Reference.parse("a"), whole)
    assert [name.reference for name in fresh.names() if name.image == damaged.descriptor] == [None]
    pull(fresh, "hello-app:1.0")
    assert {str(tag.familiar) for tag in next(i for i in fresh.images() if i == damaged).tags} == {"hello-app:1.0"}
