"""Many processes and threads at one store: what one has named is whole, whatever the others take away."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from nbdock.errors import BlobNotFound
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.places import Image
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import LAYER, Shelf, noise, pull, pull_from
from tests.store.audit import audit, files
from tests.store.forks import together

IMAGES = ("hello-app:1.0", "hello-app:2.0", "hello-world", "httpd:2.2", "httpd:2.4")
ROUNDS = 15
PROCESSES = 4

Act = Callable[[Store, random.Random], object]


def add(store: Store, chance: random.Random) -> None:
    pull(store, chance.choice(IMAGES))


def name(store: Store, chance: random.Random) -> None:
    for image in one(store, chance):
        with contextlib.suppress(BlobNotFound):  # another has just removed the image
            store.tag_image(Reference.parse(f"mine:{chance.randrange(3)}"), image)


def remove(store: Store, chance: random.Random) -> None:
    for image in one(store, chance):
        store.removal(chance.sample(image.names, chance.randint(1, len(image.names)))).execute()


def prune(store: Store, chance: random.Random) -> None:
    dangling = [name for image in store.images() if image.dangling for name in image.names]
    store.removal(dangling, orphans=True).execute()


def one(store: Store, chance: random.Random) -> list[Image]:
    images = store.images()
    return chance.sample(images, min(1, len(images)))


def work(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        chance.choice((add, name, remove, prune))(store, chance)


def work_if_it_can(store: Store, seed: int) -> None:
    """Where orphans have no time of grace, others prune what is just arriving, and a pull may give up."""
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        with contextlib.suppress(BlobNotFound):
            chance.choice((add, prune))(store, chance)


def test_processes_pull_tag_remove_and_prune_at_once(root: Path) -> None:
    together(partial(work, Store(root), seed) for seed in range(PROCESSES))
    audit(root)
    assert not files(root)["ingest"]


def test_even_without_a_time_of_grace_what_is_named_is_whole(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdock.store.store.GRACE", 0)
    together(partial(work_if_it_can, Store(root), seed) for seed in range(PROCESSES))
    audit(root)


def test_threads_pull_tag_remove_and_prune_at_once(store: Store, root: Path) -> None:
    errors: list[BaseException] = []

    def run(seed: int) -> None:
        try:
            work(store, seed)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    audit(root)


class Meeting(Shelf):
    """Gives the second piece of a layer when as many processes as there are have their first."""

    barrier = multiprocessing.get_context("fork").Barrier(PROCESSES)

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        pieces = super().open(descriptor, start)
        if descriptor.media_type == LAYER:
            yield next(pieces)
            self.barrier.wait()
        yield from pieces


def test_processes_that_fetch_the_same_layer_write_a_file_each(root: Path) -> None:
    shelf = Meeting()
    image = shelf.image(shelf.layer(file("large", noise(100_000))))
    together([partial(pull_from, shelf, image, Store(root))] * PROCESSES)
    audit(root)
    assert len(files(root)["blobs"]) == 3
    assert not files(root)["ingest"]


def test_processes_make_the_same_tables_at_once(root: Path) -> None:
    store = Store(root)
    for text in IMAGES:
        pull(store, text)
    expected = tables(root)
    store.tables.delete_except(())
    assert not tables(root)
    together([partial(make_tables, root)] * PROCESSES)
    audit(root)
    assert tables(root) == expected and not files(root)["ingest"]


def make_tables(root: Path) -> None:
    store = Store(root)
    for image in store.images():
        for layer in image.layers:
            layer.table("packages", layer.open)
            table, broken = layer.table("files", layer.open)
            assert layer.facts and layer.facts.entries == table.num_rows and not broken


def tables(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.glob("nbdock/tables/*/*/*")}
