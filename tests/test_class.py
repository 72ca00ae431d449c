"""docs/class.md is true: nbdock takes its commands, and systemd its unit."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from nbdock.api import table
from nbdock.grammar import Invocation
from tests.parts.programs import program
from tests.test_readme import README

PAGE = (Path(__file__).parent.parent / "docs/class.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
CODE = [text for _, text in BLOCKS] + re.findall(r"`([^`\n]+)`", PAGE)
COMMANDS = re.findall(r"\bnbdock (?!nbdock)([a-z][^#\n]*)", "\n".join(CODE))
[UNIT] = (text for language, text in BLOCKS if language == "ini")
PROGRAM = "/opt/nbdock/bin/nbdock"


def test_it_runs_nbdock() -> None:
    assert {line.split()[0] for line in COMMANDS} == {"serve", "pull", "login"}
    assert f"ExecStart={PROGRAM} serve " in UNIT


@pytest.mark.parametrize("line", COMMANDS)
def test_nbdock_takes_its_commands(line: str) -> None:
    assert isinstance(table.read(shlex.split(line), "nbdock"), Invocation)


def test_systemd_takes_its_unit(tmp_path: Path) -> None:
    unit = tmp_path / "nbdock.service"
    unit.write_text(UNIT.replace(PROGRAM, "/bin/true"))  # a program that is there
    done = subprocess.run([program("systemd-analyze"), "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_its_variables_are_those_of_the_readme() -> None:
    assert set(re.findall(r"\b(?:NBDOCK|DOCKER)_[A-Z_]+", PAGE)) <= set(re.findall(r"`([A-Z_]+)`", README))
