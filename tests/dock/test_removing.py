"""A removal in two steps, on a store of real images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbdock.dock.removing import UndoableRemoval, select
from nbdock.errors import BlobNotFound
from nbdock.places import Name
from nbdock.store import Store
from tests.parts.many import fill, rename


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


def handled(root: Path, wanted: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a removal of these images compares or looks up a name."""
    count = 0

    def counting(function: Any) -> Any:
        def counted(*names: object) -> Any:
            nonlocal count
            count += 1
            return function(*names)

        return counted

    store = Store(root)
    with monkeypatch.context() as patch:
        for method in ("__hash__", "__eq__"):
            patch.setattr(Name, method, counting(getattr(Name, method)))
        selected = select(wanted, store.images(), (), False).names
        assert len(selected) == len(wanted)
        store.removal(selected).execute()
    assert not store.names()
    return count


@pytest.mark.parametrize("tags", [True, False])
def test_twice_as_many_names_cost_twice_as_much(tags: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether one image has them all, or many images have none."""
    cost = []
    for count in (40, 80):
        root = tmp_path / str(count)
        fill(root, 1 if tags else count)
        names = [f"docker.io/project/app:{number}" for number in range(count if tags else 0)]
        rename(root, *names)
        wanted = names or [str(image.id) for image in Store(root).images()]
        cost.append(handled(root, wanted, monkeypatch))
    assert cost[1] < 2.5 * cost[0]
