"""Images that are not what they claim to be: each is refused in one line, and the store is as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nbdock.errors import DigestMismatch, InvalidContent, NbdockError, NotAnImage, PlatformNotFound, SizeMismatch
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import CHUNK, Shelf, noise, pull, pull_from
from tests.store.audit import audit, files, names

LENGTH = 100_000


def another_byte(shelf: Shelf, layer: Descriptor) -> Descriptor:
    """In the time that gzip's header has: it inflates to the same."""
    image = shelf.image(layer)
    content = bytearray(shelf.content[layer.digest])
    content[4] ^= 1
    shelf.content[layer.digest] = bytes(content)
    return image


def cut(shelf: Shelf, layer: Descriptor) -> Descriptor:
    image = shelf.image(layer)
    shelf.content[layer.digest] = shelf.content[layer.digest][:-1]
    return image


def trailing(shelf: Shelf, layer: Descriptor) -> Descriptor:
    image = shelf.image(layer)
    shelf.content[layer.digest] += b"\0"
    return image


def endless(shelf: Shelf, layer: Descriptor) -> Descriptor:
    tar = shelf.put(media.OCI_LAYER, bytes(10 * 512))
    config = shelf.write(media.OCI_CONFIG, {"rootfs": {"diff_ids": [str(tar.digest)]}})
    shelf.content[tar.digest] = bytes(100 * CHUNK)
    return shelf.manifest(config, tar)


def no_layer(shelf: Shelf, layer: Descriptor) -> Descriptor:
    return shelf.image(layer, rootfs={"diff_ids": []})


def other_diff_id(shelf: Shelf, layer: Descriptor) -> Descriptor:
    return shelf.image(layer, rootfs={"diff_ids": [str(layer.digest)]})


def diff_id_that_climbs(shelf: Shelf, layer: Descriptor) -> Descriptor:
    return shelf.image(layer, rootfs={"diff_ids": ["sha256:../../../../etc/passwd"]})


def claimed(shelf: Shelf, layer: Descriptor, **claims: object) -> Descriptor:
    """What is there, but the manifest says something else of it."""
    manifest = json.loads(shelf.content[shelf.image(layer).digest])
    manifest["layers"][0] |= claims
    return shelf.write(media.OCI_MANIFEST, manifest)


def of_a_size(shelf: Shelf, layer: Descriptor, media_type: str, size: int) -> Descriptor:
    return Descriptor(media_type, shelf.image(layer).digest, size)


def huge_config(shelf: Shelf, layer: Descriptor) -> Descriptor:
    return shelf.manifest(Descriptor(media.OCI_CONFIG, layer.digest, media.MAX_CONFIG + 1), layer)


def document(content: bytes, shelf: Shelf, layer: Descriptor) -> Descriptor:
    return shelf.put(media.OCI_MANIFEST, content)


def other_config(shelf: Shelf, layer: Descriptor) -> Descriptor:
    image = shelf.image(layer)
    config = json.loads(shelf.content[image.digest])["config"]
    digest = Digest.parse(config["digest"])
    shelf.content[digest] = shelf.content[digest].replace(b"linux", b"plan9")
    return image


def nested(shelf: Shelf, layer: Descriptor) -> Descriptor:
    index = shelf.image(layer)
    for _ in range(10):
        index = shelf.index(amd64=index)
    return index


def artifact(shelf: Shelf, layer: Descriptor) -> Descriptor:
    return shelf.manifest(shelf.write(media.OCI_EMPTY, {}), layer, artifactType="application/vnd.example.chart")


BAD: dict[str, tuple[Callable[[Shelf, Descriptor], Descriptor], type[NbdockError], str]] = {
    "another byte in a layer": (another_byte, DigestMismatch, "filesystem layer verification failed for digest"),
    "a layer that is cut": (cut, SizeMismatch, "size verification failed"),
    "a byte after a layer": (trailing, SizeMismatch, "size verification failed"),
    "a layer without end": (endless, SizeMismatch, "expected 5120 bytes"),
    "a layer said to be shorter": (partial(claimed, size=1000), SizeMismatch, "expected 1000 bytes"),
    "a layer said to be longer": (partial(claimed, size=LENGTH * 2), SizeMismatch, "expected 200000 bytes"),
    "no diff id for a layer": (no_layer, InvalidContent, "1 layers, its config 0 diff ids"),
    "another diff id": (other_diff_id, DigestMismatch, "layer verification failed"),
    "a diff id that climbs": (diff_id_that_climbs, InvalidContent, "invalid image config: diff id"),
    "a digest that climbs": (
        partial(claimed, digest="sha256:../../../../etc/passwd"),
        InvalidContent,
        "invalid descriptor: invalid checksum digest format",
    ),
    "a digest of no known kind": (partial(claimed, digest="md5:" + "0" * 32), InvalidContent, "unsupported digest"),
    "a size below zero": (partial(claimed, size=-1), InvalidContent, "invalid size"),
    "an oversized manifest": (
        partial(of_a_size, media_type=media.OCI_MANIFEST, size=media.MAX_MANIFEST + 1),
        InvalidContent,
        "at most 4194304 are read",
    ),
    "an oversized config": (huge_config, InvalidContent, "at most 16777216 are read"),
    "another config": (other_config, DigestMismatch, "hashes to"),
    "a manifest of another size": (
        partial(of_a_size, media_type=media.OCI_MANIFEST, size=10),
        SizeMismatch,
        "is not of 10 bytes",
    ),
    "a manifest said to be an index": (
        lambda shelf, layer: Descriptor(media.OCI_INDEX, shelf.image(layer).digest, shelf.image(layer).size),
        InvalidContent,
        "the manifest says it is",
    ),
    "a page instead of a manifest": (partial(document, b"<html>"), InvalidContent, "not JSON"),
    "brackets instead of a manifest": (partial(document, b"[" * 100_000), InvalidContent, "not JSON"),
    "a list instead of a manifest": (partial(document, b"[]"), InvalidContent, "not a JSON object"),
    "a manifest of schema 1": (partial(document, b'{"schemaVersion": 1}'), InvalidContent, "has been removed"),
    "indexes without end": (nested, InvalidContent, "nested more than 4 deep"),
    "a layer of another kind": (
        partial(claimed, mediaType="application/vnd.oci.image.layer.v1.tar+xz"),
        InvalidContent,
        "unsupported layer media type: application/vnd.oci.image.layer.v1.tar\\+xz",
    ),
    "an index of nothing": (
        lambda shelf, layer: shelf.index(),
        PlatformNotFound,
        "no matching manifest for linux/amd64",
    ),
    "an artifact": (artifact, NotAnImage, "not a container image but application/vnd.example.chart"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_content_is_refused_in_one_line_and_leaves_no_trace(bad: str, store: Store, root: Path) -> None:
    spoil, kind, sentence = BAD[bad]
    shelf = Shelf()
    pull(store, "hello-world")
    before = names(root)
    with pytest.raises(NbdockError, match=sentence) as refusal:
        pull_from(shelf, spoil(shelf, shelf.layer(file("large", noise(LENGTH)))), store)
    assert type(refusal.value) is kind
    assert "\n" not in str(refusal.value)
    assert refusal.value.hint
    audit(root)
    assert names(root) == before
    assert not files(root)["ingest"]
