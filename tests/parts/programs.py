"""The programs of Debian that the tests lean on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {"apt-get": "apt", "dpkg-deb": "dpkg", "setpriv": "util-linux", "systemd-analyze": "systemd"}


def program(name: str) -> str:
    """The program's path; where it is missing the test fails with the package to install."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing: apt-get install {PACKAGES.get(name, name)}", pytrace=False)
    return path


def run(name: str, *arguments: object, stdin: bytes = b"", folder: Path | None = None) -> bytes:
    """What the program prints. AssertionError with its own message where it fails."""
    command = [program(name), *map(str, arguments)]
    done = subprocess.run(command, input=stdin, cwd=folder, capture_output=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}"
    return done.stdout


def skopeo(*arguments: object) -> str:
    """What skopeo prints. For a registry without TLS, `--tls-verify=false` goes after the verb."""
    return run("skopeo", "--insecure-policy", *arguments).decode()


def umoci(*arguments: object) -> str:
    """What umoci prints. It reads OCI media types only."""
    return run("umoci", *arguments).decode()
