"""Load, save and look into an archive, beside skopeo, podman, dive and a plain copy; print seconds and ratios.

    python benchmarks/archives.py [--megabytes 1500] [--files 20000]

The image is that of `benchmarks/contents.py`; skopeo writes it into a docker-archive of plain layers. podman and dive
are measured if they are installed. Hashing and walking is the same work on the same bytes in one thread: SHA-256, and
the headers of each layer's tar; it writes nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.contents import NAME, archive, image, nbdock, peer, ratio, run, timed
from nbdock.archives import files
from nbdock.archives.archive import Archive
from nbdock.contents.layer import Pass
from nbdock.oci.manifest import Manifest
from nbdock.oci.verify import Verifier
from nbdock.reading import read_manifests

MEGABYTE = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1500)
    parser.add_argument("--files", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), image(given.megabytes, given.files))


def _measure(folder: Path, root: Path) -> None:
    path, store = folder / "image.tar", folder / "store"
    archive(f"oci:{root}:{NAME}", path)
    print(f"{path.stat().st_size / MEGABYTE:.0f} MiB of archive")
    shutil.copyfile(path, folder / "warm")
    floor = timed("hashing and walking the layers", lambda: _walk(path))
    load = timed("nbdock load", lambda: nbdock(store, "load", "-q", "-i", str(path)))
    ratio(load, floor, 1.3, "load / hashing and walking")
    skopeo = timed("skopeo, docker-archive to oci", lambda: _skopeo(path, folder / "layout"))
    ratio(load, skopeo, 1.0, "load / skopeo")
    ratio(load, timed("podman load", lambda: _podman(path, folder / "podman")), 1.0, "load / podman load")
    copy = timed("a plain copy", lambda: run("cp", str(path), str(folder / "copy")))
    saved = timed("nbdock save", lambda: nbdock(store, "save", "-o", str(folder / "saved.tar"), "bench:latest"))
    ratio(saved, copy, 1.2, "save / copy")
    asked = timed("nbdock files, of the archive", lambda: nbdock(folder / "other", "files", f"docker-archive:{path}"))
    dive = peer("dive --json", ["dive", "--source", "docker-archive", str(path), "--json", str(folder / "dive")])
    ratio(asked, dive, 1.2, "files / dive")
    again = timed("nbdock files, a second time", lambda: nbdock(folder / "other", "files", f"docker-archive:{path}"))
    ratio(again, asked, 1.0, "a second time / the first")
    idle = _peak("-c", "import nbdock.api")
    for words in (("load", "-q", "-i", str(path)), ("files", f"docker-archive:{path}", "/etc")):
        shutil.rmtree(store)
        more = _peak("-m", "nbdock", *words, store=store) - idle
        print(f"peak memory of {words[0]}, above an import {more / MEGABYTE:8.0f} MB  aim 100 MB")


def _walk(path: Path) -> None:
    file, _ = files.opened(path)
    found = Archive(files.Tar(file))
    (manifest,) = (
        each for each in read_manifests(found, found.images[0].target).values() if isinstance(each, Manifest)
    )
    for layer in manifest.layers:
        reading, verifier = Pass(), Verifier(layer)
        for chunk in found.open(layer):
            verifier.feed(chunk)
            reading.feed(chunk)
        reading.finish(layer.digest)


def _skopeo(path: Path, to: Path) -> None:
    run("skopeo", "copy", "-q", f"docker-archive:{path}", f"oci:{to}:{NAME}")


def _podman(path: Path, root: Path) -> None:
    if shutil.which("podman"):
        place = ["--root", str(root / "root"), "--runroot", str(root / "run"), "--storage-driver", "vfs"]
        run("podman", *place, "load", "-q", "-i", str(path))


def _peak(*arguments: str, store: Path = Path("/nowhere")) -> int:
    """Peak memory of a process, in bytes."""
    settings = {**os.environ, "NBDOCK_STORE": str(store)}
    child = subprocess.Popen([sys.executable, *arguments], env=settings, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    return used.ru_maxrss * 1024


if __name__ == "__main__":
    main()
