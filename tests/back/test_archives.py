"""Archives and layouts of a Jupyter server's file browser: nothing outside of its folder is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import backend
from nbdock.back.jobs import Job
from nbdock.demo import SAMPLES
from nbdock.errors import Cancelled, InvalidContent, NotFound
from tests.parts.archives import COMPRESSIONS

Ask = Callable[..., Any]


@pytest.fixture
def root(tmp_path: Path, home: Path) -> Path:
    """What the file browser shows: the samples in a folder, and an archive of two of them."""
    root = tmp_path / "root"
    shutil.copytree(SAMPLES, root / "data/layout")
    Dock(root / "data/layout").save(["httpd:2.4", "busybox:latest"], root / "two.tar")
    backend(Dock()).root = root
    return root


def names(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in rows}


def test_an_archive_is_listed_and_loaded(root: Path, ask: Ask) -> None:
    plain = (root / "two.tar").read_bytes()
    for ending in ("tar.gz", "tar.zst"):
        (root / f"two.{ending}").write_bytes(COMPRESSIONS[ending](plain))
    for path in ("two.tar", "two.tar.gz", "two.tar.zst"):
        rows = names(ask("archive", path=path))
        assert list(rows) == ["httpd:2.4", "busybox:latest"]
        assert rows["httpd:2.4"]["platforms"] == ["linux/amd64"] and rows["httpd:2.4"]["size"] > 1000
        assert not any(row["here"] for row in rows.values())
    assert ask("load", path="two.tar.zst", images=[rows["busybox:latest"]["key"]]) == ["busybox:latest"]
    assert [name for name, row in names(ask("archive", path="two.tar")).items() if row["here"]] == ["busybox:latest"]
    assert ask("load", path="two.tar", images=[]) == ["httpd:2.4", "busybox:latest"]


def test_pages_are_told_how_far_a_load_is(root: Path, ask: Ask, told: list[dict[str, Any]]) -> None:
    ask("load", path="two.tar", images=[])
    about = [each for each in told if each["about"] == "load two.tar"]
    assert about[-1] == {"about": "load two.tar", "gone": True}
    assert any(0 < each["done"] <= each["total"] for each in about[:-1])


def test_a_layout_is_listed_and_loaded(root: Path, ask: Ask) -> None:
    assert ask("layouts", path="data") == ["layout"]
    assert ask("layouts", path="") == [] == ask("layouts", path="data/layout")
    rows = names(ask("archive", path="data/layout"))
    assert rows["busybox:latest"]["platforms"] == ["linux/amd64", "linux/arm64", "linux/arm/v7"]
    assert ask("load", path="data/layout", images=[rows["hello-world:latest"]["key"]]) == ["hello-world:latest"]


def test_nothing_outside_of_the_folder_is_read(root: Path, tmp_path: Path, ask: Ask) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(SAMPLES, outside)
    shutil.copy(root / "two.tar", tmp_path / "two.tar")
    (root / "link.tar").symlink_to(tmp_path / "two.tar")
    (root / "link").symlink_to(outside)
    (root / "blobs-elsewhere").mkdir()
    (root / "blobs-elsewhere/blobs").symlink_to(outside / "blobs")
    shutil.copy(outside / "index.json", root / "blobs-elsewhere")
    for path in (
        "../two.tar",
        f"{tmp_path}/two.tar",
        "link.tar",
        "link",
        "blobs-elsewhere",
        "data/../../two.tar",
        "a\0b",
        "none",
    ):
        for question in ("archive", "layouts"):
            with pytest.raises(NotFound):
                ask(question, path=path)
        with pytest.raises(NotFound):
            ask("load", path=path, images=[])
    (root / "inside.tar").symlink_to("two.tar")
    assert len(ask("archive", path="inside.tar")) == 2


def test_what_is_no_archive_says_so(root: Path, ask: Ask) -> None:
    (root / "notes.tar").write_bytes(b"no tar" * 1000)
    with pytest.raises(InvalidContent):
        ask("archive", path="notes.tar")
    with pytest.raises(InvalidContent):
        ask("archive", path="data")


def test_pages_of_a_kernel_open_no_files(home: Path, tmp_path: Path, ask: Ask) -> None:
    backend(Dock()).root = None
    with pytest.raises(NotFound):
        ask("archive", path="etc/passwd")


def test_a_load_that_is_cancelled_keeps_nothing(root: Path) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        backend(Dock()).ask("load", {"path": "two.tar", "images": []}, job)
    assert not Dock().ls().size
