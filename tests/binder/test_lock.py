"""binder/requirements.txt fits pyproject.toml: what it pins, and that only pinned files are installed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent.parent
LOCK = (ROOT / "binder/requirements.txt").read_text()
PINS = {name: Version(version) for name, version in re.findall(r"^(\S+)==(\S+) \\$", LOCK, re.MULTILINE)}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
WANTED = (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["sql"], *PYPROJECT["build-system"]["requires"])
BINDER = {"python_version": (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")}


@pytest.mark.parametrize("text", WANTED)
def test_every_requirement_is_pinned_as_pyproject_allows(text: str) -> None:
    requirement = Requirement(text)
    assert requirement.marker is None or requirement.marker.evaluate(BINDER)
    pinned = PINS.get(canonicalize_name(requirement.name))
    assert pinned and pinned in requirement.specifier, "scripts/lock renews binder/requirements.txt"


def test_the_lock_holds_pins_with_hashes_and_nothing_else() -> None:
    lines = [line.removesuffix(" \\") for line in LOCK.splitlines() if not line.startswith("#")]
    pin, digest = r"[a-z0-9-]+==[0-9][\w.]*", r" {4}--hash=sha256:[0-9a-f]{64}"
    assert re.fullmatch(rf"({pin}(\n{digest})+(\n|$))+", "\n".join(lines))


def test_jupyter_itself_is_repo2dockers() -> None:
    assert not PINS.keys() & {"jupyter-server", "jupyterlab", "notebook", "ipykernel", "nbconvert"}


def test_binders_python_is_one_that_nbdock_supports() -> None:
    assert f"Programming Language :: Python :: {BINDER['python_version']}" in PROJECT["classifiers"]
