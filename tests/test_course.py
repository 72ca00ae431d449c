"""The docker course, row by row, as a learner types it in a notebook, against a real registry."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbdock.dock.console import Console
from nbdock.errors import Denied, ImageInUse, ImageNotFound, InvalidReference, Unauthorized
from nbdock.jupyter.console import NotebookConsole
from tests.parts.registries import Registry
from tests.parts.storage import config_digest, manifest_digest
from tests.parts.tokens import PASSWORD, USER

Run = Callable[[str], Any]


@pytest.fixture
def shell() -> InteractiveShell:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.run_line_magic("load_ext", "nbdock")
    return shell


@pytest.fixture
def cell(shell: InteractiveShell) -> Run:
    """Runs what is typed in a cell; returns its last value, raises what it raises."""

    def run(code: str) -> Any:
        outcome = shell.run_cell(code)
        outcome.raise_error()
        return outcome.result

    return run


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """What is typed into the notebook's question boxes."""
    given: dict[str, str | None] = {"Username: ": USER, "Password: ": PASSWORD, "ask": None}
    monkeypatch.setattr(NotebookConsole, "read", lambda self, prompt: given.get(prompt))
    monkeypatch.setattr(NotebookConsole, "read_secret", lambda self, prompt: given.get(prompt))
    return given


def store_bytes() -> dict[str, int]:
    blobs = Path(os.environ["NBDOCK_STORE"]) / "blobs"
    return {str(path): path.stat().st_mtime_ns for path in blobs.rglob("*") if path.is_file()}


@pytest.mark.parametrize("magic", ["%docker", "%image"])
@pytest.mark.parametrize("term", ["httpd", "httpd:latest"])
def test_docker_search(registry: Registry, cell: Run, magic: str, term: str) -> None:
    found = cell(f"{magic} search {term}")
    assert {"name", "description", "stars", "official"} <= set(found.columns)
    assert "httpd" in [name.rpartition("/")[2] for name in found.name]


def test_docker_pull(registry: Registry, cell: Run, capsys: pytest.CaptureFixture[str]) -> None:
    layers = cell("%docker pull httpd")
    said = capsys.readouterr().out
    assert list(layers.state) == ["Pull complete"] * 5
    assert layers.layer.str.match(r"sha256:[0-9a-f]{64}$").all()
    assert layers.size_bytes.min() == 0 and layers.compressed_bytes.min() > 0
    assert "Using default tag: latest\nlatest: Pulling from library/httpd\n" in said
    assert f"Digest: {manifest_digest(registry, 'library/httpd', 'latest')}" in said
    assert "Status: Downloaded newer image for httpd:latest" in said
    assert cell("%docker image pull httpd").state.unique() == ["Already exists"]
    assert "Status: Image is up to date for httpd:latest" in capsys.readouterr().out


def test_reference_forms(registry: Registry, cell: Run) -> None:
    for name in (
        "httpd",
        "httpd:latest",
        "library/httpd:latest",
        "docker.io/library/httpd:latest",
        "index.docker.io/library/httpd:latest",
        f"httpd@{manifest_digest(registry, 'library/httpd', 'latest')}",
    ):
        image_id = cell(f"%docker pull {name}").image_id.unique()
        assert list(image_id) == [config_digest(registry, "library/httpd", "latest")]
    cell("%docker pull gcr.io/google-samples/hello-app:1.0")
    assert list(cell("%docker images").repository) == ["httpd", "gcr.io/google-samples/hello-app"]


def test_the_course_s_own_spellings(registry: Registry, cell: Run, capsys: pytest.CaptureFixture[str]) -> None:
    digest = manifest_digest(registry, "library/httpd", "latest")
    for typed, wanted in (
        (f"httpd:{digest}", f"httpd@{digest}"),
        ("http://docker.io/library/httpd:latest", "docker.io/library/httpd:latest"),
    ):
        assert len(cell(f"%docker pull {typed}")) == 5
        assert f"{typed}: docker wants this written {wanted}\n" in capsys.readouterr().out
    with pytest.raises(InvalidReference) as refusal:
        cell("%docker pull http://gcr.io/google-samples/hello-app:1.0")
    assert refusal.value.hint == "names have no scheme: type gcr.io/google-samples/hello-app:1.0"


@pytest.mark.parametrize("line", ["%docker image ls", "%docker images", "%image ls"])
def test_docker_image_ls(registry: Registry, cell: Run, line: str) -> None:
    cell("%docker pull -q httpd:2.4")
    cell("%docker pull -q httpd:2.2")
    images = cell(line)
    assert list(images.tag) == ["2.4", "2.2"]  # newest built first
    assert (images.created < images.pulled_at).all()
    assert list(images.image_id) == [config_digest(registry, "library/httpd", tag) for tag in ("2.4", "2.2")]
    assert (images.size_bytes > images.compressed_bytes).all()


def test_docker_images_name(registry: Registry, cell: Run) -> None:
    for name in ("httpd:2.4", "httpd:2.2", "busybox"):
        cell(f"%docker pull -q {name}")
    assert list(cell("%docker images httpd").tag) == ["2.4", "2.2"]
    assert list(cell("%docker images 'htt*'").repository.unique()) == ["httpd"]


def test_docker_image_inspect(registry: Registry, cell: Run) -> None:
    cell("%docker pull -q httpd")
    seen = cell("%docker image inspect httpd").iloc[0]
    assert seen.image_id == config_digest(registry, "library/httpd", "latest")
    assert (len(seen.root_fs), seen.architecture) == (5, "amd64")
    assert seen.cmd == ["httpd-foreground"] and seen.working_dir == "/usr/local/apache2"
    assert seen.graph_driver["Name"] == "oci-layout"
    document = json.loads(cell("%docker image inspect --format json httpd"))[0]
    assert {"Id", "Created", "DockerVersion", "Architecture", "RootFS", "GraphDriver", "Config"} <= set(document)
    assert cell("%docker image inspect --format '{{.Config.WorkingDir}}' httpd") == "/usr/local/apache2"
    assert "HTTPD_PREFIX=/usr/local/apache2" in cell("%docker image inspect --format '{{.Config.Env}}' httpd")


def test_docker_image_history(registry: Registry, cell: Run) -> None:
    cell("%docker pull -q httpd")
    history = cell("%docker image history httpd")
    assert list(history.created) == sorted(history.created, reverse=True)
    no_bytes = history[history.size_bytes == 0]
    assert set(no_bytes.empty_layer) == {True, False}  # 0B may be a layer, or none
    assert (history.layer.isna() == history.empty_layer).all()
    assert history.layer.nunique() == 5 < len(history)
    by_layer = cell("history = %image history httpd\nhistory.groupby('layer').size_bytes.sum()")
    assert by_layer.sum() == history.size_bytes.sum() == cell("%image ls").size_bytes[0]


def test_docker_tag(registry: Registry, cell: Run) -> None:
    cell("%docker pull -q httpd")
    before = store_bytes()
    tagged = cell("%docker tag httpd:latest mine:1.0")
    assert set(tagged.repository) == {"httpd", "mine"} and tagged.image_id.nunique() == 1
    assert store_bytes() == before


def test_docker_login(
    private_registry: Registry, cell: Run, answers: dict[str, str | None], capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{private_registry.host}/library/hello-world"
    with pytest.raises((Unauthorized, Denied)):
        cell(f"%docker pull {name}")
    assert cell(f"%docker login {private_registry.host}") == "Login Succeeded"
    said = capsys.readouterr().out
    assert "stored unencrypted" in said and PASSWORD not in said
    config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
    auth = json.loads(config.read_text())["auths"][private_registry.host]["auth"]
    assert base64.b64decode(auth).decode() == f"{USER}:{PASSWORD}"  # readable by anyone, as the course warns
    assert config.stat().st_mode & 0o777 == 0o600
    assert len(cell(f"%docker pull {name}")) == 1


def test_docker_logout(private_registry: Registry, cell: Run, answers: dict[str, str | None]) -> None:
    host = private_registry.host
    cell(f"%docker login {host}")
    assert cell(f"%docker logout {host}") == f"Removing login credentials for {host}"
    config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
    assert json.loads(config.read_text())["auths"] == {}
    with pytest.raises((Unauthorized, Denied)):
        cell(f"%docker pull {host}/library/hello-world")


def test_docker_image_rm(registry: Registry, cell: Run) -> None:
    cell("%docker pull -q httpd")
    cell("%docker tag httpd mine:1.0")
    image_id = cell("%docker images httpd").image_id[0][7:19]
    with pytest.raises(ImageNotFound, match="No such image: mine:latest"):
        cell("%docker rmi mine")  # without a tag only latest is meant
    with pytest.raises(ImageInUse) as refusal:
        cell(f"%docker image rm {image_id}")
    assert str(refusal.value) == (
        f"conflict: unable to delete {image_id} (must be forced) - image is referenced in multiple repositories"
    )
    assert list(cell("%docker rmi mine:1.0").action) == ["untagged"]
    cell("%docker tag httpd mine:1.0")
    removed = cell(f"%docker image rm -f {image_id}")
    assert set(removed.action) == {"untagged", "deleted"} and removed.reclaimed_bytes.sum() > 0
    assert store_bytes() == {} and len(cell("%image ls")) == 0


def test_docker_image_prune(registry: Registry, cell: Run, capsys: pytest.CaptureFixture[str]) -> None:
    cell("%docker pull -q httpd:2.4")
    cell(f"%docker pull -q httpd@{manifest_digest(registry, 'library/httpd', '2.2')}")
    plan = cell("%docker image prune")
    assert "there is nobody to confirm it" in capsys.readouterr().out and not plan.done.any()
    assert len(cell("%image ls")) == 2
    pruned = cell("%docker image prune -f")
    assert "Total reclaimed space: " in capsys.readouterr().out
    assert pruned.done.all() and pruned.reclaimed_bytes.sum() > 0
    assert list(cell("%image ls").tag) == ["2.4"]


def test_docker_image_prune_a(registry: Registry, cell: Run) -> None:
    cell("%docker pull -q httpd")
    cell("%docker create busybox")  # pulled, as it is not here yet
    assert list(cell("%docker ps").names) == [] and list(cell("%docker ps -a").image) == ["busybox"]
    cell("%docker image prune -a -f")
    assert list(cell("%image ls").repository) == ["busybox"]
    name = cell("%docker ps -a").names[0]
    with pytest.raises(ImageInUse, match="is using its referenced image"):
        cell("%docker rmi busybox")
    cell(f"%docker rm {name}")
    cell("%docker image prune -a -f")
    assert len(cell("%image ls")) == 0


def test_the_silent_console_answers_nothing() -> None:
    console = Console()
    assert console.ask("?", None) is None and console.read_secret("?") is None
