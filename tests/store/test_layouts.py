"""Layouts of other tools. No tool of the tests writes these: they are made by hand from the documentation of buildx,
docker save, podman, oras and regctl, and from the layouts in the test data of regclient, oras and
go-containerregistry."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbdock
from nbdock.errors import StoreDamaged
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.store import Store, lock
from tests.parts.layers import file
from tests.places import LAYER, Shelf

REF_NAME, CONTAINERD = "org.opencontainers.image.ref.name", "io.containerd.image.name"
HOST = Platform.host()


def image(shelf: Shelf, text: str, platform: Platform = HOST, **config: Any) -> Descriptor:
    return shelf.image(shelf.layer(file("a", text.encode())), platform=platform, author=text, **config)


def entry(descriptor: Descriptor, tag: str = "", **more: Any) -> dict[str, Any]:
    return {**descriptor.json(), **({"annotations": {REF_NAME: tag}} if tag else {}), **more}


def write(root: Path, shelf: Shelf, *entries: dict[str, Any], without: tuple[Descriptor, ...] = ()) -> Store:
    """The layout of what is on the shelf, `without` some of it."""
    for digest, content in shelf.content.items():
        if digest not in [each.digest for each in without]:
            path = root / "blobs" / digest.algorithm / digest.hex
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    return Store(root)


def listed(home: Path) -> list[tuple[object, ...]]:
    """Repository, tag, whether it is dangling, and platforms of each row of `ls`."""
    frame = nbdock.ls()[["repository", "tag", "dangling", "platforms"]].astype(object)
    return sorted(frame.where(frame.notna(), None).itertuples(index=False, name=None), key=str)


def test_containerds_annotation_is_the_name(home: Path) -> None:
    shelf = Shelf()
    notes = {CONTAINERD: "docker.io/me/app:1.0", REF_NAME: "1.0"}
    store = write(home / "store", shelf, entry(image(shelf, "a"), annotations=notes))
    assert listed(home) == [("me/app", "1.0", False, [str(HOST)])]
    nbdock.tag("me/app:1.0", "mine:1")
    nbdock.rm("me/app:1.0")
    assert [str(name.reference) for name in store.names()] == ["docker.io/library/mine:1"]


def test_a_bare_tag_is_a_tag_without_a_repository(home: Path) -> None:
    shelf = Shelf()
    store = write(home / "store", shelf, entry(made := image(shelf, "a"), "latest"), entry(made, "1.0"))
    assert [row[:3] for row in listed(home)] == [(None, "1.0", False), (None, "latest", False)]
    with pytest.raises(nbdock.errors.ImageNotFound):
        nbdock.inspect("latest")
    assert len(nbdock.inspect(made.digest)) == 1
    assert nbdock.prune(force=True).empty and len(store.names()) == 2


def test_a_bare_tag_stays_beside_a_name(home: Path) -> None:
    shelf = Shelf()
    store = write(home / "store", shelf, entry(made := image(shelf, "a"), "1.0"))
    nbdock.tag(made.digest, "mine:1")
    assert [row[:2] for row in listed(home)] == [("mine", "1"), (None, "1.0")]
    before = store.names()
    store.untag(before)
    assert set(store.restore(before)) == set(store.names()) == set(before)
    nbdock.rm("mine:1")
    assert [row[:3] for row in listed(home)] == [(None, "1.0", False)]
    nbdock.rm(made.digest, force=True)
    assert not list((home / "store" / "blobs" / "sha256").iterdir())


def index(shelf: Shelf, *children: Descriptor, **platforms: Descriptor) -> Descriptor:
    named = [{**child.json(), "platform": {"os": "linux", "architecture": each}} for each, child in platforms.items()]
    manifests = [*named, *(child.json() for child in children)]
    return shelf.write(media.OCI_INDEX, {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": manifests})


def test_an_index_is_one_row_and_its_children_are_not_dangling(home: Path) -> None:
    shelf = Shelf()
    mine, other = image(shelf, "a"), image(shelf, "b", Platform("linux", "s390x"))
    made = index(shelf, index(shelf, **{HOST.architecture: mine, "s390x": other}))
    write(home / "store", shelf, entry(made, "v1"), entry(mine), entry(other))
    assert listed(home) == [(None, "v1", False, [str(HOST), "linux/s390x"])]
    assert nbdock.ls().manifest_digest[0] == str(mine.digest)
    assert nbdock.prune(force=True).empty


def test_a_sparse_index_is_the_image_that_is_there(home: Path) -> None:
    shelf = Shelf()
    made = index(shelf, ppc64le=(gone := image(shelf, "a")), s390x=image(shelf, "b", Platform("linux", "s390x")))
    write(home / "store", shelf, entry(made, "v1"), without=(gone,))
    assert listed(home) == [(None, "v1", False, ["linux/ppc64le", "linux/s390x"])]


def test_an_index_without_any_of_its_images_says_so(home: Path) -> None:
    shelf = Shelf()
    made = index(shelf, amd64=(gone := image(shelf, "a")))
    store = write(home / "store", shelf, entry(made, "v1"), without=(gone,))
    assert store.problems == ("v1: none of its images is in the store (linux/amd64): pull the image again",)


def test_tags_of_referrers_are_no_images(home: Path) -> None:
    shelf = Shelf()
    made = image(shelf, "a")
    start = f"sha256-{made.digest.hex}"
    write(
        home / "store", shelf, entry(made, "1"), *(entry(made, start + end) for end in ("", ".sig", ".0123abcd.meta"))
    )
    assert [row[:2] for row in listed(home)] == [(None, "1")]


def test_an_index_of_artifacts_or_of_nothing_is_no_problem(home: Path) -> None:
    shelf = Shelf()
    chart = shelf.manifest(shelf.write(media.OCI_EMPTY, {}), artifactType="application/vnd.example.chart")
    store = write(home / "store", shelf, entry(index(shelf, chart), "a"), entry(index(shelf), "b"), entry(chart, "c"))
    assert store.images() == store.problems == ()


def test_artifacts_have_a_kind_and_are_listed_if_asked_for(home: Path) -> None:
    shelf = Shelf()
    empty, layer = (
        shelf.write(media.OCI_EMPTY, {}),
        shelf.put("application/vnd.dev.cosign.simplesigning.v1+json", b"{}"),
    )
    chart = shelf.manifest(empty, artifactType="application/vnd.example.chart")
    signature = shelf.manifest(shelf.write(media.OCI_CONFIG, {}), layer)
    names = {"me/chart:1": chart, "me/app:signature": signature, "me/app:1": image(shelf, "a")}
    write(home / "store", shelf, *(entry(each, name) for name, each in names.items()))
    assert list(nbdock.ls().kind) == ["image"]
    assert list(nbdock.ls(all=True).kind) == ["image", "application/vnd.example.chart", layer.media_type]
    assert list(nbdock.ls("me/chart", all=True).tag) == ["1"]
    assert "N/A" in nbdock.ls(all=True, format="{{.Size}}")


def test_layers_without_a_diff_id_are_rows_and_a_reason(home: Path) -> None:
    shelf = Shelf()
    store = write(home / "store", shelf, entry(image(shelf, "a", rootfs={}), "1"))
    assert [row[:2] for row in listed(home)] == [(None, "1")]
    assert len(nbdock.layers()) == len(nbdock.history()) == 1
    assert nbdock.history().diff_id.isna().all()
    assert store.problems == ("1: the manifest has 1 layers, its config 0 diff ids: some layers have no diff id",)


@pytest.mark.parametrize("media_type", [media.OCI_MANIFEST, "application/vnd.oci.descriptor.v1+json"])
def test_a_descriptor_of_another_media_type_costs_nothing(home: Path, media_type: str) -> None:
    """go-containerregistry: docker's manifest under OCI's type; a manifest under a type of its own."""
    shelf = Shelf()
    made = json.loads(shelf.content[image(shelf, "a").digest]) | {"mediaType": media.DOCKER_MANIFEST}
    store = write(home / "store", shelf, entry(shelf.write(media_type, made), "1"))
    assert [row[:2] for row in listed(home)] == [(None, "1")]
    assert len(list(store.contents(store.names()))) == 3


def test_an_error_about_a_file_does_not_speak_of_the_registry(home: Path) -> None:
    shelf = Shelf()
    made = image(shelf, "a")
    store = write(home / "store", shelf, entry(Descriptor(media.OCI_INDEX, made.digest, made.size), "1"))
    (problem,) = store.problems
    assert "the manifest says" in problem and "registry" not in problem


def test_a_file_that_is_being_written_is_read_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    store = write(home / "store", shelf, entry(image(shelf, "a"), "1"))
    path = home / "store" / "index.json"
    complete = path.read_bytes()
    path.write_bytes(complete[:50])
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        path.write_bytes(complete if len(waits) == 3 else complete[: 50 + len(waits)])

    monkeypatch.setattr("nbdock.store.index.time.sleep", sleep)
    assert len(store.names()) == 1 and len(waits) == 3
    monkeypatch.setattr("nbdock.store.index.time.sleep", waits.append)
    path.write_bytes(b"")
    with pytest.raises(StoreDamaged):
        Store(home / "store").names()


def test_an_index_of_shared_children_is_walked_once_and_outside_the_lock(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, store = Shelf(), Store(root)
    top = shelf.image(shelf.layer(file("a", b"1")))
    for _ in range(4):
        top = index(shelf, *[top] * 60)
    for digest, content in shelf.content.items():
        store.write(Descriptor(LAYER, digest, len(content)), [content])
    opened: list[tuple[Descriptor, bool]] = []
    locked, content_of = threading.Event(), store._blobs.open

    @contextlib.contextmanager
    def acquire(root: Path) -> Iterator[None]:
        with lock.locked(root):
            locked.set()
            yield
            locked.clear()

    monkeypatch.setattr("nbdock.store.index.locked", acquire)
    monkeypatch.setattr(
        store._blobs, "open", lambda each, start=0: (opened.append((each, locked.is_set())), content_of(each, start))[1]
    )
    store.tag(Reference.parse("localhost/a:1"), top)
    assert len(list(store.contents(store.names()[:1]))) == len(shelf.content)
    assert not [each for each, held in opened if held]
    assert len(opened) < 30
