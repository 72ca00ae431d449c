"""Loads that die, that a full disk ends, or that others disturb: an archive is in the store whole, or not at all."""

from __future__ import annotations

import itertools
import resource
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nbdock.dock.dock import Dock
from nbdock.dock.transfer import loading
from nbdock.errors import StoreError
from nbdock.store import Store
from tests.parts.archives import BASE, COMPRESSIONS, TOP, Files, Image, docker, packed
from tests.store.audit import entries, files, names
from tests.store.forks import alone, died, exit_at_once, raise_killed, together

IMAGES = Image(("app:1.0", "team/app:dev")), Image(("other:1.0",), (TOP, BASE))
BOTH: Files = docker(*IMAGES)


@pytest.fixture(params=["tar", "tar.gz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"app.{request.param}"
    path.write_bytes(COMPRESSIONS[request.param](packed(BOTH)))
    return path


def load(archive: Path, root: Path) -> None:
    loading.load(Dock(root), archive, quiet=True)


@pytest.mark.parametrize("how", [exit_at_once, raise_killed])
def test_a_load_that_dies_leaves_no_name_or_all(how: Callable[[], None], archive: Path, tmp_path: Path) -> None:
    load(archive, tmp_path / "whole")
    whole = names(tmp_path / "whole")
    for number in itertools.count(1):
        root = tmp_path / f"store-{number}"
        dead = died(lambda root=root: load(archive, root), root, number, how)  # type: ignore[misc]
        assert names(root) in (set(), whole)
        load(archive, root)
        assert names(root) == whole and Store(root).problems == ()
        shutil.rmtree(root)
        if not dead:
            break
    assert number > 5


@pytest.mark.parametrize("limit", [100, 1000, 5000])
def test_a_full_disk_keeps_nothing(limit: int, archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with pytest.raises(StoreError, match="File too large") as refusal:
            load(archive, root)
        assert refusal.value.hint and "\n" not in str(refusal.value)

    alone(limited)
    assert not names(root) and not files(root)["blobs"] and not files(root)["ingest"]


def test_processes_that_load_the_same_and_one_that_prunes(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"

    def prune() -> None:
        for _ in range(20):
            Store(root).removal((), orphans=True).execute()

    together([*[partial(load, archive, root)] * 3, prune])
    assert len(entries(root)) == 3 and Store(root).problems == ()
