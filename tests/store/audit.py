"""What must hold of a store whatever happened to it, checked by plain code that knows only the OCI specs."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from pyarrow import parquet

from nbdock.store import Store

Json: TypeAlias = dict[str, Any]

NAME = "org.opencontainers.image.ref.name"
CHOSEN = "dev.nbdock.image"
YESTERDAY = 2 * 24 * 3600


def audit(root: Path) -> None:
    """Every file under a digest hashes to it; all that a name needs is there, and unpacks to its diff ids."""
    for path in root.glob("blobs/*/*"):
        assert hashlib.new(path.parent.name, path.read_bytes()).hexdigest() == path.name
    for entry in entries(root):
        chosen = entry.get("annotations", {}).get(CHOSEN)
        _whole(root, json.loads(chosen) if chosen else entry)
        assert _read(root, entry)
    for path in root.glob("nbdock/tables/*/*/*"):
        assert set(parquet.read_table(path)["diff_id"].to_pylist()) <= {f"sha256:{path.stem}"}
    assert Store(root).problems == ()


def entries(root: Path) -> list[Json]:
    """The names of a store as its index.json has them; none where it was never written."""
    path = root / "index.json"
    if not path.exists():
        return []
    assert json.loads((root / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    found: list[Json] = json.loads(path.read_text())["manifests"]
    return found


def names(root: Path) -> set[tuple[str, str]]:
    """Each name, and the digest it stands for."""
    return {(entry.get("annotations", {}).get(NAME, ""), entry["digest"]) for entry in entries(root)}


def files(root: Path) -> dict[str, set[str]]:
    """The names of all files, by folder."""
    return {folder: {path.name for path in (root / folder).rglob("*") if path.is_file()} for folder in FOLDERS}


FOLDERS = ("blobs", "ingest", "nbdock", "layers")


def pass_time(root: Path) -> None:
    """Let all files be of the day before yesterday."""
    then = time.time() - YESTERDAY
    for path in root.rglob("*"):
        os.utime(path, (then, then))


def swept(root: Path) -> tuple[set[tuple[str, str]], dict[str, set[str]]]:
    """The names and files that are left after a prune, later."""
    pass_time(root)
    Store(root).removal((), orphans=True).execute()
    audit(root)
    return names(root), files(root)


def _whole(root: Path, descriptor: Json) -> None:
    document = json.loads(_read(root, descriptor))
    for child in document.get("manifests", ()):
        _whole(root, child)
    if "config" in document:
        diff_ids = json.loads(_read(root, document["config"]))["rootfs"]["diff_ids"]
        layers = [_read(root, layer) for layer in document["layers"]]
        assert diff_ids == list(_diff_ids(layers))


def _diff_ids(layers: list[bytes]) -> Iterator[str]:
    for layer in layers:
        yield f"sha256:{hashlib.sha256(gzip.decompress(layer)).hexdigest()}"


def _read(root: Path, descriptor: Json) -> bytes:
    content = (root / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(content) == descriptor["size"]
    return content
