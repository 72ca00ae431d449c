"""Archives of images: whatever is in them, one is read the same on disk and as it streams by, or refused."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given

from nbdock.archives.archive import Archive
from nbdock.archives.files import Files, Tar
from nbdock.archives.streamed import Streamed
from nbdock.contents.layer import Pass
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.loading import load
from nbdock.errors import NbdockError
from nbdock.oci import fields
from nbdock.oci.location import Location
from tests.fuzz.strategies import changed, documents, own_errors, spliced, texts
from tests.parts.archives import Image, both, docker, legacy, oci, packed

APP = Image(("app:1.0", "team/app:dev"))
ARCHIVES = tuple(packed(kind(APP)) for kind in (docker, oci, both, legacy))
LISTED = fields.load_objects(docker(APP)["manifest.json"], "")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(spliced(*ARCHIVES))
def test_archives(content: bytes) -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(0)
        on_disk = listed(lambda: Tar(file))
    streamed = listed(lambda: Streamed.read(lambda: [content], Pass, lambda *_: None))
    assert streamed is None or on_disk == streamed


@given(changed(LISTED).map(lambda value: json.dumps(value).encode()) | documents({"repositories": 1}))
def test_listings(folder: Path, raw: bytes) -> None:
    (folder / "app.tar").write_bytes(packed({**docker(APP), "manifest.json": raw}))
    dock = Dock(folder / "store")
    try:
        load(dock, folder / "app.tar", quiet=True)
    except NbdockError as error:
        assert error.hint
    else:
        assert len(dock.store.images()) >= 1


@given(texts)
def test_locations(text: str) -> None:
    for exists in (os.path.exists, lambda _: True, lambda _: False):
        with own_errors():
            for start in ("", "docker-archive:", "oci:", "docker://", "store:"):
                found = Location.parse(start + text, exists)
                assert found is None or isinstance(str(found), str)


def listed(opened: Callable[[], Files]) -> object:
    """What an archive lists; None if it is refused."""
    try:
        return Archive(opened()).images
    except NbdockError:
        return None
