"""A process that dies before any change it makes to the disk leaves a store that is whole, and the next one completes
what it began."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest
from pyarrow import parquet

from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import AMD64, ARM64, Shelf, copy, pull
from tests.store.audit import audit, files, names, pass_time, swept
from tests.store.forks import died, exit_at_once, killed, raise_killed

Work = Callable[[Path], object]

SHELF = Shelf()
BOTH = SHELF.index(
    amd64=SHELF.image(SHELF.layer(file("program", b"for amd64"))),
    arm64=SHELF.image(SHELF.layer(file("program", b"for arm64")), platform=ARM64),
)


def nothing(root: Path) -> None:
    """A store that is not there yet."""


def old_latest(root: Path) -> None:
    pull(Store(root), "hello-app:1.0", to="hello-app")


def one_platform(root: Path) -> None:
    copy(SHELF, Store(root)).image(BOTH, Reference.parse("both"), AMD64)


def other_platform(root: Path) -> None:
    copy(SHELF, Store(root)).image(BOTH, Reference.parse("both"), ARM64)


def two_images(root: Path) -> None:
    pull(Store(root), "hello-app:2.0")
    pull(Store(root), "hello-app:1.0")


def rubbish(root: Path) -> None:
    """An image without a name, content that nothing needs, and what a broken download left."""
    two_images(root)
    tag(root, "mine:1.0", "hello-app:1.0")
    remove(root, "hello-app:1.0")
    tag(root, "mine:1.0", "hello-app:2.0")
    kept = (root / "index.json").read_text()
    pull(Store(root), "hello-world")
    (root / "index.json").write_text(kept)
    (root / "ingest" / f"sha256-{'0' * 64}.{'0' * 32}").write_bytes(b"partial")
    pass_time(root)


def tag(root: Path, name: str, image: str) -> None:
    store = Store(root)
    found = next(each for each in store.images() if Reference.parse(image) in each.tags)
    store.tag_image(Reference.parse(name), found)


def remove(root: Path, image: str) -> None:
    """The tag, and the name by digest of the same image."""
    store = Store(root)
    targets = {name.target for name in store.names() if name.reference == Reference.parse(image)}
    store.removal(
        name for name in store.names() if name.target in targets and "hello-app" in str(name.reference)
    ).execute()


def no_tables(root: Path) -> None:
    two_images(root)
    Store(root).tables.delete_except(())


def make_tables(root: Path) -> None:
    store = Store(root)
    for image in store.images():
        for layer in image.layers:
            layer.table("files", layer.open)


def prune(root: Path) -> None:
    store = Store(root)
    store.removal([name for name in store.names() if not name.reference], orphans=True).execute()


SWEEPS: dict[str, tuple[Work, Work]] = {
    "pull": (nothing, lambda root: pull(Store(root), "hello-app:2.0")),
    "pull of a tag that moved": (old_latest, lambda root: pull(Store(root), "hello-app:2.0", to="hello-app")),
    "pull of another platform": (one_platform, other_platform),
    "tag": (two_images, lambda root: tag(root, "mine:1.0", "hello-app:1.0")),
    "rm": (two_images, lambda root: remove(root, "hello-app:2.0")),
    "prune": (rubbish, prune),
    "making of tables": (no_tables, make_tables),
}


@pytest.mark.parametrize("how", [exit_at_once, raise_killed])
@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_store_outlives_every_death(sweep: str, how: Callable[[], None], tmp_path: Path) -> None:
    prepare, work = SWEEPS[sweep]
    before, after, root = (tmp_path / name for name in ("before", "after", "store"))
    before.mkdir()
    prepare(before)
    shutil.copytree(before, after)
    work(after)
    old, new, last = names(before), names(after), swept(after)
    for number in itertools.count(1):
        shutil.copytree(before, root)
        if not died(lambda: work(root), root, number, how):
            break
        audit(root)
        assert names(root) in (old, new)
        assert len(files(root)["ingest"]) <= len(files(before)["ingest"]) + 1
        work(root)
        assert names(root) == new
        assert swept(root) == last
        shutil.rmtree(root)
    assert number > 3


@pytest.mark.parametrize("how", [exit_at_once, raise_killed])
def test_a_death_in_the_middle_of_a_table_leaves_no_half_of_it(how: Callable[[], None], tmp_path: Path) -> None:
    def begin_only(table: object, file: FileIO, **settings: object) -> None:
        file.write(b"PAR1")
        how()

    def dying() -> None:
        parquet.write_table = begin_only
        make_tables(tmp_path)

    no_tables(tmp_path)
    assert killed(dying)
    assert not list(tmp_path.glob("nbdock/tables/*/*/*"))
    make_tables(tmp_path)
    assert list(tmp_path.glob("nbdock/tables/*/*/*"))
    audit(tmp_path)
