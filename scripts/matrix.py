"""Runs the fast tests on every Python that pyproject.toml claims, and with the lowest versions of the dependencies.

What `scripts/test` runs is left to it: the Python that is running, and tests/browser, since pages are the same whatever
Python serves them.

python -m scripts.matrix [3.13] [lowest]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
VENVS = ROOT / ".venvs"
LOWEST = "lowest"
CLASSIFIER = "Programming Language :: Python :: 3."
RUNNING = "{}.{}".format(*sys.version_info)
WHICH = "import sys; print('%d.%d' % sys.version_info[:2])"


def main(chosen: Sequence[str]) -> int:
    """Returns the exit code: 0 if the tests pass on every installed Python."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(pyproject)["project"]
    found = {version: interpreter(version) for version in claimed(project)}
    runs = {version: (python, "") for version, python in found.items() if python}
    runs[LOWEST] = next(python for python, _ in runs.values()), "\n".join(floors(project))
    wanted = [name for name in runs if name in (chosen or {*runs} - {RUNNING})]
    passed = {name: tests(environment(name, *runs[name], pyproject)) for name in wanted}
    for name in found.keys() - runs.keys():
        print(f"{name}: not run, python{name} is not installed")
    for name, good in passed.items():
        print(f"{name}: {'passed' if good else 'failed'}")
    return 0 if passed and all(passed.values()) else 1


def claimed(project: Mapping[str, Any]) -> list[str]:
    """The versions of Python in the classifiers, lowest first."""
    minors = [each.removeprefix(CLASSIFIER) for each in project["classifiers"] if each.startswith(CLASSIFIER)]
    return [f"3.{minor}" for minor in sorted(map(int, minors))]


def floors(project: Mapping[str, Any]) -> Iterator[str]:
    """Every dependency of nbdock and of its extras for users, pinned to the lowest version."""
    extras = project["optional-dependencies"]
    for text in (
        *project["dependencies"],
        *(line for name in extras if not name.startswith("dev") for line in extras[name]),
    ):
        requirement = Requirement(text)
        [floor] = [each.version for each in requirement.specifier if each.operator == ">="]
        yield f"{requirement.name}=={floor}" + (f"; {requirement.marker}" if requirement.marker else "")


def interpreter(version: str) -> Path | None:
    """A Python of this version: the running one, one on PATH, or one of pyenv's."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [sys.executable, shutil.which(name), *pyenv.glob(f"versions/{version}.*/bin/{name}")]
    return next((Path(each) for each in candidates if each and is_version(each, version)), None)


def is_version(python: str | Path, version: str) -> bool:
    """Whether the program runs and has this version; a pyenv shim may not run."""
    asked = subprocess.run([python, "-c", WHICH], capture_output=True, text=True)
    return asked.stdout.strip() == version


def environment(name: str, python: Path, constraints: str, pyproject: str) -> Path:
    """The Python of a virtual environment, made again when pyproject.toml has changed."""
    folder = VENVS / name
    ready = folder / "ready"
    if not ready.exists() or ready.read_text() != pyproject:
        print(f"Installing {folder.relative_to(ROOT)}…", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        (folder / "constraints.txt").write_text(constraints)
        pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        wanted = ["--editable", ".[dev,lab,serve]", "--constraint", folder / "constraints.txt"]
        subprocess.run([*pip, *wanted], check=True, cwd=ROOT)
        ready.write_text(pyproject)
    return folder / "bin/python"


def tests(python: Path) -> bool:
    """Whether the fast tests pass."""
    print(f"Testing with {python.relative_to(ROOT)}…", flush=True)
    pytest = [
        python,
        "-m",
        "pytest",
        "-m",
        "not slow",
        "--ignore=tests/browser",
        "--numprocesses=auto",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(pytest, cwd=ROOT).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
