"""Disks that are full, read-only or fail. Root may do anything, so an audit hook refuses what such a disk would; in the
middle of a file RLIMIT_FSIZE does: the kernel then takes a part of what is written."""

from __future__ import annotations

import errno
import itertools
import os
import resource
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nbdock.errors import StoreError
from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import Shelf, noise, pull, pull_from
from tests.store.audit import audit, files, names, pass_time
from tests.store.forks import MAKES, REMOVES, Killed, alone, at_changes, at_reads, killed

Work = Callable[[Path], object]


def tag(root: Path) -> None:
    store = Store(root)
    store.tag_image(Reference.parse("mine"), store.images()[0])


def remove(root: Path) -> None:
    store = Store(root)
    store.removal(store.names()).execute()


WORKS: dict[str, Work] = {
    "pull": lambda root: pull(Store(root), "hello-app:2.0"),
    "tag": tag,
    "rm": remove,
}
REFUSALS = {
    errno.ENOSPC: (MAKES, "the disk is full: `%image prune` frees space"),
    errno.EROFS: (MAKES | REMOVES, "the store is read-only: set NBDOCK_STORE to a folder that you can write to"),
    errno.EACCES: (MAKES | REMOVES, "the store belongs to someone else: set NBDOCK_STORE to a folder of your own"),
}


def refusing(root: Path, number: int, *after: int) -> None:
    """Let the disk refuse every change but the first few."""
    events, _ = REFUSALS[number]
    left = itertools.chain(after, itertools.repeat(0))

    def refuse() -> None:
        if not next(left):
            raise OSError(number, os.strerror(number))

    at_changes(root, refuse, events)


@pytest.mark.parametrize("number", REFUSALS, ids=errno.errorcode.get)
@pytest.mark.parametrize("work", WORKS)
def test_what_the_disk_refuses_is_said_with_its_remedy(work: str, number: int, store: Store, root: Path) -> None:
    pull(store, "hello-app:1.0")
    before = names(root)

    def refused() -> None:
        refusing(root, number)
        with pytest.raises(StoreError, match=os.strerror(number)) as refusal:
            WORKS[work](root)
        assert REFUSALS[number][1] in refusal.value.hint
        assert "\n" not in str(refusal.value)

    alone(refused)
    audit(root)
    assert names(root) == before


@pytest.mark.parametrize("work", WORKS)
def test_a_disk_that_is_full_from_any_change_on_harms_nothing(work: str, tmp_path: Path) -> None:
    before, after, root = (tmp_path / name for name in ("before", "after", "store"))
    pull(Store(before), "hello-app:1.0")
    shutil.copytree(before, after)
    WORKS[work](after)

    def full(made: int) -> None:
        refusing(root, errno.ENOSPC, *[1] * made)
        try:
            WORKS[work](root)
        except StoreError:
            raise Killed from None

    for made in itertools.count():
        shutil.copytree(before, root)
        if not killed(partial(full, made)):
            break
        audit(root)
        assert names(root) in (names(before), names(after))
        assert not files(root)["ingest"]
        WORKS[work](root)
        assert names(root) == names(after)
        shutil.rmtree(root)
    assert made > 2


@pytest.mark.parametrize("work", WORKS)
def test_a_disk_that_is_full_in_the_middle_of_a_file_keeps_nothing_of_it(work: str, store: Store, root: Path) -> None:
    pull(store, "hello-app:1.0")
    before = names(root)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
        with pytest.raises(StoreError, match="File too large") as refusal:
            WORKS[work](root)
        assert refusal.value.hint

    alone(limited)
    audit(root)
    assert names(root) == before
    assert not files(root)["ingest"]


def test_a_disk_that_is_full_in_the_middle_of_a_layer_is_as_full_as_before(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    shelf = Shelf()
    image = shelf.image(shelf.layer(file("large", noise(1_000_000))))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, 100_001))
        with pytest.raises(StoreError, match="File too large"):
            pull_from(shelf, image, Store(root))
        remove(root)

    alone(limited)
    audit(root)
    assert not names(root)


def test_a_read_only_store_can_be_looked_at(store: Store, root: Path) -> None:
    pull(store, "httpd:2.4")
    (image,) = store.images()
    shutil.rmtree(root / "nbdock")

    def look() -> None:
        refusing(root, errno.EROFS)
        (found,) = Store(root).images()
        assert (found, found.names, found.size) == (image, image.names, image.size)

    alone(look)
    assert not (root / "nbdock").exists()


def test_a_disk_that_fails_for_a_moment_costs_no_image(store: Store, root: Path) -> None:
    """What cannot be read now may be needed all the same: nothing is swept for want of knowing."""
    pull(store, "httpd:2.4")
    pull(store, "hello-world")
    manifest = store.names()[0].image.digest
    pass_time(root)

    def failing() -> None:
        def fail() -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        at_reads(root / "blobs" / "sha256" / manifest.hex, fail)
        with pytest.raises(StoreError, match="Input/output error"):
            Store(root).images()
        with pytest.raises(StoreError, match="Input/output error"):
            Store(root).removal((), orphans=True)

    alone(failing)
    audit(root)


@pytest.mark.parametrize("place", ["a file", "a file/store"])
def test_a_store_where_none_can_be_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("of someone")
    store = Store(tmp_path / place)
    for use in (store.names, lambda: pull(store, "hello-world"), store.containers.read):
        with pytest.raises(StoreError, match="a file") as refusal:
            use()
        assert refusal.value.hint == "set NBDOCK_STORE to another folder"
    assert (tmp_path / "a file").read_text() == "of someone"
