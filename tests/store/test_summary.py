"""`nbdock/v1/images`: what makes `ls` quick, and must never make a damaged image look fine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbdock.errors import DigestMismatch
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.places import Image
from nbdock.store import Store
from nbdock.store.summary import _check
from tests.parts.many import fill
from tests.places import pull
from tests.store.audit import audit


def summaries(root: Path) -> Path:
    return root / "nbdock" / "v1" / "images"


def facts(image: Image) -> tuple[object, ...]:
    """All that a summary knows."""
    known = (image.id, image.names, image.created, image.platform, image.user, image.exposed_ports, image.labels)
    return (*known, image.layers, image.layer_count, image.compressed_size, image.size, image.lowest_diff_id)


def reading(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, list[Descriptor]]:
    """A store opened anew, and what is read of its content."""
    store, read = Store(root), list[Descriptor]()
    content = store._blobs.open
    monkeypatch.setattr(store._blobs, "open", lambda each, start=0: (read.append(each), content(each, start))[1])
    return store, read


def test_a_new_process_lists_images_without_reading_them(
    store: Store, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(store, "httpd:2.4")
    pull(store, "busybox")
    fresh, read = reading(root, monkeypatch)
    assert list(map(facts, fresh.images())) == list(map(facts, store.images()))
    assert fresh.problems == () and read == []
    assert fresh.images()[0].config == store.images()[0].config
    assert len(read) == 2


def test_what_a_summary_says_is_what_manifest_and_config_say(store: Store, root: Path) -> None:
    pull(store, "httpd:2.4")
    (image,) = Store(root).images()
    assert (image.created, image.platform) == (image.config.created, image.config.platform)
    assert (image.labels, image.user) == (image.config.labels, image.config.user)
    assert image.exposed_ports == image.config.exposed_ports
    assert [layer.descriptor for layer in image.layers] == list(image.manifest.layers)
    assert [layer.diff_id for layer in image.layers] == list(image.config.diff_ids)


def test_an_old_store_is_brought_up_to_date_by_the_first_look(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(root, 3)
    before = [facts(image) for image in Store(root).images()]
    assert len(before) == 3
    fresh, read = reading(root, monkeypatch)
    assert [facts(image) for image in fresh.images()] == before
    assert read == []


@pytest.mark.parametrize("spoil", [bytes, lambda raw: raw[:-5], lambda raw: raw.replace(b"linux", b"plan9"), None])
def test_a_spoilt_file_is_made_again(spoil: object, store: Store, root: Path) -> None:
    pull(store, "httpd:2.4")
    path = summaries(root)
    before = facts(store.images()[0])
    if callable(spoil):
        path.write_bytes(spoil(path.read_bytes()) if spoil is not bytes else bytes(100))
    else:
        path.unlink()
    assert facts(Store(root).images()[0]) == before
    made = path.read_bytes()
    assert facts(Store(root).images()[0]) == before
    assert path.read_bytes() == made
    audit(root)


def test_damage_that_no_time_tells_of_is_found_when_the_image_is_read(store: Store, root: Path) -> None:
    """Bits that rot: `ls` lists the image, whoever reads it is told."""
    pull(store, "hello-world")
    path = root / "blobs" / "sha256" / store.images()[0].id.hex
    written = path.stat().st_mtime_ns
    path.write_bytes(bytes(path.stat().st_size))
    os.utime(path, ns=(written, written))
    (image,) = Store(root).images()
    with pytest.raises(DigestMismatch, match="hashes to"):
        _ = image.config
    pull(Store(root), "hello-world")
    audit(root)


def test_the_file_does_not_grow_for_ever(store: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdock.store.summary._MANY", 0)
    pull(store, "httpd:2.4")
    line = summaries(root).read_bytes()
    summaries(root).write_bytes(line * 10)
    before = facts(store.images()[0])
    assert facts(Store(root).images()[0]) == before
    assert summaries(root).read_bytes() == line


def test_a_summary_that_is_too_long_is_not_kept(store: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdock.store.summary._LONGEST", 10)
    pull(store, "httpd:2.4")
    assert not summaries(root).exists()
    assert len(Store(root).images()) == 1


def test_images_are_found_by_name_and_by_id(store: Store) -> None:
    pull(store, "httpd:2.4")
    pull(store, "busybox")
    httpd, busybox = images = store.images()
    (match,) = images.named(Reference.parse("httpd:2.4"))
    assert (match.image, match.name) == (httpd, httpd.names[0])
    (by_digest,) = images.named(Reference.parse(f"httpd:any@{httpd.names[0].target.digest}"))
    assert (by_digest.image, by_digest.name) == (httpd, httpd.names[1])
    assert images.starting(busybox.id.hex[:12]) == (busybox,)
    assert images.starting(busybox.names[0].target.digest.hex[:12]) == (busybox,)
    assert set(images.starting("")) == {httpd, busybox}
    assert images.of(busybox.names[0]) == busybox
    assert list(images.named(Reference.parse("nosuch:1"))) == []


@pytest.mark.parametrize(
    "text", [b"null", b"[]", b"[[],[]]", b"[" * 100_000, b'[["","",0,0],["","",0,0],[1],"",[],"",[],{},0]']
)
def test_lines_that_are_no_summaries_are_ignored(store: Store, root: Path, text: bytes) -> None:
    pull(store, "httpd:2.4")
    before = facts(store.images()[0])
    summaries(root).write_bytes(b"\n%s %s" % (_check(text), text))
    assert facts(Store(root).images()[0]) == before
