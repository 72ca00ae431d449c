"""What hostile contexts, archives, web servers and Dockerfiles come to: one line that says what is wrong."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.builder import context as contexts
from nbdock.errors import DockerfileError, InvalidContent, NbdockError, Refused, UsageError
from tests.builder.conftest import Context
from tests.builder.test_add import url as url
from tests.commands.conftest import Recorder
from tests.contents.tars import END, header, member, pax

SECRET = "hunter2"
DEVICE = b"ustar\x0000".ljust(72, b"\0")
BIG = b"\x80\0\0\0\x7f\xff\xff\xff"


def refused(context: Context, dockerfile: str, **flags: Any) -> NbdockError:
    """Why a build fails, in one line; it leaves nothing."""
    with pytest.raises(NbdockError) as caught:
        context.build(dockerfile, **flags)
    assert "\n" not in str(caught.value)
    assert not list(context.dock.ls(all=True).reference)
    return caught.value


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../../evil", "/etc/passwd", '"/"'])
def test_a_heredoc_is_a_file_with_a_name(context: Context, name: str) -> None:
    error = refused(context, f"FROM scratch\nCOPY <<{name} /x/\nhello\n{name.strip(chr(34))}")
    assert isinstance(error, DockerfileError) and "is a file, which cannot be called" in str(error)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/..", "__unnamed__"),
        ("/a%2f..", "__unnamed__"),
        ("/%2e", "__unnamed__"),
        ("/?q", "__unnamed__"),
        ("/a%2fb/", "b"),
        ("/%5ba%5d", "[a]"),
        ("/a%5c*", "a\\*"),
    ],
)
def test_names_of_urls(context: Context, url: str, path: str, name: str) -> None:
    assert set(context.build(f"FROM scratch\nADD {url}{path} /x/", private_network=True)) == {"/x", f"/x/{name}"}


@pytest.mark.parametrize("name", ["%00", "n" * 256, "%c3%a9" * 128, ".wh.a"])
def test_names_that_no_file_has(context: Context, url: str, name: str) -> None:
    error = refused(context, f"FROM scratch\nADD {url}/{name} /x/", private_network=True)
    assert isinstance(error, Refused) and "cannot be in an image" in str(error)


@pytest.mark.parametrize(
    "line",
    [
        "WORKDIR /" + "a/" * 200_000,
        "COPY a /" + "a/" * 200_000,
        "WORKDIR /a\0b",
        "COPY a /x/\0",
        f"WORKDIR /{'a' * 256}",
    ],
)
def test_paths_that_no_file_system_has(context: Context, line: str) -> None:
    context.file("a")
    assert isinstance(refused(context, f"FROM scratch\n{line}"), Refused)


@contextmanager
def deep(folder: Path, depth: int) -> Iterator[None]:
    """A folder in a folder in a folder, with a file in the last. It goes, since pytest cannot remove it."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=at)
        inside = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inside
    os.close(os.open("f", os.O_CREAT, dir_fd=at))
    os.close(at)
    try:
        yield
    finally:
        subprocess.run(["rm", "-rf", folder / "d"], check=True)


def test_deep_folders(context: Context) -> None:
    dockerfile = f"FROM scratch AS a\nCOPY . /\nWORKDIR {'/w' * 1200}\nFROM scratch\nCOPY --from=a / /"
    with deep(context.folder, 1200):
        assert max(path.count("/") for path in context.build(dockerfile)) == 1201
    context.file("a.tar", pax({b"path": b"a/" * 1200 + b"f"}) + header(b"f") + END)
    assert max(path.count("/") for path in context.build("FROM scratch\nADD a.tar /")) == 1201


def test_a_folder_that_becomes_a_symlink(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the moment that it is found and the moment that it is read: nothing outside is even listed."""
    context.file("a/inside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").symlink_to("somewhere")
    inside = contexts.Context._inside

    def swapped(self: contexts.Context, folder: str) -> Any:
        if folder == "/a":
            (context.folder / "a").rename(tmp_path / "moved")
            context.link("a", "../outside")
        return inside(self, folder)

    monkeypatch.setattr(contexts.Context, "_inside", swapped)
    assert "changed while it was read" in str(refused(context, "FROM scratch\nCOPY . /x/"))


def test_what_vanishes_while_it_is_listed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    context.file("a")
    context.link("b", "a")
    node = contexts.Context._node

    def vanishing(self: contexts.Context, path: str, *rest: Any) -> Any:
        if path == "/b":
            (context.folder / "b").unlink()
        return node(self, path, *rest)

    monkeypatch.setattr(contexts.Context, "_node", vanishing)
    assert isinstance(refused(context, "FROM scratch\nCOPY . /x/"), InvalidContent)


def test_a_context_that_never_rests(context: Context) -> None:
    """Whatever happens to it, a build ends with an image or with one line, and never with what is outside."""
    context.file("a/f", "inside")
    (context.folder.parent / "out").mkdir()
    (context.folder.parent / "out" / "f").write_text(SECRET)
    is_over = threading.Event()

    def swap() -> None:
        a, b = context.folder / "a", context.folder.parent / "b"
        while not is_over.is_set():
            a.rename(b)
            a.symlink_to("../out")
            a.unlink()
            b.rename(a)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(20):
            try:
                found = context.build("FROM scratch\nCOPY . /x/")
            except NbdockError:
                continue
            assert all(each.content != SECRET.encode() for each in found.values())
            assert "/x/a/f" not in found or found["/x/a/f"].content == b"inside"
    finally:
        is_over.set()
        thread.join()


def test_names_in_messages_are_one_line(context: Context) -> None:
    assert "not found" in str(refused(context, 'FROM scratch\nCOPY ["a\\nb", "/"]'))
    context.file(".wh.a\nb")
    assert "mean deleted files" in str(refused(context, "FROM scratch\nCOPY . /x/"))


def test_why_a_socket_is_not_found(context: Context) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(context.folder / "s"))
        assert "it is a socket" in str(refused(context, "FROM scratch\nCOPY s /x/"))


def test_a_context_that_is_a_file(context: Context) -> None:
    with pytest.raises(UsageError, match=r"the build context .* cannot be read: Not a directory"):
        context.dock.build(context.file("a"), dockerfile="FROM scratch\nLABEL a=b")


@pytest.mark.parametrize(
    "magic", [b"\x1f\x8b\x08\0", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh9", b"x" * 257 + b"ustar", b""]
)
def test_what_only_begins_as_an_archive_is_copied(context: Context, magic: bytes) -> None:
    content = magic + b"of something else " * 40 if magic else bytes(2048)
    context.file("a", content)
    assert context.build("FROM scratch\nADD a /x/")["/x/a"].content == content


@pytest.mark.parametrize(
    ("tar", "message"),
    [
        (header(b"d", flag=b"3", magic=DEVICE + BIG + BIG), "no device has such a number"),
        (header(b"d", flag=b"3", magic=DEVICE + b"\xff" * 16), "no device has such a number"),
        (pax({b"path": b"a/" * 100_000 + b"b"}) + header(b"b"), "a path of more than 4096 characters"),
        (pax({b"linkpath": b"x/" * 100_000}) + header(b"l", flag=b"2") + header(b"l/a"), "more than 4096 characters"),
        (pax({b"path": b"n" * 256}) + header(b"n"), "names have 255 bytes at most"),
    ],
)
def test_archives_that_no_file_system_takes(context: Context, tar: bytes, message: str) -> None:
    context.file("a.tar", tar + END)
    assert message in str(refused(context, "FROM scratch\nADD a.tar /x/"))


def test_no_room_to_unpack(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_size: int) -> object:
        return open("/dev/full", "r+b", buffering=0)

    monkeypatch.setattr("nbdock.builder.spooled.tempfile.SpooledTemporaryFile", full)
    context.file("a.tar", member(b"f", b"content") + END)
    error = refused(context, "FROM scratch\nADD a.tar /x/")
    assert "No space left on device" in str(error) and "TMPDIR" in error.hint


def test_an_archive_of_attributes(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that would fill the memory."""
    monkeypatch.setattr("nbdock.builder.spooled._MOST_TEXT", 1 << 20)
    bomb = b"".join(pax({b"SCHILY.xattr.user.a": b"x" * 60_000}) + header(b"f%d" % each) for each in range(20))
    context.file("a.tar", bomb + END)
    assert "names and attributes are too long" in str(refused(context, "FROM scratch\nADD a.tar /x/"))


@pytest.mark.parametrize("mtime", [b"9223372036854775807", b"-9223372036854775808"])
def test_times_that_no_file_has(context: Context, mtime: bytes) -> None:
    context.file("a.tar", pax({b"mtime": mtime}) + header(b"f") + END)
    context.build("FROM scratch\nADD a.tar /\nWORKDIR /w")
    assert context.dock.files("built:1.0").query("path == '/f'").mtime.isna().all()


def test_an_onbuild_that_is_nothing(context: Context) -> None:
    error = refused(context, "FROM scratch AS a\nONBUILD COPY x\nFROM a")
    assert isinstance(error, DockerfileError) and error.line == 2
    context.build("FROM scratch AS a\nONBUILD # nothing\nFROM a\nLABEL x=y")


def test_stages_grow_together(context: Context) -> None:
    """Each of them is short enough, all of them would fill the memory."""
    grow = "ARG a=0123456789\n" + "".join(f"ARG {b}={f'${a}' * 10}\n" for a, b in ("ab", "bc", "cd", "de", "ef"))
    copies = "".join(f"COPY --from=s{each} /w /w\n" for each in range(9))
    stages = "".join(f"FROM scratch AS s{each}\nWORKDIR /w\n{grow}" for each in range(9))
    assert "too long" in str(refused(context, f"{stages}FROM scratch\n{copies}"))


def test_a_config_that_no_registry_takes(context: Context) -> None:
    error = refused(context, "FROM scratch\nLABEL a=b", labels={"x": "y" * (16 << 20)})
    assert "the config of the image is too long" in str(error)


@pytest.mark.parametrize(
    "dockerfile",
    [
        f"FROM scratch\nADD https://user:{SECRET}@example.com/x /",
        f"FROM scratch\nADD https://user:{SECRET}@example.com/x.git /",
        f"FROM scratch\nCOPY https://user:{SECRET}@example.com/x /",
        f"FROM https://user:{SECRET}@example.com/x",
        "FROM scratch\nARG TOKEN\nADD https://user:$TOKEN@example.com/x /",
        "FROM scratch\nARG TOKEN\nCOPY --chmod=$TOKEN a /",
        "FROM scratch\nARG TOKEN\nCOPY $TOKEN /",
        "FROM scratch\nARG TOKEN\nSTOPSIGNAL $TOKEN",
        "FROM scratch\nARG TOKEN\nLABEL a=${X:?$TOKEN}",
        "FROM scratch\nARG TOKEN\nWORKDIR $TOKEN\nCOPY nothing /",
    ],
)
def test_no_secret_is_told(context: Context, dockerfile: str) -> None:
    error: BaseException | None = refused(context, dockerfile, build_args={"TOKEN": SECRET})
    hint = getattr(error, "hint", "")
    while error is not None:
        assert SECRET not in f"{error!r} {hint}"
        error = error.__cause__
    told = [*context.console.said, *context.console.warned]
    assert not any(SECRET in line for line in told)
    with pytest.raises(NbdockError):
        context.build(dockerfile, build_args={"TOKEN": SECRET}, dry_run=True)


def test_warnings_are_sentences(context: Context) -> None:
    context.build("FROM scratch\nENV a b")
    (warning,) = context.console.warned
    assert warning.startswith('WARNING: LegacyKeyValueFormat: "ENV key=value" should be used')
    assert warning.endswith("(line 2)")


def test_a_checksum_that_a_variable_was_to_have(context: Context, url: str) -> None:
    error = refused(context, f"FROM scratch\nADD --checksum=$SUM {url}/x /", private_network=True)
    assert "the checksum is empty" in str(error)


def test_a_name_that_is_public_when_it_is_checked(context: Context, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address is another when it is connected to (DNS rebinding): nothing is sent there."""
    monkeypatch.setattr(socket, "getaddrinfo", _first_public(socket.getaddrinfo))
    port = url.rpartition(":")[2]
    assert "is at a private address" in str(refused(context, f"FROM scratch\nADD http://rebinding.test:{port}/x /"))


def _first_public(look_up: Callable[..., Any]) -> Callable[..., Any]:
    addresses = iter(["93.184.215.14"])

    def found(host: str, *rest: Any, **options: Any) -> Any:
        return look_up(next(addresses, "127.0.0.1") if host == "rebinding.test" else host, *rest, **options)

    return found


def test_append_warns_as_build_does(tmp_path: Path) -> None:
    console = Recorder()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / ".env").write_text("x")
    Dock(tmp_path / "store", console=console).append("scratch", {"/site": tmp_path / "site"})
    assert any(".env goes into the image" in line for line in console.warned)


def test_more_than_the_disk_takes(context: Context) -> None:
    """A sparse file says that it has a terabyte; nothing is written until the disk is full."""
    free = shutil.disk_usage(context.folder).free
    os.truncate(context.file("sparse"), free + (1 << 30))
    assert "free in" in str(refused(context, "FROM scratch\nCOPY . /"))


@pytest.mark.parametrize("source", ["private/f", "private", "."])
def test_what_the_user_may_not_read(context: Context, source: str) -> None:
    """It is not said to be missing: its mode is the matter."""
    context.file("private/f")
    (context.folder / "private").chmod(0)
    code = "import sys; from nbdock.builder.context import Context; from nbdock.dockerfile.ignore import Ignore"
    code += "; from pathlib import Path; from nbdock.builder.copying import Copying, How; from nbdock.errors import *"
    code += "; from nbdock.builder.layer import Changes; from nbdock.builder.root import Root; found = ''"
    code += "\ntry: Copying(Changes(Root(), 0), Context(Path(sys.argv[1]), Ignore('')), '/', How()).copy(sys.argv[2])"
    code += "\nexcept Refused as error: print(error)"
    without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    ran = subprocess.run([*without, sys.executable, "-c", code, context.folder, source], capture_output=True, text=True)
    assert "cannot be read: Permission denied" in ran.stdout, ran.stderr
