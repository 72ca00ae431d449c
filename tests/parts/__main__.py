"""Runs a command where docker.io is a local registry with the tests' images, and the store a fresh one.

python -m tests.parts nbdock pull httpd
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.parts.images import filled
from tests.parts.mirror import mirror
from tests.parts.registries import open_registry


def main(command: list[str]) -> int:
    """The command's exit code."""
    with tempfile.TemporaryDirectory() as name, open_registry(filled(Path(name))) as registry:
        folder = Path(name)
        own = {
            "CONTAINERS_REGISTRIES_CONF": str(mirror(registry, folder / "registries.conf")),
            "DOCKER_CONFIG": str(folder / "docker"),
            "NBDOCK_STORE": str(folder / "store"),
        }
        return subprocess.run(command, env={**os.environ, **own}).returncode


sys.exit(main(sys.argv[1:]))
