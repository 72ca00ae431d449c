"""Builds beside other builds, a prune, a base store, and a store in the build context."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

import nbdock
from nbdock.errors import StoreError
from tests.builder.conftest import Context

DOCKERFILE = "FROM scratch\nCOPY a /a\nWORKDIR /srv\nCOPY a /srv/"


def test_two_builds_of_the_same_at_once(context: Context) -> None:
    context.file("a", "x" * 100_000)
    with ThreadPoolExecutor(4) as threads:
        built = list(threads.map(lambda number: build(context, f"app:{number}"), range(8)))
    assert len({frame.image_id.iloc[0] for frame in built}) == 1
    assert len(context.dock.ls()) == 8 and not list((context.dock.store.root / "ingest").iterdir())


def test_a_prune_meanwhile(context: Context) -> None:
    context.file("a", "content")
    ended = threading.Event()

    def prune() -> None:
        while not ended.is_set():
            context.dock.store.removal((), orphans=True).execute()

    pruning = threading.Thread(target=prune)
    pruning.start()
    try:
        for number in range(10):
            context.file("a", f"content {number}")
            build(context, "app:1.0")
            assert context.dock.cat("app:1.0", "/srv/a") == f"content {number}"
    finally:
        ended.set()
        pruning.join()


def test_a_base_store(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context.file("a", "content")
    build(context, "base:1.0")
    monkeypatch.setenv("NBDOCK_STORE_BASE", str(context.dock.store.root))
    monkeypatch.setenv("NBDOCK_STORE", str(tmp_path / "own"))
    frame = nbdock.build(
        context.folder, dockerfile="FROM base:1.0\nCOPY a /b\nCOPY --from=base:1.0 /a /c", tags="app:1.0"
    )
    assert frame.cached.tolist() == [True, False, False]
    assert nbdock.cat("app:1.0", "/c") == "content"
    nbdock.build(context.folder, dockerfile="FROM app:1.0\nLABEL a=b", outputs=f"type=oci,dest={tmp_path}/app.tar")
    assert (tmp_path / "app.tar").stat().st_size
    blobs = [path for path in (tmp_path / "own" / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 4  # two layers, a config, a manifest: what the base has is there


def test_a_store_in_the_build_context(context: Context) -> None:
    context.file("a", "content")
    dock = nbdock.Dock(context.folder / "store")
    for _ in range(2):
        dock.build(context.folder, dockerfile="FROM scratch\nCOPY . /", tags="app:1.0")
    assert "/store/index.json" in dock.files("app:1.0").path.tolist()


def test_a_store_that_cannot_be_written(context: Context) -> None:
    context.file("a", "content")
    path = context.file("nothing-below", "")
    with pytest.raises(StoreError):
        nbdock.Dock(path / "store").build(context.folder, dockerfile=DOCKERFILE)


def test_a_dockerfile_on_a_damaged_store(context: Context) -> None:
    context.file("a", "content")
    build(context, "base:1.0")
    for path in context.layers("base:1.0"):
        os.truncate(path, 100)
    frame = build(context, "app:2.0")
    assert context.dock.cat("app:2.0", "/a") == "content" and frame.cached.tolist()[1] is False


def build(context: Context, name: str) -> pd.DataFrame:
    return context.dock.build(context.folder, dockerfile=DOCKERFILE, tags=name)
