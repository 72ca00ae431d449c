"""Questions about images at registries: what is read there, what is remembered, and what is said of it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.errors import DigestMismatch, ImageNotFound, PlatformNotFound, UsageError
from nbdock.oci import media
from nbdock.oci.digest import Digest
from tests.commands.conftest import Recorder
from tests.parts.archives import BASE, TOP
from tests.parts.programs import run
from tests.parts.registries import Registry
from tests.registry.faults import Reply, Server

INSIDE: dict[str, Callable[..., Any]] = {
    "files": lambda dock, name, **flags: dock.files(name, **flags),
    "cat": lambda dock, name, **flags: dock.cat(name, "/usr/local/bin/httpd-foreground", **flags),
    "why": lambda dock, name, **flags: dock.why(name, **flags),
    "waste": lambda dock, name, **flags: dock.waste(name, **flags),
    "packages": lambda dock, name, **flags: dock.packages(name, **flags),
    "lint": lambda dock, name, **flags: dock.lint(name, **flags),
    "where": lambda dock, name, **flags: dock.where("passwd", name, **flags),
    "diff": lambda dock, name, **flags: dock.diff(name, name, **flags),
}
DOCUMENTS: dict[str, Callable[..., Any]] = {
    "history": lambda dock, name, **flags: dock.history(name, **flags),
    "layers": lambda dock, name, **flags: dock.layers(name, **flags),
    "inspect": lambda dock, name, **flags: dock.inspect(name, format="{{json .Config}} {{.Id}}", **flags),
}
NOT_KNOWN = ["size_bytes", "tar_bytes", "entries"]


class Asked:
    """What a registry is asked meanwhile, as `GET manifests`."""

    def __init__(self, registry: Registry) -> None:
        self._registry, self._before = registry, len(registry.requests())

    def __call__(self) -> list[str]:
        new = self._registry.requests()[self._before :]
        return [f"{line.partition(' ')[0]} {line.split('/')[-2]}" for line in new if line.count("/") > 3]


@pytest.fixture
def dock(registry: Registry, tmp_path: Path) -> Dock:
    return Dock(tmp_path / "store", console=Recorder())


@pytest.fixture
def asked(registry: Registry) -> Asked:
    return Asked(registry)


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same, but for where the image is and what is known of a layer that was not read."""
    if isinstance(one, str):
        return bool(one == other)
    left = [name for name in ("reference", *NOT_KNOWN) if name in one]
    return bool(one.drop(columns=left).equals(other.drop(columns=left)))


@pytest.mark.parametrize("question", [*INSIDE, *DOCUMENTS])
def test_an_answer_is_that_of_a_pulled_image(question: str, dock: Dock, tmp_path: Path) -> None:
    ask = {**INSIDE, **DOCUMENTS}[question]
    found = ask(dock, "httpd")
    assert len(dock.ls()) == 0
    local = Dock(tmp_path / "other")
    local.pull("httpd")
    assert same(found, ask(local, "httpd"))
    if not isinstance(found, str) and "reference" in found and len(found):
        assert set(found.reference) == {"docker.io/library/httpd:latest"}


@pytest.mark.parametrize("question", DOCUMENTS)
def test_documents_are_read_and_no_layer(question: str, dock: Dock, asked: Asked) -> None:
    DOCUMENTS[question](dock, "httpd")
    assert asked() == ["GET manifests", "GET blobs"]


def test_sizes_are_known_once_layers_were_read(dock: Dock) -> None:
    before = dock.layers("httpd")
    assert before[NOT_KNOWN].isna().all(axis=None) and before.compressed_bytes.notna().all()
    assert before.diff_id.notna().all()
    assert dock.inspect("httpd").size_bytes.isna().all() and dock.inspect("httpd", format="{{.Size}}") == "<no value>"
    dock.files("httpd")
    assert dock.layers("httpd")[NOT_KNOWN].notna().all(axis=None)
    assert dock.inspect("httpd").size_bytes[0] == dock.layers("httpd").size_bytes.sum()


@pytest.mark.parametrize("question", [*INSIDE, *DOCUMENTS])
def test_a_second_question_asks_for_headers_only(question: str, dock: Dock, registry: Registry) -> None:
    dock.packages("httpd")
    again = Asked(registry)
    {**INSIDE, **DOCUMENTS}[question](Dock(dock.settings.store), "httpd")
    blobs = ["GET blobs"] if question in ("cat", "lint") else []
    assert again()[:1] == ["HEAD manifests"] and set(again()[1:]) <= {"HEAD manifests", *blobs}


def test_a_tag_that_moved_is_read_anew(dock: Dock, empty_registry: Registry, tmp_path: Path) -> None:
    name = f"{empty_registry.host}/app:1"
    source = Dock(tmp_path / "source")
    source.pull("httpd:2.4", "busybox")
    for image in ("httpd:2.4", "busybox"):
        source.tag(image, name)
        source.push(name)
        assert dock.inspect(name).image_id.tolist() == source.inspect(image).image_id.tolist()


def test_layers_of_the_store_are_not_read_at_the_registry(dock: Dock, asked: Asked) -> None:
    dock.pull("httpd")
    before = len(asked())
    assert same(dock.files("httpd"), dock.files("httpd", remote=True))
    assert set(asked()[before:]) == {"HEAD manifests"}


def test_remote_asks_the_registry_and_local_never(dock: Dock, asked: Asked) -> None:
    dock.pull("httpd:2.4")
    before = len(asked())
    assert dock.inspect("httpd:2.4").reference[0] == "docker.io/library/httpd:2.4"
    assert asked()[before:] == []
    assert dock.inspect("httpd:2.4", remote=True).reference[0] == "docker://docker.io/library/httpd:2.4"
    assert asked()[before:] == ["HEAD manifests"]
    for name in ("store:busybox", "busybox"):
        with pytest.raises(ImageNotFound, match=r"^No such image: busybox:latest$"):
            dock.history(name, local=True)
    with pytest.raises(ImageNotFound):
        dock.history("store:busybox")
    assert len(asked()) == before + 1
    with pytest.raises(UsageError, match="contradict"):
        dock.history("httpd", local=True, remote=True)
    with pytest.raises(UsageError, match="names no registry"):
        dock.history(dock.ls().image_id[0], remote=True)


def test_a_line_says_where_it_was_read(dock: Dock, registry: Registry) -> None:
    console = dock.console
    assert isinstance(console, Recorder)
    dock.history("httpd")
    dock.history(f"docker://{registry.host}/library/httpd:2.4")
    dock.history("httpd", "busybox", f"{registry.host}/library/busybox")
    name = f"{registry.host}/library/httpd:2.4"
    assert console.warned == [
        "Read from docker.io, without a pull: httpd:latest (docker.io counts 1 pull)",
        f"Read from {registry.host}, without a pull: {name}",
        f"Read from docker.io, {registry.host}, without a pull: 3 images (docker.io counts 1 pull)",
    ]


def test_what_is_left_of_a_limit_is_said(dock: Dock, liar: Server) -> None:
    console = dock.console
    assert isinstance(console, Recorder)
    _serve(liar, BASE, TOP)
    for line in [line for line in liar._replies if "/manifests/" in line]:
        reply = liar._replies[line][0]
        limits = {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "41;w=21600"}
        liar.on(line, Reply(200, reply.body, {**reply.headers, **limits}))
    dock.history(f"{liar.host}/app")
    dock.history(f"{liar.host}/app")
    told = f"Read from {liar.host}, without a pull: {liar.host}/app:latest ({liar.host} counts"
    assert console.warned == [f"{told} 1 pull, 41 of 100 are left)", f"{told} 0 pulls, 41 of 100 are left)"]


@pytest.mark.parametrize("name", ["library/httpd:2.4", "library/busybox:latest", "google-samples/hello-app:1.0"])
def test_the_answers_are_skopeo_s(name: str, dock: Dock, registry: Registry) -> None:
    where = f"docker://{registry.host}/{name}"
    theirs = json.loads(run("skopeo", "inspect", "--tls-verify=false", "--override-arch=amd64", where))
    config = json.loads(run("skopeo", "inspect", "--config", "--tls-verify=false", "--override-arch=amd64", where))
    found, layers = dock.inspect(where).iloc[0], dock.layers(where)
    assert found.created == pd.Timestamp(theirs["Created"])
    assert (found.os, found.architecture) == (theirs["Os"], theirs["Architecture"])
    assert (found.labels or None) == theirs["Labels"] and found.env == theirs["Env"]
    assert layers.layer.tolist() == theirs["Layers"] and layers.diff_id.tolist() == config["rootfs"]["diff_ids"]
    history = dock.history(where)
    assert history.created_by[::-1].tolist() == [each["created_by"] for each in config["history"]]
    digest = run("skopeo", "inspect", "--format", "{{.Digest}}", "--tls-verify=false", where).decode().strip()
    assert dock.inspect(where, format="{{json .RepoDigests}}") == json.dumps(
        [f"{where[9:].rpartition(':')[0]}@{digest}"]
    )


def test_images_are_asked_for_side_by_side(dock: Dock, liar: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    _serve(liar, BASE, TOP)
    together, reply = threading.Barrier(8, timeout=60), liar.reply

    def when_eight_ask(line: str) -> Reply:
        name, _, tag = line.rpartition("/")
        if line.startswith("GET") and name.endswith("/manifests") and tag.isdecimal():
            together.wait()
            return reply(f"{name}/latest")
        return reply(line)

    monkeypatch.setattr(liar, "reply", when_eight_ask)
    names = [f"{liar.host}/app:{number}" for number in range(8)]
    assert dock.history(*names).reference.unique().tolist() == names


def test_a_platform_is_chosen_at_the_registry(dock: Dock) -> None:
    assert dock.inspect("busybox", platform="linux/arm64").architecture[0] == "arm64"
    with pytest.raises(PlatformNotFound) as raised:
        dock.inspect("busybox", platform="linux/s390x")
    assert raised.value.available == ("linux/amd64", "linux/arm64")


def test_one_name_that_is_nowhere_does_not_hide_the_others(dock: Dock) -> None:
    console = dock.console
    assert isinstance(console, Recorder)
    with pytest.raises(ImageNotFound, match=r"^No such image: nosuch:latest$") as raised:
        dock.inspect("httpd", "nosuch", "busybox")
    assert "docker.io was asked too" in raised.value.hint
    assert [len(each) for each in console.shown] == [2]  # type: ignore[arg-type]


def test_a_layer_that_is_not_its_diff_id_is_refused(dock: Dock, liar: Server) -> None:
    _serve(liar, TOP, BASE)
    assert len(dock.history(f"{liar.host}/app"))
    for _ in range(2):
        with pytest.raises(DigestMismatch, match="the diff id of layer"):
            dock.files(f"{liar.host}/app")


def test_a_kept_manifest_that_was_changed_is_read_anew(dock: Dock, asked: Asked) -> None:
    dock.history("httpd")
    other = dock.settings.store.with_name("other")  # which no process knows yet
    shutil.copytree(dock.settings.store, other)
    path = other / "nbdock/cache/answers"
    keys = [line.partition(" ")[0] for line in path.read_text().split("\n") if line]
    path.write_text("".join(f"\n{key} e30=" for key in keys) + "\nsha256:cut off")
    assert len(Dock(other).history("httpd"))
    assert asked() == ["GET manifests", "GET blobs"] * 2


def _serve(server: Server, *diff_ids: bytes) -> None:
    """Have an image of two layers as `app`, whose config claims the diff ids of these tars."""
    layers = [server.holds("app", each, "application/vnd.oci.image.layer.v1.tar") for each in (BASE, TOP)]
    claimed = [str(Digest.of(each)) for each in diff_ids]
    about = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": claimed}}
    config = server.holds("app", json.dumps(about).encode(), media.OCI_CONFIG)
    listed = {"config": config.json(), "layers": [each.json() for each in layers]}
    manifest = {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, **listed}
    server.holds("app", json.dumps(manifest).encode(), media.OCI_MANIFEST, "latest")


def test_a_blocked_registry_is_not_asked(dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocking = tmp_path / "registries.conf"
    blocking.write_text('[[registry]]\nlocation = "example.com"\nblocked = true\n')
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(blocking))
    with pytest.raises(ImageNotFound) as raised:
        Dock(tmp_path / "other").history("example.com/app")
    assert "blocked" in raised.value.hint
