"""How repo2docker reads binder/, by its own code. Nothing is built, so Docker is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from repo2docker.app import Repo2Docker
from repo2docker.buildpacks import PythonBuildPack
from repo2docker.utils import chdir

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


def test_the_lock_is_installed_before_the_repository_is_copied(pack: PythonBuildPack) -> None:
    assert INSTALL in pack.get_preassemble_scripts()
    assert INSTALL not in pack.get_assemble_scripts()


def test_the_dockerfile_installs_the_lock_then_copies_the_repository_and_builds_nbdock(pack: PythonBuildPack) -> None:
    dockerfile = pack.render()
    steps = (INSTALL[1], "COPY --chown=1000:1000 src/ ${REPO_DIR}", "RUN ./binder/postBuild", "binder/start")
    places = [dockerfile.index(step) for step in steps]
    assert places == sorted(places)


def test_python_is_one_that_repo2docker_has_and_nbdock_runs_on(pack: PythonBuildPack) -> None:
    files = pack.get_build_script_files()
    assert (pack.runtime[:2], pack.python_version) == (("python", "3.12"), "3.12")
    assert "conda/environment.py-3.12-linux-64.lock" in files


def test_post_build_and_start_are_found(pack: PythonBuildPack) -> None:
    assert pack.get_post_build_scripts() == ["binder/postBuild"]
    assert pack.get_start_script() == "${REPO_DIR}/binder/start"
