"""What registries say of tags: read from a real registry's manifests, and from Docker Hub's list, which is played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.errors import ImageNotFound, UsageError
from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.registry import discovery
from nbdock.registry.hosts import Endpoint
from tests.commands.conftest import Recorder
from tests.commands.test_looking import Asked
from tests.parts.archives import BASE
from tests.parts.layers import file
from tests.parts.programs import skopeo
from tests.parts.registries import Registry
from tests.places import Shelf, copy
from tests.registry.faults import Reply, Server

HUB = "/v2/repositories/library/app/tags"
DIGESTS = [f"sha256:{number:064x}" for number in range(10)]


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    """An empty one."""
    return Dock(tmp_path / "store", console=console)


def names(frame: pd.DataFrame) -> list[str]:
    return list(frame.tag)


# A registry


def test_tags_are_what_skopeo_says_of_them(registry: Registry, dock: Dock) -> None:
    found = dock.tags("httpd")
    assert names(found) == ["latest", "2.4", "2.2"]
    for row in found.itertuples():
        there = f"docker://{registry.host}/library/httpd:{row.tag}"
        seen = json.loads(skopeo("inspect", "-n", "--tls-verify=false", there))
        assert row.digest == seen["Digest"] and row.reference == f"docker.io/library/httpd:{row.tag}"
        assert row.created == pd.Timestamp(seen["Created"]).floor("us")
        raw = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", there))
        assert row.compressed_bytes == sum(layer["size"] for layer in raw["layers"])
        assert row.platforms == [f"{seen['Os']}/{seen['Architecture']}"] and row.kind == "image"
    assert found.same_as.tolist() == [["2.4"], ["latest"], None]
    assert found[["pushed_at", "size_bytes", "error"]].isna().all(axis=None)


def test_no_layer_is_read_and_a_second_time_only_headers(registry: Registry, dock: Dock, console: Recorder) -> None:
    asked = Asked(registry)
    dock.tags("httpd")
    assert sorted(set(asked())) == ["GET blobs", "GET manifests", "GET tags"]
    assert asked().count("GET blobs") == 2  # configs: two of the three tags are one image
    again = Asked(registry)
    dock.tags("httpd")
    assert sorted(again()) == ["GET tags", *["HEAD manifests"] * 3]
    assert console.warned[0] == "Read from docker.io, without a pull: 3 tags (docker.io counts 3 pulls)"
    assert console.warned[1] == "Read from docker.io, without a pull: 3 tags (docker.io counts 0 pulls)"


def test_an_index_tells_its_platforms_and_the_one_that_is_looked_at(registry: Registry, dock: Dock) -> None:
    found = dock.tags("busybox", filter="name=latest").iloc[0]
    arm = dock.tags("busybox", filter=["name=latest", "platform=linux/arm64"]).iloc[0]
    assert found.platforms == arm.platforms == ["linux/amd64", "linux/arm64"]
    assert (found.platform, arm.platform) == ("linux/amd64", "linux/arm64") and found.digest == arm.digest
    assert dock.tags("busybox", filter={"platform": "linux/s390x"}).empty
    assert dock.inspect("busybox", platform="linux/arm64").created[0] == arm.created


def test_sizes_are_known_once_layers_were_read(registry: Registry, dock: Dock) -> None:
    assert dock.tags("httpd").size_bytes.isna().all()
    dock.files("httpd:2.4")
    found = dock.tags("httpd").set_index("tag").size_bytes
    assert found["2.4"] == found["latest"] == dock.inspect("httpd:2.4").size_bytes[0] and pd.isna(found["2.2"])
    local = Dock(dock.settings.store.with_name("other"))
    local.pull("httpd:2.2")
    assert local.tags("httpd").set_index("tag").size_bytes["2.2"] == local.ls().size_bytes[0]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("name=2.*", ["2.4", "2.2"]),
        ("version=>=2.3", ["2.4"]),
        ("version=>2.2,<=2.4", ["2.4"]),
        (["version=2.2", "version=2.4"], ["2.4", "2.2"]),
        (["name=latest", "version=>1"], []),
        ({"until": datetime(2000, 1, 1)}, []),
        ("since=1d", []),
        ("since=2000-01-01", ["latest", "2.4", "2.2"]),
    ],
)
def test_filters(registry: Registry, dock: Dock, given: Any, left: list[str]) -> None:
    assert names(dock.tags("httpd", filter=given)) == left


@pytest.mark.parametrize(
    "given", ["version=latest", "version=>=3.x", "since=soon", "platform=a/b/c/d", "size=3", "name=[a"]
)
def test_a_filter_that_means_nothing_is_refused(dock: Dock, given: str) -> None:
    with pytest.raises(UsageError):
        dock.tags("httpd", filter=given)


def test_the_others_are_not_read(registry: Registry, dock: Dock) -> None:
    asked = Asked(registry)
    assert names(dock.tags("httpd", limit=2)) == ["latest", "2.4"]
    assert sorted(asked()) == ["GET blobs", "GET manifests", "GET manifests", "GET tags"]
    with pytest.raises(UsageError, match="negative"):
        dock.tags("httpd", limit=-1)


def test_names_alone_read_nothing(registry: Registry, dock: Dock) -> None:
    asked = Asked(registry)
    assert dock.tags("httpd", names=True) == "latest\n2.4\n2.2"
    assert dock.tags("httpd", names=True, filter="version=>2.2") == "2.4"
    assert asked() == ["GET tags"] * 2
    assert dock.tags("httpd", names=True, limit=1) == "latest"


def test_signatures_and_the_like_are_hidden_and_have_a_kind(empty_registry: Registry, dock: Dock) -> None:
    shelf, repository = Shelf(), f"{empty_registry.host}/app"
    layer = shelf.layer(file("a", b"a"))
    image, chart = shelf.image(layer), _artifact(shelf, "application/vnd.cncf.helm.config.v1+json")
    of = str(image.digest).replace(":", "-")
    made = {"1": image, "chart": chart, "odd": _artifact(shelf, "application/vnd.example"), of: chart}
    made |= {f"{of}.{suffix}": chart for suffix in ("sig", "att", "sbom")}
    there = dock.registry.repository(repository, push=True)
    for tag, target in made.items():
        copy(shelf, there).everything(target, Reference.parse(f"{repository}:{tag}"))
    assert names(dock.tags(repository)) == ["1"] and dock.tags(repository, names=True) == "1\nchart\nodd"
    assert dock.tags(repository, all=True).set_index("tag").kind.to_dict() == {
        "1": "image",
        "chart": "chart",
        "odd": "application/vnd.example",
        of: "referrers",
        f"{of}.sig": "signature",
        f"{of}.att": "attestation",
        f"{of}.sbom": "sbom",
    }


def test_a_tag_that_cannot_be_read_is_a_row(dock: Dock) -> None:
    with Server() as server:
        _serve(server, "1", "2")
        server.on("GET /v2/app/tags/list", Reply(200, b'{"tags": ["1", "2", "3", "4"]}'))
        server.on("GET /v2/app/manifests/3", Reply(403, b"{}"))
        server.on("GET /v2/app/manifests/4", Reply(200, b"{}", {"Content-Type": media.OCI_MANIFEST}))
        found = dock.tags(f"{server.host}/app").set_index("tag")
    assert found.error.notna().to_dict() == {"4": True, "3": True, "2": False, "1": False}
    assert found.loc[["3", "4"], ["created", "digest", "platforms", "compressed_bytes"]].isna().all(axis=None)
    assert found.loc["1", "created"] == pd.Timestamp("2024-01-01", tz="UTC")


def test_a_repository_that_is_not_there(registry: Registry, dock: Dock) -> None:
    with pytest.raises(ImageNotFound):
        dock.tags("nosuch")


def test_tokens_are_asked_for(token_registry: Registry, dock: Dock) -> None:
    assert len(dock.tags(f"{token_registry.host}/library/httpd").created.dropna()) == 3


# Docker Hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """Stands for hub.docker.com, and for the registry that it lists."""
    with Server() as server:
        monkeypatch.setattr(discovery, "WEB", Endpoint(server.host, insecure=True))
        monkeypatch.setattr("nbdock.registry.client.HUB_API", server.host)
        conf = tmp_path / "registries.conf"
        conf.write_text(f'[[registry]]\nprefix = "docker.io"\nlocation = "{server.host}"\n')
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
        yield server


def listed(tag: str, days: int, digest: int = 0, **more: Any) -> dict[str, Any]:
    """A tag of the list, pushed so many days ago."""
    pushed = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    images = [
        {"os": "linux", "architecture": "amd64", "digest": DIGESTS[digest], "size": 100},
        {"os": "linux", "architecture": "arm64", "variant": "v8", "digest": DIGESTS[9], "size": 90},
        {"os": "unknown", "architecture": "unknown", "digest": DIGESTS[8], "size": 9},
    ]
    return {"name": tag, "last_updated": pushed, "digest": DIGESTS[digest], "images": images, **more}


def page(*tags: dict[str, Any], next: str | None = None) -> Reply:
    return Reply(200, json.dumps({"results": tags, "next": next}).encode())


def asked(server: Server) -> list[str]:
    return [each.path for each in server.requests]


def test_docker_hub_lists_dates_and_sizes_in_one_request(hub: Server, dock: Dock, console: Recorder) -> None:
    chart = listed("chart", 0, 3, content_type="helm")
    hub.on(f"GET {HUB}", page(listed("3.9", 1, 1), listed("latest", 2), listed("3.10", 3), chart))
    found = dock.tags("app").set_index("tag")
    assert asked(hub) == [f"{HUB}?page_size=100"] and console.warned == []
    assert found.index.tolist() == ["latest", "3.10", "3.9"]
    assert found.same_as.tolist() == [["3.10"], ["latest"], None]
    assert found.loc["3.9", "platforms"] == ["linux/amd64", "linux/arm64"]
    assert found.loc["3.9", ["compressed_bytes", "digest", "platform"]].tolist() == [100, DIGESTS[1], "linux/amd64"]
    assert (datetime.now(UTC) - found.loc["3.9", "pushed_at"]).days == 1
    assert found[["created", "size_bytes", "error"]].isna().all(axis=None)
    assert dock.tags("app", all=True).set_index("tag").kind["chart"] == "chart"
    assert dock.tags("app", filter="platform=linux/arm64").compressed_bytes.tolist() == [90] * 3


def test_the_newest_are_those_pushed_last_and_no_further_page_is_read(hub: Server, dock: Dock) -> None:
    hub.on(f"GET {HUB}", page(listed("3.9", 1), listed("3.10", 2), next=f"{hub.url}{HUB}?page=2"), page())
    assert names(dock.tags("app", limit=2)) == ["3.10", "3.9"]
    assert asked(hub) == [f"{HUB}?page_size=2"]


def test_no_page_is_read_beyond_the_time_that_is_asked_for(hub: Server, dock: Dock) -> None:
    pages = [page(listed(f"1.{n}", 10 * n), next=f"{hub.url}{HUB}?page={n + 1}") for n in range(1, 9)]
    hub.on(f"GET {HUB}", *pages)
    assert names(dock.tags("app", filter="since=25d")) == ["1.2", "1.1"]
    assert len(asked(hub)) == 3


def test_pages_are_followed_to_their_end(hub: Server, dock: Dock, console: Recorder) -> None:
    hub.on(f"GET {HUB}", page(listed("1", 1), next=f"{hub.url}{HUB}?page=2"), page(listed("2", 2)))
    assert names(dock.tags("app")) == ["2", "1"] and console.warned == []


@pytest.mark.parametrize("next", ["{url}{HUB}?page=2", "http://elsewhere.invalid/", "{url}{HUB}?page_size=100"])
def test_a_list_that_leads_astray_keeps_what_came_before(hub: Server, dock: Dock, console: Recorder, next: str) -> None:
    endless = page(listed("1", 1), next=next.format(url=hub.url, HUB=HUB))
    hub.on(f"GET {HUB}", endless)
    assert names(dock.tags("app")) == ["1"]
    assert len(asked(hub)) <= 3 and "ends early" in console.warned[0]


def test_names_that_are_no_tags_are_left_out(hub: Server, dock: Dock) -> None:
    hub.on(f"GET {HUB}", page(listed("x" * 1000, 1), listed("../a", 1), listed("1", 1)))
    assert names(dock.tags("app")) == ["1"]


@pytest.mark.parametrize("reply", [Reply(404, b'{"message": "httperror 404"}'), Reply(429, b""), Reply(200, b"<html>")])
def test_without_the_list_the_registry_is_read(hub: Server, dock: Dock, console: Recorder, reply: Reply) -> None:
    hub.on(f"GET {HUB}", reply)
    _serve(hub, "1", repository="library/app")
    hub.on("GET /v2/library/app/tags/list", Reply(200, b'{"tags": ["1"]}'))
    assert dock.tags("app").created.tolist() == [pd.Timestamp("2024-01-01", tz="UTC")]
    assert console.warned[0].startswith("Cannot read Docker Hub's list of tags, which has public repositories only: ")


def test_what_was_read_before_completes_the_list(hub: Server, dock: Dock) -> None:
    digest = _serve(hub, "1", repository="library/app")
    one = listed("1", 1)
    one["images"][0]["digest"] = one["digest"] = str(digest)
    hub.on(f"GET {HUB}", page(one))
    assert dock.tags("app").created.isna().all()
    dock.files("app:1")
    found = dock.tags("app").iloc[0]
    assert (
        found.created == pd.Timestamp("2024-01-01", tz="UTC")
        and found.size_bytes == dock.layers("app:1").size_bytes.sum()
    )
    dock.pull("app:1")
    assert dock.tags("app").size_bytes[0] == dock.ls().size_bytes[0]


def _artifact(shelf: Shelf, kind: str) -> Any:
    return shelf.manifest(shelf.write(kind, {}), shelf.layer(file("a", b"a")))


def _serve(server: Server, *tags: str, repository: str = "app") -> Digest:
    """Have one image of one layer under these tags; the digest of its manifest."""
    layer = server.holds(repository, BASE, media.OCI_LAYER)
    about = {"os": "linux", "architecture": "amd64", "created": "2024-01-01T00:00:00Z"}
    rootfs = {"type": "layers", "diff_ids": [str(Digest.of(BASE))]}
    config = server.holds(repository, json.dumps({**about, "rootfs": rootfs}).encode(), media.OCI_CONFIG)
    manifest = {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": config.json(), "layers": [layer.json()]}
    for tag in tags:
        held = server.holds(repository, json.dumps(manifest).encode(), media.OCI_MANIFEST, tag)
    return held.digest
