"""nbdock on a layout that is there, as in Pyodide: no threads, no sockets, and none of what has no wheel there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from nbdock.demo import SAMPLES

ROOT = Path(__file__).parent.parent
LIKE_PYODIDE = """
import json, socket, sys, threading

MISSING = {"isal", "blake3", "pwd", "grp", "resource", "_multiprocessing"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

def no_thread(self):
    raise RuntimeError("can't start new thread")

def no_socket(self, *_args, **_options):
    raise OSError("no sockets here")

sys.meta_path.insert(0, Refuse())
for name in MISSING:
    sys.modules.pop(name, None)
threading.Thread.start = no_thread
socket.socket.__init__ = no_socket

import nbdock

dock = nbdock.Dock(sys.argv[1])
"""
TABLES = """
print(json.dumps({
    "images": sorted(set(dock.ls().repository)),
    "widest": int(dock.history("httpd").size_bytes.max()),
    "layers": len(dock.layers("httpd")),
    "files": len(dock.files("httpd", "/etc/*")),
    "why": len(dock.why("httpd")),
    "packages": len(dock.packages("httpd")),
    "changed": len(dock.diff("httpd:2.2", "httpd")),
    "told": dock.cat("httpd", "/etc/os-release").splitlines()[0],
    "shown": "<table" in dock.ls()._repr_html_(),
    "picture": "<svg" in nbdock.plots.waterfall(dock.history("httpd")).svg,
}))
"""
RUN = """
layers = dock.run(lambda task: task.spread(lambda number: number * 2, range(5), 3))
print(json.dumps(layers))
"""
FROM_FOLDER = """
other = nbdock.Dock(sys.argv[1] + "-store")
other.pull(f"oci:{sys.argv[1]}:httpd")
print(json.dumps(list(other.ls().repository)))
"""
ASKED = """
try:
    dock.{question}
except nbdock.errors.Unreachable as refused:
    print(json.dumps(str(refused)))
"""
COMPLETED = """
import os
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

os.environ["NBDOCK_STORE"] = sys.argv[1]
shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
shell.run_line_magic("load_ext", "nbdock")
line = "%image pull httpd:2."
with provisionalcompleter():
    print(json.dumps(sorted(each.text for each in shell.Completer.completions(line, len(line)))))
"""


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLES, tmp_path / "layout"))


def run(layout: Path, code: str) -> object:
    command = [sys.executable, "-c", LIKE_PYODIDE + code, layout]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def test_images_and_tables_are_there(layout: Path) -> None:
    seen = run(layout, TABLES)
    assert isinstance(seen, dict)
    assert {"httpd", "busybox", "hello-world"} <= set(seen.pop("images"))
    assert seen.pop("told").startswith("PRETTY_NAME=")
    assert all(seen.values()), seen


def test_work_for_several_threads_is_done_in_one(layout: Path) -> None:
    assert run(layout, RUN) == [0, 2, 4, 6, 8]


def test_an_image_is_pulled_from_a_folder(layout: Path) -> None:
    assert run(layout, FROM_FOLDER) == ["httpd"]


@pytest.mark.parametrize(
    ("question", "host"),
    [
        ('pull("httpd")', "registry-1.docker.io"),
        ('search("httpd")', "index.docker.io"),
        ('tags("httpd")', "registry-1.docker.io"),
        ('push("httpd", "docker://registry.example/app")', "registry.example"),
    ],
)
def test_what_needs_the_network_says_so(question: str, host: str, layout: Path) -> None:
    assert str(run(layout, ASKED.replace("{question}", question))).startswith(f"cannot reach {host}: ")


def test_tab_offers_the_names_that_are_there(layout: Path) -> None:
    assert run(layout, COMPLETED) == ["httpd:2.0", "httpd:2.2", "httpd:2.4"]


@pytest.mark.parametrize("name", ["isal", "blake3"])
def test_what_has_no_wheel_there_is_not_required_there(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [requirement] = [each for each in map(Requirement, project["dependencies"]) if each.name == name]
    assert requirement.marker and requirement.marker.evaluate({"sys_platform": "linux"})
    assert not requirement.marker.evaluate({"sys_platform": "emscripten"})
