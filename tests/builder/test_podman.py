"""What podman builds of Dockerfiles without RUN, nbdock builds too: the same tree, and the same config."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builder.answers import Answer, answer, tree
from tests.builder.cases import BASE, CASES, Case, fill
from tests.builder.conftest import Context
from tests.parts.programs import run

BOTH = (
    "copy several",
    "copy globs",
    "copy a folder",
    "copy the whole context",
    "copy over folders",
    "copy links as they are",
    "copy hard links",
    "copy onto a link to a folder",
    "chown by name",
    "from a stage",
    "from a stage all",
    "from an image",
    "on a stage",
    "add tar",
    "add tars by a glob",
    "env",
    "label",
    "expose",
    "volume",
    "cmd and entrypoint",
    "healthcheck",
    "stopsignal",
    "onbuild",
    "a base",
    "ignore",
)
"""Cases of each kind, which podman 4.3 builds as BuildKit does.

Where it differs BuildKit wins, whose answers test_buildkit.py has: podman makes no folder for WORKDIR, and none on the
way has the `--chmod` of a file; of folders it loses set-user-id; of archives `--chown` does nothing, and the mode of
their root counts; SHELL does not change CMD; a range of ports stays one; an ignored folder has mode 755 where a file in
it is not ignored; a stage does not inherit the arguments of another; no ARG hides a variable of ENV.
"""
_LABEL = "io.buildah.version"
_FIELDS = "User ExposedPorts Env Entrypoint Cmd Volumes StopSignal Healthcheck OnBuild".split()


@pytest.fixture(scope="module")
def store() -> Iterator[Path]:
    """Where podman keeps what it builds: its path may be no longer than 50 characters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", BOTH)
def test_podman_builds_the_same(context: Context, tmp_path: Path, store: Path, name: str) -> None:
    case = CASES[name]
    fill(context.folder)
    ours, theirs = context.answer(case), _Podman(store, context.folder, tmp_path).answer(case)
    assert tree(ours) == tree(theirs)
    assert _fields(ours) == _fields(theirs)


def _fields(found: Answer) -> dict[str, Any]:
    """The fields that an instruction sets, but for podman's own label; the working folder is / if none is set."""
    config = found["config"]["config"]
    labels = {name: value for name, value in (config.get("Labels") or {}).items() if name != _LABEL}
    fields = {name: config.get(name) or None for name in _FIELDS}
    return {**fields, "Env": sorted(config["Env"]), "WorkingDir": config.get("WorkingDir") or "/", "Labels": labels}


class _Podman:
    def __init__(self, store: Path, context: Path, folder: Path) -> None:
        self._store, self._context, self._folder = store, context, folder

    def answer(self, case: Case) -> Answer:
        if case.base:
            self._build(Case(case.base), BASE)
        self._build(case, "built:1.0")
        made = self._folder / "podman"  # not as an OCI archive, which has no HEALTHCHECK and no ONBUILD
        self._run("save", "--quiet", "--format=docker-dir", f"--output={made}", "built:1.0")
        return answer("manifest.json", {file.name: file.read_bytes() for file in made.iterdir()})

    def _build(self, case: Case, tag: str) -> None:
        dockerfile, ignore = self._folder / "Dockerfile", self._folder / "ignore"
        dockerfile.write_text(case.text)
        ignore.write_text(case.ignore)
        arguments = [f"--build-arg={name}={value}" for name, value in case.args.items()]
        files = [f"--file={dockerfile}", f"--ignorefile={ignore}", f"--tag={tag}"]
        self._run("build", "--isolation=chroot", "--format=docker", "--quiet", *files, *arguments, self._context)

    def _run(self, *arguments: object) -> None:
        own = [
            f"--root={self._store / 'images'}",
            f"--runroot={self._store / 'run'}",
            f"--tmpdir={self._store / 'tmp'}",
        ]
        flags = ["--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--events-backend=none"]
        run("podman", *own, *flags, *arguments)
