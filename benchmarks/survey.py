"""Survey a registry with threads and with Dask, and ask a large data set where a path is; print seconds and ratios.

    python benchmarks/survey.py [--images 200] [--megabytes 8] [--rows 10000000]

The registry is docker's own, on loopback; it and Dask's scheduler share the cores with whoever surveys. Its images are
five tags each of repositories that share bases: `--megabytes` is the size of a base, and of what a repository has of
its own, unpacked. All surveys read files and packages, each into a data set of its own. Every process that takes part
has made a small survey before, so that nobody's imports count.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from distributed import Client, LocalCluster

sys.path.insert(0, str(Path(__file__).parent.parent))

import nbdock
from nbdock.contents.files import SCHEMA
from nbdock.oci.digest import Digest
from nbdock.places import LayerFacts
from nbdock.surveys import documents, layers
from nbdock.surveys.address import Address
from tests.parts.layers import Entry, file, layer
from tests.parts.layout import Descriptor, Layout, Step
from tests.parts.registries import Registry, open_registry

LARGEST = 100_000
"""Bytes of a file. Larger ones are cut, so that a layer has as many as layers have."""
BUILT = "2024-01-01T00:00:00Z"
TAGS, BASES = 5, 4
THREADS = 8
"""As many as a survey without Dask has."""
LAYER_ROWS = 100_000
FOLDERS = [f"/usr/lib/package{number // 5:04}/part{number % 5}" for number in range(5000)]
QUESTIONS = ("/usr/lib/package0500/part3/", "/usr/lib/package0500/", "/usr/lib/package0500/part3/file77")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--rows", type=int, default=10_000_000)
    given = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "registry").mkdir()
        with open_registry(folder / "registry") as registry:
            _fill(registry, folder / "layout", given.images, round(given.megabytes * 1_000_000))
            _surveys(folder, registry)
        _where(folder / "rows", given.rows)


def _surveys(folder: Path, registry: Registry) -> None:
    dock = nbdock.Dock(folder / "store")
    small = f"{registry.host}/team/app0:0", str(folder / "small")

    def survey(name: str, client: Any = None, layers: bool = True) -> float:
        began = time.perf_counter()
        found = dock.survey(f"{registry.host}/", into=folder / name, files=layers, packages=layers, client=client)
        assert not found.failed.any() and (not layers or not found.left.any())
        return time.perf_counter() - began

    _warm(*small)
    with _counting(registry):
        _said("threads, manifests and configs alone", survey("documents", layers=False))
    with _counting(registry):
        threads = survey("threads")
        _said("threads", threads)
    _said("threads, a second time", survey("threads"), "aim 2 s")
    _kept(folder / "threads")
    with _workers(1, THREADS, *small) as client:
        dask = survey("one process", client)
    _said("Dask, one worker with as many threads", dask, f"Dask / threads = {dask / threads:.2f}, aim 1.50")
    with _workers(1, 1, *small) as client:
        one = survey("one", client)
    _said("Dask, one worker of one thread", one)
    with _workers(2, 1, *small) as client:
        two = survey("two", client)
    _said("Dask, two workers of one thread", two, f"one / two = {one / two:.2f}, aim 1.30")


@contextmanager
def _counting(registry: Registry) -> Iterator[None]:
    """Say what a survey took: requests, and seconds of cores beside the registry's."""
    asked, busy = len(registry.requests()), time.process_time()
    yield
    busy = time.process_time() - busy
    print(f"  {len(registry.requests()) - asked} requests, {busy:.2f} core-seconds")


@contextmanager
def _workers(count: int, threads: int, name: str, folder: str) -> Iterator[Any]:
    """The client of a cluster of processes that each have surveyed a name."""
    with (
        LocalCluster(n_workers=count, threads_per_worker=threads, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(_warm, name, folder)
        yield client


def _warm(name: str, folder: str) -> None:
    own = f"{folder}{os.getpid()}"
    nbdock.Dock(f"{own}-store").survey(name, into=own, files=True, packages=True)


def _kept(data: Path) -> None:
    """Say what a survey read, and what it left behind."""
    survey = nbdock.Survey(data)
    images, layers = survey.images.image_id.nunique(), survey.layers
    read, tar = layers.compressed_bytes.sum() / 1e6, layers.tar_bytes.sum() / 1e6
    print(f"  {images} images, {len(layers)} layers of {read:.0f} MB, {tar:.0f} MB unpacked")
    print(f"  {layers.entries.sum()} entries; {_files(data)}")
    survey.compact()
    print(f"  {_files(data)} after compact()")


def _files(data: Path) -> str:
    sizes = [path.stat().st_size for path in data.rglob("*") if path.is_file()]
    return f"{len(sizes)} files of {sum(sizes) / 1e6:.1f} MB"


def _fill(registry: Registry, folder: Path, images: int, size: int) -> None:
    """Images of a base, a layer of their repository and one of their own, as tags of their repositories."""
    layout, parts = Layout(folder), _parts(size)
    bases = [layer(*part) for part in islice(parts, BASES)]
    repositories = {f"team/app{number}": layer(*part) for number, part in enumerate(islice(parts, -(-images // TAGS)))}
    for number, (repository, own) in enumerate(repositories.items()):
        base = Step(BUILT, "ADD rootfs / # buildkit", bases[number % BASES])
        made = {str(tag): _image(layout, base, own, f"{repository}:{tag}") for tag in range(TAGS)}
        layout.write(made)
        for tag in made:
            _copy(f"oci:{folder}:{tag}", f"docker://{registry.host}/{repository}:{tag}")


def _image(layout: Layout, base: Step, own: bytes, name: str) -> Descriptor:
    release = layer(file("app/release", name.encode()))
    return layout.image([base, Step(BUILT, "RUN make # buildkit", own), Step(BUILT, "COPY . /app # buildkit", release)])


def _parts(size: int) -> Iterator[list[Entry]]:
    """Files of /usr/lib, so many bytes at a time; when they end, from the first one on, below another folder."""
    found = sorted(path for path in Path("/usr/lib").rglob("*") if path.is_file() and not path.is_symlink())
    part, left, turn = list[Entry](), size, 0
    while True:
        for path in found:
            with suppress(OSError):
                content = path.read_bytes()[:LARGEST]
                part.append(file(f"turn{turn}{path}", content))
                left -= len(content)
            if left <= 0:
                yield part
                part, left = [], size
        turn += 1


def _copy(source: str, to: str) -> None:
    command = ["skopeo", "copy", "-q", "--dest-tls-verify=false", source, to]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _where(folder: Path, rows: int) -> None:
    """Questions about many rows of files, in a data set that is compact."""
    address = Address.of(folder)
    documents.write(address, _documents(address, -(-rows // LAYER_ROWS)))
    survey = nbdock.Survey(folder)
    began = time.perf_counter()
    survey.compact()
    _said(f"compact() of {rows:,} rows", time.perf_counter() - began, f"{_peak():.0f} MB at most")
    for path in QUESTIONS:
        asked = nbdock.Survey(folder)
        began = time.perf_counter()
        found = asked.where(path)
        _said(f"where({path!r})", time.perf_counter() - began, f"{len(found)} rows, aim 2 s")


def _documents(address: Address, images: int) -> dict[str, list[dict[str, Any]]]:
    """Images of one layer each, whose tables of files are written; the rows about the images."""
    found: dict[str, list[dict[str, Any]]] = {"images": [], "image_layers": [], "layers": [], "seen": []}
    for number in range(images):
        image, blob, diff_id = f"image{number}", str(Digest.of(b"%d" % number)), Digest.of(b"tar %d" % number)
        name = {"reference": f"registry.example.com/app{number}:1", "image_id": image, "manifest_digest": blob}
        facts = LayerFacts(diff_id, 1, 1, LAYER_ROWS)
        layers.write(address, "files", Digest.of(b"%d" % number), facts, _entries(number))
        found["images"].append(name)
        found["image_layers"].append({"image_id": image, "position": 0, "layer": blob, "diff_id": str(diff_id)})
        found["layers"].append({"layer": blob, "size_bytes": 1, "entries": LAYER_ROWS, "diff_id": str(diff_id)})
        found["seen"].append({**name, "seen_at": datetime.now(UTC)})
    return found


def _entries(number: int) -> pa.Table:
    """Entries of a layer: files in some of the folders that other layers have too, each of a content of its own."""
    paths = [f"{FOLDERS[(row * 7 + number) % len(FOLDERS)]}/file{row // 1000 + number}" for row in range(LAYER_ROWS)]
    given = {
        "path": pa.array(sorted(paths)),
        "type": pa.array(["file"] * LAYER_ROWS).dictionary_encode(),
        "content": pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(32), LAYER_ROWS, [None, pa.py_buffer(os.urandom(32 * LAYER_ROWS))]
        ),
    }
    numbers, empty = pa.array(range(LAYER_ROWS)), pa.nulls
    columns = {
        each.name: given.get(each.name, empty(LAYER_ROWS, each.type) if each.nullable else numbers) for each in SCHEMA
    }
    return pa.table(columns).cast(SCHEMA)


def _peak() -> float:
    """The most megabytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _said(what: str, seconds: float, more: str = "") -> None:
    print(f"{what:44}{seconds:9.2f} s   {more}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
