"""An installed wheel brings the samples and the notebooks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbdock.demo import SAMPLES, notebooks

ROOT = Path(__file__).parent.parent.parent
NBDOCK = [sys.executable, "-m", "nbdock"]
WHERE = "from nbdock.demo import SAMPLES, notebooks; print(SAMPLES, *notebooks.all(), sep='\\n')"
pytestmark = pytest.mark.slow

Run = Callable[..., str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nbdock alone, installed from a wheel."""
    folder = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*install, "--target", folder, ROOT], check=True)
    return folder


@pytest.fixture
def run(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PYTHONPATH", str(site))
    return lambda *command: subprocess.check_output(command, cwd=tmp_path, text=True)


def test_its_data_are_those_of_the_clone(run: Run, site: Path) -> None:
    samples, *course = map(Path, run(sys.executable, "-c", WHERE).splitlines())
    assert samples == site / "nbdock" / "demo" / "samples"
    assert [path.name for path in course] == [path.name for path in notebooks.all()]
    for path in SAMPLES.rglob("*"):
        assert path.is_dir() or (samples / path.relative_to(SAMPLES)).read_bytes() == path.read_bytes()


def test_it_serves_them(run: Run) -> None:
    assert run(*NBDOCK, "demo", *NBDOCK, "pull", "-q", "httpd") == "docker.io/library/httpd:latest\n"
