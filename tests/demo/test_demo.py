"""`nbdock demo`: a session on the samples, for a command, for the notebooks, for JupyterLab."""

from __future__ import annotations

import errno
import json
import locale
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.error import URLError

import nbformat
import pytest

from nbdock.api import Dock
from nbdock.commands import table
from nbdock.commands.demo import demo
from nbdock.demo import SAMPLES, notebooks
from nbdock.demo.session import Session, session
from nbdock.dock.console import Console
from nbdock.dock.dock import Settings
from nbdock.errors import ImageNotFound, Refused, UsageError
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index
from nbdock.oci.reference import Reference
from nbdock.reading import read
from nbdock.registry.hosts import Hosts
from nbdock.server import server
from nbdock.store import Store
from tests.binder.kernels import Server
from tests.commands.conftest import Recorder
from tests.parts.programs import skopeo
from tests.store.forks import alone, at_changes

NBDOCK = [sys.executable, "-m", "nbdock"]


class Terminal(Recorder):
    shows_widgets = False


def test_every_sample_is_pulled_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with session(Dock()) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        dock, samples = Dock(), Store(SAMPLES)
        for sample in samples.names():
            dock.pull(str(sample.reference), quiet=True)
        here = {name.reference: name.target for name in dock.store.names()}
        assert all(here[sample.reference] == sample.target for sample in samples.names())
        assert list(dock.search("hello").name) == ["gcr.io/google-samples/hello-app", "hello-world"]
        (httpd,) = dock.search("httpd").itertuples()
        assert (httpd.stars, httpd.official) == (0, False)
        assert httpd.description.startswith("Sample of httpd.") and httpd.description.endswith("nothing in it runs.")
    assert not running.folder.exists()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Descriptor]]:
    """What a name stands for in a session."""
    with session(Dock()) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        registry = Dock().registry
        yield lambda name: registry.repository(Reference.parse(name)).resolve(Reference.parse(name))


def test_a_sample_is_found_by_its_digest_too(served: Callable[[str], Descriptor]) -> None:
    index = served("busybox")
    assert served(f"busybox@{index.digest}") == index
    for child in Index.parse(read(Store(SAMPLES), index)).manifests:
        assert served(f"busybox:latest@{child.digest}") == child


@pytest.mark.parametrize("name", ["httpd:9", "nothing", "docker.io/me/httpd", f"httpd@sha256:{'0' * 64}"])
def test_what_is_no_sample_is_not_found(served: Callable[[str], Descriptor], name: str) -> None:
    with pytest.raises(ImageNotFound, match="not found: manifest unknown") as refusal:
        served(name)
    assert refusal.value.hint


def test_the_digest_of_another_repository_is_not_found(served: Callable[[str], Descriptor]) -> None:
    httpd = served("httpd")
    with pytest.raises(ImageNotFound):
        served(f"busybox@{httpd.digest}")


def test_a_package_that_is_read_only_is_enough() -> None:
    def look() -> None:
        at_changes(SAMPLES.parent, refuse)
        with session(Dock()) as running:
            running.run([*NBDOCK, "pull", "-q", "hello-world"])

    def refuse() -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    alone(look)


def test_other_tools_find_the_samples_too() -> None:
    with session(Dock()) as running:
        conf = running.environment()["CONTAINERS_REGISTRIES_CONF"]
        seen = json.loads(skopeo("--registries-conf", conf, "inspect", "--no-tags", "docker://httpd"))
    assert seen["Labels"]["dev.nbdock.sample"] == "true"


def test_docker_hub_is_asked_first_where_that_is_wanted() -> None:
    with session(Dock(), hub=True) as running:
        hosts = Hosts.load([Path(running.environment()["CONTAINERS_REGISTRIES_CONF"])])
        for name, first in (("httpd", "registry-1.docker.io"), ("gcr.io/google-samples/hello-app", "gcr.io")):
            own, samples = hosts.endpoints(Reference.parse(name))
            assert (own.host, own.insecure) == (first, False)
            assert samples.repository == f"samples/{own.repository}".replace("samples/google", "samples/gcr.io/google")
            assert hosts.endpoints(Reference.parse(name), push=True) == (own,)


def test_docker_hub_is_asked_first_where_no_port_can_be_opened_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "bind_sockets", refuse_port)
    with session(Dock(), hub=True) as running:
        hosts = Hosts.load([Path(running.environment()["CONTAINERS_REGISTRIES_CONF"])])
        own, samples = hosts.endpoints(Reference.parse("httpd"))
        assert (own.socket, Path(samples.socket).is_socket()) == ("", True)


def refuse_port(*_: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_command_has_the_samples_and_its_own_exit_code_is_told(tmp_path: Path) -> None:
    pulled = subprocess.run([*NBDOCK, "demo", *NBDOCK, "pull", "-q", "httpd"], capture_output=True, text=True)
    assert (pulled.returncode, pulled.stdout) == (0, "docker.io/library/httpd:latest\n")
    with pytest.raises(Refused, match="ended with exit code 7"):
        Session(tmp_path).run([sys.executable, "-c", "raise SystemExit(7)"])
    with pytest.raises(UsageError, match="cannot run no-such-program: No such file or directory"):
        Session(tmp_path).run(["no-such-program"])


def test_what_is_to_end_ends_its_command() -> None:
    code = "import signal, sys; print('ready', flush=True); signal.pause()"
    running = subprocess.Popen([*NBDOCK, "demo", sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert running.stdout and running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)  # the command's own affair, which the terminal sends to it as well
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 1


def notebook(path: Path, *cells: str) -> Path:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    return path


def test_a_check_shows_what_cells_show_and_which_notebooks_pass(tmp_path: Path) -> None:
    good = notebook(tmp_path / "good.ipynb", "%load_ext nbdock", "images = %image ls\nimages", "print('seen')")
    bad = notebook(tmp_path / "bad.ipynb", "%load_ext nbdock\n%image rm nothing", "print('never')")
    said: list[str] = []
    with session(Dock()) as running, pytest.raises(Refused, match="1 of 2 notebooks failed: bad"):
        notebooks.check([good, bad], running, said.append)
    text = "\n".join(said)
    assert (
        ">>> images = %image ls\n... images\nEmpty DataFrame\nColumns: [repository, tag, " in text
        and ">>> print('seen')\nseen" in text
    )
    assert "ImageNotFound: No such image: nothing:latest" in text and "never" not in text
    assert said[-2:] == ["good: passed", "bad: failed"]


def test_each_notebook_begins_with_an_empty_store(tmp_path: Path) -> None:
    cells = ("%load_ext nbdock", "images = %image ls\nassert images.empty", "%image pull -q hello-world")
    with session(Dock()) as running:
        notebooks.check([notebook(tmp_path / f"{name}.ipynb", *cells) for name in "ab"], running, lambda line: None)


@pytest.mark.parametrize("module", ["jupyterlab", "tornado"])
def test_what_is_not_installed_is_named(module: str) -> None:
    """In a process of its own: modules that are imported anew here would not be those that other tests patch."""
    code = f"import sys; sys.modules[{module!r}] = None; from nbdock.__main__ import main; sys.exit(main(['demo']))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and f"the demo needs {module}" in run.stderr
    assert run.stderr.endswith("pip install jupyterlab nbclient\n")


@pytest.mark.parametrize("more", [{"check": True}, {"hub": True}])
def test_jupyterlab_is_not_opened_in_a_notebook(more: dict[str, bool]) -> None:
    with pytest.raises(Refused) as refusal:
        demo(Dock(console=Console()), **more)
    assert refusal.value.hint == "in a terminal: nbdock demo"


@pytest.mark.parametrize(
    ("uid", "root", "language", "course"),
    [
        (0, ["--allow-root"], "en_US", "01-course.ipynb"),
        (1000, [], "ko_KR", "ko/01-course.ipynb"),
        (1000, [], None, "01-course.ipynb"),
    ],
)
def test_jupyterlab_gets_its_flags_and_starts_as_root_too(
    monkeypatch: pytest.MonkeyPatch, uid: int, root: list[str], language: str | None, course: str
) -> None:
    commands: list[Sequence[object]] = []
    monkeypatch.setattr(locale, "getlocale", lambda: (language, "UTF-8"))
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(Session, "run", lambda _session, command, folder: commands.append([*command, folder]))
    table.read(["demo", "--", "--no-browser", "--port=0"], "nbdock")(Dock(console=Terminal()))
    ((*command, copies),) = commands
    flags = [f"--ServerApp.root_dir={copies}", "--no-browser", "--port=0"]
    assert command == [sys.executable, "-m", "jupyterlab", *root, *flags, course]
    assert (notebooks.folder() / course).is_file()


@pytest.mark.slow
def test_jupyterlab_opens_on_copies_of_the_notebooks(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        lab = Server(f"http://127.0.0.1:{free.getsockname()[1]}", "token")
        port = free.getsockname()[1]
    settings = {"ServerApp": {"port": port, "open_browser": False}}
    (tmp_path / "jupyter_server_config.json").write_text(
        json.dumps({**settings, "IdentityProvider": {"token": lab.token}})
    )
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path)}
    running = subprocess.Popen([*NBDOCK, "demo"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        listed = {entry["name"] for entry in _ready(lab, running).ask("GET", "contents")["content"]}
        assert {path.name for path in notebooks.all()} | {"ko"} <= listed
        assert running.stdout and "The images are samples" in running.stdout.readline()
    finally:
        running.terminate()
        assert running.wait(30) == 0


def _ready(lab: Server, running: subprocess.Popen[str]) -> Server:
    while running.poll() is None:
        try:
            lab.ask("GET", "status")
            return lab
        except URLError:
            time.sleep(0.1)
    raise AssertionError("the demo ended")


def test_a_session_has_no_base_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it shows are samples, whatever a class has below its users' stores."""
    monkeypatch.setenv("NBDOCK_STORE_BASE", str(tmp_path))
    with session(Dock()) as running:
        assert Settings.read({**os.environ, **running.environment()}).store_base is None
