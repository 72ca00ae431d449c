"""How repo2docker reads binder/, by its own code. Nothing is built, so Docker is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks import PythonBuildPack
from repo2docker.utils import chdir, open_guess_encoding

ROOT = Path(__file__).parent.parent.parent
INSTALL = ("${NB_USER}", '${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"')


@pytest.fixture
def pack() -> Iterator[PythonBuildPack]:
    """The build pack that repo2docker chooses."""
    with chdir(ROOT):
        packs = [kind("buildpack-deps:jammy") for kind in Repo2Docker().buildpacks]
        chosen = next(each for each in packs if each.detect())
        assert type(chosen) is PythonBuildPack
        chosen.platform = "linux/amd64"
        yield chosen


def test_requirements_are_read_as_text(pack: PythonBuildPack) -> None:
    with open_guess_encoding(pack.binder_path("requirements.txt")) as file:
        assert [line.strip() for line in file if not line.startswith("#")] == [".[sql]"]


def test_nbdock_is_installed_once_the_repository_is_copied(pack: PythonBuildPack) -> None:
    assert INSTALL not in pack.get_preassemble_scripts()
    assert INSTALL in pack.get_assemble_scripts()


def test_python_is_one_that_repo2docker_has_and_nbdock_runs_on(pack: PythonBuildPack) -> None:
    files = pack.get_build_script_files()
    assert (pack.runtime[:2], pack.python_version) == (("python", "3.12"), "3.12")
    assert "conda/environment.py-3.12-linux-64.lock" in files


def test_post_build_and_start_are_found(pack: PythonBuildPack) -> None:
    assert pack.get_post_build_scripts() == ["binder/postBuild"]
    assert pack.get_start_script() == "${REPO_DIR}/binder/start"
