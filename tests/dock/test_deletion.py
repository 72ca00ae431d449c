"""A removal in two steps, on a store of real images."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.dock.deletion import Deletion
from nbdock.errors import BlobNotFound
from nbdock.store import Store
from tests.parts.many import fill


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fill(tmp_path, 3)
    return Store(tmp_path)


def deletion(store: Store, count: int = 1) -> Deletion:
    names = store.names()[:count]
    return Deletion(store, names, store.removal(names))


def test_names_go_at_once_and_bytes_with_the_sweep(store: Store) -> None:
    before = store.disk_usage()
    going = deletion(store)
    assert len(store.names()) == 2
    assert store.disk_usage() == before
    freed = going.sweep()
    assert freed == going.removal.reclaimed == before - store.disk_usage() > 0


def test_undo_brings_the_names_back_as_they_were(store: Store) -> None:
    before = set(store.names())
    going = deletion(store, 2)
    assert len(going.undo()) == 2
    assert set(store.names()) == before


def test_the_first_of_both_is_the_only_one(store: Store) -> None:
    undone, swept = deletion(store), deletion(store)
    undone.undo()
    assert undone.sweep() is None
    swept.sweep()
    assert swept.undo() == ()


def test_a_name_that_something_else_took_is_left_to_it(store: Store) -> None:
    going = deletion(store)
    (taken,) = going.removal.untagged
    store.alias(taken, store.images()[0])
    assert going.undo() == ()
    assert len(store.names()) == 3


def test_what_another_process_swept_cannot_come_back(store: Store) -> None:
    going = deletion(store)
    Store(store.root).discard(going.removal.blobs)
    with pytest.raises(BlobNotFound):
        going.undo()
    assert len(store.names()) == 2
