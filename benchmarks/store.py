"""Measure commands on a store of many images, in a new process and warm, and how long adding images takes.

    python benchmarks/store.py [IMAGES]

Each of the images (1,000 where no number is given) has a tag and a name by digest, five layers, three of which many
images share, and a history of ten rows; ten tags make a repository. Prints seconds: the first call of a new process
(with all imports where it is `ls`), the median of five warm ones, each with its CPU seconds, which say more on a busy
machine, and what each should take.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SHARED = 3
OWN = 2
ROUNDS = 5
NAME = "docker.io/team/image"
OCI = "application/vnd.oci.image"
AIMS = {
    "ls": (2.0, 0.3),
    "tag": (None, 0.2),
    "find by name": (None, 0.2),
    "find by id": (None, 0.2),
    "plan of one": (None, 0.2),
    "add one": (None, 0.025),
}
ADD_ALL = 60.0


class Layout:
    """A layout as another tool writes it: every file once, index.json at the end."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._shared: dict[str, tuple[str, dict[str, Any]]] = {}
        for folder in ("blobs/sha256", "layers/sha256"):
            (root / folder).mkdir(parents=True)

    def put(self, media_type: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        Path(self._root, "blobs/sha256", digest).write_bytes(content)
        return {"mediaType": f"{OCI}.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    def layer(self, text: str) -> tuple[str, dict[str, Any]]:
        if text not in self._shared:
            tar = tarred(text)
            descriptor = self.put("layer.v1.tar+gzip", gzip.compress(tar, mtime=0))
            diff_id = f"sha256:{hashlib.sha256(tar).hexdigest()}"
            sizes = {"diff_id": diff_id, "files": len(text), "tar": len(tar), "entries": 1}
            Path(self._root, "layers", descriptor["digest"].replace(":", "/")).write_text(json.dumps(sizes))
            if not text.startswith("shared"):
                return diff_id, descriptor
            self._shared[text] = diff_id, descriptor
        return self._shared[text]

    def image(self, number: int) -> dict[str, Any]:
        texts = [f"shared {number % 10} {each}" for each in range(SHARED)] + [f"{number} {each}" for each in range(OWN)]
        diff_ids, layers = zip(*map(self.layer, texts), strict=True)
        made = f"2024-01-{number % 28 + 1:02}T00:00:00Z"
        rows = [{"created": made, "created_by": f"RUN make {text}"} for text in texts]
        config = {
            "os": "linux",
            "architecture": "amd64",
            "created": made,
            "config": {"Env": [f"NUMBER={number}"], "Labels": {"number": str(number)}},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": rows + [{**row, "empty_layer": True} for row in rows],
        }
        document = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": self.put("config.v1+json", json.dumps(config).encode()),
            "layers": layers,
        }
        return self.put("manifest.v1+json", json.dumps(document).encode())

    def fill(self, count: int) -> None:
        """Write this many images, each with a tag and a digest like a pulled one."""
        entries = [
            {**image, "annotations": {"org.opencontainers.image.ref.name": name, "dev.nbdock.pulled": pulled(number)}}
            for number, image in ((number, self.image(number)) for number in range(count))
            for name in (tagged(number), f"{tagged(number).rpartition(':')[0]}@{image['digest']}")
        ]
        (self._root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self._root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))


def tagged(number: int) -> str:
    return f"{NAME}-{number // 10}:{number % 10}"


def pulled(number: int) -> str:
    return f"2024-02-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}Z"


def tarred(text: str) -> bytes:
    packed, content = io.BytesIO(), text.encode()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def works(count: int) -> dict[str, Callable[[Any], object]]:
    """The measured commands, on a dock."""
    from nbdock.dock.find import find
    from nbdock.dock.steps import history

    middle, tags = tagged(count // 2), iter(range(1_000_000))
    return {
        "names": lambda dock: dock.store.names(),
        "images": lambda dock: dock.store.images(),
        "find by name": lambda dock: find(middle, dock.store.images()),
        "find by id": lambda dock: find(dock.store.images()[count // 2].id.short, dock.store.images()),
        "tag": lambda dock: dock.tag(middle, f"mine:{next(tags)}"),
        "history": lambda dock: history(find(middle, dock.store.images()).image),
        "plan of one": lambda dock: dock.store.removal(find(middle, dock.store.images()).image.names),
        "plan of all": lambda dock: dock.store.removal(dock.store.names(), orphans=True),
        "add one": lambda dock: add(dock.store, next(tags)),
        "ls": lambda dock: dock.ls(),
        "ls image-5?": lambda dock: dock.ls("team/image-5?"),
        "ls, shown": lambda dock: dock.ls()._repr_html_(),
        "inspect": lambda dock: dock.inspect(middle),
        "df": lambda dock: dock.df(),
        "rm --dry-run": lambda dock: dock.rm(middle, dry_run=True),
        "prune -a --dry-run": lambda dock: dock.prune(all=True, dry_run=True),
    }


def measure(root: Path, count: int, name: str) -> None:
    """In a process of its own: prints the first call and the medians of the warm ones, in seconds and CPU seconds."""
    began = now()
    from nbdock.api import Dock
    from nbdock.dock.console import Console

    dock, work = Dock(root, console=Console()), works(count)[name]
    imported = now()
    work(dock)
    first = since(began if name.startswith("ls") else imported)
    warm = zip(*(seconds(lambda: work(dock)) for _ in range(ROUNDS)), strict=True)
    print(*first, *map(statistics.median, warm))


def add(destination: Any, number: int) -> None:
    """As a pull does: two layers, config and manifest are written, then the names."""
    from nbdock.copying import Copier
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference
    from nbdock.task import Task

    source = Shelf(number)
    reference = Reference.parse(f"docker.io/added/image-{number // 10}:{number % 10}")
    Copier(destination, Task(), jobs=1).copy(source, source.target, reference, Platform("linux", "amd64"))


class Shelf:
    """A small image in memory, with a shared layer and one of its own."""

    def __init__(self, number: int) -> None:
        from nbdock.oci.descriptor import Descriptor

        self._content: dict[Any, bytes] = {}
        tars = [tarred("all"), tarred(f"added {number}")]
        layers = [self._put("layer.v1.tar+gzip", gzip.compress(tar, 1, mtime=0)) for tar in tars]
        diff_ids = [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars]
        config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        parts = {"config": self._put("config.v1+json", json.dumps(config).encode()), "layers": layers}
        kind = f"{OCI}.manifest.v1+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, **parts}).encode()
        self.target = Descriptor.read(self._put("manifest.v1+json", manifest))

    def _put(self, media_type: str, content: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._content[digest] = content
        return {"mediaType": f"{OCI}.{media_type}", "digest": digest, "size": len(content)}

    def resolve(self, reference: object, /) -> Any:
        return self.target

    def open(self, descriptor: Any, start: int = 0, /) -> Iterator[bytes]:
        return iter([self._content[str(descriptor.digest)][start:]])


def add_all(folder: Path, count: int) -> None:
    """Add this many images to an empty store in one batch; and the time that the disk takes of it."""
    from nbdock.store import Store

    def at_once() -> None:
        store = Store(folder / "at once")
        with store.batch() as batch:
            for number in range(count):
                add(batch, number)

    def written() -> None:
        for number in range(4 * count):
            write(folder / "written", number)

    (folder / "written").mkdir()
    for name, work, aim in (
        (f"add {count:,} at once", at_once, ADD_ALL * count / 10_000),
        ("  the disk alone", written, 0),
    ):
        wall, cpu = seconds(work)
        print(f"{name:20}{wall:8.1f}{cpu:8.1f}{'':19}{aim or '':>8}")


def write(folder: Path, number: int) -> None:
    """Write a small file with the same syncs as the store."""
    with (folder / f"{number}.new").open("wb") as file:
        file.write(b"content" * 30)
        file.flush()
        os.fsync(file.fileno())
    os.replace(folder / f"{number}.new", folder / str(number))
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


Spent = tuple[float, float]
"""Seconds that passed, and seconds of CPU."""


def now() -> Spent:
    return time.perf_counter(), time.process_time()


def since(began: Spent) -> Spent:
    wall, cpu = now()
    return wall - began[0], cpu - began[1]


def seconds(work: Callable[[], object]) -> Spent:
    began = now()
    work()
    return since(began)


def report(root: Path, count: int, name: str) -> None:
    command = [sys.executable, __file__, str(count), str(root), name]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    measured = "".join(f"{float(each):8.3f}" for each in printed)
    aims = ["" if aim is None else f"{aim:.3f}" for aim in AIMS.get(name, ())]
    print(f"{name:20}{measured}   {' '.join(f'{aim:>8}' for aim in aims)}".rstrip(), flush=True)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    if len(sys.argv) > 2:
        measure(Path(sys.argv[2]), count, sys.argv[3])
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        made, _ = seconds(lambda: Layout(root).fill(count))
        print(f"{count:,} images, made in {made:.0f} s; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"{'':20}{'first':>8}{'CPU':>8}{'warm':>8}{'CPU':>8}   {'aims':>8}", flush=True)
        report(root, count, "ls")
        for name in works(count):
            report(root, count, name)
        add_all(Path(folder), count)


if __name__ == "__main__":
    main()
