"""load: archives of every kind become images of the store, all of an archive or nothing."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbdock
from nbdock.api import Dock
from nbdock.archives.files import Tar as Files
from nbdock.dock.dock import Settings
from nbdock.errors import (
    BlobNotFound,
    Cancelled,
    InvalidContent,
    NbdockError,
    NotFound,
    PlatformNotFound,
    Refused,
    UsageError,
)
from nbdock.grammar import Invocation, table
from nbdock.oci.platform import Platform
from nbdock.store import Store
from tests.commands.conftest import Recorder
from tests.parts import archives
from tests.parts.archives import BASE, COMPRESSIONS, TOP, Image, both, docker, legacy, oci, packed, platforms
from tests.parts.engines import NAMES, Podman, archive
from tests.parts.images import layout
from tests.parts.programs import skopeo, umoci

APP = Image()
OTHER = Image(("other:1.0",), (TOP,))
KINDS: dict[str, Callable[..., archives.Files]] = {"docker": docker, "oci": oci, "both": both}


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    return Dock(tmp_path / "store", console=console)


def load(dock: Dock, files: archives.Files | bytes, **flags: Any) -> pd.DataFrame:
    return dock.load(io.BytesIO(files if isinstance(files, bytes) else packed(files)), **flags)


def kept(dock: Dock) -> list[str]:
    """Every file of the store but its lock."""
    root = dock.store.root
    return sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file() and each.name != "lock")


@pytest.mark.parametrize("kind", KINDS)
def test_images_come_in_with_their_names(kind: str, dock: Dock, console: Recorder) -> None:
    found = load(dock, KINDS[kind](Image(("app:1.0", "team/app:dev")), OTHER))
    assert [*found.reference] == [
        f"docker.io/{name}" for name in ("library/app:1.0", "team/app:dev", "library/other:1.0")
    ]
    assert console.said == [f"Loaded image: {name}" for name in ("app:1.0", "team/app:dev", "other:1.0")]
    assert [*found.image_id] == [APP.id, APP.id, OTHER.id]
    assert found.digest.isna().all() and found.compressed_bytes.isna().all() and found.pulled_at.isna().all()
    assert dock.cat("app:1.0", "/etc/motd") == "good bye"
    assert [*dock.layers("app:1.0").diff_id] == [f"sha256:{archives.hexed(each)}" for each in (BASE, TOP)]
    assert [*dock.files("other:1.0").path] == ["/bin/ash", "/etc/motd"]


@pytest.mark.parametrize("end", COMPRESSIONS)
def test_every_compression_makes_the_same_store(end: str, dock: Dock, tmp_path: Path) -> None:
    load(dock, docker(APP))
    other = Dock(tmp_path / "other", console=Recorder())
    path = tmp_path / f"app.{end}"
    path.write_bytes(COMPRESSIONS[end](packed(docker(APP))))
    other.load(path)
    blobs = [sorted((each.store.root / "blobs").rglob("*")) for each in (dock, other)]
    assert len({tuple(path.name for path in each) for each in blobs}) == 1


def test_layers_that_are_compressed_stay_so(dock: Dock) -> None:
    files = docker(APP)
    for each, compress in ((BASE, COMPRESSIONS["tar.gz"]), (TOP, COMPRESSIONS["tar.zst"])):
        files[f"{archives.hexed(each)}/layer.tar"] = compress(each)
    found = load(dock, files)
    assert found.image_id[0] == APP.id and found.compressed_bytes.notna().all()
    assert [*dock.layers("app:1.0").diff_id] == [f"sha256:{archives.hexed(each)}" for each in (BASE, TOP)]


def test_images_without_a_name_are_dangling(dock: Dock, console: Recorder) -> None:
    assert load(dock, docker(Image(()))).dangling.tolist() == [True]
    assert console.said == [f"Loaded image ID: {APP.id}"]
    load(dock, docker(APP))
    assert load(dock, docker(Image(()))).dangling.tolist() == [False] and len(dock.ls()) == 1


def test_a_name_that_moves_is_told_as_docker_tells_it(dock: Dock, console: Recorder) -> None:
    load(dock, docker(APP))
    load(dock, docker(APP))
    load(dock, docker(Image(("app:1.0",), (TOP,))))
    assert console.said[2:] == [
        f"The image app:1.0 already exists, renaming the old one with ID {APP.id} to empty string",
        "Loaded image: app:1.0",
    ]
    assert sorted(dock.ls().dangling) == [False, True]


def test_archives_before_docker_1_10(dock: Dock) -> None:
    found = load(dock, legacy(Image(("app:1.0", "team/app:dev"))))
    assert [*found.reference] == ["docker.io/library/app:1.0", "docker.io/team/app:dev"]
    steps = dock.history("app:1.0")
    assert [*steps.created_by] == ["/bin/sh -c step 1", "/bin/sh -c step 0"]
    inspected = json.loads(dock.inspect("app:1.0", format="json"))[0]
    assert inspected["Config"]["Cmd"] == ["sh"] and inspected["Created"] == "2014-02-03T04:05:06Z"
    assert inspected["RootFS"]["Layers"] == [f"sha256:{archives.hexed(each)}" for each in (BASE, TOP)]


def test_every_platform_comes_in_if_all_are_complete(dock: Dock) -> None:
    arm = Image(layers=(BASE,), architecture="arm64")
    load(dock, platforms("app:1.0", APP, arm))
    for platform, image in (("linux/amd64", APP), ("linux/arm64", arm)):
        assert all(dock.store.has(each) for name in dock.store.names() for each in (name.target, name.image))
        assert (dock.store.root / archives.blob(image.config)).exists(), platform


def test_one_platform_on_request(dock: Dock) -> None:
    arm = Image(layers=(BASE,), architecture="arm64")
    found = load(dock, platforms("app:1.0", APP, arm), platform="linux/arm64")
    assert found.image_id.tolist() == [arm.id] and not (dock.store.root / archives.blob(APP.config)).exists()


@pytest.mark.parametrize("missing", ["amd64", "arm64"])
def test_of_an_index_that_is_incomplete_what_is_complete_comes_in(missing: str, tmp_path: Path) -> None:
    settings = replace(Settings.read(), platform=Platform("linux", "amd64"))
    dock = Dock(tmp_path / "store", console=Recorder(), settings=settings)
    images = {each: Image(layers=(BASE if each == "amd64" else TOP,), architecture=each) for each in ("amd64", "arm64")}
    files = platforms("app:1.0", *images.values())
    del files[archives.blob(images.pop(missing).layers[0])]
    (left,) = images.values()
    assert load(dock, files).image_id.tolist() == [left.id]
    with pytest.raises(BlobNotFound, match="the archive has no sha256"):
        load(dock, files, platform=f"linux/{missing}")


@pytest.mark.parametrize("files", [docker(APP), platforms("app:1.0", APP), oci(APP)], ids=["docker", "index", "oci"])
def test_a_platform_that_is_not_there_is_said_as_docker_says_it(files: archives.Files, dock: Dock) -> None:
    with pytest.raises(PlatformNotFound, match=r"linux/s390x|no matching manifest") as raised:
        load(dock, files, platform="linux/s390x")
    assert raised.value.available == ("linux/amd64",)
    assert not kept(dock)


def test_standard_input(dock: Dock, monkeypatch: pytest.MonkeyPatch, console: Recorder) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed(docker(APP)))))
    run(dock, "load", "-q")
    assert console.said == ["Loaded image: app:1.0"]


@pytest.mark.parametrize("stdin", [None, "a terminal"])
def test_without_standard_input_a_file_is_asked_for(
    stdin: str | None, dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = io.TextIOWrapper(io.BytesIO(b""))
    typed.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", stdin and typed)
    with pytest.raises(UsageError, match="requested load from stdin, but stdin is empty") as raised:
        run(dock, "load")
    assert raised.value.hint == "add -i FILE"


def test_a_fifo_is_read_once(dock: Dock, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(packed(docker(APP))))
    writer.start()
    assert dock.load(tmp_path / "pipe").image_id.tolist() == [APP.id]
    writer.join()


def test_an_open_file_stays_open(dock: Dock) -> None:
    file = io.BytesIO(packed(docker(APP)))
    dock.load(file)
    assert not file.closed


def test_python_has_it_at_its_door(tmp_path: Path) -> None:
    (tmp_path / "app.tar").write_bytes(packed(docker(APP)))
    assert nbdock.load(tmp_path / "app.tar", quiet=True).image_id.tolist() == [APP.id]


@pytest.mark.parametrize(
    ("file", "error", "message"),
    [
        ("nosuch.tar", NotFound, "there is no file nosuch.tar"),
        (".", Refused, "is a folder"),
        ("https://example.org/app.tar", UsageError, "is no file"),
        (io.StringIO("text"), UsageError, "is no binary file"),
        (1, UsageError, "must be"),
    ],
)
def test_what_is_no_file_is_said(file: Any, error: type[NbdockError], message: str, dock: Dock) -> None:
    with pytest.raises(error, match=message) as raised:
        dock.load(file)
    assert raised.value.hint and not kept(dock)


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
@pytest.mark.parametrize("name", NAMES)
def test_what_skopeo_writes(name: str, form: str, dock: Dock, tmp_path: Path) -> None:
    path = archive(name, tmp_path)
    if form == "oci-archive":
        skopeo("copy", f"docker-archive:{path}", f"oci-archive:{tmp_path / 'oci.tar'}:{name}")
        path = tmp_path / "oci.tar"
    found = dock.load(path)
    assert found.image_id.tolist() == [_config(f"{form}:{path}")]
    assert found.reference.tolist() == [name]


def test_what_podman_saves(podman: Podman, dock: Dock, tmp_path: Path) -> None:
    podman.run("save", "--multi-image-archive", "--output", tmp_path / "saved.tar", *NAMES)
    found = dock.load(tmp_path / "saved.tar").set_index("reference").image_id
    told = {name: podman.run("image", "inspect", "-f", "sha256:{{.Id}}", name).strip() for name in NAMES}
    assert found.to_dict() == told


@pytest.mark.parametrize("form", ["oci-archive", "oci-dir"])
def test_what_podman_saves_as_oci(form: str, podman: Podman, dock: Dock, tmp_path: Path) -> None:
    """podman makes another config then."""
    name, saved = next(iter(NAMES)), tmp_path / "saved"
    podman.run("save", "--format", form, "--output", saved, name)
    where = f"{form.replace('-dir', '')}:{saved}"
    found = dock.load(saved) if form == "oci-archive" else dock.inspect(where)
    assert found.image_id.tolist() == [_config(where)]


def test_what_umoci_made(dock: Dock, tmp_path: Path) -> None:
    skopeo("copy", f"oci:{layout('hello-world')}:latest", f"oci:{tmp_path / 'layout'}:app")
    umoci("config", "--image", f"{tmp_path / 'layout'}:app", "--config.user", "someone", "--tag", "mine")
    assert dock.inspect(f"oci:{tmp_path / 'layout'}:mine").user.tolist() == ["someone"]


def test_what_was_loaded_goes_out_again(dock: Dock, tmp_path: Path) -> None:
    load(dock, docker(APP))
    skopeo(
        "copy", f"oci:{dock.store.root}:docker.io/library/app:1.0", f"docker-archive:{tmp_path / 'again.tar'}:app:1.0"
    )
    again = Dock(tmp_path / "again", console=Recorder())
    assert again.load(tmp_path / "again.tar").image_id.tolist() == [APP.id]


def test_loading_again_changes_nothing(dock: Dock) -> None:
    load(dock, docker(APP, OTHER))
    before = kept(dock)
    load(dock, docker(APP, OTHER))
    assert kept(dock) == before


def test_nothing_is_kept_of_an_archive_with_one_bad_image(dock: Dock) -> None:
    load(dock, docker(OTHER))
    before = kept(dock)
    files = docker(Image(("third:1.0",), (TOP, archives.tar())), APP)
    files[f"{archives.hexed(BASE)}/layer.tar"] = BASE[:-1] + b"\1"
    with pytest.raises(NbdockError):
        load(dock, files)
    assert kept(dock) == before and [*dock.ls().reference] == ["docker.io/library/other:1.0"]


def test_what_a_prune_deletes_meanwhile_is_copied_again(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    load(dock, docker(OTHER))
    adopt, deleted = Store.adopt, list[Path]()

    def disturbed(store: Store, names: Any) -> None:
        path = store.root / archives.blob(TOP)
        if not deleted:
            path.unlink()
        deleted.append(path)
        adopt(store, names)

    monkeypatch.setattr(Store, "adopt", disturbed)
    assert load(dock, docker(APP)).image_id.tolist() == [APP.id]
    assert len(deleted) == 2 and deleted[0].exists()


def test_an_interrupted_load_keeps_nothing(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(Files):
        def open(self, path: str, start: int = 0) -> Iterator[bytes]:
            yield from super().open(path, start)
            if path.endswith("layer.tar"):
                raise Cancelled("interrupted")

    monkeypatch.setattr("nbdock.archives.files.Tar", Interrupting)
    with pytest.raises(Cancelled):
        load(dock, docker(APP))
    assert not kept(dock)


def test_an_archive_of_nothing_is_refused(dock: Dock) -> None:
    for files in ({"manifest.json": b"[]"}, oci()):
        with pytest.raises(InvalidContent, match="the archive has no image"):
            load(dock, files)


def _config(where: str) -> str:
    """The digest of the config that skopeo finds."""
    return f"sha256:{archives.hexed(skopeo('inspect', '--raw', '--config', where).encode())}"


def run(dock: Dock, *words: str) -> object:
    call = table.read(words, "nbdock")
    assert isinstance(call, Invocation)
    return call(dock)


def test_docker_25_leaves_images_without_a_name_out_of_the_index(tmp_path: Path) -> None:
    named, unnamed = Image(("app:1.0",)), Image((), (archives.BASE,))
    alone = archives.indexed(archives.both(unnamed))
    together = {**archives.both(named, unnamed), "index.json": archives.both(named)["index.json"]}
    for files, ids in ((alone, [unnamed.id]), (together, [named.id, unnamed.id])):
        path = tmp_path / "app.tar"
        path.write_bytes(packed(files))
        assert sorted(nbdock.Dock(tmp_path / str(len(ids))).load(path).image_id) == sorted(ids)
