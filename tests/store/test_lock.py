"""File systems without locks, and one that has them."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbdock.errors import StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.store import Store
from nbdock.store.lock import locked
from tests.places import pull
from tests.store.audit import audit, pass_time
from tests.store.forks import DIED, Work, alone


def refuse_locks(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(file: object, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("nbdock.store.lock.fcntl", SimpleNamespace(**{**vars(fcntl), "flock": refuse}))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_a_store_works_without_locks(number: int, store: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_locks(monkeypatch, number)
    pull(store, "hello-world")
    store.tag_image(Reference.parse("mine"), store.images()[0])
    with store.containers.editing() as records:
        records.append({"id": "1"})
    audit(root)
    store.removal(store.names(), orphans=True).execute()
    assert store.names() == () and not list(root.glob("blobs/*/*"))


def test_any_other_error_of_a_lock_is_said_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_locks(monkeypatch, errno.EIO)
    with pytest.raises(StoreError, match="Input/output error"):
        pull(store, "hello-world")


def test_a_fork_of_the_holder_does_not_hold_the_lock(root: Path) -> None:
    ours, theirs = os.pipe()
    with locked(root):
        child = os.fork()
        if not child:
            os.close(theirs)
            os.read(ours, 1)  # until the parent closes its end
            os._exit(0)
    with locked(root):
        os.close(theirs)
    assert os.waitpid(child, 0)[1] == 0
    os.close(ours)


def rest(root: Path) -> None:
    """Let nothing have been written under `ingest/` for a minute."""
    for path in (root / "ingest").iterdir():
        os.utime(path, (0, path.stat().st_mtime - 60))


def partly(store: Store, layer: Descriptor, then: Work) -> None:
    """Write half of a layer, and `then` do something."""

    def half() -> Iterator[bytes]:
        yield b"half"
        then()

    store.write(layer, half())


def test_what_a_killed_pull_left_goes_with_a_prune_and_what_a_live_one_writes_stays(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    layer = Descriptor(store.images()[0].layers[0].descriptor.media_type, Digest.of(b"other"), 5)
    with pytest.raises(AssertionError):
        alone(lambda: partly(store, layer, lambda: os._exit(DIED)))
    seen: list[object] = []

    def look() -> None:
        rest(root)
        seen.append((store.leftovers(), store.removal((), orphans=True).execute().leftovers))
        seen.append(len(list((root / "ingest").iterdir())))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        partly(store, Descriptor(layer.media_type, Digest.of(b"live!"), 5), look)
    assert seen == [((4,), 4), 1]
    rest(root)
    assert store.leftovers() == (4,)  # the second one has ended too
    assert store.removal((), orphans=True).reclaimed == 4
    assert store.removal((), orphans=True).execute().reclaimed == 4 and store.leftovers() == ()


def test_where_nothing_tells_a_live_pull_from_a_dead_one_a_day_does(
    store: Store, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_locks(monkeypatch, errno.ENOLCK)
    pull(store, "hello-world")
    left = root / "ingest" / f"sha256-{'0' * 64}.0"
    left.write_bytes(b"half")
    os.utime(left, (0, left.stat().st_mtime - 3600))
    assert store.leftovers() == ()
    pass_time(root / "ingest")
    assert store.leftovers() == (4,)
