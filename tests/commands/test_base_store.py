"""The class's machine: one store that an instructor fills, below each user's own (NBDOCK_STORE_BASE)."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from nbdock import commands
from nbdock.api import Dock
from nbdock.errors import Refused, StoreError
from nbdock.frames.schema import Table
from nbdock.server import Options, Server
from tests.commands.conftest import Recorder
from tests.parts.layers import file
from tests.places import Shelf, pull_from
from tests.server.parts import no_upstream


@pytest.fixture
def base(sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with every sample, below that of each dock of the environment."""
    shutil.copytree(sample_store, tmp_path / "base")
    monkeypatch.setenv("NBDOCK_STORE_BASE", str(tmp_path / "base"))
    return tmp_path / "base"


@pytest.fixture
def dock(base: Path, console: Recorder) -> Dock:
    return Dock(console=console)


def mine(dock: Dock) -> None:
    """An image of the user's own."""
    shelf = Shelf()
    pull_from(shelf, shelf.image(shelf.layer(file("mine", b"1234"))), dock.store, "mine:1")


def shown(dock: Dock) -> str:
    table = commands.ls(dock)
    assert isinstance(table, Table)
    return table.text()


def test_ls_shows_which_images_are_the_base_s(dock: Dock) -> None:
    mine(dock)
    images = dock.ls()
    assert images[images.repository == "mine"].read_only.tolist() == [False]
    assert images[images.repository == "httpd"].read_only.all()
    assert "READ ONLY" in shown(dock)


def test_without_a_base_no_column_is_shown_for_it(sample_store: Path) -> None:
    dock = Dock(sample_store)
    assert not dock.ls().read_only.any() and "READ ONLY" not in shown(dock)


def test_what_is_in_the_base_answers_every_question(dock: Dock, base: Path, tmp_path: Path) -> None:
    there = Dock(base)
    for ask in ("history", "layers", "files", "why", "packages"):
        expected = getattr(there, ask)("httpd:2.4")
        assert getattr(dock, ask)("httpd:2.4").equals(expected), ask
    assert dock.inspect("httpd:2.4").graph_driver[0]["Dir"] == str(base / "blobs" / "sha256")
    assert len(dock.sql("select * from files")) == len(there.sql("select * from files"))
    dock.save("httpd:2.4", tmp_path / "x.tar")
    assert dock.ls(str(tmp_path / "x.tar")).image_id.tolist() == dock.ls("httpd:2.4").image_id.tolist()
    assert not (dock.store.root / "blobs").exists()


def test_rm_of_a_base_s_image_is_one_line_that_says_whose_it_is(dock: Dock, console: Recorder) -> None:
    image_id = dock.ls("hello-world").image_id[0]
    for wanted in ("hello-world", image_id, image_id[7:19], "hello-w*"):
        for force in (False, True):
            with pytest.raises(Refused, match="it is in the base store, which is read-only") as failure:
                dock.rm(wanted, force=force)
            assert "\n" not in str(failure.value) and failure.value.hint
    assert console.echoed == []


def test_rm_of_a_name_of_one_s_own_leaves_the_base_s(dock: Dock, console: Recorder) -> None:
    dock.tag("hello-world", "hello-world")
    assert not dock.ls("hello-world").read_only.any()
    removed = dock.rm("hello-world")
    assert removed.object.tolist() == ["name"] and removed.reclaimed_bytes.sum() == 0
    assert console.echoed == ["Untagged: hello-world:latest"]
    assert dock.ls("hello-world").read_only.all()


def test_rm_by_id_takes_the_names_of_one_s_own(dock: Dock) -> None:
    dock.tag("hello-world", "hi:1")
    removed = dock.rm(dock.ls("hi").image_id[0])
    assert removed.what.tolist() == ["hi:1"]


def test_a_pattern_means_the_names_of_one_s_own(dock: Dock) -> None:
    dock.tag("hello-world", "hello-again")
    assert dock.rm("hello-*").what.tolist() == ["hello-again:latest"]


def test_prune_leaves_the_base_alone(dock: Dock, base: Path) -> None:
    mine(dock)
    before = len(dock.ls())
    plan = dock.prune(all=True, dry_run=True)
    assert set(plan[plan.object == "name"].what.str[:4]) == {"mine"}
    dock.prune(all=True, force=True)
    assert len(dock.ls()) == before - 1 and dock.ls().read_only.all()
    assert len(Dock(base).ls()) == len(dock.ls())


def test_usage_counts_one_s_own_and_the_base_apart(dock: Dock, base: Path) -> None:
    mine(dock)
    usage = dock.df().set_index("category")
    assert usage.loc["Images", "total"] == 1
    assert usage.loc["Images", "disk_bytes"] == dock.store.disk_usage() == usage.loc["Images", "reclaimable_bytes"]
    assert usage.loc["Base store", "disk_bytes"] == Dock(base).store.disk_usage()
    assert usage.loc["Base store", "reclaimable_bytes"] == 0
    assert dock.df(verbose=True).reference.tolist() == ["docker.io/library/mine:1"]


def test_a_dock_and_info_say_what_is_below(dock: Dock, base: Path) -> None:
    mine(dock)
    assert "1 image, " in repr(dock) and repr(dock).endswith(f"and {len(Dock(base).store.images())} images of {base}")
    assert dock.info().base_store[0] == str(base)
    assert Dock(base).info().base_store.isna().all()


def test_a_container_of_a_base_s_image_is_one_s_own(dock: Dock, base: Path) -> None:
    dock.container_create("hello-world", name="held")
    assert dock.ls("hello-world").containers.tolist() == [1]
    assert not (base / "containers.json").exists()


def test_whoever_fills_the_base_may_have_the_users_environment(
    base: Path, monkeypatch: pytest.MonkeyPatch, console: Recorder
) -> None:
    monkeypatch.setenv("NBDOCK_STORE", str(base))
    dock = Dock(console=console)
    assert not dock.ls().read_only.any() and dock.rm("hello-world").done.all()


def test_a_base_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NBDOCK_STORE_BASE", str(tmp_path / "nowhere"))
    with pytest.raises(StoreError, match=f"cannot use the base store {tmp_path}/nowhere: it is not there"):
        Dock().ls()


def test_another_store_has_no_base(base: Path, tmp_path: Path) -> None:
    assert len(Dock(tmp_path / "other").ls()) == 0


def test_a_served_store_serves_the_base_and_deletes_nothing_of_it(dock: Dock) -> None:
    server = Server(dock.store, Options(port=0, writable=True), no_upstream)
    with httpx.Client(base_url=server.url) as client:
        found = client.get("/v2/library/hello-world/manifests/latest")
        [blob] = [
            each.descriptor.digest for each in dock.store.images().by_id[dock.ls("hello-world").image_id[0]].layers
        ]
        refused = client.delete("/v2/library/hello-world/manifests/latest")
        digest = client.delete(f"/v2/library/hello-world/manifests/{found.headers['Docker-Content-Digest']}")
        assert client.get(f"/v2/library/hello-world/blobs/{blob}").status_code == 200
    server.stop()
    assert [refused.status_code, digest.status_code] == [405, 405]
    assert "base store" in refused.text
    assert len(dock.ls("hello-world")) == 1
