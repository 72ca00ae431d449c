"""A user's script passes type checkers as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = "tests/api/script.py"
PYRIGHT = str(Path(sys.executable).with_name("basedpyright"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "checker",
    [
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", SCRIPT],
        [PYRIGHT, "--pythonpath", sys.executable, "--level", "error", SCRIPT],
    ],
    ids=["mypy", "pyright"],
)
def test_a_script_has_no_error_and_needs_no_cast(checker: list[str]) -> None:
    checked = subprocess.run(checker, cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
