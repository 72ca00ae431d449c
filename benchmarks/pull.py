"""Pull one large image with nbdock and with its other clients, from one registry in turn; print medians and ratios.

    python benchmarks/pull.py [--rounds 5] [--megabytes 1500] [--floor]

The floor is what the checks of a pull cost at least: the same bytes hashed, inflated and hashed again by the same
libraries in two threads, from memory. Other clients: skopeo, which also fills the registry; podman, docker and crane
if they are installed. `--floor` leaves the other clients out. CPU seconds, which say more on a busy machine, are
those of the client alone: of docker, its engine's are missing. The image has seven layers of files from /usr; it is
built once and stays in the system's temporary folder.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import mmap
import os
import resource
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
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from isal import isal_zlib

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.parts.mirror import mirror
from tests.parts.registries import Registry, open_registry

LAYERS = 7
THREADS = 2
CHUNK = 1 << 18
NAME = "bench/big:latest"
MADE = Path(tempfile.gettempdir()) / "nbdock-benchmark"


class Spent(NamedTuple):
    """Seconds that passed, and seconds of CPU."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Puller:
    """A client, what it verifies, and the command that pulls into an empty store."""

    name: str
    verifies: str
    pull: Callable[[Registry, Path], list[str]]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--megabytes", type=int, default=1500)
    arguments.add_argument("--floor", action="store_true", help="nbdock and the floor only")
    given = arguments.parse_args()
    layout = _layout(given.megabytes)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "registry").mkdir()
        registry = stack.enter_context(open_registry(folder / "registry"))
        _run(["skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}", f"docker://{registry.host}/{NAME}"])
        pullers = [_nbdock()] if given.floor else [_nbdock(), *_peers(), *stack.enter_context(_docker(folder))]
        times: dict[str, list[Spent]] = {"floor": [], **{puller.name: [] for puller in pullers}}
        for _ in range(given.rounds):
            times["floor"].append(_floor(layout))
            for puller in pullers:
                times[puller.name].append(_once(puller, registry, folder))
    _report(pullers, times, layout)


def _once(puller: Puller, registry: Registry, folder: Path) -> Spent:
    place = Path(tempfile.mkdtemp(dir=folder))
    settings = {
        "CONTAINERS_REGISTRIES_CONF": str(mirror(registry, place / "registries.conf")),
        "NBDOCK_STORE": str(place / "store"),
        "PYTHONDONTWRITEBYTECODE": "",  # as installed: modules are compiled once
    }
    command = puller.pull(registry, place)
    began, before = time.perf_counter(), _cpu(resource.RUSAGE_CHILDREN)
    _run(command, settings)
    spent = Spent(time.perf_counter() - began, _cpu(resource.RUSAGE_CHILDREN) - before)
    shutil.rmtree(place)
    return spent


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _floor(layout: Path) -> Spent:
    blobs = sorted((layout / "blobs/sha256").iterdir(), key=lambda path: -path.stat().st_size)[:LAYERS]
    with ExitStack() as stack, ThreadPoolExecutor(THREADS) as threads:
        files = [stack.enter_context(path.open("rb")) for path in blobs]
        layers = [stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) for file in files]
        began, before = time.perf_counter(), time.process_time()
        list(threads.map(_check, layers))
        return Spent(time.perf_counter() - began, time.process_time() - before)


def _check(layer: mmap.mmap) -> tuple[str, str]:
    blob, tar, decoder = hashlib.sha256(), hashlib.sha256(), isal_zlib.decompressobj(31)
    for start in range(0, len(layer), CHUNK):
        chunk = layer[start : start + CHUNK]
        blob.update(chunk)
        while chunk:
            tar.update(decoder.decompress(chunk, 1 << 20))
            chunk = decoder.unconsumed_tail
    return blob.hexdigest(), tar.hexdigest()


def _nbdock() -> Puller:
    command = [sys.executable, "-m", "nbdock", "pull", "-q"]
    return Puller("nbdock", "digests, diff ids", lambda registry, _: [*command, f"{registry.host}/{NAME}"])


def _peers() -> Iterator[Puller]:
    yield Puller(
        "skopeo",
        "digests",
        lambda registry, place: [
            *("skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{registry.host}/{NAME}"),
            f"oci:{place}/oci",
        ],
    )
    if shutil.which("crane"):
        yield Puller(
            "crane",
            "digests",
            lambda registry, place: ["crane", "pull", "--format=oci", f"{registry.host}/{NAME}", f"{place}/oci"],
        )
    if shutil.which("podman"):
        yield Puller(
            "podman",
            "digests, diff ids; unpacks",
            lambda registry, place: [
                *("podman", "--root", f"{place}/root", "--runroot", f"{place}/run"),
                *("pull", "-q", "--tls-verify=false", f"{registry.host}/{NAME}"),
            ],
        )


@contextmanager
def _docker(folder: Path) -> Iterator[list[Puller]]:
    """A docker engine for the benchmark; its image is removed before each pull."""
    if not shutil.which("dockerd"):
        yield []
        return
    socket = f"unix://{folder}/docker.sock"
    flags = "--iptables=false --ip6tables=false --bridge=none --ip-forward=false".split()
    places = ["--data-root", f"{folder}/docker", "--exec-root", f"{folder}/exec", "-p", f"{folder}/docker.pid"]
    engine = subprocess.Popen(["dockerd", *flags, *places, "-H", socket], stderr=subprocess.DEVNULL)
    client = ["docker", "-H", socket]
    try:
        while subprocess.run([*client, "version"], capture_output=True).returncode:
            time.sleep(0.2)

        def pull(registry: Registry, _: Path) -> list[str]:
            name = f"{registry.host}/{NAME}"
            subprocess.run([*client, "rmi", "-f", name], capture_output=True)
            return [*client, "pull", "-q", name]

        yield [Puller("docker", "digests, diff ids; unpacks", pull)]
    finally:
        engine.terminate()
        engine.wait()


def _report(pullers: list[Puller], times: dict[str, list[Spent]], layout: Path) -> None:
    size = sum(path.stat().st_size for path in (layout / "blobs/sha256").iterdir())
    load = os.getloadavg()[0]
    print(f"{size / 1e6:.0f} MB compressed, {LAYERS} layers, {os.cpu_count()} cores, load {load:.1f}; seconds\n")
    print(f"{'client':10}{'median':>8}{'best':>8}{'CPU':>8}{'nbdock / it':>13}{'CPU':>7}   verifies")
    verifies = {"floor": "digests, diff ids; receives and writes nothing"}
    verifies |= {puller.name: puller.verifies for puller in pullers}
    own = _medians(times["nbdock"])
    for name, found in times.items():
        wall, cpu = _medians(found)
        best, ratio = min(found).wall, own.cpu / cpu if cpu else 0
        print(f"{name:10}{wall:8.2f}{best:8.2f}{cpu:8.2f}{own.wall / wall:13.2f}{ratio:7.2f}   {verifies[name]}")


def _medians(found: list[Spent]) -> Spent:
    return Spent(*map(statistics.median, zip(*found, strict=True)))


def _layout(megabytes: int) -> Path:
    """An OCI layout of seven layers, each a seventh of the files under /usr up to so many megabytes."""
    layout = MADE / str(megabytes)
    if (layout / "index.json").exists():
        return layout
    shutil.rmtree(layout, ignore_errors=True)
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    layers, diff_ids = zip(*(_layer(paths, blobs) for paths in _seventh(megabytes)), strict=True)
    history = [{"created": "2026-01-01T00:00:00Z", "created_by": f"COPY part{number} /"} for number in range(LAYERS)]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    }
    described = _put(blobs, "application/vnd.oci.image.config.v1+json", json.dumps(config).encode())
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": described, "layers": layers}
    target = _put(blobs, kind, json.dumps(manifest).encode())
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [target]}))
    return layout


def _seventh(megabytes: int) -> list[list[Path]]:
    groups: list[list[Path]] = [[] for _ in range(LAYERS)]
    taken, number = 0, 0
    for folder, _, names in os.walk("/usr"):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                number += 1
                taken += path.stat().st_size
                groups[number * 7919 % LAYERS].append(path)
                if taken > megabytes * 1_000_000:
                    return groups
    return groups


def _layer(paths: list[Path], blobs: Path) -> tuple[dict[str, object], str]:
    temporary = blobs / "layer"
    plain = hashlib.sha256()
    with gzip.open(temporary, "wb", compresslevel=5) as packed, tempfile.TemporaryFile() as unpacked:
        with tarfile.open(fileobj=unpacked, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path in paths:
                tar.add(path, recursive=False)
        unpacked.seek(0)
        while chunk := unpacked.read(1 << 20):
            plain.update(chunk)
            packed.write(chunk)
    with temporary.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = temporary.rename(blobs / digest).stat().st_size
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}, f"sha256:{plain.hexdigest()}"


def _put(blobs: Path, kind: str, content: bytes) -> dict[str, object]:
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}


def _run(command: list[str], settings: dict[str, str] | None = None) -> None:
    subprocess.run(command, env={**os.environ, **(settings or {})}, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
