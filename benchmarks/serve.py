"""Compare `nbdock serve` with Debian's docker-registry: pull a large image with one client, then with many at once.

    python benchmarks/serve.py [--rounds 5] [--megabytes 1000] [--clients 32]

Prints medians, ratios and the server's peak memory. The image has seven layers of random bytes and text; it is made
once and kept in the system's temporary folder. Requires docker-registry and skopeo.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.parts.registries import open_registry

LAYERS = 7
NAME = "bench/served"
CACHE = Path(tempfile.gettempdir()) / "nbdock-benchmark-serve"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--megabytes", type=int, default=1000)
    arguments.add_argument("--clients", type=int, default=32)
    given = arguments.parse_args()
    layout = image(given.megabytes)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "registry").mkdir()
        registry = stack.enter_context(open_registry(folder / "registry"))
        run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}", f"docker://{registry.host}/{NAME}")
        server, host = stack.enter_context(served(layout))
        hosts = {"docker-registry": registry.host, "nbdock serve": host}
        print(f"{given.megabytes} MB, {LAYERS} layers, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        _report("skopeo, one at a time", _alternate(hosts, given.rounds, lambda host: _skopeo(host, folder)))
        print(f"server's peak memory {peak(server)} MB\n")
        many = _alternate(hosts, 1, lambda host: _clients(host, given.clients))
        _report(f"{given.clients} clients at the same time, every byte checked", many)
        print(f"server's peak memory {peak(server)} MB")


@contextmanager
def served(store: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of the store, and its address."""
    command = [sys.executable, "-m", "nbdock", "serve", "--port", "0", *options]
    settings = {**os.environ, "NBDOCK_STORE": str(store)}
    server = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True)
    try:
        yield server, re.search(r"http://(\S+)", server.stdout.readline())[1]
    finally:
        server.kill()
        server.wait()


def _alternate(hosts: dict[str, str], rounds: int, pull: Callable[[str], None]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in hosts}
    for _ in range(rounds):
        for name, host in hosts.items():
            began = time.perf_counter()
            pull(host)
            times[name].append(time.perf_counter() - began)
    return times


def _skopeo(host: str, folder: Path) -> None:
    place = folder / "pulled"
    run("skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{host}/{NAME}", f"dir:{place}")
    shutil.rmtree(place)


def _clients(host: str, count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(_client, host) for _ in range(count)]:
            done.result()


def _client(host: str) -> None:
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"/v2/{NAME}/manifests/latest", headers={"Accept": MANIFEST})
    manifest = json.loads(connection.getresponse().read())
    chunk = bytearray(1 << 20)
    for layer in manifest["layers"]:
        connection.request("GET", f"/v2/{NAME}/blobs/{layer['digest']}")
        response, hasher = connection.getresponse(), hashlib.sha256()
        while length := response.readinto(chunk):
            hasher.update(memoryview(chunk)[:length])
        assert f"sha256:{hasher.hexdigest()}" == layer["digest"], "wrong content"


def peak(server: subprocess.Popen[str]) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024


def _report(title: str, times: dict[str, list[float]]) -> None:
    middles = {name: statistics.median(found) for name, found in times.items()}
    print(f"{title}; seconds")
    for name, found in times.items():
        ratio = middles[name] / middles["docker-registry"]
        print(f"  {name:16}{middles[name]:8.2f}  best {min(found):6.2f}  ratio {ratio:.2f}")


def image(megabytes: int) -> Path:
    """An OCI layout, which is a store, with six layers of random bytes and one of text."""
    layout = CACHE / str(megabytes)
    if (layout / "index.json").exists():
        return layout
    shutil.rmtree(layout, ignore_errors=True)
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    size = megabytes * 1_000_000 // LAYERS
    contents = [os.urandom(size) for _ in range(LAYERS - 1)] + [_text(size)]
    layers, diff_ids = zip(*(_layer(content, blobs) for content in contents), strict=True)
    rootfs = {"type": "layers", "diff_ids": diff_ids}
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).encode()
    config_descriptor = _put(blobs, "application/vnd.oci.image.config.v1+json", config)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config_descriptor, "layers": layers}
    name = {"org.opencontainers.image.ref.name": f"docker.io/{NAME}:latest"}
    target = {**_put(blobs, MANIFEST, json.dumps(manifest).encode()), "annotations": name}
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [target]}))
    return layout


def _text(size: int) -> bytes:
    """Lines of text that compress to about `size` bytes."""
    return b"".join(f"{number:x} {os.urandom(40).hex()}\n".encode() for number in range(size // 45))


def _layer(content: bytes, blobs: Path) -> tuple[dict[str, object], str]:
    with io.BytesIO() as tar:
        with tarfile.open(fileobj=tar, mode="w") as archive:
            entry = tarfile.TarInfo("content")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        plain = tar.getvalue()
    descriptor = _put(blobs, "application/vnd.oci.image.layer.v1.tar+gzip", gzip.compress(plain, 1))
    return descriptor, f"sha256:{hashlib.sha256(plain).hexdigest()}"


def _put(blobs: Path, media_type: str, content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
