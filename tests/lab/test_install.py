"""The panel as people install it: by pip, with no node on the machine; and what it costs a server that nobody asks."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COST = """
import sys, time
from types import SimpleNamespace
import jupyter_server.serverapp
began = time.perf_counter()
import nbdock.lab
app = SimpleNamespace(root_dir="/", contents_manager=None)
settings = {"base_url": "/", "last_activity_times": {}}
app.web_app = SimpleNamespace(settings=settings, add_handlers=lambda *routes: None)
nbdock.lab._load_jupyter_server_extension(app)
print(time.perf_counter() - began, *sorted(name for name in sys.modules if name.startswith("nbdock")))
"""


def test_a_server_starts_without_the_rest_of_nbdock() -> None:
    done = subprocess.run([sys.executable, "-c", COST], capture_output=True, text=True, check=True)
    seconds, *modules = done.stdout.split()
    assert modules == ["nbdock", "nbdock.lab", "nbdock.lab.desk", "nbdock.lab.handlers"]
    assert float(seconds) < 0.2


@pytest.mark.slow
def test_a_wheel_brings_the_panel(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT], check=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    shared = {name.split(".data/data/", 1)[1] for name in names if ".data/data/" in name}
    assert "etc/jupyter/jupyter_server_config.d/nbdock.json" in shared
    front = {
        str(path.relative_to(ROOT / "nbdock/front")) for path in (ROOT / "nbdock/front").rglob("*") if path.is_file()
    }
    assert {f"share/jupyter/labextensions/nbdock/{name}" for name in front} <= shared

    clean = tmp_path / "clean"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clean], check=True)
    own = next(clean.glob("lib/python*/site-packages"))
    (own / "others.pth").write_text(next(path for path in sys.path if path.endswith("site-packages")))
    subprocess.run(
        [*pip, "--python", clean / "bin/python", "install", "--no-deps", "--no-index", "--ignore-installed", wheel],
        check=True,
    )
    bare = {"PATH": str(clean / "bin"), "HOME": str(tmp_path), "NO_COLOR": "1"}  # no node

    def listed(module: str) -> str:
        command = [clean / "bin/python", "-m", module, "list"]
        done = subprocess.run(command, capture_output=True, text=True, env=bare, cwd=tmp_path)
        return " ".join(re.sub(r"\x1b\[\d+m", "", done.stdout + done.stderr).split())

    assert "nbdock v0.1.0 enabled OK" in listed("jupyterlab.labextensions")
    assert re.search(r"nbdock\.lab enabled.* nbdock\.lab OK", listed("jupyter_server.extension.serverextension"))
