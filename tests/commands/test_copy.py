"""copy: names, platforms, files, and what goes wrong."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock import commands
from nbdock.api import Dock, table
from nbdock.dock.find import Wanted, located
from nbdock.dock.transfer import anywhere
from nbdock.errors import Cancelled, IntegrityError, NbdockError, NotFound, PlatformNotFound, Unreachable, UsageError
from nbdock.oci import media
from nbdock.oci.reference import Reference
from nbdock.task import Progress, Task
from tests.commands.conftest import Recorder
from tests.commands.test_places import listed, member
from tests.parts.programs import skopeo, umoci
from tests.parts.registries import Registry
from tests.parts.storage import blobs, config_digest, manifest_digest
from tests.registry.faults import Reply, Server
from tests.store.audit import audit

NEW = "example.com/new/app:1.0"


def copy(dock: Dock, source: str, destination: str, **flags: Any) -> pd.DataFrame:
    return commands.copy(dock, source, destination, **flags).frame()


@pytest.fixture
def busybox(registry: Registry) -> str:
    """An image for amd64, arm64 and more, at a registry."""
    return f"docker://{registry.host}/library/busybox"


@pytest.fixture(params=["store", "docker", "docker-archive", "oci-archive", "oci"])
def to(request: pytest.FixtureRequest, empty_registry: Registry, tmp_path: Path) -> str:
    """Where a copy goes that can have several platforms."""
    named = {"store": f"store:{NEW}", "docker": f"docker://{empty_registry.host}/new:1"}
    return named.get(request.param, f"{request.param}:{tmp_path}/new")


def test_all_platforms_go_as_one_index(
    to: str, busybox: str, registry: Registry, empty_registry: Registry, dock: Dock
) -> None:
    copied = copy(dock, busybox, to, all=True)
    back = f"{empty_registry.host}/back:1"
    copy(dock, to, f"docker://{back}", all=True)
    assert manifest_digest(empty_registry, "back", "1") == manifest_digest(registry, "library/busybox", "latest")
    assert copied.image_id.nunique() == 2


def test_one_platform_goes_as_an_image(
    to: str, busybox: str, registry: Registry, empty_registry: Registry, dock: Dock
) -> None:
    copied = copy(dock, busybox, to, platform="linux/arm64")
    back = f"{empty_registry.host}/back:1"
    copy(dock, to, f"docker://{back}", platform="linux/arm64")
    assert config_digest(empty_registry, "back", "1") == config_digest(registry, "library/busybox", "latest", "arm64")
    assert list(copied.image_id) == [config_digest(registry, "library/busybox", "latest", "arm64")]


def test_a_platform_that_is_not_there_is_an_error(busybox: str, dock: Dock, tmp_path: Path) -> None:
    with pytest.raises(PlatformNotFound):
        copy(dock, busybox, f"oci:{tmp_path}/new", platform="linux/s390x")
    with pytest.raises(UsageError, match="contradict"):
        copy(dock, busybox, f"oci:{tmp_path}/new", platform="linux/arm64", all=True)
    assert not (tmp_path / "new").exists()


def test_umoci_unpacks_a_layout(dock: Dock, tmp_path: Path) -> None:
    copy(dock, "hello-world", f"oci:{tmp_path}/layout:1.0")
    assert umoci("ls", "--layout", tmp_path / "layout").split() == ["1.0"]
    umoci("unpack", "--rootless", "--image", f"{tmp_path}/layout:1.0", tmp_path / "bundle")
    assert (tmp_path / "bundle/rootfs/hello").exists()


def test_a_layout_keeps_its_other_images(dock: Dock, tmp_path: Path) -> None:
    to = f"oci:{tmp_path}/layout"
    for source, name in (("hello-world", "1.0"), ("httpd:2.2", "app"), ("httpd:2.4", "app"), ("httpd:2.4", "app")):
        copy(dock, source, f"{to}:{name}")
    assert listed(tmp_path / "layout") == ["1.0", "app"]
    assert {each.name for each in (tmp_path / "layout").iterdir()} == {"blobs", "index.json", "oci-layout"}
    assert dock.layers(f"{to}:app").layer.tolist() == dock.layers("httpd:2.4").layer.tolist()


@pytest.mark.parametrize("source", ["httpd:2.4", "hello-world"])
def test_a_name_without_a_place_is_in_the_store(source: str, dock: Dock) -> None:
    copied = copy(dock, source, "copied:1")
    assert dock.ls("copied:1").image_id.tolist() == dock.ls(source).image_id.tolist()
    assert dock.ls("copied:1").digest.isna().all() and dock.ls("copied:1").pulled_at.isna().all()
    assert set(copied.reference) == {"docker.io/library/copied:1"}


def test_the_name_is_kept_where_none_is_given(dock: Dock, tmp_path: Path) -> None:
    for number, to in enumerate((f"docker-archive:{tmp_path}/a", f"oci-archive:{tmp_path}/b", f"oci:{tmp_path}/c")):
        assert set(copy(dock, "httpd:2.4", to).reference) == {"docker.io/library/httpd:2.4"}
        assert dock.ls(to).reference.tolist() == [f"{to}:httpd:2.4"], number


def test_an_image_without_a_name(dock: Dock, empty_registry: Registry, tmp_path: Path) -> None:
    dock.save("hello-world", tmp_path / "named.tar")
    unnamed = f"docker-archive:{tmp_path}/unnamed.tar"
    skopeo("copy", "--quiet", f"docker-archive:{tmp_path}/named.tar", unnamed)
    for place in ("docker://", "oci:", "docker-archive:"):
        with pytest.raises(UsageError):
            copy(dock, unnamed, place)
    empty = Dock(tmp_path / "empty")
    copied = copy(empty, unnamed, "store:")
    assert copied.reference.isna().all()
    assert empty.ls(filter="dangling=true").image_id.tolist() == copied.image_id.unique().tolist()
    to = f"{empty_registry.host}/app:latest"
    assert set(copy(empty, copied.image_id[0], f"docker://{to}").reference) == {to}


@pytest.mark.parametrize("name", ["host:5000/app:1.0", "host:5000/team/app:1.0", "app:1.0", "app"])
@pytest.mark.parametrize("file", ["a/b.tar", "b", "a/b:c.tar"])
def test_a_file_and_a_name_have_colons_and_slashes(name: str, file: str, dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    if ":" in file:
        (tmp_path / file).touch()
    to = f"docker-archive:{tmp_path}/{file}:{name}"
    copy(dock, "hello-world", to)
    (listing,) = json.loads(member(tmp_path / file, "manifest.json"))
    assert listing["RepoTags"] == [Reference.parse(name).tagged.familiar]


def test_an_archive_needs_no_prefix(dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copy(dock, "hello-world", "app.tar")
    copy(dock, "app.tar", "app.tar.tar")
    copy(dock, "app.tar:hello-world", "app:1")
    assert (tmp_path / "app.tar").read_bytes() == (tmp_path / "app.tar.tar").read_bytes()
    assert dock.ls("app:1").image_id[0] == dock.ls("hello-world").image_id[0]
    assert stat.S_IMODE((tmp_path / "app.tar").stat().st_mode) == 0o600


# Nothing half-written


class Stopped(Task):
    """Is cancelled as soon as something is told."""

    def tell(self, progress: Progress) -> None:
        self.cancel()


@pytest.fixture
def plain(dock: Dock, tmp_path: Path) -> str:
    """An archive with plain layers and no manifest, of an image that is not in the store."""
    dock.save("httpd:2.4", tmp_path / "saved.tar")
    made = f"docker-archive:{tmp_path}/plain.tar"
    skopeo("copy", "--quiet", f"oci-archive:{tmp_path}/saved.tar", f"{made}:plain:1")
    return made


def test_an_interrupt_leaves_nothing(to: str, plain: str, empty_registry: Registry, dock: Dock, tmp_path: Path) -> None:
    new, task = tmp_path / "new", Stopped()
    before, names, location = state(dock), dock.store.names(), located(to)
    assert location
    with pytest.raises(Cancelled):
        anywhere.copy(dock, Wanted.of(plain), location, None, False, task)
    assert state(dock) == before and dock.store.names() == names
    assert not new.is_file() and not (new / "index.json").exists() and not list(tmp_path.rglob(".*"))
    assert not blobs(empty_registry)


def state(dock: Dock) -> set[str]:
    """The files of a store, but for what commands keep of it."""
    found = (each for each in dock.settings.store.rglob("*") if each.is_file())
    return {str(each) for each in found if each.parts[-2] in ("sha256", "ingest", "layers")}


def test_what_is_compressed_for_a_registry_does_not_stay(
    plain: str, empty_registry: Registry, dock: Dock, tmp_path: Path
) -> None:
    empty = Dock(tmp_path / "empty")
    to = f"{empty_registry.host}/new:1"
    copied = copy(empty, plain, f"docker://{to}")
    assert empty.ls().empty and not state(empty) and set(copied.state) == {"Pushed"}
    assert copied.compressed_bytes.notna().all()
    empty.pull(to)
    audit(empty.settings.store)
    assert empty.ls().image_id[0] == copied.image_id[0] and empty.layers(to).compressed_bytes.notna().all()


def test_wrong_content_is_written_nowhere(dock: Dock, tmp_path: Path, server: Server) -> None:
    (tmp_path / "new").write_text("old")
    layer = server.holds("app", b"layer")
    config = server.holds("app", b"{}", media.OCI_CONFIG)
    manifest = {"schemaVersion": 2, "config": config.json(), "layers": [layer.json()]}
    server.holds("app", json.dumps(manifest).encode(), media.OCI_MANIFEST, "1")
    server.on(f"GET /v2/app/blobs/{layer.digest}", Reply(200, b"wrong"))
    for to in (f"docker-archive:{tmp_path}/new", f"oci:{tmp_path}/folder"):
        with pytest.raises(IntegrityError):
            copy(dock, f"docker://{server.host}/app:1", to)
    assert (tmp_path / "new").read_text() == "old"
    assert not (tmp_path / "folder/index.json").exists() and len(list(tmp_path.rglob(".*"))) == 0


@pytest.mark.parametrize("kind", ["docker-daemon", "podman"])
def test_without_an_engine_one_line_says_what_was_tried(kind: str, dock: Dock) -> None:
    for given in ((f"{kind}:app", "app:1"), ("httpd:2.4", f"{kind}:app")):
        with pytest.raises(Unreachable, match=r"no (Docker|Podman) engine: .*no such file") as failure:
            copy(dock, *given)
        assert "\n" not in str(failure.value)


def test_an_engine_that_stops_in_the_middle_is_a_broken_connection(
    dock: Dock, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.on("GET /_ping", Reply(200, b"OK", {"Api-Version": "1.41"}))
    server.on("POST /images/load", Reply(takes=1000))
    monkeypatch.setenv("DOCKER_HOST", f"tcp://{server.host}")
    with pytest.raises(Unreachable, match=f"tcp://{server.host}: "):
        copy(Dock(dock.settings.store), "httpd:2.4", "docker-daemon:app")


@pytest.fixture
def server() -> Iterator[Server]:
    """A registry or an engine that does to order what no good one does."""
    with Server() as running:
        yield running


# What docker reads, and what a path says


@pytest.mark.parametrize("line", ["push httpd:2.4 podman:app", "push httpd:2.4 copied:1", "copy httpd:2.4 copied:1"])
def test_docker_takes_no_destination(line: str, dock: Dock) -> None:
    with pytest.raises(NbdockError) as refusal:
        table.read(line.split(), "docker")(dock)  # type: ignore[operator]
    assert refusal.value.hint


def test_a_name_is_dockers_under_docker(dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dock.save("hello-world", "app.tar")
    assert table.read(["image", "ls", "app.tar"], "docker")(dock).frame().empty  # type: ignore[operator]
    for name in ("docker-daemon:x", "docker-archive:app.tar", "docker://httpd"):
        with pytest.raises(NbdockError, match=r"invalid reference format|refused|no such host|cannot"):
            table.read(["pull", name], "docker")(dock)  # type: ignore[operator]


def test_a_path_is_a_file(dock: Dock, tmp_path: Path) -> None:
    assert dock.push("hello-world", tmp_path / "a").image_id.nunique() == 1
    assert dock.copy(tmp_path / "a", tmp_path / "b.tar").reference.unique().tolist() == [
        "docker.io/library/hello-world:latest"
    ]
    dock.copy(tmp_path / "b.tar", f"oci:{tmp_path}/folder")
    dock.rm("hello-world")
    for path in (tmp_path / "b.tar", tmp_path / "folder"):
        assert dock.pull(path).state.notna().all() and len(dock.ls(path)) == 1
    assert dock.ls("hello-world").digest.isna().all()
    with pytest.raises(NotFound, match="nothing"):
        dock.pull(tmp_path / "nothing")


def test_a_pull_says_the_id_of_what_has_no_name(dock: Dock, console: Recorder, tmp_path: Path) -> None:
    dock.copy("hello-world", f"oci:{tmp_path}/folder:1.0")
    copied = dock.pull(f"oci:{tmp_path}/folder")
    assert console.said[-1] == f"Loaded image ID: {copied.image_id[0]}" and copied.reference.isna().all()
    with pytest.raises(UsageError, match="in the store already"):
        dock.pull("store:hello-world")


def test_names_and_objects_are_not_mixed(dock: Dock) -> None:
    with pytest.raises(UsageError, match="one place is an object"):
        dock.copy(dock.store, "oci:folder", "httpd")  # type: ignore[call-overload]
