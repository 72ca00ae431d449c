"""Build an image of many files beside podman, and beside reading, tarring and hashing them; print seconds and ratios.

    python benchmarks/build.py [--megabytes 1000] [--files 20000]

The base is a sample. podman is measured if it is installed; what it builds is pushed into an OCI layout, as nbdock's
store is one. The floor is the same work on the same bytes by the same libraries: one thread reads and makes the tar,
another hashes it; it writes nothing and makes no tables. The disk's own time for as many bytes, which a new layer
cannot be faster than, is beside it. Where it was built before, nbdock reads the build context and hashes it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import queue
import random
import shutil
import sys
import tarfile
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.archives import _peak
from benchmarks.contents import nbdock, ratio, run, timed
from nbdock.demo import SAMPLES

MEGABYTE = 1 << 20
CHUNK = 1 << 20
DOCKERFILE = "FROM docker.io/library/busybox:1.36\nCOPY data /data/\nCOPY app.py /app/\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--files", type=int, default=20_000)
    given = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        context = _context(folder / "context", given.megabytes, given.files)
        _measure(folder, context)


def _measure(folder: Path, context: Path) -> None:
    store = folder / "store"
    nbdock(store, "pull", "-q", f"oci:{SAMPLES}:docker.io/library/busybox:1.36")
    nbdock(store, "save", "-o", str(folder / "base.tar"), "busybox:1.36")
    floor = timed("reading, tarring and hashing", lambda: _floor(context / "data"))
    disk = timed("writing as many bytes to the disk", lambda: _write(folder / "written", context / "data"))
    built = timed("nbdock build", lambda: _build(store, context, "app:1.0"))
    print(f"  {'build / writing':43}{built / disk:8.3f}")
    ratio(built, floor, 1.2, "build / reading, tarring and hashing")
    ratio(built, _podman(context, folder), 0.5, "build / podman")
    again = timed("nbdock build, nothing changed", lambda: _build(store, context, "app:1.0"))
    print(f"above reading, tarring and hashing      {again - floor:8.2f} s   aim 1 s")
    (context / "app.py").write_text("print('changed')\n")
    before = _blobs(store)
    timed("nbdock build, one small file changed", lambda: _build(store, context, "app:2.0"))
    print(f"blobs written: {len(_blobs(store) - before)} (a layer, a config, a manifest)")
    shutil.rmtree(store)
    nbdock(store, "pull", "-q", f"oci:{SAMPLES}:docker.io/library/busybox:1.36")
    idle = _peak("-c", "import nbdock.api")
    more = _peak("-m", "nbdock", "build", "-q", "-t", "app:1.0", str(context), store=store) - idle
    print(f"peak memory, above an import             {more / MEGABYTE:8.0f} MB  aim 100 MB")


def _context(folder: Path, megabytes: int, files: int) -> Path:
    """Files that no compressor makes smaller, a hundred folders of them, and a small program."""
    random.seed(0)
    noise, length = os.urandom(2 * MEGABYTE), megabytes * MEGABYTE // files
    for number in range(files):
        path = folder / "data" / f"d{number % 100}" / f"f{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        start = random.randrange(MEGABYTE)
        path.write_bytes(number.to_bytes(8, "big") + noise[start : start + length - 8])
    (folder / "app.py").write_text("print('hello')\n")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


def _build(store: Path, context: Path, name: str) -> None:
    nbdock(store, "build", "-q", "-t", name, str(context))


def _podman(context: Path, folder: Path) -> float:
    if not shutil.which("podman"):
        print("podman build                                  is not installed")
        return 0.0
    root = folder / "podman"
    place = ["--root", str(root / "root"), "--runroot", str(root / "run"), "--storage-driver", "vfs"]
    run("podman", *place, "load", "-q", "-i", str(folder / "base.tar"))

    def build() -> None:
        run("podman", *place, "build", "-q", "--isolation", "chroot", "-t", "app", str(context))
        run("podman", *place, "push", "-q", "app", f"oci:{folder / 'layout'}:app")

    return timed("podman build, and push to an OCI layout", build)


def _floor(data: Path) -> None:
    """Read and tar in one thread, hash in another."""
    chunks: queue.Queue[bytes] = queue.Queue(4)
    hasher = hashlib.sha256()

    def hash_all() -> None:
        while chunk := chunks.get():
            hasher.update(chunk)

    thread = threading.Thread(target=hash_all)
    thread.start()
    waiting: list[bytes] = []
    size = 0
    for folder, _, names in sorted(os.walk(data)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            with open(path, "rb", buffering=0) as file:
                content = file.read()
            header = tarfile.TarInfo(path[1:])
            header.size = len(content)
            waiting += (header.tobuf(tarfile.PAX_FORMAT), content, bytes(-len(content) % 512))
            size += len(content)
            if size > CHUNK:
                chunks.put(b"".join(waiting))
                waiting, size = [], 0
    chunks.put(b"".join(waiting))
    chunks.put(b"")
    thread.join()


def _write(path: Path, data: Path) -> None:
    """As a layer is written: flushed to the disk."""
    with path.open("wb", buffering=0) as file:
        for chunk in (each.read_bytes() for each in data.glob("*/*")):
            file.write(chunk)
        os.fsync(file.fileno())
    path.unlink()


def _blobs(store: Path) -> set[str]:
    return {path.name for path in (store / "blobs/sha256").iterdir()}


if __name__ == "__main__":
    main()
