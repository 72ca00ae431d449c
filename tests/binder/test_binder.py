"""What repo2docker does with binder/, done without Docker: a clean environment, postBuild, start, and a kernel."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.error import URLError

import pytest

from nbdock.demo import notebooks
from scripts.matrix import interpreter
from tests.binder.kernels import Server

ROOT = Path(__file__).parent.parent.parent
PYTHON = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
BASE = ["jupyterlab>=4.4"]
"""What of repo2docker's own environment this takes."""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that git has, or would take."""
    folder = tmp_path_factory.mktemp("binder") / "repository"
    listed = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(repository: Path) -> Mapping[str, str]:
    """The Python of runtime.txt, with nothing but what requirements.txt names and nbdock.

    Docker Hub is out of reach, so that it is the same everywhere.
    """
    python = interpreter(PYTHON)
    assert python, f"Binder's Python {PYTHON} is not installed here"
    folder = repository.parent / "python"
    subprocess.run([python, "-m", "venv", folder], check=True)
    lock = ["--require-hashes", "--no-deps", "-r", "binder/requirements.txt"]
    subprocess.run([*pip(folder), "install", *lock], check=True, cwd=repository)
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    own = {name: value for name, value in os.environ.items() if name in ("LANG", "TMPDIR")}
    nowhere = "http://127.0.0.1:9"
    return {**own, "HOME": str(repository.parent), "PATH": path, "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}


@pytest.fixture(scope="module")
def built(repository: Path, environment: Mapping[str, str]) -> str:
    """What postBuild says, with Jupyter there."""
    subprocess.run([*pip(repository.parent / "python"), "install", *BASE], check=True)
    command = "binder/postBuild"
    done = subprocess.run([command], env=environment, cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def server(repository: Path, environment: Mapping[str, str], built: str) -> Iterator[Server]:
    """JupyterLab behind `start`, as Binder starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = Server(f"http://127.0.0.1:{port}", secrets.token_hex())
    flags = [f"--port={port}", f"--IdentityProvider.token={running.token}", "--no-browser", "--allow-root"]
    process = subprocess.Popen(["binder/start", "jupyter", "lab", *flags], env=environment, cwd=repository)
    try:
        _wait(running, process)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) is not None


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            server.ask("GET", "status")
            return
        except URLError:
            time.sleep(0.1)
    raise AssertionError("start ended")


def pip(folder: Path) -> list[str | Path]:
    return [folder / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check"]


def test_the_lock_is_all_that_nbdock_needs(repository: Path, environment: Mapping[str, str]) -> None:
    code = "import nbdock; from nbdock.demo import SAMPLES; print(nbdock.ls(f'oci:{SAMPLES}').repository.nunique())"
    alone = {**environment, "PYTHONPATH": str(repository)}
    assert int(subprocess.check_output(["python", "-c", code], env=alone, cwd=environment["HOME"])) > 5


def test_the_image_is_built(built: str) -> None:
    assert all(f"{notebooks.title(path)}: passed" in built for path in notebooks.all())


def test_nothing_that_is_installed_lacks_what_it_requires(repository: Path, built: str) -> None:
    subprocess.run([*pip(repository.parent / "python"), "check"], check=True)


def test_the_notebooks_are_in_the_package_that_is_installed(environment: Mapping[str, str], built: str) -> None:
    code = "from nbdock.demo import notebooks; print(*notebooks.all(), sep='\\n')"
    listed = subprocess.check_output(["python", "-c", code], env=environment, cwd=environment["HOME"], text=True)
    installed = list(map(Path, listed.splitlines()))
    assert all("site-packages" in path.parts for path in installed)
    assert [path.name for path in installed] == [path.name for path in notebooks.all()]


@pytest.mark.parametrize("course", ["01-course", "ko/01-course"])
def test_the_course_runs_in_the_kernel_of_its_notebook(server: Server, course: str) -> None:
    notebook = server.ask("GET", f"contents/notebooks/{course}.ipynb")["content"]
    with server.kernel() as kernel:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                status, shown = kernel.run(cell["source"])
                refused = "raises-exception" in cell["metadata"].get("tags", [])
                assert status == ("error" if refused else "ok"), shown


def test_where_docker_hub_gives_nothing_a_sample_is_pulled_and_one_line_says_so(server: Server) -> None:
    with server.kernel() as kernel:
        status, shown = kernel.run("%load_ext nbdock\nlayers = %image pull httpd\n%image rm httpd;")
    [line] = [line for line in shown.splitlines() if line.endswith("instead")]
    assert status == "ok" and "Status: Downloaded newer image for httpd:latest" in shown
    assert line.startswith("passed over registry-1.docker.io: cannot reach ") and line.endswith(
        "/samples/library/httpd instead"
    )
