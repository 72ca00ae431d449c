"""The bytes of archives."""

from __future__ import annotations

import io
import itertools
import json
import tarfile
from typing import Any

import pytest

from nbdock.archives.writing import Archived, archive
from nbdock.errors import SizeMismatch
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Manifest
from nbdock.oci.reference import Reference
from nbdock.reading import read_manifests
from tests.parts.layers import file
from tests.places import Shelf

TAG, FULL_NAME = "org.opencontainers.image.ref.name", "io.containerd.image.name"


def archived(shelf: Shelf, image: Descriptor, *names: str) -> Archived:
    return Archived(image, image, read_manifests(shelf, image), tuple(map(Reference.parse, names)))


def opened(shelf: Shelf, *images: Archived) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(b"".join(archive(images, shelf.open))))


def member(tar: tarfile.TarFile, name: str) -> Any:
    content = tar.extractfile(name)
    assert content
    return json.load(content)


def test_the_entries_are_those_of_a_layout_and_of_docker_without_times_and_owners() -> None:
    shelf = Shelf()
    tar = opened(shelf, archived(shelf, shelf.image(shelf.layer(file("a", b"a"))), "me/app:1"))
    assert tar.getnames()[:3] == ["oci-layout", "index.json", "manifest.json"]
    assert {(each.mode, each.mtime, each.uid, each.gid, each.uname, each.gname) for each in tar} == {
        (0o644, 0, 0, 0, "", "")
    }
    for name in tar.getnames()[3:]:
        content = tar.extractfile(name)
        assert content and name == f"blobs/sha256/{Digest.of(content.read()).hex}"


def test_each_name_is_in_the_index_as_containerd_and_in_the_manifest_as_docker_writes_it() -> None:
    shelf = Shelf()
    image = shelf.image(shelf.layer(file("a", b"a")))
    tar = opened(shelf, archived(shelf, image, "httpd:2.4", "ghcr.io/me/app:1"))
    assert [each["annotations"] for each in member(tar, "index.json")["manifests"]] == [
        {FULL_NAME: "docker.io/library/httpd:2.4", TAG: "2.4"},
        {FULL_NAME: "ghcr.io/me/app:1", TAG: "1"},
    ]
    (item,) = member(tar, "manifest.json")
    assert item["RepoTags"] == ["httpd:2.4", "ghcr.io/me/app:1"]
    assert [item["Config"], *item["Layers"]] == tar.getnames()[4:]


def test_an_image_without_a_name_has_none_in_either() -> None:
    shelf = Shelf()
    tar = opened(shelf, archived(shelf, shelf.image()))
    assert [set(each) for each in member(tar, "index.json")["manifests"]] == [{"mediaType", "digest", "size"}]
    assert member(tar, "manifest.json")[0]["RepoTags"] is None


def test_what_images_share_is_there_once() -> None:
    shelf = Shelf()
    shared = shelf.layer(file("shared", b"shared"))
    images = [archived(shelf, shelf.image(shared, shared, author=author)) for author in ("a", "b")]
    tar = opened(shelf, *images)
    assert len(tar.getnames()) == len(set(tar.getnames())) == 3 + 2 + 2 + 1
    assert [len(item["Layers"]) for item in member(tar, "manifest.json")] == [2, 2]


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"x"])
def test_content_of_another_size_than_it_says_makes_no_archive(change: Any) -> None:
    shelf = Shelf()
    layer = shelf.layer(file("a", b"a"))
    image = archived(shelf, shelf.image(layer))
    shelf.content[layer.digest] = change(shelf.content[layer.digest])
    with pytest.raises(SizeMismatch):
        opened(shelf, image)


def test_a_layer_larger_than_ustar_can_say_and_a_long_digest_have_pax_headers() -> None:
    shelf = Shelf()
    huge = Descriptor(f"{media.OCI_LAYER}+gzip", Digest("sha512", "a" * 128), 9 << 30)
    image = archived(shelf, shelf.manifest(shelf.write(media.OCI_CONFIG, {}), huge))
    chunks = archive([image], lambda blob: iter([b"\0" * 512]) if blob == huge else shelf.open(blob))
    start = b"".join(itertools.takewhile(lambda chunk: chunk != b"\0" * 512, chunks))
    with tarfile.open(fileobj=io.BytesIO(start)) as tar:
        *_others, last = [tar.next() for _ in range(6)]
    assert last and (last.name, last.size) == (f"blobs/sha512/{'a' * 128}", 9 << 30)


def test_a_manifest_with_other_layers_keeps_the_rest() -> None:
    shelf = Shelf()
    zstd = Descriptor(f"{media.OCI_LAYER}+zstd", Digest.of(b"zstd"), 4, annotations={"io.github.zstd": "chunked"})
    gzip = shelf.layer(file("a", b"a"))
    made = shelf.manifest(shelf.write(media.OCI_CONFIG, {}), zstd, gzip, annotations={"a": "b"})
    before = Manifest.parse(shelf.content[made.digest])
    tar = Descriptor(media.OCI_LAYER, Digest.of(b"tar"), 3)
    after = before.with_layers({zstd.digest: tar})
    assert (after.layers, after.config, after.annotations) == ((tar, gzip), before.config, {"a": "b"})
    assert not after.layers[0].annotations
