"""A class pulls one image at once through a cache of Docker Hub, `nbdock serve --proxy docker.io`: cold, then warm.

    python benchmarks/class.py [--clients 30] [--megabytes 200]

Docker Hub is a docker-registry on this machine. The clients are processes of nbdock, and of skopeo where it is
installed, each with a folder of its own: of a class they are on other machines, here they share these cores with the
server, so that its own CPU seconds say more. The floor is the same bytes, as often, over loopback, which nobody checks.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.serve import NAME, image, peak, run, served
from tests.parts.mirror import mirror
from tests.parts.registries import Registry, open_registry

CLIENTS = {
    "nbdock": [sys.executable, "-m", "nbdock", "pull", "-q", f"{{host}}/{NAME}"],
    "skopeo": ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{{host}}/{NAME}", "dir:{folder}"],
}
MEGABYTE = 1_000_000


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--clients", type=int, default=30)
    arguments.add_argument("--megabytes", type=int, default=200)
    given = arguments.parse_args()
    layout = image(given.megabytes)
    size = sum(path.stat().st_size for path in (layout / "blobs/sha256").iterdir())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "hub").mkdir()
        hub = stack.enter_context(open_registry(folder / "hub"))
        run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}", f"docker://{hub.host}/{NAME}")
        print(
            f"{given.clients} clients, {size / MEGABYTE:.0f} MB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        floor = _timed(lambda: _loopback(size, given.clients))
        print(f"{'loopback':16}{floor:8.1f} s")
        for client in filter(lambda client: shutil.which(CLIENTS[client][0]), CLIENTS):
            _measure(client, given.clients, hub, folder / client, size, floor)


def _measure(client: str, count: int, hub: Registry, folder: Path, size: int, floor: float) -> None:
    """Let so many clients pull through an empty cache, then again through a full one."""
    folder.mkdir()
    os.environ["CONTAINERS_REGISTRIES_CONF"] = str(mirror(hub, folder / "registries.conf"))
    with served(folder / "cache", "--proxy", "docker.io") as (server, host):
        for state in ("cold", "warm"):
            asked, worked = _sent(hub), _cpu(server)
            seconds = _timed(lambda: _pull(client, count, host, folder / "pulled"))
            print(
                f"{client + ', ' + state:16}{seconds:8.1f} s  {seconds / floor:5.1f} times loopback", end="", flush=True
            )
            print(f"  asked of the hub {(_sent(hub) - asked) / size:.2f}x", end="", flush=True)
            print(f"  server: {_cpu(server) - worked:.1f} s of CPU, {peak(server)} MB, {_refused(host)} refused")


def _pull(client: str, count: int, host: str, folder: Path) -> None:
    """Start all the clients, and wait for the last. Raises CalledProcessError."""
    folder.mkdir()
    running = [_start(client, host, folder / str(number)) for number in range(count)]
    for each in running:
        if each.wait():
            raise subprocess.CalledProcessError(each.returncode, each.args)
    shutil.rmtree(folder)


def _start(client: str, host: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [word.format(host=host, folder=folder) for word in CLIENTS[client]]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env={**os.environ, "NBDOCK_STORE": str(folder)}, **quiet)


def _sent(hub: Registry) -> int:
    """The bytes that the hub has sent so far, by its log."""
    return sum(map(int, re.findall(r'"GET \S+ HTTP/1.1" 200 (\d+)', hub.log.read_text())))


def _refused(host: str) -> int:
    """The requests that the cache has answered with an error so far."""
    numbers = urlopen(f"http://{host}/metrics").read().decode()
    return sum(map(int, re.findall(r'^nbdock_requests_total\{.*status="[45]\d\d"\} (\d+)', numbers, re.MULTILINE)))


def _cpu(process: subprocess.Popen[str]) -> float:
    user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _loopback(size: int, clients: int) -> None:
    """Send so many bytes to each client, all at the same time."""
    with tempfile.TemporaryFile() as file, socket.create_server(("127.0.0.1", 0)) as listener:
        file.truncate(size)
        with ThreadPoolExecutor(2 * clients) as pool:
            done = [pool.submit(_receive, listener.getsockname()) for _ in range(clients)]
            done += [pool.submit(_send, listener.accept()[0], file) for _ in range(clients)]
        assert all(each.result() for each in done)


def _send(connection: socket.socket, file: IO[bytes]) -> int:
    with connection:
        return connection.sendfile(file)


def _receive(address: tuple[str, int]) -> int:
    chunk = bytearray(1 << 18)
    with socket.create_connection(address) as connection:
        return sum(iter(lambda: connection.recv_into(chunk), 0))


if __name__ == "__main__":
    main()
