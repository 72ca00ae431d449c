"""info, version, system df."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.dock.dock import Settings
from nbdock.registry.credentials import Credential
from tests.commands.conftest import Recorder
from tests.parts.layers import file
from tests.places import Shelf, pull_from


def disk(dock: Dock) -> int:
    return sum(path.stat().st_size for path in dock.store.layers_folder.iterdir())


def test_df_counts_what_is_shared_once(dock: Dock) -> None:
    usage = dock.df().set_index("category")
    assert usage.disk_bytes["Images"] == disk(dock) < dock.df(verbose=True).disk_bytes.sum()
    assert list(usage.total[["Images", "Containers"]]) == [12, 0]


def test_df_shows_the_tables_of_layers_and_prune_takes_those_of_removed_ones(dock: Dock) -> None:
    def on_disk() -> int:
        return sum(path.stat().st_size for path in dock.store.tables.folder.rglob("*.parquet"))

    dock.container_create("httpd:2.4")
    before, row = on_disk(), dock.df().set_index("category").loc["Tables"]
    assert row.disk_bytes == before > row.reclaimable_bytes > 0
    dock.prune(all=True, force=True)
    assert before - on_disk() == row.reclaimable_bytes
    assert row.active == dock.df().set_index("category").total["Tables"] == len(dock.layers())


def test_a_pull_makes_no_tables_where_they_are_not_wanted(tmp_path: Path) -> None:
    shelf = Shelf()
    for wanted, made in (("0", 0), ("1", 1)):
        settings = Settings.read({"NBDOCK_STORE": str(tmp_path / wanted), "NBDOCK_TABLES": wanted})
        dock = Dock(settings=settings)
        pull_from(shelf, shelf.image(shelf.layer(file("a", b"1"))), dock.store, "one:1")
        assert len(dock.store.tables.sizes()) == made


def test_df_says_exactly_what_prune_would_free(dock: Dock) -> None:
    dock.container_create("httpd:2.4")
    before, expected = disk(dock), dock.df().reclaimable_bytes[0]
    dock.prune(all=True, force=True)
    assert before - disk(dock) == expected > 0
    assert dock.df().reclaimable_bytes[0] == 0 and dock.df().active[0] == 1


def test_df_v_splits_each_image_into_shared_and_unique(dock: Dock) -> None:
    rows = dock.df(verbose=True).set_index("repository")
    assert (rows.disk_bytes == rows.shared_bytes + rows.unique_bytes).all()
    assert rows.shared_bytes["hello-world"] == 0 < rows.unique_bytes["hello-world"]
    assert rows.shared_bytes["nbdock/frugal"] > 0


@pytest.mark.parametrize("created", ["2024-01-01T00:00:00Z", None])
def test_the_order_of_images_is_not_that_of_their_pulls(tmp_path: Path, created: str | None) -> None:
    one, other = Dock(tmp_path / "one"), Dock(tmp_path / "other")
    names = [f"sample{number}:1" for number in range(6)]
    shelf = Shelf()
    images = {name: shelf.image(shelf.layer(file(name, b"1")), created=created) for name in names}
    for dock, order in ((one, names), (other, names[::-1])):
        for name in order:
            pull_from(shelf, images[name], dock.store, name)
    for command in (lambda dock: dock.ls(), lambda dock: dock.df(verbose=True), lambda dock: dock.layers()):
        assert list(command(one).image_id) == list(command(other).image_id)


def test_df_v_takes_a_format_too(dock: Dock) -> None:
    dock.container_create("hello-world", name="one")
    format = "{{range .Images}}{{.Repository}} {{.SharedSize}} {{.Containers}};{{end}}"
    lines = dock.df(verbose=True, format=format).split(";")
    assert "hello-world 0B 1" in lines and len(lines) == 13
    whole = json.loads(dock.df(verbose=True, format="json"))
    assert list(whole) == ["Images", "Containers", "Volumes", "BuildCache"] and len(whole["Images"]) == 12
    assert whole["Images"][0]["ID"].startswith("sha256:") and len(whole["Containers"][0]["ID"]) == 64


def test_df_prints_as_docker_does(dock: Dock) -> None:
    lines = dock.df(format="{{.Type}} {{.TotalCount}} {{.Reclaimable}}").split("\n")
    assert lines[0].startswith("Images 12 ") and lines[1:] == [
        "Containers 0 0B",
        "Local Volumes 0 0B",
        "Build Cache 0 0B",
    ]
    assert json.loads(dock.df(format="json").split("\n")[0])["Reclaimable"].endswith("(100%)")


def test_info_shows_who_is_logged_in_and_no_longer_after_logout(dock: Dock) -> None:
    dock.registry.credentials.store("docker.io", Credential("alice", "secret"))
    info = dock.info()
    assert (info.username[0], info.images[0], info.disk_bytes[0]) == ("alice", 12, disk(dock))
    assert dock.info(format="{{.Username}}") == "alice" and "secret" not in repr(info)
    assert dock.logout() == "Removing login credentials for https://index.docker.io/v1/"
    assert dock.info(format="{{.Username}}") == "" and "username" not in repr(dock.info())


def test_info_and_version_know_docker_s_fields(dock: Dock) -> None:
    assert dock.info(format="{{.Images}} {{.Containers}} {{.Driver}}") == "12 0 oci-layout"
    assert dock.info(format="{{.DockerRootDir}} {{.RegistryConfig.Mirrors}}") == f"{dock.settings.store} []"
    assert json.loads(dock.info(format="json"))["ContainersStopped"] == 0
    assert dock.version(format="{{.Client.Version}}") == dock.version().nbdock[0]
    assert dock.version(format="{{.Server}}") == "<nil>"


def test_version_says_what_it_stands_on(dock: Dock) -> None:
    version = dock.version().iloc[0]
    assert version.nbdock and version.python.startswith("3.")
    assert dock.version(format="{{.Httpx}}") == version.httpx


def test_a_login_that_cannot_be_read_is_a_warning(dock: Dock, console: Recorder) -> None:
    config = dock.settings.docker_config
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("{")
    warning = f"WARNING: invalid {config}: not JSON; going on without it"
    dock.info()
    assert console.warned == [warning]
    dock.run(lambda task: dock.registry.credentials.find("a.test"))
    assert console.warned == [warning, warning]
