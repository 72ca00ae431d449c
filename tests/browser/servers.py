"""Jupyter servers and Voila on loopback ports, each with its own directories: the user's are neither read nor written.
All have nbdock's panel, from the sources."""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbdock

PACKAGE = Path(nbdock.__file__).parent
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
FLAGS = {
    "jupyterlab": {
        "LabApp.expose_app_in_browser": True,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    },
    "notebook": {"JupyterNotebookApp.expose_app_in_browser": True},
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `root` is the directory of its notebooks."""

    url: str
    root: Path
    token: str = ""


def jupyterlab(folder: Path) -> AbstractContextManager[Server]:
    return jupyter("jupyterlab", folder)


@contextmanager
def jupyter(
    app: str,
    folder: Path,
    base_url: str = "/",
    settings: Mapping[str, Any] = SETTINGS,
    port: int = 0,
    token: str = "",
) -> Iterator[Server]:
    """A server of a user's: "jupyterlab", "notebook", or "jupyter_server" with no pages."""
    root, token, port = folder / "notebooks", token or secrets.token_hex(16), port or free_port()
    root.mkdir()
    environment = _environment(folder)
    overrides = Path(environment["JUPYTER_CONFIG_DIR"]) / "labconfig/default_setting_overrides.json"
    overrides.parent.mkdir()
    overrides.write_text(json.dumps(settings))
    flags = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": root,
        "ServerApp.base_url": base_url,
        "IdentityProvider.token": token,
        **FLAGS.get(app, {}),
    }
    command = [app, "--no-browser", "--allow-root", *(f"--{name}={value}" for name, value in flags.items())]
    url = f"http://127.0.0.1:{port}{base_url.rstrip('/')}"
    with _running(command, environment, folder / "jupyter.log", f"{url}/api/status?token={token}"):
        yield Server(url, root, token)


@contextmanager
def voila(notebook: Path, folder: Path, theme: str) -> Iterator[Server]:
    port = free_port()
    command = ["voila", str(notebook), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1", f"--theme={theme}"]
    url = f"http://127.0.0.1:{port}"
    with _running(command, _environment(folder), folder / "voila.log", f"{url}/voila/static/voila.js"):
        yield Server(url, notebook.parent)


def _environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder / name.lower()) for name in FOLDERS.split()}
    for path in own.values():
        Path(path).mkdir()
    shutil.copytree(PACKAGE / "front", Path(own["JUPYTER_DATA_DIR"]) / "labextensions/nbdock")
    enabled = Path(own["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.d/nbdock.json"
    enabled.parent.mkdir()
    shutil.copy(PACKAGE / "lab/server-config.json", enabled)
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **own, "PATH": paths, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def free_port() -> int:
    """A port below those that the system hands out: a kernel of another test would take one of these meanwhile."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", random.SystemRandom().randrange(20_000, 32_000)))
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
