"""Many images added at once: the index is written once, and what is named is complete as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.errors import BlobNotFound
from nbdock.oci.reference import Reference
from nbdock.store import Batch, Store
from tests.places import pull
from tests.store.audit import audit, names
from tests.store.forks import DIED, at_changes, exit_at_once, killed

IMAGES = ("hello-app:1.0", "hello-app:2.0", "hello-world")


def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are replaced from now on."""
    from nbdock.store import disk

    found: list[str] = []
    replace = disk.replace
    monkeypatch.setattr(disk, "replace", lambda root, path, raw: (found.append(path.name), replace(root, path, raw)))
    return found


def test_names_are_written_once_and_together(store: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(monkeypatch)
    with store.batch() as batch:
        for image in IMAGES:
            pull(batch, image)
        assert names(root) == set()
    assert files.count("index.json") == 1
    assert len(store.images()) == 3 and len(names(root)) == 6
    audit(root)


def test_a_batch_of_nothing_writes_nothing(store: Store, root: Path) -> None:
    with store.batch():
        pass
    assert not root.exists()


def test_what_came_before_an_interrupt_is_named(store: Store, root: Path) -> None:
    with pytest.raises(KeyboardInterrupt), store.batch() as batch:
        pull(batch, IMAGES[0])
        raise KeyboardInterrupt
    assert len(store.images()) == 1
    audit(root)


def test_what_another_process_removed_meanwhile_is_not_named(store: Store, root: Path) -> None:
    with pytest.raises(BlobNotFound, match="is not in the store") as refusal, store.batch() as batch:
        for image in IMAGES:
            pull(batch, image)
        spoil(batch)
    assert refusal.value.hint == "pull the image again"
    assert batch.unnamed == {Reference.parse(IMAGES[1]).tagged: refusal.value}
    assert len(store.images()) == 2
    audit(root)


def test_a_process_that_dies_in_a_batch_names_nothing_or_all(store: Store, root: Path) -> None:
    def dying() -> None:
        with store.batch() as batch:
            for image in IMAGES:
                pull(batch, image)
            at_changes(root, exit_at_once)

    assert killed(dying) and DIED
    audit(root)
    assert names(root) == set()
    with store.batch() as batch:
        for image in IMAGES:
            pull(batch, image)
    assert len(store.images()) == 3


def spoil(batch: Batch) -> None:
    """Delete a layer that only the second image has."""
    others = {each.digest for number in (0, 2) for each in batch._waiting[number][1]}
    layer = next(each for each in reversed(batch._waiting[1][1]) if each.digest not in others)
    batch._blobs.delete(layer.digest)
