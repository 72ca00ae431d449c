"""What stands in the place of a store's files and is none: nothing waits for it, nothing is written through it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbdock.errors import NbdockError, StoreDamaged
from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.places import pull
from tests.store.audit import audit, pass_time

PRECIOUS = b"of someone else\n"


Put = Callable[[Path, Path], object]
ODD: dict[str, Put] = {
    "a FIFO": lambda path, precious: os.mkfifo(path),
    "a folder": lambda path, precious: path.mkdir(),
    "a symlink": lambda path, precious: path.symlink_to(precious),
    "a symlink to a device": lambda path, precious: path.symlink_to("/dev/zero"),
    "a socket": lambda path, precious: os.mknod(path, stat.S_IFSOCK | 0o600),
}
REPLACEABLE = [name for name in ODD if name != "a folder"]


@pytest.fixture
def precious(tmp_path: Path) -> Iterator[Path]:
    """A file that a link may point to; it stays what it was."""
    path = tmp_path / "precious"
    path.write_bytes(PRECIOUS)
    yield path
    assert path.read_bytes() == PRECIOUS


def put(odd: str, path: Path, precious: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    ODD[odd](path, precious)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["index.json", "lock", "containers.json"])
def test_a_list_that_is_no_file_is_named(name: str, odd: str, store: Store, root: Path, precious: Path) -> None:
    pull(store, "hello-world")
    put(odd, root / name, precious)
    before = (root / name).lstat()

    def use() -> None:
        fresh = Store(root)
        with fresh.containers.editing() as records:
            records.append({"id": "1"})
        fresh.untag(fresh.names())

    with pytest.raises(StoreDamaged, match=f"{name} is {odd.partition(' to')[0]}, not a file") as damage:
        use()
    assert damage.value.hint == "move it away"
    assert (root / name).lstat() == before


@pytest.mark.parametrize("odd", ODD)
def test_a_blob_that_is_no_file_is_damage_of_its_image_only(odd: str, store: Store, root: Path, precious: Path) -> None:
    pull(store, "hello-world")
    pull(store, "busybox")
    name = next(name for name in store.names() if name.reference == Reference.parse("busybox").tagged)
    blob = root / "blobs" / "sha256" / name.image.digest.hex
    put(odd, blob, precious)
    fresh = Store(root)
    assert [str(image.tags[0].familiar) for image in fresh.images()] == ["hello-world:latest"]
    assert all(f"{blob} is {odd.partition(' to')[0]}, not a file: move it away" in each for each in fresh.problems)
    if odd in REPLACEABLE:
        pull(fresh, "busybox")
        audit(root)
    else:
        with pytest.raises(NbdockError, match=r"a directory|not a file"):
            pull(fresh, "busybox")


@pytest.mark.parametrize("odd", ODD)
def test_a_layer_that_is_no_file_is_pulled_again(odd: str, store: Store, root: Path, precious: Path) -> None:
    pull(store, "busybox")
    layer = root / "blobs" / "sha256" / store.images()[0].layers[0].descriptor.digest.hex
    put(odd, layer, precious)
    if odd in REPLACEABLE:
        pull(Store(root), "busybox")
        audit(root)
    else:
        with pytest.raises(NbdockError, match="a directory") as failure:
            pull(Store(root), "busybox")
        assert failure.value.hint == "a folder is in the place of a file: move it away"


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["nbdock/v1/layers", "nbdock/v1/images"])
def test_what_is_derived_is_made_again(name: str, odd: str, store: Store, root: Path, precious: Path) -> None:
    pull(store, "hello-world")
    put(odd, root / name, precious)
    fresh = Store(root)
    assert [image.size for image in fresh.images()] == [image.size for image in store.images()]
    pull(fresh, "busybox")
    assert len(Store(root).images()) == 2
    assert (root / name).is_file() == (odd in REPLACEABLE)


@pytest.mark.parametrize("odd", REPLACEABLE)
def test_a_layout_that_is_no_file_becomes_one(odd: str, root: Path, precious: Path) -> None:
    put(odd, root / "oci-layout", precious)
    pull(Store(root), "hello-world")
    audit(root)


@pytest.mark.parametrize("odd", REPLACEABLE)
def test_what_arrives_is_read_from_files_only(odd: str, store: Store, root: Path, precious: Path) -> None:
    pull(store, "busybox")
    layer = store.images()[0].layers[0].descriptor
    (root / "blobs" / "sha256" / layer.digest.hex).unlink()
    put(odd, root / "ingest" / f"sha256-{layer.digest.hex}.0", precious)
    pull(Store(root), "busybox")
    audit(root)


@pytest.mark.parametrize("odd", [*REPLACEABLE, "a folder"])
@pytest.mark.parametrize("name", ["blobs", "ingest"])
def test_a_folder_that_is_none_is_an_error(name: str, odd: str, root: Path, precious: Path) -> None:
    if odd == "a folder":
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(b"")
    else:
        put(odd, root / name, precious)
    with pytest.raises(NbdockError, match=r"exists|ot a directory"):
        pull(Store(root), "hello-world")


def test_a_store_is_its_owner_s(store: Store, root: Path) -> None:
    old = os.umask(0)
    try:
        pull(store, "hello-world")
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*")) if path.is_dir()} == {0o700}


def test_a_store_in_a_group_s_folder_is_the_group_s(store: Store, root: Path) -> None:
    root.mkdir()
    root.chmod(0o2770)
    old = os.umask(0o077)
    try:
        pull(store, "hello-world")
        with store.containers.editing() as records:
            records.append({"id": "1"})
    finally:
        os.umask(old)
    assert {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()} == {0o660}
    assert {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_dir()} == {0o2770}


def test_a_store_of_everyone_s_is_read_by_everyone(store: Store, root: Path) -> None:
    root.mkdir(mode=0o755)
    pull(store, "hello-world")
    assert {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()} == {0o644}


def test_a_fifo_left_in_ingest_goes_with_a_prune(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    os.mkfifo(root / "ingest" / "upload.0")
    pass_time(root)
    store.removal((), orphans=True).execute()
    assert not list((root / "ingest").iterdir())
