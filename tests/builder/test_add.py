"""ADD: archives that are unpacked, files that are fetched, and what hostile ones cost."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import http.server
import io
import lzma
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from nbdock.errors import BadResponse, DigestMismatch, InvalidContent, Refused, Unreachable, UsageError
from tests.builder.conftest import Context
from tests.parts.layers import Entry, directory, file, hard_link, layer, symlink


def plain(*entries: Entry) -> bytes:
    return gzip.decompress(layer(*entries))


TREE = plain(
    directory("etc", 0o700, owner=7),
    file("etc/a", b"hello", 0o600),
    symlink("etc/b", "a"),
    hard_link("etc/c", "etc/a"),
)


@pytest.mark.parametrize("name", ["root.tar", "root.tar.gz", "root.tbz", "root.xz", "root.bin"])
def test_archives_are_unpacked_whatever_they_are_called(context: Context, name: str) -> None:
    packing: dict[str, Callable[[bytes], bytes]] = {
        "root.tar.gz": gzip.compress,
        "root.tbz": bz2.compress,
        "root.xz": lzma.compress,
        "root.bin": zstd.compress,
    }
    context.file(name, packing.get(name, bytes)(TREE))
    found = context.build(f"FROM scratch\nADD {name} /x/")
    assert found["/x/etc"].mode == 0o700 and found["/x/etc"].owner[0] == 7
    assert found["/x/etc/a"] == ("file", 0o600, (0, 0), b"hello") == found["/x/etc/c"]
    assert found["/x/etc/b"].content == "a"


def test_what_is_no_archive_is_copied(context: Context) -> None:
    context.file("a.gz", gzip.compress(b"text" * 1000))
    context.file("b.tar", b"not a tar")
    context.file("root.tar", TREE)
    assert set(context.build("FROM scratch\nADD a.gz b.tar /x/")) == {"/x", "/x/a.gz", "/x/b.tar"}
    assert set(context.build("FROM scratch\nCOPY root.tar /x/")) == {"/x", "/x/root.tar"}
    assert set(context.build("FROM scratch\nADD --unpack=false root.tar /x/")) == {"/x", "/x/root.tar"}


def test_an_archive_replaces_what_is_there(context: Context) -> None:
    context.file("base/etc/a/b")
    context.file("root.tar", TREE)
    found = context.build("FROM scratch\nCOPY base /\nADD root.tar /")
    assert found["/etc/a"].type == "file"
    assert "/etc/a/b" not in context.dock.files("built:1.0").query("fate == 'visible'").path.tolist()


def test_times_of_an_archive_stay(context: Context) -> None:
    entry = tarfile.TarInfo("a")
    entry.mtime = 1234567890
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(entry)
    context.file("a.tar", made.getvalue())
    context.build("FROM scratch\nADD a.tar /")
    assert context.dock.files("built:1.0").mtime.iloc[0].timestamp() == 1234567890


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (layer(file("../evil", b"x")), "leads out of the archive"),
        (layer(file("a/../../evil", b"x")), "leads out of the archive"),
        (layer(hard_link("a", "../../etc/passwd")), "leads out of the archive"),
        (layer(hard_link("a", "etc/passwd")), "which is not in the archive"),
        (layer(file("a", b"x"), file("a/b", b"y")), "is below /a, which is no folder"),
        (layer(file(".wh.a", b"")), "cannot be in an image"),
        (plain(file("a", b"x" * 5000))[:2000], "cannot be unpacked"),
        (layer(symlink("a", "b"), symlink("b", "a"), file("a/c", b"x")), "too many symlinks"),
    ],
)
def test_hostile_archives(context: Context, content: bytes, message: str) -> None:
    context.file("a.tar", content)
    with pytest.raises((Refused, InvalidContent), match=message):
        context.build("FROM scratch\nADD a.tar /x/")
    assert not list(context.dock.ls().reference)


def test_symlinks_in_an_archive_lead_to_what_is_in_it(context: Context) -> None:
    context.file("a.tar", layer(symlink("out", "/../../up"), file("out/a", b"x")))
    assert set(context.build("FROM scratch\nADD a.tar /x/")) == {"/x", "/x/out", "/x/up", "/x/up/a"}


class _Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/root.tar")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", str(len(TREE)))
        self.end_headers()
        self.wfile.write(TREE)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_file_is_fetched(context: Context, url: str) -> None:
    digest = hashlib.sha256(TREE).hexdigest()
    lines = f"ADD --checksum=sha256:{digest} {url}/root.tar /a/\nADD --chmod=755 {url}/away /b"
    found = context.build(f"FROM scratch\n{lines}", private_network=True)
    assert found["/a/root.tar"] == ("file", 0o600, (0, 0), TREE)
    assert found["/b"].mode == 0o755 and found["/b"].content == TREE


def test_a_fetched_archive_is_unpacked_if_that_is_asked_for(context: Context, url: str) -> None:
    found = context.build(f"FROM scratch\nADD --unpack=true {url}/root.tar /a/", private_network=True)
    assert "/a/etc/a" in found and "/a/root.tar" not in found


def test_a_checksum_that_is_another(context: Context, url: str) -> None:
    with pytest.raises(DigestMismatch):
        context.build(f"FROM scratch\nADD --checksum=sha256:{'0' * 64} {url}/x /a/", private_network=True)
    with pytest.raises(UsageError):
        context.build(f"FROM scratch\nADD --checksum=md5:0 {url}/x /a/", private_network=True)


def test_no_private_address_is_asked_unasked(context: Context, url: str) -> None:
    port = url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", "0x7f000001", "10.0.0.1", "169.254.169.254"):
        with pytest.raises(Unreachable, match="is at a private address") as caught:
            context.build(f"FROM scratch\nADD http://{host}:{port}/root.tar /a/")
        assert "--allow private-network" in caught.value.hint


def test_what_cannot_be_fetched(context: Context, url: str) -> None:
    with pytest.raises(BadResponse, match="404"):
        context.build(f"FROM scratch\nADD {url}/gone /a/", private_network=True)
    with pytest.raises(UsageError, match="password"):
        context.build("FROM scratch\nADD https://user:secret@example.com/x /a/")
    for source in ("https://example.com/repository.git", "git@example.com:a/b.git", "https://example.com/a.git#main"):
        with pytest.raises(Refused, match="git"):
            context.build(f"FROM scratch\nADD {source} /a/")
