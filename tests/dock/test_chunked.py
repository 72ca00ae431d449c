"""Chunked layers at registries: what is asked of them, and that a table of contents is believed no more than may be."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbdock
from nbdock.api import Dock
from nbdock.errors import DigestMismatch
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from tests.commands.conftest import Recorder
from tests.parts.archives import Image, docker, packed, tar
from tests.parts.chunked import ANNOTATION, INDEX, described, digest, estargz
from tests.parts.engines import Podman
from tests.parts.layers import directory, file, hard_link, symlink, whiteout
from tests.parts.registries import Registry
from tests.registry.faults import Server

BIG = b"".join(b"line %d\n" % number for number in range(60_000))
NOISE = b"".join(bytes.fromhex(digest(b"%d" % number)[7:]) for number in range(10_000))
BASE = tar(
    directory("etc"),
    file("etc/motd", b"hello"),
    file("etc/alpine-release", b"3.20\n"),
    file("lib/apk/db/installed", b"P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n"),
    file("big", BIG),
    file("noise", NOISE),
    hard_link("same", "big"),
    symlink("link", "etc"),
)
TOP = tar(whiteout("etc/motd"), whiteout("lib/apk/db/installed"), file("noise", NOISE), file("new", b"new"))
SAID = "as their tables of contents say, not read, not verified."
UNTOLD = ["content", "verified", "reference"]


def chunked_image() -> tuple[list[tuple[Descriptor, bytes]], Descriptor, bytes]:
    """An image of two eStargz layers: its blobs, its manifest."""
    made = [estargz(BASE, 100_000), estargz(TOP)]
    config = Image(layers=tuple(gzip.decompress(blob) for blob, _ in made)).config
    blobs = [(described(*each), each[0]) for each in made]
    blobs.append((Descriptor.of(media.OCI_CONFIG, config), config))
    parts = {"config": blobs[-1][0].json(), "layers": [each.json() for each, _ in blobs[:-1]]}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, **parts}).encode()
    return blobs, Descriptor.of(media.OCI_MANIFEST, manifest), manifest


BLOBS, TARGET, MANIFEST = chunked_image()


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    return Dock(tmp_path / "store", console=Recorder())


@pytest.fixture
def app(empty_registry: Registry) -> str:
    """An image of two eStargz layers at a registry."""
    name = Reference.parse(f"{empty_registry.host}/app:1.0")
    repository = nbdock.Registry().repository(name, push=True)
    for blob, content in BLOBS:
        repository.write(blob, [content])
    repository.write(TARGET, [MANIFEST])
    repository.tag(name, TARGET)
    return str(name)


@pytest.fixture
def liar() -> Iterator[Server]:
    """A registry that sends no parts."""
    with Server() as server:
        for blob, content in BLOBS:
            server.holds("app", content, blob.media_type)
        server.holds("app", MANIFEST, media.OCI_MANIFEST, "1.0")
        yield server


def sent(registry: Registry) -> list[tuple[int, int]]:
    """Status and bytes of each blob that the registry sent, but for the config."""
    lines = re.findall(r'"GET \S+/blobs/(\S+) HTTP/1.1" (\d+) (\d+)', registry.log.read_text())
    return [(int(status), int(size)) for blob, status, size in lines if blob != str(BLOBS[-1][0].digest)]


def contents(blob: bytes) -> int:
    """The bytes of a table of contents and of the footer."""
    return len(blob) - int(blob[-35:-19], 16)


def told(frame: pd.DataFrame, *other: str) -> list[dict[str, Any]]:
    """What a table of contents can say: of itself it has no time."""
    left = frame.drop(columns=[each for each in (*UNTOLD, *other) if each in frame])
    left = left.astype(object).where(left.notna(), "")
    if "mtime" in left:
        left.loc[left.path == f"/{INDEX}", "mtime"] = ""
    return left.to_dict("records")


def said(dock: Dock) -> list[str]:
    assert isinstance(dock.console, Recorder)
    return [line for line in dock.console.warned if "not verified" in line]


def read(dock: Dock, name: str, path: str) -> bytes:
    with dock.open(name, path) as opened:
        return opened.read()


@pytest.mark.parametrize(
    "ask",
    [
        lambda dock, name: dock.files(name),
        lambda dock, name: dock.files(name, layers=True),
        lambda dock, name: dock.why(name),
        lambda dock, name: dock.waste(name),
        lambda dock, name: dock.where("noise", name),
        lambda dock, name: dock.diff(name, name, show="files"),
    ],
)
def test_an_answer_from_tables_of_contents_is_that_of_a_pulled_image(
    ask: Callable[[Dock, str], pd.DataFrame], dock: Dock, app: str, empty_registry: Registry, tmp_path: Path
) -> None:
    found = told(ask(dock, app))
    assert {status for status, _ in sent(empty_registry)} == {206}
    assert sum(size for _, size in sent(empty_registry)) == sum(contents(blob) for _, blob in BLOBS[:-1])
    assert said(dock)
    local = Dock(tmp_path / "other", console=Recorder())
    local.pull(app)
    assert found == told(ask(local, app))
    assert not said(local)


def test_a_second_question_asks_for_nothing(dock: Dock, app: str, empty_registry: Registry) -> None:
    found = dock.files(app)
    before = len(sent(empty_registry))
    again = Dock(dock.store.root, console=Recorder())
    assert told(again.files(app)) == told(found)
    assert len(sent(empty_registry)) == before
    assert said(again) == [f"Layers 0, 1: {SAID}"]


def test_rows_say_whether_their_layer_was_read(dock: Dock, app: str) -> None:
    found = dock.files(app)
    assert not found.verified.any() and found.content.isna().all()
    assert dock.packages(app)[["name", "deleted"]].values.tolist() == [["musl", True]]
    found = dock.files(app)
    assert found.verified.all() and found.content.notna().any()
    assert not list((dock.store.root / "nbdock" / "cache" / "listed").rglob("*.parquet"))


def test_a_file_costs_its_chunks(dock: Dock, app: str, empty_registry: Registry, tmp_path: Path) -> None:
    dock.files(app)
    before = len(sent(empty_registry))
    assert read(dock, app, "/same") == BIG
    assert read(dock, app, "/noise") == NOISE
    dock.cp(app, "/new", tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == b"new"
    costs = [size for _, size in sent(empty_registry)[before:]]
    assert len(costs) == 3
    assert sum(costs) < sum(len(gzip.compress(each)) for each in (BIG, NOISE, b"new")) + 20_000
    assert len(BLOBS[0][1]) > costs[0]


def test_a_folder_comes_in_few_requests(dock: Dock, app: str, empty_registry: Registry, tmp_path: Path) -> None:
    dock.files(app)
    before = len(sent(empty_registry))
    dock.cp(app, "/.", tmp_path)
    assert (tmp_path / "big").read_bytes() == BIG and (tmp_path / "noise").read_bytes() == NOISE
    assert (tmp_path / "same").samefile(tmp_path / "big")
    assert len(sent(empty_registry)) - before == 2


def test_questions_about_content_read_the_layers(dock: Dock, app: str, empty_registry: Registry) -> None:
    wanted = digest(NOISE).removeprefix("sha256:")
    assert set(dock.where(None, app, sha256=wanted).path) == {"/noise"}
    assert {size for status, size in sent(empty_registry) if status == 200} == {len(blob) for _, blob in BLOBS[:-1]}
    assert not said(dock)


def test_what_is_read_is_not_compared_with_what_is_listed(dock: Dock, app: str, tmp_path: Path) -> None:
    """The two know other digests of a file."""
    plain = Image(layers=tuple(gzip.decompress(blob) for _, blob in BLOBS[:-1]))
    (tmp_path / "app.tar").write_bytes(packed(docker(plain)))
    assert not dock.files(app).verified.any()
    assert dock.diff(app, str(tmp_path / "app.tar"), show="files").empty


def test_a_registry_that_sends_no_parts_is_read_whole(dock: Dock, liar: Server) -> None:
    found = dock.files(f"{liar.host}/app:1.0")
    assert found.verified.all() and not said(dock)
    assert dock.cat(f"{liar.host}/app:1.0", "/new") == "new"


def test_a_registry_that_sends_no_parts_any_more_is_read_up_to_the_file(
    dock: Dock, app: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock.files(app)
    monkeypatch.setattr("nbdock.registry.parts.part", lambda *_: None)
    assert read(dock, app, "/big") == BIG


def test_another_table_of_contents_is_not_taken_from_the_cache(dock: Dock, app: str, liar: Server) -> None:
    """A manifest may name any for a layer that is known."""
    dock.files(app)
    manifest = json.loads(MANIFEST)
    for layer in manifest["layers"]:
        layer["annotations"][ANNOTATION] = digest(b"another")
    liar.holds("app", json.dumps(manifest).encode(), media.OCI_MANIFEST, "1.0")
    assert dock.files(f"{liar.host}/app:1.0").verified.all()


def test_chunks_that_lie_are_refused(
    dock: Dock, app: str, empty_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock.files(app)
    path = next(path for path in empty_registry.root.rglob("data") if path.parent.name == BLOBS[0][0].digest.hex)
    spoiled = bytearray(path.read_bytes())
    start = spoiled.index(gzip.compress(BIG[:100_000], mtime=0))
    spoiled[start + 50 : start + 60] = bytes(10)
    path.write_bytes(spoiled)
    with pytest.raises(DigestMismatch, match="/big is not what its layer's table of contents says"):
        dock.cat(app, "/big")


def test_layers_of_zstd_chunked_as_podman_makes_them(
    podman: Podman, registry: Registry, empty_registry: Registry, dock: Dock, tmp_path: Path
) -> None:
    """podman 4 leaves zeros at the end of a tar out, so that what it pushes has other diff ids and cannot be pulled."""
    name, logins = f"{empty_registry.host}/httpd:2.4", tmp_path / "auth.json"
    logins.write_text("{}")
    how = ("--tls-verify=false", "--authfile", logins, "--compression-format", "zstd:chunked")
    podman.run("push", *how, "docker.io/library/httpd:2.4", name)
    listed = dock.files(name, layers=True)
    assert not listed.verified.any() and said(dock)
    pulled = Dock(tmp_path / "other", console=Recorder())
    pulled.pull("httpd:2.4")
    known = pulled.files("httpd:2.4", layers=True)
    assert told(listed, "layer", "image_id") == told(known, "layer", "image_id")
    before = len(sent(empty_registry))
    path = "/usr/local/apache2/LICENSES"
    assert read(dock, name, path) == read(pulled, "httpd:2.4", path)
    assert len(sent(empty_registry)) == before + 1
    assert {status for status, _ in sent(empty_registry)} == {200, 206}  # 200: the config
    with pytest.raises(DigestMismatch, match="diff id"):
        dock.packages(name)
