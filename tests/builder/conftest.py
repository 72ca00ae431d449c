"""A dock of the test's own, a folder to build, and what was built as a tree."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest

from nbdock.api import Dock
from nbdock.errors import NbdockError
from tests.builder.answers import Answer, of_archive
from tests.builder.cases import BASE, Case
from tests.commands.conftest import Recorder


class Entry(NamedTuple):
    """A file of an image: its type, mode, owner, and its content or where it leads."""

    type: str
    mode: int
    owner: tuple[int, int]
    content: bytes | str = b""


class Context:
    """A folder to build, and the dock that builds it."""

    def __init__(self, folder: Path, dock: Dock, console: Recorder) -> None:
        self.folder, self.dock, self.console = folder, dock, console

    def file(self, path: str, content: str | bytes = "x", mode: int = 0o644) -> Path:
        made = self.folder / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(content.encode() if isinstance(content, str) else content)
        made.chmod(mode)
        return made

    def link(self, path: str, target: str) -> None:
        made = self.folder / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.symlink_to(target)

    def build(self, dockerfile: str, **flags: object) -> dict[str, Entry]:
        """Build, and return the tree of the image."""
        self.dock.build(self.folder, dockerfile=dockerfile, tags="built:1.0", **flags)  # type: ignore[arg-type]
        return self.tree()

    def tree(self, name: str = "built:1.0") -> dict[str, Entry]:
        """The files of an image by path, as its layers have them, the lowest first."""
        found: dict[str, Entry] = {}
        for path in self.layers(name):
            with tarfile.open(path) as layer:
                for member in layer:
                    found[f"/{member.name}"] = _entry(layer, member, found)
        return found

    def answer(self, case: Case) -> Answer:
        """What nbdock makes of a case, whose context this is."""
        if case.base:
            self.dock.build(self.folder, dockerfile=case.base, tags=BASE)
        written, made = self.folder.parent / "Dockerfile", self.folder.parent / "made.tar"
        written.write_text(case.text)
        written.with_name("Dockerfile.dockerignore").write_text(case.ignore)
        try:
            self.dock.build(self.folder, file=written, build_args=case.args, tags="built:1.0")
        except NbdockError as error:
            return {"error": str(error)}
        self.dock.copy("built:1.0", f"oci-archive:{made}")
        return of_archive(made)

    def layers(self, name: str = "built:1.0") -> list[Path]:
        """The layers of an image, as they are kept."""
        return [self.dock.store.layers_folder / digest.split(":")[1] for digest in self.dock.layers(name).layer]

    def names(self, number: int = -1, name: str = "built:1.0") -> list[str]:
        """The names in one layer, in their order."""
        with tarfile.open(self.layers(name)[number]) as layer:
            return layer.getnames()


def _entry(layer: tarfile.TarFile, member: tarfile.TarInfo, known: dict[str, Entry]) -> Entry:
    if member.islnk():
        return known[f"/{member.linkname}"]
    kind = "directory" if member.isdir() else "symlink" if member.issym() else "fifo" if member.isfifo() else "file"
    content = layer.extractfile(member) if member.isfile() else None
    read = content.read() if content else member.linkname if member.issym() else b""
    return Entry(kind, member.mode, (member.uid, member.gid), read)


@pytest.fixture
def console() -> Recorder:
    return Recorder()


@pytest.fixture
def context(tmp_path: Path, console: Recorder, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    folder = tmp_path / "context"
    folder.mkdir()
    return Context(folder, Dock(tmp_path / "store", console=console), console)
