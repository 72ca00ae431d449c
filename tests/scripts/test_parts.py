"""scripts/parts on machines that lack something, faked by a PATH of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent.parent / "scripts"
PROGRAMS = ("docker-registry", "skopeo", "umoci", "podman", "openssl", "chromium", "git", "systemd")
PRESENT = ("bash", "dirname", "env")
Fake = Callable[..., None]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone's scripts, with no .venv yet."""
    shutil.copytree(SCRIPTS, tmp_path / "clone/scripts")
    return tmp_path / "clone"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The only folder on PATH: a Python, none of the programs, no apt, no root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PRESENT:
        (folder / name).symlink_to(str(shutil.which(name)))
    fake(folder, "id", "echo 1000")
    python(folder)
    return folder


def fake(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


def python(folder: Path, before: str = "") -> None:
    """A python3 that runs `before` first."""
    fake(folder, "python3", f"exec {sys.executable} -c $'{before}\\n'\"$2\"")


def run(clone: Path, path: Path, *command: str) -> tuple[int, str, str]:
    """The exit code, and what was printed on the two streams."""
    done = subprocess.run(command, cwd=clone, env={"PATH": str(path)}, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def missing(*packages: str) -> str:
    return f"missing: {' '.join(packages)}; on Debian, as root: apt-get install {' '.join(packages)}\n"


@pytest.mark.parametrize("apt", [False, True], ids=["no apt", "no root"])
def test_one_line_says_what_is_missing_and_no_test_runs(clone: Path, path: Path, apt: bool) -> None:
    if apt:
        fake(path, "apt-get", "exit 100")
    assert run(clone, path, "scripts/test") == (1, "", missing(*PROGRAMS))
    assert not (clone / ".venv").exists()


def test_some_of_the_tests_need_the_parts_too(clone: Path, path: Path) -> None:
    assert run(clone, path, "scripts/test", "tests/oci") == (1, "", missing(*PROGRAMS))


@pytest.mark.parametrize("root", ["echo 0", "echo 1000"], ids=["root", "sudo"])
def test_what_is_missing_is_installed(clone: Path, path: Path, root: str) -> None:
    log = path.parent / "log"
    fake(path, "id", root)
    fake(path, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{log}')
    fake(path, "sudo", f'echo "sudo $*" >>{log}; shift; "$@"')
    code, _, errors = run(clone, path, "scripts/parts")
    asked = [line.strip() for line in log.read_text().splitlines() if not line.startswith("sudo")]
    install = "noninteractive install --quiet --yes --no-install-recommends"
    assert (code, errors, asked) == (0, "", ["update --quiet", f"{install} {' '.join(PROGRAMS)}"])
    assert ("sudo -n apt-get update --quiet" in log.read_text()) == (root == "echo 1000")


def test_an_apt_that_fails_ends_with_the_same_line(clone: Path, path: Path) -> None:
    fake(path, "id", "echo 0")
    fake(path, "apt-get", "echo 'E: no network' >&2; exit 100")
    assert run(clone, path, "scripts/parts")[::2] == (1, "E: no network\n" + missing(*PROGRAMS))


def test_a_machine_that_has_all_is_asked_for_nothing(clone: Path, path: Path) -> None:
    for name in PROGRAMS:
        fake(path, name, "exit 1")
    assert run(clone, path, "scripts/parts") == (0, "", "")


@pytest.mark.parametrize("script", ["scripts/test", "scripts/demo", "scripts/check"])
def test_an_old_python_is_refused(clone: Path, path: Path, script: str) -> None:
    python(path, "import sys; sys.version_info = (3, 9, 2)")
    line = "nbdock needs Python 3.11 or later, python3 is 3.9.2; name another: PYTHON=python3.12 scripts/test\n"
    assert run(clone, path, script) == (1, "", line)


def test_python_without_venv_is_named_with_its_package(clone: Path, path: Path) -> None:
    python(path, 'import sys; sys.modules["ensurepip"] = None')
    assert run(clone, path, "scripts/demo") == (1, "", missing("python3-venv"))
    assert run(clone, path, "scripts/test") == (1, "", missing("python3-venv", *PROGRAMS))


def test_a_machine_without_python(clone: Path, path: Path) -> None:
    (path / "python3").unlink()
    line = "missing: python3; on Debian, as root: apt-get install python3-venv\n"
    assert run(clone, path, "scripts/test") == (1, "", line)
