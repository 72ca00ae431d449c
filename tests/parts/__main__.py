"""Runs a command where docker.io is a local registry with the tests' images.

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
    with tempfile.TemporaryDirectory() as folder, open_registry(filled(Path(folder))) as registry:
        conf = mirror(registry, Path(folder, "registries.conf"))
        return subprocess.run(command, env={**os.environ, "CONTAINERS_REGISTRIES_CONF": str(conf)}).returncode


sys.exit(main(sys.argv[1:]))
