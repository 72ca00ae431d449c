"""Which Pythons and which versions scripts/versions runs the tests with. Nothing is installed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from scripts import matrix

PROJECT = tomllib.loads((matrix.ROOT / "pyproject.toml").read_text())["project"]
RUNNING = "{}.{}".format(*sys.version_info)
Made = list[tuple[str, str]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """The environments that are made, with their constraints. The tests fail where they are the lowest versions."""
    made: Made = []

    def environment(name: str, python: Path, constraints: str, pyproject: str) -> Path:
        made.append((name, constraints))
        return Path(name)

    monkeypatch.setattr(matrix, "environment", environment)
    monkeypatch.setattr(matrix, "tests", lambda python: python.name != matrix.LOWEST)
    monkeypatch.setattr(matrix, "interpreter", lambda version: None if version == "3.12" else Path(sys.executable))
    return made


def test_what_is_not_installed_is_said_and_a_failure_ends_with_1(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    others = [version for version in ("3.11", "3.13") if version != RUNNING]
    assert matrix.main([]) == 1
    assert made == [*((version, "") for version in others), ("lowest", "\n".join(matrix.floors(PROJECT)))]
    told = [f"{version}: passed" for version in others]
    lines = ["3.12: not run, python3.12 is not installed", *told, "lowest: failed"]
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize(("chosen", "code"), [("3.11", 0), ("lowest", 1), ("3.12", 1), ("2.7", 1)])
def test_one_can_be_chosen(made: Made, chosen: str, code: int) -> None:
    assert matrix.main([chosen]) == code
    assert [name for name, _ in made] == [chosen] * (chosen in ("3.11", "lowest"))


def test_the_lowest_python_of_the_classifiers_is_the_lowest_that_is_allowed() -> None:
    assert f">={matrix.claimed(PROJECT)[0]}" == PROJECT["requires-python"]
    assert matrix.claimed(PROJECT) == ["3.11", "3.12", "3.13"]


def test_every_dependency_has_a_lowest_version() -> None:
    floors = list(matrix.floors(PROJECT))
    names = {line.split("==")[0] for line in floors}
    assert {"httpx", "pandas", "jupyterlab", "bcrypt"} <= names and "pytest" not in names
    assert any(line.startswith("backports.zstd==1") and line.endswith('; python_version < "3.14"') for line in floors)


def test_a_python_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "pyenv/versions/3.99.0/bin"
    real.mkdir(parents=True)
    for folder, script in ((tmp_path, "exit 127"), (real, "echo 3.99")):
        (folder / "python3.99").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "python3.99").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert matrix.interpreter("3.99") == real / "python3.99"
    assert matrix.interpreter("3.98") is None
    assert matrix.interpreter(RUNNING) == Path(sys.executable)


def test_an_environment_is_made_again_when_pyproject_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []

    def run(command: list[object], **options: object) -> None:
        commands.append(" ".join(map(str, command)))
        (tmp_path / ".venvs/lowest").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(matrix, "ROOT", tmp_path)
    monkeypatch.setattr(matrix, "VENVS", tmp_path / ".venvs")
    monkeypatch.setattr("subprocess.run", run)
    for pyproject in ("one", "one", "two"):
        python = matrix.environment("lowest", Path("python3"), "pandas==2.2", pyproject)
    assert python == tmp_path / ".venvs/lowest/bin/python"
    assert [command.split()[2] for command in commands] == ["venv", "pip", "venv", "pip"]
    assert (tmp_path / ".venvs/lowest/constraints.txt").read_text() == "pandas==2.2"
