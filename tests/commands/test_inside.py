"""What is inside images: listed, shown, copied out, found."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import subprocess
import tarfile
from pathlib import Path

import pytest

import nbdock.commands as commands
from nbdock.api import Dock
from nbdock.contents import forward
from nbdock.errors import NotFound, Refused, UsageError
from nbdock.grammar import Invocation
from tests.commands.conftest import Recorder
from tests.parts.layers import Entry, directory, file, hard_link, layer, symlink, whiteout
from tests.parts.layout import Layout, Step

WHEN = "2024-11-07T17:20:00Z"


def special(path: str, kind: bytes) -> Entry:
    info, _ = file(path, b"")
    info.type, info.devmajor = kind, 1
    return info, b""


LAYERS = (
    layer(
        directory("etc"),
        file("etc/motd", b"first\n"),
        file("etc/gone", b"secret"),
        file("bin/su", b"#!/bin/sh\n", 0o4755),
        hard_link("bin/runuser", "bin/su"),
        special("dev/null", tarfile.CHRTYPE),
        special("dev/pipe", tarfile.FIFOTYPE),
        file("lib/big", random.Random(1).randbytes(3 << 20)),
    ),
    layer(
        file("etc/motd", b"second\n"),
        whiteout("etc/gone"),
        symlink("etc/issue", "/etc/motd"),
        symlink("etc/up", "../../../../etc/motd"),
        symlink("etc/a", "b"),
        symlink("etc/b", "a"),
        symlink("etc/nowhere", "/nix"),
        symlink("etc/host", "/etc/../../../tmp"),
        symlink("etc/below", "/etc"),
        file("etc/\x1b[31mred", b"\xff\xfe"),
        hard_link("etc/lost", "not/there"),
    ),
)


@pytest.fixture
def inside(tmp_path: Path, console: Recorder) -> Dock:
    """A dock with an image, `odd`, of everything that may be inside one."""
    return made(tmp_path / "odd", console, odd=LAYERS)


def made(folder: Path, console: Recorder, **images: tuple[bytes, ...]) -> Dock:
    layout, manifests = Layout(folder), []
    for name, layers in images.items():
        steps = [Step(WHEN, f"RUN step {number} # buildkit", each) for number, each in enumerate(layers)]
        at = {"io.containerd.image.name": f"docker.io/library/{name}:latest"}
        manifests.append({**layout.image(steps), "annotations": at})
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return Dock(folder, console=console)


def test_each_file_has_the_layer_and_the_instruction_that_wrote_it(inside: Dock) -> None:
    frame = inside.files("odd").set_index("path")
    assert frame.loc["/etc/motd", ["position", "instruction", "created_by"]].tolist() == [
        1,
        "RUN",
        "RUN step 1 # buildkit",
    ]
    assert "/etc/gone" not in frame.index and "/etc/.wh.gone" not in frame.index
    assert set(frame.fate) == {"visible"} and list(frame.index) == sorted(frame.index)
    assert frame.size_bytes.sum() == inside.inspect("odd").size_bytes[0] - len(b"first\n") - len(b"secret")


def test_layers_show_what_became_of_each_entry(inside: Dock) -> None:
    every = inside.files("odd", "/etc/motd", "/etc/gone", "*.wh.*", layers=True)
    assert list(zip(every.path, every.fate, every.position, strict=True)) == [
        ("/etc/motd", "overwritten", 0),
        ("/etc/gone", "deleted", 0),
        ("/etc/motd", "visible", 1),
        ("/etc/.wh.gone", "marker", 1),
    ]
    assert set(inside.files("odd", layer=0).position) == {0}
    with pytest.raises(UsageError, match="no layer 2"):
        inside.files("odd", layer=2)


def test_a_pattern_is_a_name_a_path_or_a_folder(inside: Dock) -> None:
    def found(*globs: str) -> list[str]:
        return list(inside.files("odd", *globs).path)

    assert found("mot*") == found("/etc/mot?") == found("etc/motd") == found("/**/motd") == ["/etc/motd"]
    assert found("/bin") == found("bin/") == ["/bin/runuser", "/bin/su"]
    assert found("/*/su", "runuser") == ["/bin/runuser", "/bin/su"]
    with pytest.raises(UsageError, match="syntax error"):
        found("[")


def test_cat_shows_text_and_refuses_everything_else(inside: Dock) -> None:
    assert inside.cat("odd", "/etc/issue") == inside.cat("odd", "etc/up") == "second"
    for path, why in (("/etc/\\x1b[31mred", "no text"), ("/etc", "a directory"), ("/dev/null", "a char")):
        with pytest.raises(Refused, match=why):
            inside.cat("odd", path)


def test_symlinks_are_followed_inside_the_image_only(inside: Dock) -> None:
    with pytest.raises(Refused, match="/etc/a -> /etc/b -> /etc/a"):
        inside.open("odd", "/etc/a")
    with pytest.raises(NotFound, match="/nix, which /etc/nowhere leads to"):
        inside.open("odd", "/etc/nowhere")
    with pytest.raises(NotFound, match="no such file in the image: /tmp"):
        inside.open("odd", "/etc/host")
    with pytest.raises(NotFound, match="hard link to /not/there"):
        inside.open("odd", "/etc/lost")


def test_an_open_file_can_be_read_and_sought_in(inside: Dock) -> None:
    content = random.Random(1).randbytes(3 << 20)
    with inside.open("odd", "/lib/big") as opened:
        assert opened.read() == content and opened.seek(-5, os.SEEK_END)
        assert opened.read() == content[-5:]
    assert inside.image("odd").open("/bin/runuser").read() == b"#!/bin/sh\n"


@pytest.mark.parametrize("flags", [["--format=gnu"], ["--format=posix", "--sparse-version=0.1"], ["--format=posix"]])
def test_a_sparse_file_has_its_holes(flags: list[str], tmp_path: Path, console: Recorder) -> None:
    with (tmp_path / "holes").open("wb") as holes:
        holes.write(b"begin")
        holes.seek(1 << 20)
        holes.write(b"end")
    tar = subprocess.check_output(["tar", "-cS", *flags, "-C", tmp_path, "holes"])
    dock = made(tmp_path / "store", console, sparse=(gzip.compress(tar),))
    assert dock.open("sparse", "/holes").read() == (tmp_path / "holes").read_bytes()
    dock.cp("sparse", "/holes", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "holes").read_bytes()


def test_a_plain_tar_is_opened_where_the_file_is() -> None:
    tar, starts = bytes(range(256)) * 40, []

    def open_at(start: int) -> list[bytes]:
        starts.append(start)
        return [tar[start : start + 100], tar[start + 100 :]]

    reader = forward.Forward(open_at)
    assert b"".join(reader.part(5000, 200)) == tar[5000:5200] and b"".join(reader.part(6000, 10)) == tar[6000:6010]
    assert starts == [0, 5000]


def test_a_copy_leaves_out_what_may_do_harm(inside: Dock, tmp_path: Path) -> None:
    frame = inside.cp("odd", "/", tmp_path / "out").set_index("path")
    out = tmp_path / "out"
    assert (out / "bin/su").stat().st_mode & 0o7000 == 0 and "setuid" in frame.note["/bin/su"]
    assert (out / "bin/su").samefile(out / "bin/runuser")
    assert not (out / "dev/null").exists() and frame.note["/dev/null"] == "left out: a device"
    assert os.readlink(out / "etc/issue") == "motd" and (out / "etc/up").read_text() == "second\n"
    assert "not there" in frame.note["/etc/lost"]
    assert all(path.resolve().is_relative_to(out) for path in out.rglob("*") if path.exists())


def test_a_copy_of_a_folder_leaves_out_links_that_lead_out(inside: Dock, tmp_path: Path) -> None:
    inside.cp("odd", "/etc/.", tmp_path)
    assert (tmp_path / "motd").is_file() and not os.path.lexists(tmp_path / "host")
    assert os.readlink(tmp_path / "below") == "."


def test_a_copy_writes_through_no_symlink(tmp_path: Path, console: Recorder) -> None:
    elsewhere, to = tmp_path / "elsewhere", tmp_path / "to"
    elsewhere.mkdir()
    to.mkdir()
    (to / "etc").symlink_to(elsewhere)
    evil = layer(symlink("etc/x", str(elsewhere)), file("etc/x/planted", b"1"), file("../../up", b"2"))
    dock = made(tmp_path / "store", console, evil=(evil,))
    with pytest.raises(Refused, match="is no folder"):
        dock.cp("evil", "/.", to)
    (to / "etc").unlink()
    dock.cp("evil", "/.", to)
    assert (to / "etc/x/planted").read_bytes() == b"1" and (to / "up").read_bytes() == b"2"
    assert not list(elsewhere.iterdir()) and not (tmp_path / "up").exists()


def test_a_copy_asks_before_it_overwrites(inside: Dock, console: Recorder, tmp_path: Path) -> None:
    mine = tmp_path / "motd"
    mine.write_text("mine")
    for console.answer in (None, False):
        with pytest.raises(Refused, match="would be overwritten"):
            inside.cp("odd", "/etc/motd", tmp_path)
    assert mine.read_text() == "mine" and console.asked == [f"Overwrite {mine}?"] * 2
    console.answer = True
    inside.cp("odd", "/etc/motd", tmp_path)
    assert mine.read_text() == "second\n"
    mine.write_text("mine")
    inside.cp("odd", "/etc/motd", mine, force=True)
    assert mine.read_text() == "second\n"


def test_where_finds_what_each_image_has_and_what_became_of_it(tmp_path: Path, console: Recorder) -> None:
    base = layer(directory("opt"), file("opt/log4j.jar", b"jar"), file("opt/b", b"text with a word"))
    dock = made(
        tmp_path / "store",
        console,
        kept=(base, layer(file("srv/x", b"x"))),
        removed=(base, layer(whiteout("opt"))),
        replaced=(base, layer(file("opt", b"now a file"))),
        emptied=(base, layer(file("opt/.wh..wh..opq", b""), file("opt/b", b"2"))),
        again=(base, layer(file("opt/log4j.jar", b"new"))),
        without=(layer(file("a", b"jar")),),
    )

    def found(*given: str, **flags: str) -> dict[str, list[str]]:
        frame = dock.where(*given, **flags)  # type: ignore[call-overload]
        short = frame.reference.str.extract(r"/(\w+):")[0]
        return {name: rows.fate.tolist() for name, rows in frame.groupby(short)}

    fates = {
        "kept": ["visible"],
        "removed": ["deleted"],
        "replaced": ["hidden"],
        "emptied": ["hidden"],
        "again": ["overwritten", "visible"],
    }
    assert found("log4j.jar") == found("/opt/log4j.jar") == found("*4j.jar") == fates
    assert found("log4j.jar", "kept") == {"kept": ["visible"]}
    (tmp_path / "mine").write_bytes(b"jar")
    old = {**fates, "again": ["overwritten"], "without": ["visible"]}
    assert found(like=str(tmp_path / "mine")) == old
    digest = hashlib.sha256(b"jar").hexdigest()
    assert found(sha256=digest) == old == found(sha256=f"sha256:{digest}")
    assert found("log4j.jar", sha256=digest) == {**fates, "again": ["overwritten"]}
    assert found(content="a word") == found("b", content="a word")
    assert set(found(content="a word")) == {"kept", "removed", "replaced", "emptied", "again"}
    assert found("nothing-like-it") == {} == found("log4j.jar", [])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="nothing to look for"):
        dock.where()


def test_where_reads_a_layer_once_for_its_digests(
    inside: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(b"secret").hexdigest()
    first = inside.where(sha256=digest)
    monkeypatch.setattr("nbdock.store.store.Store.open", None)
    assert inside.where(sha256=digest).fate.tolist() == first.fate.tolist() == ["deleted"]


def test_where_agrees_with_the_whole_list(dock: Dock) -> None:
    found = dock.where("**/*", "httpd:2.4", "nbdock/wasteful")
    for name, rows in found.groupby("image_id"):
        every = dock.files(str(name), layers=True)
        every = every[every.fate != "marker"]
        assert sorted(zip(rows.path, rows.fate, rows.position, strict=True)) == sorted(
            zip(every.path, every.fate, every.position, strict=True)
        )


@pytest.mark.parametrize("root", ["image", "nbdock"])
def test_cp_is_not_docker_s(root: str) -> None:
    call = commands.table.read(["cp", "httpd", "/etc/passwd", "."], root)
    assert isinstance(call, Invocation) and call.command.path == "image cp"
    with pytest.raises(Refused):
        commands.table.read(["cp", "web:/etc/passwd", "."], "docker")


def test_formats_have_the_columns_as_fields(inside: Dock) -> None:
    assert inside.files("odd", "/etc/motd", format="{{.path}} {{.size_bytes}} {{.link}}") == "/etc/motd 7 "
    assert json.loads(inside.where("motd", format="json").splitlines()[0])["fate"] == "overwritten"  # type: ignore[union-attr]


def test_every_frame_calls_an_image_by_the_name_that_it_was_found_by(dock: Dock) -> None:
    dock.tag("httpd", "a/first:1")
    dock.tag("httpd", "z/last:1")
    for name in ("httpd:latest", "docker.io/a/first:1", "docker.io/z/last:1"):
        reference = name if name.startswith("docker.io") else f"docker.io/library/{name}"
        frames = [
            dock.files(name),
            dock.files(name, layers=True),
            dock.where("**", name),
            dock.why(name),
            dock.lint(name),
            dock.packages(name),
            dock.history(name),
            dock.layers(name),
            dock.shared(name),
        ]
        assert {tuple(frame.reference.unique()) for frame in frames if len(frame)} == {(reference,)}
    first = "docker.io/a/first:1"
    every = (dock.where("**"), dock.layers(), dock.packages(), dock.shared(), dock.history())
    for frame in every:
        assert first in set(frame.reference) and not {"docker.io/z/last:1"} & set(frame.reference)
