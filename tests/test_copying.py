from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nbdock import api
from nbdock.copying import PUSH, Copier
from nbdock.errors import DigestMismatch, IntegrityError, InvalidContent, PlatformNotFound, Unreachable
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.store import Store
from nbdock.task import Progress, State, Task
from tests.parts.layers import file
from tests.places import AMD64, ARM64, CHUNK, Shelf, copy, noise, pull, pull_from, target
from tests.store.audit import audit, files
from tests.store.forks import Killed, together

IMAGES = ("busybox", "hello-world", "httpd:2.4", "httpd:2.2", "hello-app:1.0")
LENGTH = 100_000
NAME = Reference.parse("shelf")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(root: Path) -> Store:
    return Store(root)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def layer(shelf: Shelf) -> Descriptor:
    """A layer of a few chunks."""
    return shelf.layer(file("large", noise(LENGTH)))


def starts(shelf: Shelf, layer: Descriptor) -> list[int]:
    """From which bytes on the layer was asked for."""
    return [start for digest, start in shelf.opened if digest == layer.digest]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_comes_whole(image: str, store: Store, root: Path) -> None:
    copied = pull(store, image)
    audit(root)
    assert (Reference.parse(image).tagged, target(image)) in [(each.reference, each.target) for each in store.names()]
    assert store.images()[0].id == copied.image.image_id
    assert {state for _, state in copied.image.layers} == {State.PULLED}


def test_what_is_told_of_a_layer_is_what_docker_says(shelf: Shelf, layer: Descriptor, store: Store) -> None:
    told: list[Progress] = []
    task, image = Task(told.append), shelf.image(layer)
    task.run(lambda: copy(shelf, store, task).image(image, NAME, AMD64))
    task.run(lambda: copy(shelf, store, task).image(image, NAME, AMD64))
    states = [each.state for each in told]
    assert states[:2] == [State.PULLING, State.DOWNLOADING]
    assert states[-4:] == [State.DOWNLOADED, State.PULLED, State.PULLING, State.EXISTS]
    assert {each.descriptor for each in told} == {layer}
    assert [each.done for each in told if each.state == State.DOWNLOADED] == [layer.size]


def test_of_an_index_only_the_platform_asked_for_comes(store: Store, root: Path) -> None:
    copied = pull(store, "busybox", platform=ARM64)
    assert copied.image.config and copied.image.config.platform == ARM64
    assert copied.target == target("busybox") != copied.image.descriptor
    assert len(files(root)["blobs"]) == len(("index", "manifest", "config", "layer"))


def test_an_image_is_found_in_an_index_of_an_index(shelf: Shelf, layer: Descriptor, store: Store, root: Path) -> None:
    inner = shelf.index(arm64=shelf.image(platform=ARM64), amd64=shelf.image(layer))
    outer = shelf.write(
        media.OCI_INDEX, {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [inner.json()]}
    )
    copied = pull_from(shelf, outer, store)
    assert copied.target == outer and copied.image.config and copied.image.config.platform == AMD64
    assert len(files(root)["blobs"]) == len(("outer", "inner", "manifest", "config", "layer"))


def test_a_platform_that_is_not_there_is_refused_with_those_that_are(store: Store, root: Path) -> None:
    with pytest.raises(PlatformNotFound, match="no matching manifest for linux/riscv64") as refusal:
        pull(store, "busybox", platform=Platform("linux", "riscv64"))
    assert refusal.value.available == ("linux/amd64", "linux/arm64")
    assert not root.exists()


def test_what_is_there_is_not_fetched_again(shelf: Shelf, layer: Descriptor, store: Store) -> None:
    pull_from(shelf, shelf.image(layer), store)
    pull_from(shelf, shelf.image(layer, shelf.layer(file("small", b"new"))), store)
    assert starts(shelf, layer) == [0]


def test_images_that_are_copied_at_once_fetch_what_they_share_once(shelf: Shelf, store: Store, root: Path) -> None:
    base = shelf.layer(file("base", noise(LENGTH)))
    images = {f"shelf:{number}": shelf.image(base, shelf.layer(file(str(number), b""))) for number in range(8)}
    pulling = copy(shelf, store, jobs=3)
    pulling.copier.task.spread(lambda name: pulling.image(images[name], Reference.parse(name), AMD64), images, 8)
    assert starts(shelf, base) == [0]
    audit(root)
    assert len(store.images()) == 8


def test_children_come_before_their_parents_and_the_name_last(shelf: Shelf, layer: Descriptor, store: Store) -> None:
    image = shelf.image(layer)
    index = shelf.index(amd64=image)
    written: list[Descriptor] = []

    class Noting(Store):
        def write(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
            assert not self.names()
            super().write(descriptor, chunks)
            written.append(descriptor)

    copied = pull_from(shelf, index, Noting(store.root))
    assert written == [copied.image.manifest.config, layer, image, index]


def test_kept_bytes_are_reported_as_verified_not_as_downloaded(shelf: Shelf, layer: Descriptor, store: Store) -> None:
    image = shelf.image(layer)
    shelf.breaks[layer.digest] = 5 * CHUNK
    with pytest.raises(Unreachable):
        copy(shelf, store).image(image, NAME, AMD64)
    shelf.breaks.clear()
    heard: list[Progress] = []
    task = Task(heard.append)
    copy(shelf, store, task).image(image, NAME, AMD64)
    task.pump(0)
    own = [(each.state, each.done) for each in heard if each.descriptor == layer]
    assert own[:2] == [(State.PULLING, 0), (State.VERIFYING, 0)]
    assert next(each for each in own if each[0] is State.DOWNLOADING) == (State.DOWNLOADING, 5 * CHUNK)


def test_an_image_of_two_times_the_same_layer_fetches_it_once(shelf: Shelf, layer: Descriptor, store: Store) -> None:
    copied = pull_from(shelf, shelf.image(layer, layer), store)
    assert starts(shelf, layer) == [0]
    assert len(copied.image.layers) == 2


def test_what_another_process_swept_meanwhile_is_fetched_again(shelf: Shelf, store: Store, root: Path) -> None:
    base, top = shelf.layer(file("base", b"base")), shelf.layer(file("top", b"top"))
    pull_from(shelf, shelf.image(base), store, "old")

    class Pruning(Shelf):
        def open(self, descriptor: Descriptor, start: int = 0, /):
            if descriptor.digest == top.digest:
                other = Store(root)
                other.removal(name for name in other.names() if "old" in str(name.reference)).execute()
            return super().open(descriptor, start)

    pruning = Pruning(shelf.content)
    pull_from(pruning, shelf.image(base, top), store)
    assert starts(pruning, base) == [0]
    audit(root)


def test_a_cut_download_goes_on_where_it_stopped(shelf: Shelf, layer: Descriptor, store: Store, root: Path) -> None:
    image = shelf.image(layer)
    shelf.breaks[layer.digest] = 3 * CHUNK
    with pytest.raises(Unreachable):
        pull_from(shelf, image, store)
    audit(root)
    del shelf.breaks[layer.digest]
    pull_from(shelf, image, store)
    assert starts(shelf, layer) == [0, 3 * CHUNK]
    audit(root)
    assert not files(root)["ingest"]


def test_what_a_killed_process_downloaded_is_kept_for_the_next(shelf: Shelf, layer: Descriptor, root: Path) -> None:
    image = shelf.image(layer)

    class Dying(Shelf):
        def _chunks(self, content: bytes, start: int, end: int | None):
            for number, chunk in enumerate(super()._chunks(content, start, end)):
                if number == 3:
                    raise Killed
                yield chunk

    def die() -> None:
        with pytest.raises(Killed):
            pull_from(Dying(shelf.content), image, Store(root))

    together([die])
    audit(root)
    pull_from(shelf, image, Store(root))
    assert starts(shelf, layer) == [3 * CHUNK]
    audit(root)


def test_attempts_that_break_again_and_again_leave_one_file(
    shelf: Shelf, layer: Descriptor, store: Store, root: Path
) -> None:
    image = shelf.image(layer)
    for end in (5 * CHUNK, 2 * CHUNK, 7 * CHUNK, 7 * CHUNK, 9 * CHUNK):
        shelf.breaks[layer.digest] = end
        with pytest.raises(Unreachable):
            pull_from(shelf, image, store)
        assert len(files(root)["ingest"]) == 1
    assert starts(shelf, layer) == [0, 5 * CHUNK, 5 * CHUNK, 7 * CHUNK, 7 * CHUNK]


@pytest.mark.parametrize("length", [1, 1000, CHUNK, LENGTH])
def test_a_partial_download_that_is_wrong_costs_one_attempt(
    length: int, shelf: Shelf, layer: Descriptor, store: Store, root: Path
) -> None:
    image = shelf.image(layer)
    partial_file = root / "ingest" / f"sha256-{layer.digest.hex}.{'0' * 32}"
    partial_file.parent.mkdir(parents=True)
    partial_file.write_bytes(noise(length))
    with pytest.raises(IntegrityError):
        pull_from(shelf, image, store)
    audit(root)
    assert not files(root)["ingest"]
    pull_from(shelf, image, store)
    audit(root)


class Keeping:
    """A place that keeps what it is given."""

    def __init__(self) -> None:
        self.content: dict[Descriptor, bytes] = {}

    def has(self, descriptor: Descriptor, /) -> bool:
        return descriptor in self.content

    def partial(self, descriptor: Descriptor, /) -> Iterator[bytes]:
        return iter(())

    def write(self, descriptor: Descriptor, chunks: Iterable[bytes], /) -> None:
        self.content[descriptor] = b"".join(chunks)

    def tag(self, reference: Reference, descriptor: Descriptor, /, image: Descriptor | None = None) -> None:
        assert self.has(descriptor)


def test_a_place_that_unpacks_nothing_checks_no_diff_ids(shelf: Shelf, layer: Descriptor) -> None:
    image = shelf.image(layer, rootfs={"diff_ids": [str(layer.digest)]})
    copied = copy(shelf, Keeping(), words=PUSH).image(image, NAME, AMD64)
    assert [state for _, state in copied.image.layers] == [State.PUSHED]


def test_a_push_leaves_a_nondistributable_layer_to_its_urls(shelf: Shelf, layer: Descriptor) -> None:
    foreign = replace(
        shelf.layer(file("w", b"windows")),
        media_type="application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        urls=("https://a.test/layer",),
    )
    image = shelf.image(layer, foreign)
    there = Keeping()
    copied = copy(shelf, there, words=PUSH).image(image, NAME, AMD64)
    assert [state for _, state in copied.image.layers] == [State.PUSHED, State.ELSEWHERE]
    assert foreign not in there.content and b"https://a.test/layer" in there.content[image]


def test_a_layer_that_two_configs_claim_differently_is_right_for_one(
    shelf: Shelf, layer: Descriptor, store: Store, root: Path
) -> None:
    good, bad = shelf.image(layer), shelf.image(layer, rootfs={"diff_ids": [str(layer.digest)]})
    pull_from(shelf, good, store, "good")
    with pytest.raises(DigestMismatch, match="diff id"):
        pull_from(shelf, bad, store, "bad")
    audit(root)
    assert {name.target for name in store.names()} == {good}


def nested(shelf: Shelf, depth: int) -> Descriptor:
    """An image below so many indexes."""
    target = shelf.image(shelf.layer(file("f", b"content")))
    for _ in range(depth):
        children = [{**target.json(), "annotations": {"depth": str(_)}}]
        document = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": children}
        target = shelf.write(media.OCI_INDEX, document)
    return target


@pytest.mark.parametrize("platform", [AMD64, None])
def test_indexes_nest_as_deep_in_every_direction(platform: Platform | None, shelf: Shelf, store: Store) -> None:
    copier, below = copy(shelf, store).copier, Keeping()
    deepest = nested(shelf, 4)
    copied = copier.copy(shelf, deepest, NAME, platform)
    assert copied.target == deepest and copied.image.config
    there = Copier(below, Task(), PUSH).copy(store, store.resolve(NAME), NAME, platform)
    assert [each.descriptor for each in there.manifests] == [copied.image.descriptor]
    assert deepest in below.content
    with pytest.raises(InvalidContent, match="nested more than 4 deep"):
        copier.copy(shelf, nested(shelf, 5), NAME, platform)


def test_everything_below_a_name_is_copied(shelf: Shelf, layer: Descriptor, store: Store, root: Path) -> None:
    images = {"amd64": shelf.image(layer), "arm64": shelf.image(layer, platform=ARM64)}
    attestation = shelf.manifest(shelf.put(media.OCI_EMPTY, b"{}"), shelf.put("text/plain", b"made here"))
    index = shelf.index(**images, unknown=attestation)
    shelf.names[NAME.tagged] = index
    copied = api.copy(shelf, store, "shelf", to="other:1")
    assert copied.reference == Reference.parse("other:1") and copied.target == index
    found = {each.descriptor: each for each in copied.manifests}
    assert set(found) == {*images.values(), attestation}
    assert found[attestation].config is None
    assert [state for _, state in found[attestation].layers] == [State.PULLED]
    assert starts(shelf, layer) == [0]
    assert store.resolve(Reference.parse("other:1")) == index
    assert len(files(root)["blobs"]) == len(("index", *found)) + 3 + 2


def test_the_config_of_an_artifact_comes_and_is_no_layer(shelf: Shelf, store: Store) -> None:
    told: list[Progress] = []
    task, layer, config = Task(told.append), shelf.put("text/plain", b"made here"), shelf.put(media.OCI_EMPTY, b"{}")
    task.run(lambda: copy(shelf, store, task).everything(shelf.manifest(config, layer), NAME))
    assert {each.descriptor for each in told} == {layer}
    assert store.has(config)


def test_an_index_that_is_repeated_is_read_once(shelf: Shelf, layer: Descriptor, store: Store) -> None:
    target = shelf.index(amd64=shelf.image(layer))
    for _ in range(3):
        children = [{**target.json(), "annotations": {"number": str(number)}} for number in range(1000)]
        target = shelf.write(media.OCI_INDEX, {"schemaVersion": 2, "manifests": children})
    shelf.names[NAME.tagged] = target
    api.copy(shelf, store, "shelf")
    assert len(shelf.opened) == len(("4 indexes", "", "", "", "manifest", "config", "layer"))


def test_the_largest_layer_is_sent_first(shelf: Shelf, store: Store) -> None:
    layers = [shelf.layer(file("f", noise(size))) for size in (100, 5000, 2000)]
    target = shelf.image(*layers)
    copied = Copier(store, Task(), jobs=1).copy(shelf, target, NAME, AMD64)
    digests = [layer.digest for layer in layers]
    assert [digest for digest, _ in shelf.opened if digest in digests] == [digests[number] for number in (1, 2, 0)]
    assert [layer.descriptor.digest for layer, _ in copied.image.layers] == digests
