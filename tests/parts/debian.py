"""Debian's static busybox: a real program, for an architecture that this machine may not have."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.parts.once import once
from tests.parts.programs import run

ARCHITECTURES = ("amd64", "arm64")


def busybox_program(architecture: str) -> bytes:
    """The program for `amd64` or `arm64`, downloaded once on a machine."""
    package = next(once(_packages, [Path(__file__)]).glob(f"*_{architecture}.deb"))
    return run("tar", "--extract", "--to-stdout", "./bin/busybox", stdin=run("dpkg-deb", "--fsys-tarfile", package))


def applets(program: bytes) -> list[str]:
    """The names that a busybox answers to. It keeps them in one sorted table, so that nothing need run."""
    start = program.index(b"[\0[[\0")
    return program[start : program.index(b"\0\0", start)].decode().split("\0")


def _packages(folder: Path) -> None:
    """By an apt that shares only its sources with the machine's: no `dpkg --add-architecture`, no root."""
    with tempfile.TemporaryDirectory() as private:
        state = Path(private)
        (state / "lists" / "partial").mkdir(parents=True)
        (state / "status").touch()
        options = (
            f"Dir::State={state}",
            f"Dir::State::status={state}/status",
            f"Dir::Cache={state}",
            f"APT::Architectures={','.join(ARCHITECTURES)}",
            "APT::Sandbox::User=",
            "Acquire::Languages=none",
        )
        apt = ["apt-get", "--quiet", *(word for option in options for word in ("--option", option))]
        run(*apt, "update")
        run(*apt, "download", *(f"busybox-static:{name}" for name in ARCHITECTURES), folder=folder)
