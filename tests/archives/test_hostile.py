"""Archives whose makers mean ill, or that were cut: one clear line, and nothing is kept in the store or the cache."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.archives import files as archive_files
from nbdock.errors import NbdockError
from tests.commands.conftest import Recorder
from tests.contents.tars import END, header, member, pax
from tests.parts import archives
from tests.parts.archives import BASE, TOP, Files, Image, both, docker, legacy, oci, packed, platforms
from tests.parts.layers import Entry, hard_link, symlink

APP, OTHER = Image(), Image(("other:1.0",), (TOP,))
MANIFEST = docker(APP)["manifest.json"]
FIRST = f"{archives.hexed(BASE)}/layer.tar"
CONFIG = f"{archives.hexed(APP.config)}.json"
EVIL = "\x1b[31m\x9b\u202e"


def listing(**fields: Any) -> bytes:
    (item,) = json.loads(MANIFEST)  # type: ignore[arg-type]
    return json.dumps([item | fields]).encode()


def cut(files: Files, path: str, content: bytes | Entry | None) -> Files:
    """The files with one replaced, or left out."""
    return {name: each for name, each in {**files, path: content}.items() if each is not None}


def nested() -> Files:
    files: Files = {}
    below = archives.put(files, archives.manifest(APP, files), archives.OCI_MANIFEST)
    for _ in range(6):
        index = {"schemaVersion": 2, "mediaType": archives.OCI_INDEX, "manifests": [below]}
        below = archives.put(files, archives.document(index), archives.OCI_INDEX)
    return archives.indexed(files, below)


def fan() -> Files:
    """Three indexes that are 27 thousand million manifests, if one goes through them all."""
    files: Files = {}
    below = archives.put(files, archives.manifest(APP, files), archives.OCI_MANIFEST)
    for number in range(3):
        children = [{**below, "platform": {"os": "linux", "architecture": f"a{each}"}} for each in range(3000)]
        index = {
            "schemaVersion": 2,
            "mediaType": archives.OCI_INDEX,
            "manifests": children,
            "annotations": {"n": str(number)},
        }
        below = archives.put(files, archives.document(index), archives.OCI_INDEX)
    return archives.indexed(files, below)


def named(**annotations: str) -> Files:
    files: Files = {}
    entry = archives.put(files, archives.manifest(APP, files), archives.OCI_MANIFEST)
    return archives.indexed(files, {**entry, "annotations": annotations})


SWAPPED = Image(OTHER.names, APP.layers), Image(APP.names, OTHER.layers)
LIES: dict[str, tuple[Files | bytes, str]] = {
    "empty": (b"", "does not contain a manifest.json"),
    "zeros": (bytes(10240), "does not contain a manifest.json"),
    "text": (b"no tar" * 200, "it is no archive of images: .*invalid tar header"),
    "size below zero": (header(b"x", b"\xff" * 12) + END, "invalid tar header"),
    "size of a disk": (header(b"x", b"77777777777 ") + END, "unexpected EOF"),
    "no image": (cut(docker(APP), "manifest.json", b"[]"), "the archive has no image"),
    "null": (cut(docker(APP), "manifest.json", b"null"), "not a JSON list of objects"),
    "two values": (cut(docker(APP), "manifest.json", b'[],"x":[]'), "invalid manifest.json: not JSON"),
    "numbers": (cut(docker(APP), "manifest.json", b"[1]"), "not a JSON list of objects"),
    "deep": (cut(docker(APP), "manifest.json", b"[" * 50_000 + b"]" * 50_000), "invalid manifest.json"),
    "wide": (cut(docker(APP), "manifest.json", b"[" + b"{}," * 600_000 + b"{}]"), "more than 500000 values"),
    "long": (cut(docker(APP), "manifest.json", b" " * 5_000_000), "5000000 bytes; at most 4194304"),
    "many images": (cut(docker(APP), "manifest.json", json.dumps([{}] * 1001).encode()), "more than 1000 images"),
    "no config": (cut(docker(APP), CONFIG, None), f"the archive has no {CONFIG}"),
    "no layer": (cut(docker(APP), FIRST, None), f"the archive has no {FIRST}"),
    "config above": (cut(docker(APP), "manifest.json", listing(Config="../../etc/passwd")), "the archive has no "),
    "config of another kind": (cut(docker(APP), "manifest.json", listing(Config=7)), "invalid Config"),
    "config is no JSON": (cut(docker(APP), CONFIG, b"{"), "invalid image config: not JSON"),
    "config of other layers": (cut(docker(APP), CONFIG, OTHER.config), "2 layers .* 1 diff ids"),
    "layers of another image": (cut(docker(APP), FIRST, TOP), "layer verification failed"),
    "compressed layers of another": (cut(docker(APP), FIRST, gzip.compress(TOP)), "diff id"),
    "a layer of xz": (cut(docker(APP), FIRST, archives.COMPRESSIONS["tar.xz"](BASE)), "compressed by xz"),
    "a layer that is cut": (cut(docker(APP), FIRST, BASE[:-600]), "verification failed"),
    "capital letters": (docker(Image(("App:1",))), "invalid name, 'App:1'"),
    "control characters": (docker(Image((EVIL,))), "invalid name"),
    "control characters of a path": (cut(docker(APP), "manifest.json", listing(Config=EVIL)), "the archive has no "),
    "a digest of its own": (docker(Image((f"app@sha256:{'a' * 64}",))), "has a tag and no digest"),
    "like an id": (docker(Image(("sha256:abcd",))), "looks like an image id"),
    "like an id, in a layout": (oci(Image(("docker.io/library/sha256:abcd",))), "looks like an image id"),
    "two listings": (
        member(b"manifest.json", b"[]") + packed(docker(APP)),
        "manifest.json twice",
    ),
    "links that loop": (cut(docker(APP), FIRST, symlink(FIRST, f"../{FIRST}")), "leads to itself"),
    "links that leave": (cut(docker(APP), FIRST, symlink(FIRST, "../../../etc/passwd")), "the archive has no"),
    "hard links that leave": (cut(docker(APP), FIRST, hard_link(FIRST, "/etc/passwd")), "the archive has no"),
    "a sparse layer": (
        header(FIRST.encode(), flag=b"S", magic=b"ustar  \0", tail=b"\0" * 138 + b"77777777777\0")
        + packed(cut(docker(APP), FIRST, None)),
        "the archive has no",
    ),
    "long names": (
        b"".join(pax({b"path": b"a" * 900_000 + b"%d" % each}) + header() for each in range(20)) + END,
        "very long names",
    ),
    "a layout of another config": (cut(oci(APP), archives.blob(APP.config), OTHER.config), "is not of"),
    "a layout of another layer": (cut(oci(APP), archives.blob(BASE), BASE[:-1] + b"\1"), "verification failed"),
    "a layout without a layer": (cut(oci(APP), archives.blob(TOP), None), "the archive has no sha256"),
    "no digest": (archives.indexed({}, {"digest": "x"}), "invalid descriptor"),
    "a manifest of any size": (
        archives.indexed({}, {"mediaType": archives.OCI_MANIFEST, "digest": f"sha256:{'a' * 64}", "size": 1 << 60}),
        "the archive has no|claims",
    ),
    "an index of nothing": (cut(cut(platforms("a:1", APP), archives.blob(BASE), None), "x", b""), "the archive has no"),
    "indexes in indexes": (nested(), "nested more than 4 deep"),
    "another image in docker's list": (
        both(APP, OTHER) | {"manifest.json": both(*SWAPPED)["manifest.json"]},
        "list different images",
    ),
    "another image under the same digest": (
        both(APP)
        | {
            f"evil/{archives.hexed(APP.config)}.json": OTHER.config,
            "manifest.json": json.dumps(
                [{"Config": f"evil/{archives.hexed(APP.config)}.json", "RepoTags": ["app:1.0"], "Layers": []}]
            ).encode(),
        },
        "list different images",
    ),
    "a name more in docker's list": (
        both(APP) | {"manifest.json": archives.listing(Image(("more:1.0",)), folder="blobs/sha256/", end="")},
        "list different images",
    ),
    "parents in a circle": (
        legacy(APP) | {f"{'0' * 64}/json": json.dumps({"parent": "1" * 64}).encode()},
        "lead to itself",
    ),
    "no parent": ({path: each for path, each in legacy(APP).items() if not path.startswith("0")}, "the archive has no"),
    "a compressed layer of docker before 1.10": (
        legacy(APP) | {f"{'0' * 64}/layer.tar": gzip.compress(BASE)},
        "never wrote",
    ),
    "names of another kind": (legacy(APP) | {"repositories": b'{"app": 7}'}, "invalid app"),
}


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    return Dock(tmp_path / "store", console=Recorder())


@pytest.fixture(params=["load", "streamed", "on disk"])
def look(request: pytest.FixtureRequest, dock: Dock, tmp_path: Path) -> Iterator[Callable[[bytes], object]]:
    """Load an archive, or look into it; in the end nothing of it is in the store."""

    def looked(content: bytes) -> object:
        path = tmp_path / "app.tar"
        path.write_bytes(gzip.compress(content, 1) if request.param == "streamed" else content)
        return dock.load(path) if request.param == "load" else dock.files(f"docker-archive:{path}")

    yield looked
    kept = [each for each in (tmp_path / "store").rglob("*") if each.is_file() and each.name != "lock"]
    assert [each for each in kept if "cache" not in each.parts] == []
    assert dock.ls().empty


@pytest.mark.parametrize("lie", LIES)
def test_one_clear_line(lie: str, look: Callable[[bytes], object]) -> None:
    files, message = LIES[lie]
    with pytest.raises(NbdockError, match=message) as raised:
        look(files if isinstance(files, bytes) else packed(files))
    assert "\n" not in str(raised.value) and str(raised.value).isprintable()
    assert raised.value.hint and "pull" not in raised.value.hint


def test_many_entries(look: Callable[[bytes], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_files, "_MAX_ENTRIES", 20)
    with pytest.raises(NbdockError, match="more than 20 entries"):
        look(b"".join(header(b"%d" % each) for each in range(21)) + END)


def test_indexes_that_fan_out_are_read_once(dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "app.tar").write_bytes(packed(fan()))
    assert dock.load(tmp_path / "app.tar").image_id.tolist() == [APP.id]


@pytest.mark.parametrize("files", [docker(APP), oci(APP), both(APP), legacy(APP)], ids=["docker", "oci", "both", "old"])
def test_cut_at_any_place(files: Files, look: Callable[[bytes], object]) -> None:
    whole = packed(files)
    end = len(whole.rstrip(b"\0"))
    for at in (*range(1, end, end // 12), end - 1):
        with pytest.raises(NbdockError) as raised:
            look(whole[:at])
        assert raised.value.hint


@pytest.mark.parametrize(
    "annotations",
    [
        {archives.CONTAINERD_NAME: f"app@sha256:{'a' * 64}"},
        {archives.CONTAINERD_NAME: f"app:1@sha256:{'a' * 64}"},
        {archives.CONTAINERD_NAME: EVIL, archives.REF_NAME: EVIL},
        {archives.REF_NAME: "1.0"},
    ],
)
def test_what_is_no_name_of_a_layout_names_nothing(annotations: dict[str, str], dock: Dock, tmp_path: Path) -> None:
    """An archive could say of any image that it has the digest of one that is trusted."""
    (tmp_path / "app.tar").write_bytes(packed(named(**annotations)))
    assert dock.load(tmp_path / "app.tar").reference.isna().all()


def test_names_that_climb_out_stay_inside(dock: Dock, tmp_path: Path) -> None:
    files = {f"../../{path}": each for path, each in docker(APP).items()}
    (tmp_path / "app.tar").write_bytes(packed(files))
    before = {each for each in tmp_path.rglob("*") if "store" not in each.parts}
    assert re.fullmatch(APP.id, dock.load(tmp_path / "app.tar").image_id[0])
    assert {each for each in tmp_path.rglob("*") if "store" not in each.parts} == before


@pytest.mark.parametrize("trick", ["..", "absolute", "a symlink", "a symlink above"])
def test_a_folder_is_not_left(trick: str, dock: Dock, tmp_path: Path) -> None:
    """A `manifest.json` may name any file, and a folder may hold any symlink."""
    outside, folder = tmp_path / "outside.tar", tmp_path / "layout"
    outside.write_bytes(BASE)
    folder.mkdir()
    (folder / "to").symlink_to(outside)
    (folder / "above").symlink_to(tmp_path)
    path = {"..": "../outside.tar", "absolute": str(outside), "a symlink": "to", "a symlink above": "above/outside.tar"}
    image = Image(layers=(BASE,))
    (folder / "config.json").write_bytes(image.config)
    listed = [{"Config": "config.json", "RepoTags": None, "Layers": [path[trick]]}]
    (folder / "manifest.json").write_text(json.dumps(listed))
    with pytest.raises(NbdockError, match="the archive has no"):
        dock.files(f"oci:{folder}")
