"""`%docker demo` in a kernel, as in Colab: samples in place of Docker Hub, also where no port can be opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.jupyter.kernel import Kernel

NO_PORTS = """
import socket
_bind = socket.socket.bind
def bind(self, address):
    if self.family != socket.AF_UNIX:
        raise PermissionError(13, "no ports here")
    _bind(self, address)
socket.socket.bind = bind
"""
NOTHING_LISTENS = NO_PORTS.replace("!= socket.AF_UNIX", "")
NOTE = "No port can be opened here: the samples are served to nbdock alone, inside this process."
OTHER_PROCESS = """
import os, subprocess, sys
subprocess.run([sys.executable, "-m", "nbdock", "pull", "-q", "hello-world"], check=True)
"""


@pytest.mark.parametrize("before", ["", NO_PORTS], ids=["ports", "no ports"])
def test_a_kernel_has_the_samples_without_any_other_process(before: str) -> None:
    with Kernel.started() as kernel:
        kernel.run(f"import os\n{before}")
        kernel.run("%load_ext nbdock")
        began = kernel.run("%docker demo")
        assert (began.status, began.error) == ("ok", "")
        assert "%docker pull httpd" in began.printed
        assert (NOTE in began.printed) is bool(before)
        kernel.run("before = dict(os.environ)")
        kernel.run("%docker demo")
        assert kernel.run("before == dict(os.environ)").result == "True"
        pulled = kernel.run("pulled = %docker pull -q httpd busybox\nprint(pulled.error.isna().all())")
        assert pulled.printed.endswith("True\n")
        assert "hello-world" in kernel.run("import nbdock\nprint(nbdock.search('hello').name.tolist())").printed
        assert kernel.run("%docker demo --check").status == "error"
        kernel.run(OTHER_PROCESS)
        assert kernel.run("sorted(nbdock.ls().repository)").result == "['busybox', 'hello-world', 'httpd']"
        folder = Path(kernel.run("print(os.environ['NBDOCK_STORE'])").printed.strip()).parent
        assert folder.is_dir()
        kernel.manager.shutdown_kernel(now=False)
        assert not folder.exists()


def test_where_nothing_can_listen_it_says_how_to_pull_the_samples_all_the_same(tmp_path: Path) -> None:
    with Kernel.started() as kernel:
        kernel.run(f"import os\nos.environ['NBDOCK_STORE'] = {str(tmp_path)!r}")
        kernel.run(f"{NOTHING_LISTENS}\n%load_ext nbdock\nimport nbdock")
        refused = kernel.run("%docker demo")
        assert (refused.status, "Traceback" in refused.error) == ("error", False)
        assert "the samples cannot be served here: cannot listen on " in refused.error
        hint = re.search(r"pull them from their folder: (.*\))", refused.error)
        assert hint and kernel.run(hint[1]).status == "ok"
        assert kernel.run("list(nbdock.ls().repository)").result == "['httpd']"
