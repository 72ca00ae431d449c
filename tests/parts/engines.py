"""A real engine: podman's API service, which answers as docker's does, each with a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.parts.images import layout, view
from tests.parts.layout import Layout
from tests.parts.programs import program, run, skopeo

NAMES = {
    "docker.io/library/httpd:2.4": ("httpd", "2.4"),
    "localhost/team/app:dev": ("hello-app", "1.0"),
}
"""The full names that podman gives, and the layout and tag of each."""

STORAGE = """\
[storage]
driver = "vfs"
runroot = "{folder}/run"
graphroot = "{folder}/images"
[storage.options.vfs]
ignore_chown_errors = "true"
"""
CONTAINERS = """\
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{folder}/tmp"
"""


@dataclass(frozen=True, slots=True)
class Podman:
    """An engine that runs, and listens at `socket`."""

    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def run(self, *arguments: object) -> str:
        """What podman prints, as a client of this engine."""
        return run("podman", "--url", self.url, *arguments).decode()

    def load(self, archive: Path) -> None:
        """Put the images of an archive in."""
        self.run("load", "--input", archive)


def archive(name: str, folder: Path) -> Path:
    """A docker archive of one of `NAMES`, under that name, in the folder."""
    recipe, tag = NAMES[name]
    made = folder / f"{recipe}.tar"
    with tempfile.TemporaryDirectory() as single:
        view(layout(recipe), Layout(layout(recipe)).tags()[tag], Path(single))
        skopeo("copy", "--quiet", f"oci:{single}", f"docker-archive:{made}:{name}")
    return made


@contextmanager
def podman_service(folder: Path) -> Iterator[Podman]:
    """An engine whose images and files are all in the folder."""
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "TMPDIR": str(folder)}
    for variable, content in (("CONTAINERS_STORAGE_CONF", STORAGE), ("CONTAINERS_CONF", CONTAINERS)):
        file = folder / variable.lower()
        file.write_text(content.format(folder=folder))
        own[variable] = str(file)
    address, log = folder / "podman.sock", folder / "log"
    with log.open("w") as output:
        # The engine ends with the tests, even where they are killed.
        service = ["system", "service", "--time", "0", f"unix://{address}"]
        command = [program("setpriv"), "--pdeathsig", "KILL", program("podman"), *service]
        process = subprocess.Popen(
            command, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _await(process, address, log)
        yield Podman(address)
    finally:
        process.terminate()  # without root it is two processes, and the first passes this on
        process.wait()


def _await(process: subprocess.Popen[bytes], address: Path, log: Path) -> None:
    """Return once the service listens."""
    while process.poll() is None:
        with suppress(FileNotFoundError, ConnectionRefusedError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(address))
            return
        time.sleep(0.01)
    raise AssertionError(f"podman did not start: {log.read_text()}")
