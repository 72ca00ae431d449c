"""Where a build goes: files and folders, `--iidfile`, and what contradicts itself."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from nbdock import commands
from nbdock.errors import UsageError
from tests.builder.conftest import Context
from tests.builder.test_hostile import refused


def test_outputs_of_several_platforms(context: Context, tmp_path: Path) -> None:
    context.file("a", "hello")
    dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY a /$TARGETARCH/"

    def build(output: str) -> None:
        context.dock.build(
            context.folder, dockerfile=dockerfile, outputs=output, platforms=["linux/amd64", "linux/arm64"]
        )

    build(f"type=local,dest={tmp_path}/out")
    build(f"type=tar,dest={tmp_path}/out.tar")
    wanted = {f"linux_{each}/{each}/a" for each in ("amd64", "arm64")}
    assert {str(each.relative_to(tmp_path / "out")) for each in (tmp_path / "out").rglob("a")} == wanted
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert {each for each in tar.getnames() if each.endswith("/a")} == wanted
    with pytest.raises(UsageError, match="one platform"):
        build(f"type=docker,dest={tmp_path}/out.docker")


def test_outputs_that_cannot_be_written(context: Context, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        assert "cannot write" in str(refused(context, "FROM scratch\nLABEL a=b", outputs=f"type=local,dest={folder}"))
    with pytest.raises(UsageError, match="no name to push to"):
        context.dock.build(context.folder, dockerfile="FROM scratch\nLABEL a=b", push=True)
    assert not context.dock.store.names()


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (["type=tar,dest={}/o", "type=oci,dest={}/o"], "two outputs are called"),
        (["type=tar,dest={}/o", "type=image,name=x:1"], "contradict each other"),
        (["type=tar,dest={}/o,tar=false"], "takes no tar=false"),
        (["type=oci,dest={}/o,tar=maybe"], "tar cannot be maybe"),
        (["type=image,name=x:1,push=yes"], "push cannot be yes"),
        (["type=tar,dest={}/\0"], "invalid output path"),
    ],
)
def test_outputs_that_contradict_themselves(context: Context, tmp_path: Path, outputs: list[str], message: str) -> None:
    context.file("a")
    error = refused(context, "FROM scratch\nCOPY a /", outputs=[each.format(tmp_path) for each in outputs])
    assert message in str(error) and not (tmp_path / "o").exists()


def test_outputs_are_read_as_buildx_reads_them(context: Context, tmp_path: Path) -> None:
    """Fields with a comma are quoted; the name is that of the image in the archive."""
    context.file("a")
    context.dock.build(
        context.folder, dockerfile="FROM scratch\nCOPY a /", outputs=f'type=oci,"dest={tmp_path}/a,b.tar",name=app:2.0'
    )
    assert any("app:2.0" in line for line in context.console.said)
    context.dock.build(context.folder, dockerfile="FROM scratch\nCOPY a /", outputs='type=image,"name=c:1,d:1"')
    assert set(context.dock.ls().tag) == {"1"} and (tmp_path / "a,b.tar").is_file()


def test_an_iidfile_that_cannot_be(context: Context, tmp_path: Path) -> None:
    """A FIFO would be waited for. It is found before anything is built."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "no" / "iid"):
        with pytest.raises(UsageError, match="invalid output path"):
            iidfile(context, path)
    assert not list(context.dock.ls(all=True).reference)


def test_an_iidfile_in_the_place_of_a_symlink(context: Context, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("kept")
    (tmp_path / "iid").symlink_to("victim")
    iidfile(context, tmp_path / "iid")
    assert (tmp_path / "victim").read_text() == "kept" and (tmp_path / "iid").read_text().startswith("sha256:")


def iidfile(context: Context, path: Path) -> None:
    commands.build(context.dock, dockerfile="FROM scratch\nLABEL a=b", iidfile=path)
