"""A removal in two steps, on a store of real images."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.dock.removing import UndoableRemoval
from nbdock.errors import BlobNotFound
from nbdock.store import Store
from tests.parts.many import fill


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fill(tmp_path, 3)
    return Store(tmp_path)


def removal(store: Store, count: int = 1) -> UndoableRemoval:
    names = store.names()[:count]
    return UndoableRemoval(store, names, store.removal(names))


def test_names_are_removed_at_once_and_bytes_when_it_is_finished(store: Store) -> None:
    before = store.disk_usage()
    removed = removal(store)
    assert len(store.names()) == 2
    assert store.disk_usage() == before
    freed = removed.finish()
    assert freed == removed.removal.reclaimed == before - store.disk_usage() > 0


def test_undo_brings_the_names_back_as_they_were(store: Store) -> None:
    before = set(store.names())
    removed = removal(store, 2)
    assert len(removed.undo()) == 2
    assert set(store.names()) == before


def test_the_first_of_both_is_the_only_one(store: Store) -> None:
    undone, finished = removal(store), removal(store)
    undone.undo()
    assert undone.finish() is None
    finished.finish()
    assert finished.undo() == ()


def test_a_name_that_something_else_took_is_left_to_it(store: Store) -> None:
    removed = removal(store)
    (taken,) = removed.removal.untagged
    store.tag_image(taken, store.images()[0])
    assert removed.undo() == ()
    assert len(store.names()) == 3


def test_what_another_process_deleted_cannot_come_back(store: Store) -> None:
    removed = removal(store)
    Store(store.root).delete(removed.removal.blobs)
    with pytest.raises(BlobNotFound):
        removed.undo()
    assert len(store.names()) == 2
