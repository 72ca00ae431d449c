"""save: archives for other tools, and what stands in the way of one."""

from __future__ import annotations

import io
import json
import os
import pty
import shutil
import subprocess
import sys
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from nbdock.api import Dock, copy
from nbdock.contents import inflate
from nbdock.errors import (
    BlobNotFound,
    Cancelled,
    ImageNotFound,
    IntegrityError,
    NbdockError,
    PlatformNotFound,
    Refused,
    UsageError,
)
from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.store import Store
from nbdock.task import Task
from tests.commands.conftest import AMD64, Recorder
from tests.jupyter.conftest import shell  # noqa: F401 (a fixture)
from tests.parts.layers import file, layer
from tests.parts.programs import skopeo
from tests.parts.registries import Registry
from tests.places import Shelf, pull, pull_from

FULL = ["bash", "-c", 'ulimit -f 5; exec "$@"', ""]
"""Runs a program on a disk that has room for 5 KiB."""
HTTPD = [f"docker.io/library/httpd:{tag}" for tag in ("2.0", "2.2", "2.4", "latest")]


def listed(path: Path) -> list[dict[str, Any]]:
    """What is in the archive's manifest.json."""
    with tarfile.open(path) as tar:
        content = tar.extractfile("manifest.json")
        assert content
        found: list[dict[str, Any]] = json.load(content)
        return found


def tags(path: Path) -> list[list[str] | None]:
    return [item["RepoTags"] for item in listed(path)]


def config(place: str) -> Digest:
    """The digest of the config that skopeo reads at a place."""
    return Digest.of(skopeo("inspect", "--config", "--raw", place).encode())


def zstd_image(dock: Dock, tar: bytes) -> Digest:
    """Put zstd:1, of one layer, into the store. The digest of its manifest."""
    shelf = Shelf()
    blob = shelf.put(f"{media.OCI_LAYER}+zstd", inflate.zstd.compress(tar))
    rootfs = {"type": "layers", "diff_ids": [str(Digest.of(tar))]}
    image = shelf.manifest(shelf.write(media.OCI_CONFIG, {**AMD64.json(), "rootfs": rootfs}), blob)
    pull_from(shelf, image, dock.store, "zstd:1")
    return image.digest


def plain_tar(size: int = 100) -> bytes:
    return bytes(inflate.zlib.decompress(layer(file("a", bytes(size))), 31))


@pytest.fixture
def terminal(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command of a terminal, on the samples."""
    monkeypatch.setenv("NBDOCK_STORE", str(dock.settings.store))
    return [sys.executable, "-m", "nbdock", "save", "httpd"]


def test_other_tools_read_the_image_that_was_saved(dock: Dock, tmp_path: Path) -> None:
    saved = dock.save(["httpd", "gcr.io/google-samples/hello-app:1.0"], tmp_path / "images.tar")
    for row in saved.itertuples():
        named = str(row.reference).removeprefix("docker.io/library/")
        assert str(config(f"docker-archive:{tmp_path}/images.tar:{named}")) == row.image_id
        tag = str(row.reference).rpartition(":")[2]
        assert str(config(f"oci-archive:{tmp_path}/images.tar:{tag}")) == row.image_id
    skopeo("copy", "--quiet", f"oci-archive:{tmp_path}/images.tar:2.4", f"dir:{tmp_path}/copied")
    digest = Digest.of((tmp_path / "copied" / "manifest.json").read_bytes())
    assert str(digest) == dock.ls("httpd:2.4").manifest_digest[0]


def test_an_image_of_dockers_media_types_is_read_too(dock: Dock, tmp_path: Path) -> None:
    pull(dock.store, "httpd:2.2", "theirs:1")
    row = dock.save("theirs:1", tmp_path / "theirs.tar").iloc[0]
    assert str(config(f"docker-archive:{tmp_path}/theirs.tar:theirs:1")) == row.image_id
    skopeo("copy", "--quiet", f"docker-archive:{tmp_path}/theirs.tar:theirs:1", f"dir:{tmp_path}/copied")


def test_the_frame_has_a_row_for_each_name(dock: Dock, tmp_path: Path) -> None:
    saved = dock.save("httpd", tmp_path / "httpd.tar")
    known = dock.ls().set_index("reference")
    assert saved.reference.tolist() == HTTPD
    for column in ("image_id", "platform", "layers", "compressed_bytes", "size_bytes"):
        assert saved[column].tolist() == known.loc[HTTPD, column].tolist()
    assert set(saved.target) == {str(tmp_path / "httpd.tar")}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["httpd"], [["httpd:2.0"], ["httpd:2.2"], ["httpd:2.4", "httpd:latest"]]),
        (["httpd:latest"], [["httpd:latest"]]),
        (
            ["docker.io/library/httpd:2.4", "httpd:2.4", "httpd"],
            [["httpd:2.4", "httpd:latest"], ["httpd:2.0"], ["httpd:2.2"]],
        ),
        (["hello-world", "busybox:1.36"], [["hello-world:latest"], ["busybox:1.36"]]),
    ],
)
def test_a_repository_is_all_its_tags_and_an_image_is_there_once(
    dock: Dock, tmp_path: Path, names: list[str], expected: list[list[str]]
) -> None:
    dock.save(names, tmp_path / "some.tar")
    assert tags(tmp_path / "some.tar") == expected


def test_an_image_by_id_or_digest_goes_without_a_name(dock: Dock, tmp_path: Path) -> None:
    image = dock.ls("httpd:2.2").iloc[0]
    for name in (image.image_id, image.image_id[7:19], f"httpd@{image.digest}"):
        saved = dock.save(name, tmp_path / "id.tar")
        assert (saved.image_id.tolist(), saved.reference.isna().tolist()) == ([image.image_id], [True])
        assert tags(tmp_path / "id.tar") == [None]
    dock.save([image.image_id, "httpd:2.2"], tmp_path / "id.tar")
    assert tags(tmp_path / "id.tar") == [["httpd:2.2"]]


def test_a_dangling_image_is_saved(dock: Dock, tmp_path: Path) -> None:
    shelf = Shelf()
    for text in ("old", "new"):
        pull_from(shelf, shelf.image(shelf.layer(file("a", text.encode()))), dock.store, "app:1")
    (dangling,) = dock.ls(filter="dangling=true").image_id
    dock.save(dangling, tmp_path / "dangling.tar")
    assert str(config(f"docker-archive:{tmp_path}/dangling.tar:@0")) == dangling
    dock.save("app", tmp_path / "app.tar")
    assert tags(tmp_path / "app.tar") == [["app:1"]]


def test_a_signature_is_no_tag_of_an_image(dock: Dock, tmp_path: Path) -> None:
    shelf = Shelf()
    name = Reference.parse("httpd:signature")
    shelf.names[name] = shelf.manifest(shelf.write(media.OCI_EMPTY, {}), artifactType="application/vnd.example")
    copy(shelf, dock.store, name)
    assert dock.save("httpd", tmp_path / "httpd.tar").reference.tolist() == HTTPD


def test_the_same_images_make_the_same_bytes_in_any_store(dock: Dock, tmp_path: Path) -> None:
    other = Dock(tmp_path / "other")
    for name in reversed(HTTPD):
        copy(dock.store, other.store, name, platform=AMD64)
    dock.save("httpd", tmp_path / "one.tar")
    other.save("httpd", tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def complete_busybox(dock: Dock, registry: Registry) -> None:
    """An index of two platforms in the store, as `app:1`."""
    source = f"docker://{registry.host}/library/busybox"
    target = f"oci:{dock.settings.store}:docker.io/me/app:1"
    skopeo("copy", "--quiet", "--all", "--src-tls-verify=false", source, target)


def test_of_an_index_it_is_the_image_of_a_platform(dock: Dock, registry: Registry, tmp_path: Path) -> None:
    complete_busybox(dock, registry)
    for platform, expected in ((None, dock.ls("me/app").platform[0]), ("linux/arm64", "linux/arm64")):
        saved = dock.save("me/app", tmp_path / "app.tar", platform=platform)
        assert saved.platform.tolist() == [expected] and saved.size_bytes[0] > 0
        assert str(config(f"docker-archive:{tmp_path}/app.tar:me/app:1")) == saved.image_id[0]


def test_all_of_an_index_goes_with_it(dock: Dock, registry: Registry, tmp_path: Path, console: Recorder) -> None:
    complete_busybox(dock, registry)
    dock.save("me/app:1", tmp_path / "app.tar", all=True)
    skopeo("copy", "--quiet", "--all", f"oci-archive:{tmp_path}/app.tar:1", f"oci:{tmp_path}/all:1")
    assert len(Store(tmp_path / "all").names()[0].platforms) == 2
    digest = skopeo("inspect", "--raw", f"oci-archive:{tmp_path}/app.tar:1").encode()
    (target,) = {name.target for name in dock.store.names() if "me/app" in name.shown}
    assert Digest.of(digest) == target.digest
    assert str(config(f"docker-archive:{tmp_path}/app.tar:me/app:1")) == dock.ls("me/app").image_id[0]
    assert not console.warned


def test_of_an_index_in_parts_only_the_image_goes(dock: Dock, console: Recorder, tmp_path: Path) -> None:
    dock.save("busybox:1.36", tmp_path / "one.tar")
    assert not console.warned
    dock.save("busybox:1.36", tmp_path / "all.tar", all=True)
    assert "the other platforms of its index were not pulled" in console.warned[0]
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "all.tar").read_bytes()


def test_zstd_layers_are_kept_with_a_warning_or_inflated(dock: Dock, console: Recorder, tmp_path: Path) -> None:
    tar = plain_tar()
    digest = zstd_image(dock, tar)
    for name in ("zstd:1", "httpd"):
        dock.save([name, "zstd"], tmp_path / "zstd.tar")
    assert [line for line in console.warned if "--compat" in line] == console.warned and len(console.warned) == 2
    assert str(config(f"docker-archive:{tmp_path}/zstd.tar:zstd:1")) == dock.ls("zstd:1").image_id[0]
    dock.save(["zstd", "httpd:2.4"], tmp_path / "plain.tar", compat=True)
    assert len(console.warned) == 2
    plain, same = listed(tmp_path / "plain.tar")
    with tarfile.open(tmp_path / "plain.tar") as made:
        content = made.extractfile(plain["Layers"][0])
        assert content and content.read() == tar
        assert f"blobs/sha256/{digest.hex}" not in made.getnames()
    assert str(config(f"oci-archive:{tmp_path}/plain.tar:1")) == dock.ls("zstd:1").image_id[0]
    dock.save("httpd:2.4", tmp_path / "httpd.tar")
    assert listed(tmp_path / "httpd.tar") == [same]


def test_an_inflated_layer_is_verified(dock: Dock, tmp_path: Path) -> None:
    zstd_image(dock, plain_tar())
    (blob,) = (Path(dock.store.layers_folder) / each[7:] for each in dock.layers("zstd:1").layer)
    other = inflate.zstd.compress(plain_tar().replace(b"a", b"b", 1))
    assert len(other) == len(blob.read_bytes())
    blob.write_bytes(other)
    with pytest.raises(IntegrityError, match="verification failed"):
        dock.save("zstd", tmp_path / "zstd.tar", compat=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_memory_does_not_grow_with_layers(dock: Dock) -> None:
    zstd_image(dock, plain_tar(60 << 20))
    pull_from(shelf := Shelf(), shelf.image(shelf.layer(file("noise", os.urandom(30 << 20)))), dock.store, "noise:1")
    tracemalloc.start()
    with open(os.devnull, "wb") as nowhere:
        dock.save(["zstd", "noise"], nowhere, compat=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


@pytest.mark.parametrize("wrong", ["missing", "short"])
def test_nothing_is_written_if_content_is_missing(dock: Dock, tmp_path: Path, wrong: str) -> None:
    blob = Path(dock.store.layers_folder) / dock.layers("httpd:2.4").layer[0][7:]
    os.truncate(blob, 5) if wrong == "short" else blob.unlink()
    with pytest.raises(BlobNotFound, match="is not in the store"):
        dock.save("httpd:2.4", tmp_path / "httpd.tar")
    assert not (tmp_path / "httpd.tar").exists()


def test_a_damaged_config_makes_no_archive(dock: Dock, tmp_path: Path) -> None:
    blob = Path(dock.store.layers_folder) / dock.ls("httpd:2.4").image_id[0][7:]
    blob.write_bytes(blob.read_bytes().replace(b"linux", b"Linux"))
    with pytest.raises(NbdockError):
        Dock(dock.settings.store).save("httpd:2.4", tmp_path / "httpd.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


@pytest.mark.parametrize(
    ("names", "given", "error", "message"),
    [
        ("nosuch", {}, ImageNotFound, "No such image: nosuch:latest"),
        (["httpd:9", "nosuch", "httpd"], {}, ImageNotFound, "No such image: httpd:9\nNo such image: nosuch:latest"),
        ("ht*", {}, NbdockError, "No such image"),
        ("httpd", {"platform": "linux/s390x"}, PlatformNotFound, "no suitable export target found for platform linux"),
        (
            "busybox",
            {"platform": "linux/arm64"},
            PlatformNotFound,
            "no suitable export target found for platform linux",
        ),
        ("httpd", {"all": True, "compat": True}, UsageError, "--all and --compat contradict each other"),
        ("httpd", {"all": True, "platform": "linux/amd64"}, UsageError, "--all and --platform contradict each other"),
        ([], {}, UsageError, "no image to save"),
    ],
)
def test_what_cannot_be_saved_leaves_nothing(
    dock: Dock, tmp_path: Path, names: Any, given: dict[str, Any], error: type[NbdockError], message: str
) -> None:
    with pytest.raises(error, match=message) as refusal:
        dock.save(names, tmp_path / "some.tar", **given)
    assert refusal.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


def test_the_file_is_its_owners_and_takes_the_place_of_another(dock: Dock, tmp_path: Path) -> None:
    target = tmp_path / "httpd.tar"
    target.write_bytes(b"older")
    target.chmod(0o644)
    dock.save("httpd", target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert len(tags(target)) == 3


@pytest.mark.parametrize(
    ("output", "error", "message"),
    [
        ("nosuch/httpd.tar", UsageError, 'invalid output path: directory ".*nosuch" does not exist'),
        ("store", UsageError, "is a folder"),
        ("pipe", UsageError, "is a FIFO"),
        ("null", UsageError, "is a device"),
        ("store/index.json/httpd.tar", UsageError, "does not exist"),
        ("a" * 300, Refused, "cannot write .*: File name too long"),
    ],
)
def test_a_place_that_no_file_can_take_is_told(
    dock: Dock, tmp_path: Path, output: str, error: type[NbdockError], message: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(error, match=message) as refusal:
        dock.save("httpd", tmp_path / output)
    assert refusal.value.hint
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_leaves_the_older_file_as_it_was(terminal: list[str], tmp_path: Path) -> None:
    (tmp_path / "httpd.tar").write_bytes(b"older")
    done = subprocess.run([*FULL, *terminal, "-o", tmp_path / "httpd.tar"], capture_output=True, text=True)
    assert done.returncode == 1 and f"Error: cannot write {tmp_path}/httpd.tar: File too large\n" in done.stderr
    assert (tmp_path / "httpd.tar").read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["httpd.tar", "store"]


def test_a_save_that_is_cancelled_leaves_nothing(dock: Dock, console: Recorder, tmp_path: Path) -> None:
    console.started = Task.cancel  # type: ignore[assignment]
    with pytest.raises(Cancelled):
        dock.save("httpd", tmp_path / "httpd.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


class Slow(io.RawIOBase):
    """A file that takes at most a thousand bytes at a time."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def write(self, data: Any, /) -> int:
        self.taken += data[:1000]
        return len(data[:1000])


def test_a_binary_file_gets_the_same_bytes(dock: Dock, tmp_path: Path) -> None:
    dock.save("httpd", tmp_path / "httpd.tar")
    memory, slow = io.BytesIO(), Slow()
    assert dock.save("httpd", memory).target.isna().all()
    dock.save("httpd", slow)
    assert memory.getvalue() == slow.taken == (tmp_path / "httpd.tar").read_bytes()


def test_a_file_that_is_full_or_open_for_text_is_told(dock: Dock) -> None:
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(Refused, match="cannot write /dev/full: No space"):
        dock.save("httpd", full)
    with pytest.raises(UsageError, match="open for text"):
        dock.save("httpd", io.StringIO())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="must be str, PathLike or Writable"):
        dock.save("httpd", 1)  # type: ignore[arg-type]


def test_standard_output_gets_the_archive_and_nothing_else(terminal: list[str], dock: Dock, tmp_path: Path) -> None:
    dock.save("httpd", tmp_path / "httpd.tar")
    done = subprocess.run(terminal, capture_output=True, check=True)
    assert done.stdout == (tmp_path / "httpd.tar").read_bytes()
    assert b"Saved" in done.stderr


def test_a_full_standard_output_is_one_line(terminal: list[str], tmp_path: Path) -> None:
    with (tmp_path / "httpd.tar").open("wb") as full:
        done = subprocess.run([*FULL, *terminal[:-1], "hello-world"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1 and b"Error: cannot write <stdout>: File too large\n" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_has_gone_ends_it_quietly(terminal: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(terminal, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert done.returncode == 141 and b"Error" not in done.stderr


def test_a_terminal_gets_no_archive(terminal: list[str]) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(terminal, stdout=theirs, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    os.close(ours)
    said = "Error: cowardly refusing to save to a terminal. Use the -o flag or redirect\n"
    assert (done.returncode, done.stderr.startswith(said)) == (1, True)


def test_a_magic_needs_a_file(
    shell: InteractiveShell,  # noqa: F811
    sample_store: Path,
    home: Path,
    tmp_path: Path,
) -> None:
    shutil.copytree(sample_store, home / "store")
    with pytest.raises(UsageError, match="no file to write to") as refusal:
        shell.run_cell("%docker save httpd").raise_error()
    assert "-o" in refusal.value.hint
    frame = shell.run_cell(f"%docker save -o {tmp_path}/httpd.tar httpd").result
    assert frame.reference.tolist() == HTTPD and len(tags(tmp_path / "httpd.tar")) == 3
