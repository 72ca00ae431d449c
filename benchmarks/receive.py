"""Receive and hash one large blob from a registry on this machine, and print medians in MB/s.

    python benchmarks/receive.py [--rounds 5] [--megabytes 700]

The floor is `http.client` reading into one buffer; httpx is the speed without nbdock's own receive path.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credentials
from nbdock.registry.hosts import Hosts
from tests.parts.registries import open_registry

BUFFER = 256 * 1024


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--megabytes", type=int, default=700)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_registry(Path(folder)) as running:
        client = Registry(Hosts(), Credentials(Path(folder) / "config.json"))
        reference = Reference.parse(f"{running.host}/bench/receive")
        chunks = [os.urandom(1_000_000)] * given.megabytes
        blob = Descriptor(media.OCI_LAYER, _digest(chunks), 1_000_000 * given.megabytes)
        client.repository(reference, push=True).write(blob, chunks)
        path = f"/v2/bench/receive/blobs/{blob.digest}"
        repository, session = client.repository(reference), httpx.Client(base_url=running.url)
        ways: dict[str, Callable[[], Iterator[bytes | memoryview]]] = {
            "http.client, readinto": lambda: _floor(running.host, path),
            "httpx, iter_raw": lambda: _httpx(session, path),
            "nbdock": lambda: repository.open(blob),
        }
        _report(ways, blob, given.rounds)


def _report(ways: dict[str, Callable[[], Iterator[bytes | memoryview]]], blob: Descriptor, rounds: int) -> None:
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, receive in ways.items():
            began = time.perf_counter()
            if _digest(receive()) != blob.digest:
                raise SystemExit(f"{name} received something else")
            speeds[name].append(blob.size / 1e6 / (time.perf_counter() - began))
    print(f"load {os.getloadavg()[0]:.1f}, median of {rounds}, {blob.size / 1e6:.0f} MB, hashing included")
    for name, found in speeds.items():
        print(f"{name:24}{statistics.median(found):6.0f} MB/s   ({min(found):.0f} to {max(found):.0f})")


def _digest(chunks: Iterator[bytes | memoryview] | list[bytes]) -> Digest:
    hasher = hashlib.sha256()
    for chunk in chunks:
        hasher.update(chunk)
    return Digest("sha256", hasher.hexdigest())


def _floor(host: str, path: str) -> Iterator[memoryview]:
    connection = http.client.HTTPConnection(host)
    connection.request("GET", path)
    response, buffer = connection.getresponse(), memoryview(bytearray(BUFFER))
    while count := response.readinto(buffer):
        yield buffer[:count]
    connection.close()


def _httpx(session: httpx.Client, path: str) -> Iterator[bytes]:
    with session.stream("GET", path, headers={"Accept-Encoding": "identity"}) as response:
        yield from response.iter_raw(BUFFER)


if __name__ == "__main__":
    main()
