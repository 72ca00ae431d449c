"""import: a tar becomes an image of one layer."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import sys
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.contents.inflate import zstd
from nbdock.demo import SAMPLES
from nbdock.dock.dock import Settings
from nbdock.errors import InvalidContent, Refused, UsageError
from nbdock.grammar import Invocation, table
from tests.commands.conftest import Recorder
from tests.parts.programs import skopeo, umoci

CONTENT = b"hello\n"


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    return Dock(tmp_path / "store", console=console)


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    path = tmp_path / "root.tar"
    path.write_bytes(made())
    return path


def made(*names: str) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name in names or ("etc/motd",):
            entry = tarfile.TarInfo(name)
            entry.size = len(CONTENT)
            archive.addfile(entry, io.BytesIO(CONTENT))
    return written.getvalue()


def blobs(dock: Dock) -> list[Path]:
    return [path for folder in ("blobs", "ingest") for path in (dock.store.root / folder).rglob("*") if path.is_file()]


def test_an_image_of_one_layer(dock: Dock, tar: Path, console: Recorder) -> None:
    row = dock.import_image(tar, "app:1.0", change=['CMD ["app"]', "USER app"], message="by hand").iloc[0]
    assert (row.reference, row.layers, row.size_bytes, row.user) == (
        "docker.io/library/app:1.0",
        1,
        len(CONTENT),
        "app",
    )
    assert console.said == [row.image_id] and not row.dangling
    assert pd.isna(row.pulled_at) and pd.isna(row.digest)
    inspected = json.loads(dock.inspect("app:1.0", format="json"))[0]
    assert inspected["RootFS"]["Layers"] == [f"sha256:{hashlib.sha256(tar.read_bytes()).hexdigest()}"]
    assert inspected["Config"] == {"Cmd": ["app"], "User": "app"} and inspected["Comment"] == "by hand"
    assert dock.cat("app:1.0", "/etc/motd") == CONTENT.decode().strip()
    (step,) = dock.history("app:1.0").itertuples()
    assert (step.comment, step.size_bytes, pd.isna(step.created_by)) == ("by hand", len(CONTENT), True)


def test_without_a_name_it_is_dangling_until_it_gets_one(dock: Dock, tar: Path) -> None:
    dock = _at(dock, "0")
    assert dock.import_image(tar).dangling.tolist() == [True]
    assert dock.import_image(tar, "app").reference.tolist() == ["docker.io/library/app:latest"]
    assert dock.import_image(tar).dangling.tolist() == [False] and len(dock.ls()) == 1


def test_a_name_moves_and_the_old_image_is_dangling(dock: Dock, tar: Path) -> None:
    dock.import_image(tar, "app")
    dock.import_image(tar, "app", message="again")
    assert sorted(dock.ls().dangling) == [False, True]


@pytest.mark.parametrize(
    ("compress", "media_type"),
    [
        (bytes, "tar"),
        (gzip.compress, "tar+gzip"),
        (zstd.compress, "tar+zstd"),
        (bz2.compress, "tar"),
        (lzma.compress, "tar"),
    ],
)
def test_what_a_layer_may_be_compressed_with_stays(
    dock: Dock, compress: Callable[[bytes], bytes], media_type: str, tmp_path: Path
) -> None:
    content = made("a", "b")
    packed = compress(content)
    (tmp_path / "root").write_bytes(packed)
    dock.import_image(tmp_path / "root", "app")
    image = dock.store.images().by_id[dock.ls().image_id[0]]
    layer = image.layers[0]
    assert layer.descriptor.media_type == f"application/vnd.oci.image.layer.v1.{media_type}"
    assert str(layer.diff_id) == f"sha256:{hashlib.sha256(content).hexdigest()}"
    kept = packed if "+" in media_type else content
    assert b"".join(dock.store.open(layer.descriptor)) == kept


def test_skopeo_and_umoci_read_it_out_of_the_store(dock: Dock, tar: Path, tmp_path: Path) -> None:
    dock.import_image(tar, "app:1.0", change=["ENV a=b", "EXPOSE 80", "LABEL l=m", "HEALTHCHECK NONE"])
    name = f"{dock.store.root}:docker.io/library/app:1.0"
    seen = json.loads(skopeo("inspect", "--config", f"oci:{name}"))
    assert seen["config"] == {"Env": ["a=b"], "ExposedPorts": {"80/tcp": {}}, "Labels": {"l": "m"}}  # OCI's fields
    skopeo("copy", f"oci:{name}", f"docker-archive:{tmp_path / 'app.tar'}:app:1.0")
    umoci("unpack", "--rootless", "--image", name, tmp_path / "bundle")
    assert (tmp_path / "bundle/rootfs/etc/motd").read_bytes() == CONTENT


def test_the_same_file_and_time_make_the_same_image(dock: Dock, tar: Path) -> None:
    ids = {_at(dock, "86400").import_image(tar, f"app:{number}", change="CMD a").image_id[0] for number in range(2)}
    assert len(ids) == 1
    assert set(dock.ls().created.map(str)) == {"1970-01-02 00:00:00+00:00"}


@pytest.mark.parametrize("epoch", ["soon", "1e9", "9" * 30])
def test_a_time_that_is_none_is_said(dock: Dock, tar: Path, epoch: str) -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is no time"):
        _at(dock, epoch).import_image(tar)
    assert not blobs(dock)


def test_the_environment_says_when_images_were_built() -> None:
    assert Settings.read({"SOURCE_DATE_EPOCH": "12"}).source_date_epoch == "12"


def test_the_platform_is_what_the_flag_says(dock: Dock, tar: Path) -> None:
    assert dock.import_image(tar, platform="linux/arm/v7").platform.tolist() == ["linux/arm/v7"]


def test_an_open_file_stays_open(dock: Dock) -> None:
    file = io.BytesIO(made() + b"rest")
    dock.import_image(file, "app")
    assert not file.closed


def test_standard_input(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(made())))
    run(dock, "import", "-", "app", "-c", "ENTRYPOINT a", "-c", "CMD b", "-m", "piped")
    assert dock.history("app").comment.tolist() == ["piped"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no tar at all" * 100, "invalid tar header"),
        (made()[:700], "unexpected EOF"),
        *((compress(made())[:-9], "unexpected EOF") for compress in (gzip.compress, bz2.compress, lzma.compress)),
        (bz2.compress(b"no tar" * 100), "invalid tar header"),
        (b"BZh9 no bzip2", "invalid compressed data"),
        (b"\xfd7zXZ\0 no xz", "invalid compressed data"),
        (lzma.compress(made(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}]), "emory usage limit"),
    ],
    ids=["text", "cut", "gzip cut", "bzip2 cut", "xz cut", "text in bzip2", "bzip2", "xz", "xz of 256 MiB"],
)
def test_nothing_is_kept_of_what_is_no_tar(dock: Dock, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(content)
    with pytest.raises(InvalidContent, match=f"cannot import {tmp_path}/junk: .*{reason}") as raised:
        dock.import_image(tmp_path / "junk", "app")
    assert "tar of a root file system" in raised.value.hint
    assert not blobs(dock) and dock.ls().empty


def test_names_that_climb_out_are_rows(dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "root.tar").write_bytes(made("../../climbs", "/absolute"))
    dock.import_image(tmp_path / "root.tar", "app")
    assert set(dock.files("app").path) >= {"/climbs", "/absolute"}
    assert not list(tmp_path.rglob("climbs"))


def test_wrong_arguments_are_said_before_the_file_is_read(dock: Dock, tar: Path) -> None:
    unread = io.BytesIO(made())
    for arguments, error, message in (
        ({"change": "RUN a"}, UsageError, "run is not a valid change command"),
        ({"name": "scratch"}, Refused, "reserved name"),
        ({"name": f"app@sha256:{'a' * 64}"}, Refused, "digest reference"),
    ):
        with pytest.raises(error, match=message):
            dock.import_image(unread, **arguments)  # type: ignore[arg-type]
    assert unread.tell() == 0


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("nosuch.tar", "cannot read nosuch.tar: No such file"),
        (SAMPLES, "it is a folder"),
        ("https://example.org/root.tar", "is no file"),
        (io.StringIO("text"), "is no binary file"),
        ("-", "nothing is piped"),
        (1, "FILE must be"),
    ],
)
def test_what_is_no_file_is_said(dock: Dock, file: object, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match=message) as raised:
        dock.import_image(file)  # type: ignore[arg-type]
    assert raised.value.hint and not blobs(dock)


def test_a_file_that_fails_in_the_middle_leaves_nothing(dock: Dock) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(700)

    with pytest.raises(UsageError, match="cannot read the file: Input/output error"):
        dock.import_image(Failing(made()))
    assert not blobs(dock)


def run(dock: Dock, *words: str) -> object:
    call = table.read(words, "nbdock")
    assert isinstance(call, Invocation)
    return call(dock)


def _at(dock: Dock, epoch: str) -> Dock:
    return Dock(console=dock.console, settings=replace(dock.settings, source_date_epoch=epoch))
