"""plan and outdated, against real registries: what they say, and what they ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nbdock import human
from nbdock.api import Dock
from nbdock.errors import ImageNotFound, Unreachable
from tests.commands.conftest import Recorder
from tests.commands.test_looking import Asked
from tests.parts.registries import Registry
from tests.registry.faults import Reply, Server


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    """An empty one."""
    return Dock(tmp_path / "store", console=console)


def push(registry: Registry, source: Dock, image: str, name: str) -> str:
    """Give a name at the registry to an image of docker.io."""
    source.pull(image, quiet=True)
    source.tag(image, f"{registry.host}/{name}")
    source.push(f"{registry.host}/{name}")
    return f"{registry.host}/{name}"


def test_a_plan_is_what_the_pull_then_does(registry: Registry, dock: Dock) -> None:
    dock.pull("httpd:2.2")
    planned = dock.plan("httpd:2.4", "busybox")
    pulled = dock.pull("httpd:2.4", "busybox")
    assert planned[["layer", "compressed_bytes", "reference"]].equals(
        pulled[["layer", "compressed_bytes", "reference"]]
    )
    assert [{"here": "Already exists", "to fetch": "Pull complete"}[state] for state in planned.state] == list(
        pulled.state
    )
    assert set(dock.plan("httpd:2.4", "busybox").state) == {"here"}


def test_a_layer_that_two_images_have_is_fetched_once(registry: Registry, dock: Dock, console: Recorder) -> None:
    planned = dock.plan("httpd:2.4", "httpd:2.2")
    fetched = planned[planned.state == "to fetch"]
    assert planned.state[:5].tolist() == ["to fetch"] * 5 and set(planned.state[5:]) == {"to fetch", "shared"}
    told = re.fullmatch(
        r"6 layers, (\S+), are to be fetched, 0 are here; \S+ are free on the disk \(docker.io counts 2 pulls\)",
        console.warned[-1],
    )
    assert told and fetched.layer.is_unique and len(fetched) == planned.layer.nunique() == 6
    assert told[1] == human.size(fetched.compressed_bytes.sum())


def test_a_plan_reads_manifests_only_and_a_second_one_their_headers(
    registry: Registry, dock: Dock, console: Recorder
) -> None:
    first = Asked(registry)
    dock.plan("httpd", "busybox")
    assert first() == ["GET manifests"] * 3 and len(dock.ls()) == 0
    second = Asked(registry)
    dock.plan("httpd", "busybox")
    assert second() == ["HEAD manifests"] * 2
    assert console.warned[2] == "Read from docker.io, without a pull: 2 images (docker.io counts 0 pulls)"
    assert "counts 2 pulls" in console.warned[3], "a pull of what is not here counts nevertheless"
    dock.pull("httpd", "busybox")
    dock.plan("httpd", "busybox")
    assert console.warned[-1].startswith("0 layers, 0B, are to be fetched, 6 are here; ")
    assert console.warned[-1].endswith("(docker.io counts 0 pulls)")


def test_another_platform_has_another_plan(registry: Registry, dock: Dock) -> None:
    assert dock.plan("busybox").layer[0] != dock.plan("busybox", platform="linux/arm64").layer[0]


def test_a_name_that_is_not_there_is_a_row_of_a_plan(registry: Registry, dock: Dock) -> None:
    planned = dock.plan("httpd:nope", "httpd")
    assert planned.error.notna().tolist() == [False] * 5 + [True]
    assert planned.reference.iloc[-1] == "docker.io/library/httpd:nope"
    with pytest.raises(ImageNotFound):
        dock.plan("httpd:nope")


def test_what_keeps_all_images_from_a_plan_is_said_once(dock: Dock) -> None:
    with pytest.raises(Unreachable) as raised:
        dock.plan("127.0.0.1:1/httpd", "127.0.0.1:1/busybox")
    assert str(raised.value) == "cannot reach 127.0.0.1:1: connection refused"
    assert raised.value.host == "127.0.0.1:1" and "\n" not in raised.value.hint


def test_names_are_compared_by_headers_alone(
    registry: Registry, empty_registry: Registry, dock: Dock, console: Recorder, tmp_path: Path
) -> None:
    source = Dock(tmp_path / "source")
    moved = push(empty_registry, source, "httpd:2.2", "app:1")
    dock.pull(moved, "httpd:2.4", "busybox")
    push(empty_registry, source, "httpd:2.4", "app:1")
    there, hub = Asked(empty_registry), Asked(registry)
    found = dock.outdated().set_index("reference")
    assert there() == ["HEAD manifests"] and hub() == ["HEAD manifests"] * 2
    assert found.state.to_dict() == {
        moved: "outdated",
        "docker.io/library/httpd:2.4": "current",
        "docker.io/library/busybox:latest": "current",
    }
    assert (found.here == found.there).sum() == 2 and found.pulled_at.notna().all()
    assert console.warned[-1] == "1 of 3 names outdated; `pull` renews what is"
    assert set(dock.pull(dock.outdated().query("state == 'outdated'")).reference) == {moved}
    assert dock.outdated().state.unique().tolist() == ["current"]
    assert console.warned[-1] == "0 of 3 names outdated"


def test_what_cannot_be_compared_says_why(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    dock.pull("httpd:2.4")
    with Server() as server:
        for name in ("gone", "denied"):
            dock.tag("httpd:2.4", f"{server.host}/{name}:1")
        server.on("HEAD /v2/denied/manifests/1", Reply(403))
        server.on("GET /v2/denied/manifests/1", Reply(403, b"{}"))
        found = dock.outdated(f"{server.host}/gone:1", f"{server.host}/denied:1")
    assert found.state.tolist() == ["gone", "unknown"] and found.there.isna().all()
    assert found.error.notna().tolist() == [False, True] and len(server.asked("GET")) == 2, "no tags are listed"
    assert dock.outdated().reference.tolist() == ["docker.io/library/httpd:2.4"], "what was pulled"


def test_a_registry_without_head_is_asked_by_get(registry: Registry, dock: Dock) -> None:
    dock.pull("httpd:2.4")
    with Server() as server:
        dock.tag("httpd:2.4", f"{server.host}/app:1")
        server.holds("app", b'{"schemaVersion": 2, "manifests": []}', "application/vnd.oci.image.index.v1+json", "1")
        server.on("HEAD /v2/app/manifests/1", Reply(405))
        assert dock.outdated(f"{server.host}/app:1").state.tolist() == ["outdated"]


def test_images_that_are_not_here_are_named(dock: Dock) -> None:
    assert dock.outdated().empty
    with pytest.raises(ImageNotFound, match="No such image: nope:latest"):
        dock.outdated("nope")
