"""search, pull and tags, against real registries."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.errors import (
    ImageNotFound,
    InvalidReference,
    NbdockError,
    PlatformNotFound,
    Refused,
    Unreachable,
    UsageError,
)
from nbdock.oci import media
from nbdock.oci.reference import Reference
from tests.commands.conftest import Recorder
from tests.parts.layers import file
from tests.parts.programs import skopeo, umoci
from tests.parts.registries import Registry
from tests.parts.storage import config_digest, manifest_digest
from tests.places import Shelf, copy
from tests.registry.faults import USED_UP, Reply, Server


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    """An empty one."""
    return Dock(tmp_path / "store", console=console)


def test_a_pull_says_what_docker_says(registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.pull("busybox")
    digest = manifest_digest(registry, "library/busybox", "latest")
    assert console.said == [
        "Using default tag: latest",
        "latest: Pulling from library/busybox",
        f"Digest: {digest}",
        "Status: Downloaded newer image for busybox:latest",
        "docker.io/library/busybox:latest",
    ]
    dock.pull(f"busybox@{digest}")
    assert console.said[5:] == [
        f"docker.io/library/busybox@{digest}: Pulling from library/busybox",
        f"Digest: {digest}",
        f"Status: Image is up to date for busybox@{digest}",
        f"docker.io/library/busybox@{digest}",
    ]


def test_an_artifact_among_the_tags_costs_its_own_row_which_says_what_it_is(
    empty_registry: Registry, dock: Dock
) -> None:
    shelf, repository = Shelf(), f"{empty_registry.host}/app"
    layer = shelf.layer(file("a", b"a"))
    chart = shelf.manifest(shelf.write(media.OCI_EMPTY, {}), layer, artifactType="application/vnd.example.chart")
    there = dock.registry.repository(repository, push=True)
    for tag, made in {"1": shelf.image(layer), "chart": chart}.items():
        copy(shelf, there).everything(made, Reference.parse(f"{repository}:{tag}"))
    pulled = dock.pull(repository, all_tags=True).set_index("reference")
    image, artifact = pulled.loc[f"{repository}:1"], pulled.loc[f"{repository}:chart"]
    assert image.kind == "image" and pd.isna(image.error)
    assert artifact.kind == "application/vnd.example.chart" and "not a container image" in artifact.error
    assert list(dock.ls().tag) == ["1"]


def test_a_tag_beside_a_digest_is_only_information(registry: Registry, dock: Dock, console: Recorder) -> None:
    digest = manifest_digest(registry, "library/httpd", "2.2")
    dock.pull(f"httpd:2.4@{digest}")
    assert console.said == [
        f"docker.io/library/httpd@{digest}: Pulling from library/httpd",
        f"Digest: {digest}",
        f"Status: Downloaded newer image for httpd@{digest}",
        f"docker.io/library/httpd:2.4@{digest}",
    ]
    [image] = dock.ls().itertuples()
    assert pd.isna(image.tag) and "<none>" in repr(dock.ls())


def test_df_v_has_each_image_once_however_it_came(registry: Registry, dock: Dock) -> None:
    dock.pull(f"httpd@{manifest_digest(registry, 'library/httpd', '2.4')}")
    dock.pull("httpd:2.4")
    dock.pull("httpd:latest")
    assert list(dock.df(verbose=True).tag) == ["2.4"]


def test_a_quiet_pull_says_the_name_only(registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.pull("busybox", quiet=True)
    assert console.said == ["docker.io/library/busybox:latest"]


def test_where_the_pull_limit_is_used_up_the_next_mirror_is_asked_and_one_line_says_so(
    registry: Registry, tmp_path: Path, console: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as hub:
        manifest = hub.holds("library/httpd", b"{}", media.OCI_MANIFEST, "latest")
        for reference in ("latest", manifest.digest):
            hub.on(f"GET /v2/library/httpd/manifests/{reference}", USED_UP)  # HEAD is no pull
        conf = tmp_path / "registries.conf"
        conf.write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{registry.host}"\n'
            f'[[registry.mirror]]\nlocation = "{hub.host}"\n'
        )
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
        dock = Dock(tmp_path / "store", console=console)
        assert set(dock.pull("httpd").image_id) == {config_digest(registry, "library/httpd", "latest")}
        assert console.warned == [
            f"passed over {hub.host}: toomanyrequests: You have reached your pull rate limit; "
            f"used {registry.host}/library/httpd instead"
        ]


def test_every_tag_of_a_repository(registry: Registry, dock: Dock, console: Recorder) -> None:
    layers = dock.pull("httpd", all_tags=True)
    assert [line.split(" ")[0] for line in console.said[:6]] == [
        word for tag in dock.tags("httpd").tag for word in (f"{tag}:", "Digest:")
    ]
    assert console.said[-2:] == ["Status: Downloaded newer image for httpd", "docker.io/library/httpd"]
    assert sum(line.startswith("Status: ") for line in console.said) == 1
    assert set(dock.ls("httpd").tag) == {"latest", "2.4", "2.2"}
    assert layers.reference.nunique() == 3
    with pytest.raises(UsageError, match="tag can't be used with --all-tags/-a"):
        dock.pull("httpd:2.4", all_tags=True)


def test_another_platform_of_the_same_index_is_newer(registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.pull("busybox")
    dock.pull("busybox:1.35", platform="linux/arm64")
    assert "Status: Downloaded newer image for busybox:1.35" in console.said
    both = dock.ls("busybox")
    assert set(both.platform) == {"linux/amd64", "linux/arm64"}
    assert set(both.digest) == {manifest_digest(registry, "library/busybox", "latest")}


def test_a_platform_is_chosen_from_an_index(registry: Registry, dock: Dock) -> None:
    dock.pull("busybox", platform="linux/arm64")
    image = dock.ls("busybox").iloc[0]
    assert image.platform == "linux/arm64"
    assert image.image_id == config_digest(registry, "library/busybox", "latest", "arm64")
    dock.pull("busybox", platform="linux/amd64")
    assert list(dock.ls("busybox").platform) == ["linux/amd64"]
    assert list(dock.ls(filter=("dangling=true",)).platform) == ["linux/arm64"]
    with pytest.raises(
        PlatformNotFound, match="no matching manifest for linux/s390x in the manifest list entries"
    ) as no:
        dock.pull("busybox", platform="linux/s390x")
    assert set(no.value.available) == {"linux/amd64", "linux/arm64"}


def test_another_platform_of_a_single_image_is_only_warned_of(
    registry: Registry, dock: Dock, console: Recorder
) -> None:
    dock.pull("httpd", platform="linux/arm64")
    assert (
        "WARNING: image with reference httpd was found but does not match the specified platform: "
        "wanted linux/arm64, actual: linux/amd64"
    ) in console.said


def test_what_is_not_there_is_said_with_what_there_is(registry: Registry, dock: Dock) -> None:
    with pytest.raises(ImageNotFound, match=r"manifest for httpd:2\.5 not found: manifest unknown") as tag:
        dock.pull("httpd:2.5")
    assert "2.4" in tag.value.hint
    with pytest.raises(NbdockError) as repository:
        dock.pull("nosuch")
    assert repository.value.hint


@pytest.mark.parametrize(
    ("name", "error"), [("Httpd", InvalidReference), ("", InvalidReference), ("127.0.0.1:1/x", Unreachable)]
)
def test_a_bad_name_or_host_is_one_line_with_a_hint(dock: Dock, name: str, error: type[NbdockError]) -> None:
    with pytest.raises(error) as refusal:
        dock.pull(name)
    assert refusal.value.hint and "\n" not in str(refusal.value)
    assert not (dock.settings.store / "index.json").exists()


def test_other_tools_read_what_was_pulled(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    dock.pull("hello-world")
    dock.pull("busybox")
    store = dock.settings.store
    assert "linux" in skopeo("inspect", f"oci:{store}:docker.io/library/hello-world:latest")
    skopeo("copy", "--quiet", f"oci:{store}:docker.io/library/busybox:latest", f"dir:{tmp_path}/copy")
    umoci("unpack", "--rootless", "--image", f"{store}:docker.io/library/hello-world:latest", f"{tmp_path}/bundle")
    assert any((tmp_path / "bundle/rootfs").iterdir())


def test_search_finds_names_and_says_where(registry: Registry, dock: Dock, console: Recorder) -> None:
    assert "httpd" in list(dock.search("httpd").name)
    assert "has names only" in console.warned[0]
    assert dock.search(f"{registry.host}/hello").name.str.startswith(registry.host).all()
    assert len(dock.search("hello", limit=1)) == 1
    assert len(dock.search("httpd", filter=("is-official=true",))) == 0
    assert len(dock.search("httpd", filter=("stars=1",))) == 0


def test_official_is_said_as_docker_says_it(dock: Dock) -> None:
    httpd = {"name": "httpd", "description": "The\nserver", "star_count": 5, "is_official": True}
    with Server() as index:
        index.on("GET /v1/search", Reply(200, json.dumps({"results": [httpd, {"name": "me/httpd"}]}).encode()))
        term = f"{index.host}/httpd"
        assert [line[-5:] for line in dock.search(term, format="{{.IsOfficial}}").split("\n")] == ["[OK]", ""]
        assert '"IsOfficial":"true"' in dock.search(term, format="json").split("\n")[0]
        assert "The server" in repr(dock.search(term))


def test_a_search_asks_the_host_before_the_words_whatever_the_words_are(dock: Dock) -> None:
    with Server() as index:
        index.on("GET /v1/search", Reply(200, json.dumps({"results": [{"name": "me/Foo"}]}).encode()))
        for words in ("Foo", "foo bar", "", "foo"):
            assert list(dock.search(f"{index.host}/{words}").name) == [f"{index.host}/me/Foo"]
            assert dock.search(f"{index.host}/{words}", format="{{.Name}}") == "me/Foo"  # docker's, for a script


def test_scratch_is_no_image(dock: Dock) -> None:
    for name in ("scratch", "scratch:1", "docker.io/library/scratch"):
        with pytest.raises(Refused, match="'scratch' is a reserved name") as refusal:
            dock.pull(name)
        assert refusal.value.hint
    with pytest.raises(Refused, match="'scratch' is a reserved name"):
        dock.pull("scratch", all_tags=True)


def test_the_filter_that_docker_gave_up_is_warned_of(registry: Registry, dock: Dock, console: Recorder) -> None:
    assert len(dock.search("httpd", filter=("is-automated=true",))) == 0
    assert console.warned[0].startswith('WARNING: the "is-automated" filter is deprecated')


@pytest.mark.parametrize(
    ("term", "given", "message"),
    [
        ("httpd", {"limit": 200}, "limit 200 is outside the range of \\[1, 100\\]"),
        ("https://x.io/a", {}, "should not have a scheme"),
        ("httpd", {"filter": ("stars=x",)}, "invalid filter 'stars=x'"),
        ("httpd", {"filter": ("bogus=1",)}, "invalid filter 'bogus'"),
    ],
)
def test_search_refuses_what_docker_refuses(
    registry: Registry, dock: Dock, term: str, given: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as refusal:
        dock.search(term, **given)  # type: ignore[arg-type]
    assert refusal.value.hint


def test_tags_lists_what_a_repository_has(registry: Registry, dock: Dock) -> None:
    assert set(dock.tags("httpd").tag) == {"latest", "2.4", "2.2"}
    assert set(dock.tags("httpd").reference) == {f"docker.io/library/httpd:{tag}" for tag in ("latest", "2.4", "2.2")}


def test_a_repository_that_is_not_there_is_to_be_searched_for(registry: Registry, dock: Dock) -> None:
    with pytest.raises(ImageNotFound, match="repository nosuch not found") as refusal:
        dock.tags("nosuch")
    assert refusal.value.hint == "check the name: %image search nosuch (in a terminal: nbdock search nosuch)"


def test_a_wrong_filter_is_refused_before_anything_is_asked(dock: Dock) -> None:
    with pytest.raises(UsageError, match=r"invalid filter 'is-official=\[maybe\]'"):
        dock.search("localhost:1/httpd", filter=("is-official=maybe",))


def test_create_pulls_what_is_not_here(registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.container_create("hello-world")
    assert console.warned == ["Unable to find image 'hello-world:latest' locally"]
    assert list(dock.ls().repository) == ["hello-world"]


def test_what_is_left_of_a_pull_limit_is_said_where_the_registry_tells(dock: Dock, console: Recorder) -> None:
    config, limit = (
        b'{"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": []}}',
        {"ratelimit-limit": "100;w=21600"},
    )
    with Server() as server:
        described = server.holds("x", config, media.OCI_CONFIG)
        manifest = json.dumps({"schemaVersion": 2, "config": described.json(), "layers": []}).encode()
        found = server.holds("x", manifest, media.OCI_MANIFEST, tag="1")
        headers = {"Content-Type": media.OCI_MANIFEST, "Docker-Content-Digest": str(found.digest)}
        server.on("GET /v2/x/manifests/1", Reply(200, manifest, headers | limit | {"ratelimit-remaining": "7"}))
        dock.pull(f"{server.host}/x:1")
    assert "7 of 100 pulls in 6 hours are left" in console.said


def test_a_proxy_serves_pulls(proxy_registry: Registry, dock: Dock) -> None:
    layers = dock.pull(f"{proxy_registry.host}/library/httpd")
    assert list(layers.state) == ["Pull complete"] * 5
