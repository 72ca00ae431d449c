"""How long a store of 1,000 images takes to answer: in a kernel that has just begun, and in a warm one.

    python benchmarks/store.py

Each image has five layers, two of them its own, and a history of ten rows. Prints seconds: the first call, then the
median of five.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from nbdock.api import Dock
from nbdock.dock.console import Console
from nbdock.dock.find import find
from nbdock.dock.steps import history
from nbdock.oci.platform import Platform
from nbdock.store import Store

IMAGES = 1000
SHARED = 3
OWN = 2
ROUNDS = 5
NAME = "docker.io/library/image"
OCI = "application/vnd.oci.image"


class Layout:
    """Written by plain code, as another tool would."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs" / "sha256"
        self._blobs.mkdir(parents=True)
        self._root = root

    def put(self, media_type: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (self._blobs / digest).write_bytes(content)
        return {"mediaType": f"{OCI}.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    def layer(self, text: str) -> tuple[str, dict[str, Any]]:
        tar = tarred(text)
        return f"sha256:{hashlib.sha256(tar).hexdigest()}", self.put("layer.v1.tar+gzip", gzip.compress(tar, mtime=0))

    def image(self, number: int) -> dict[str, Any]:
        texts = [f"shared {number % 10} {each}" for each in range(SHARED)] + [f"{number} {each}" for each in range(OWN)]
        diff_ids, layers = zip(*map(self.layer, texts), strict=True)
        made = f"2024-01-{number % 28 + 1:02}T00:00:00Z"
        rows = [{"created": made, "created_by": f"RUN make {text}"} for text in texts]
        config = {
            **Platform.host().json(),
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

    def write(self, images: list[dict[str, Any]]) -> None:
        """Each image under a tag and its digest, as a pull leaves it."""
        entries = [
            {**image, "annotations": {"org.opencontainers.image.ref.name": name}}
            for number, image in enumerate(images)
            for name in (f"{NAME}:{number}", f"{NAME}@{image['digest']}")
        ]
        (self._root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self._root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))


class Silent(Console):
    """Nobody listens."""


def tarred(text: str) -> bytes:
    packed, content = io.BytesIO(), text.encode()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(name: str, root: Path, work: Callable[[Dock], object]) -> None:
    """First in a store that has read nothing yet (docks of one path share theirs), then in one that has."""
    path = root.with_name(name)
    path.symlink_to(root)
    dock = Dock(path, console=Silent())
    first = seconds(partial(work, dock))
    again = statistics.median(seconds(partial(work, dock)) for _ in range(ROUNDS))
    print(f"{name:24}{first:8.3f}{again:8.3f}")


def build(root: Path) -> None:
    layout = Layout(root)
    layout.write(list(map(layout.image, range(IMAGES))))
    store = Store(root)
    for layer in {layer.descriptor for image in store.images() for layer in image.layers}:
        store.facts(layer)


WORKS: dict[str, Callable[[Dock], object]] = {
    "images": lambda dock: dock.store.images(),
    "sizes": lambda dock: [image.size for image in dock.store.images()],
    "find by name": lambda dock: find("image:500", dock.store.images()),
    "find by id": lambda dock: find(dock.store.images()[500].id.short, dock.store.images()),
    "history": lambda dock: history(dock.store.images()[500]),
    "plan of all": lambda dock: dock.store.removal(dock.store.names(), orphans=True),
    "plan of one": lambda dock: dock.store.removal(dock.store.names()[:1]),
    "tag": lambda dock: dock.tag("image:500", "mine:1"),
    "image ls": lambda dock: dock.ls(),
    "image ls image:5?": lambda dock: dock.ls("image:5?"),
    "image ls (shown)": lambda dock: dock.ls()._repr_html_(),
    "image inspect": lambda dock: dock.inspect("image:500"),
    "image history": lambda dock: dock.history("image:500"),
    "system df": lambda dock: dock.df(),
    "rm --dry-run": lambda dock: dock.rm("image:500", dry_run=True),
    "prune -a --dry-run": lambda dock: dock.prune(all=True, dry_run=True),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        print(f"{IMAGES} images, made in {seconds(partial(build, root)):.0f} s\n{'':24}{'first':>8}{'warm':>8}")
        for name, work in WORKS.items():
            report(name, root, work)


if __name__ == "__main__":
    main()
