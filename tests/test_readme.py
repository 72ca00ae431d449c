"""The README is true: its Python runs on the samples, and what it points to is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbdock.api import Dock, table
from nbdock.demo.session import Session, session
from nbdock.grammar import Invocation
from tests.parts.engines import Podman
from tests.parts.registries import Registry

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
TYPED = re.findall(r"`nbdock ([a-z][^`]*)`", README) + re.findall(r"^nbdock ([^#\n]+)", README, re.MULTILINE)

VARIABLES = re.findall(r"^\| (`[A-Z_`, ]+) \|", README, re.MULTILINE)
SET_BY_SERVERS = {"SERVER_SOFTWARE"}  # Voila's, for its kernels: nobody else sets it
READ_BY_LIBRARIES = {*"HTTPS_PROXY HTTP_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR".split()}
"""By httpx."""


def read_by_nbdock() -> set[str]:
    """The strings that look like a variable's name, in the files that read the environment."""
    sources = [path.read_text() for path in (ROOT / "nbdock").rglob("*.py")]
    reading = [source for source in sources if re.search(r"\benviron", source)]
    return {name for source in reading for name in re.findall(r"\"(HOME|[A-Z]+(?:_[A-Z]+)+)\"", source)}


@pytest.fixture(scope="module")
def running() -> Iterator[Session]:
    with session(Dock()) as begun:
        yield begun


@pytest.fixture
def shell(running: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    for name, value in running.environment(tmp_path.name).items():
        monkeypatch.setenv(name, value)
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))


@pytest.mark.parametrize("block", [BLOCKS[0], BLOCKS[2]], ids=["tour", "python"])
def test_its_python_runs(block: str, shell: InteractiveShell) -> None:
    shell.run_cell(f"import nbdock\n{block}").raise_error()


def test_its_dockerfile_is_built(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("index.html").write_text("<h1>Hello</h1>")
    (cell,) = re.findall(r"^```\n(%%image build.*?)^```", README, re.DOTALL | re.MULTILINE)
    shell.run_cell("%load_ext nbdock").raise_error()
    built = shell.run_cell(cell)
    built.raise_error()
    assert built.result.text.tolist() == ["FROM httpd", "COPY index.html /usr/local/apache2/htdocs/"]


def test_its_questions_of_other_places_are_answered(
    empty_podman: Podman,
    empty_registry: Registry,
    shell: InteractiveShell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONTAINER_HOST", empty_podman.url)
    monkeypatch.chdir(tmp_path)
    there = f"{empty_registry.host}/app:1.0"
    dock = Dock()
    dock.pull("httpd", quiet=True)
    dock.save("httpd", "app.tar")
    for place in (f"docker://{there}", "podman:app:dev"):
        dock.copy("httpd", place)
    shell.run_cell(f"%load_ext nbdock\n{BLOCKS[1].replace('registry.example.com/app:1.0', there)}").raise_error()


def test_the_tour_is_of_ten_lines() -> None:
    assert len(BLOCKS[0].splitlines()) - BLOCKS[0].count("\n\n") - len(["%load_ext nbdock", "import nbdock"]) == 10


@pytest.mark.parametrize("line", TYPED)
def test_its_terminal_lines_are_commands(line: str) -> None:
    assert isinstance(table.read(line.split(), "nbdock"), Invocation)


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)]+)\)", README))
def test_what_it_points_to_is_there(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_it_links_every_page(page: Path) -> None:
    assert f"](docs/{page.name})" in README


def test_every_environment_variable_is_in_the_table() -> None:
    assert read_by_nbdock() - SET_BY_SERVERS | READ_BY_LIBRARIES == set(re.findall(r"`([A-Z_]+)`", "".join(VARIABLES)))


def test_it_names_no_repository() -> None:
    """There is none yet: scripts/badge makes the badge of a clone."""
    assert not re.findall(r"https?://\S+", README)
    assert "urls" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 120
