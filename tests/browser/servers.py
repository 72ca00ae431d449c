"""JupyterLab and Voila on loopback ports, each with its own directories: the user's are neither read nor written."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDERS = "JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR IPYTHONDIR JUPYTERLAB_SETTINGS_DIR"
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `root` is the directory of its notebooks."""

    url: str
    root: Path
    token: str = ""


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Server]:
    root, token, port = folder / "notebooks", secrets.token_hex(16), _free_port()
    root.mkdir()
    environment = _environment(folder)
    overrides = Path(environment["JUPYTER_CONFIG_DIR"]) / "labconfig/default_setting_overrides.json"
    overrides.parent.mkdir()
    overrides.write_text(json.dumps(SETTINGS))
    flags = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": root,
        "IdentityProvider.token": token,
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    command = ["jupyterlab", "--no-browser", "--allow-root", *(f"--{name}={value}" for name, value in flags.items())]
    url = f"http://127.0.0.1:{port}"
    with _running(command, environment, folder / "lab.log", f"{url}/api/status?token={token}"):
        yield Server(url, root, token)


@contextmanager
def voila(notebook: Path, folder: Path, theme: str) -> Iterator[Server]:
    port = _free_port()
    command = ["voila", str(notebook), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1", f"--theme={theme}"]
    url = f"http://127.0.0.1:{port}"
    with _running(command, _environment(folder), folder / "voila.log", f"{url}/voila/static/voila.js"):
        yield Server(url, notebook.parent)


def _environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder / name.lower()) for name in FOLDERS.split()}
    for path in own.values():
        Path(path).mkdir()
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **own, "PATH": paths, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], log: Path, ready: str) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        while not _answers(ready):
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)  # SIGINT would ask for confirmation
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
