"""What a builder made of a Dockerfile, put so that answers of several builders can be compared: all but times."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

Entry: TypeAlias = list[Any]
Answer: TypeAlias = dict[str, Any]
"""`history`, `config` and `layers`; or the `error`."""

_KINDS = {tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard", tarfile.FIFOTYPE: "fifo"}


def of_archive(path: Path) -> Answer:
    """What is in an OCI archive."""
    with tarfile.open(path) as opened:
        files = {member.name: opened.extractfile(member) for member in opened if member.isfile()}
        content = {name: file.read() for name, file in files.items() if file}
    blobs = {name.rpartition("/")[2]: each for name, each in content.items() if name.startswith("blobs/")}
    return answer(_hex(json.loads(content["index.json"])["manifests"][0]), blobs)


def answer(manifest: str, blobs: Mapping[str, bytes]) -> Answer:
    """What a manifest says: rows of history without times, the config's fields, and the entries of each layer."""
    image = json.loads(blobs[manifest])
    config = json.loads(blobs[_hex(image["config"])])
    layers = [_entries(blobs[_hex(each)]) for each in image["layers"] or ()]
    history = [
        {key: value for key, value in row.items() if key != "created"} for row in config.pop("history", None) or ()
    ]
    fields = {key: value for key, value in config.items() if key not in ("created", "rootfs")}
    return {"config": fields, "history": history, "layers": layers}


def tree(found: Answer) -> dict[str, Entry]:
    """The tree of an image of which nothing was deleted: a folder that is there again keeps what is in it."""
    shown: dict[str, Entry] = {}
    for layer in found["layers"]:
        for path, kind, *rest in layer:
            shown[path] = shown[rest[-1]] if kind == "hard" else [kind, *rest]
    return shown


def _hex(descriptor: Mapping[str, str]) -> str:
    return descriptor["digest"].partition(":")[2]


def _entries(tar: bytes) -> list[Entry]:
    """Path, kind, mode, user, group, and where a link leads or the start of a file's digest."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as layer:
        return [_entry(layer, member) for member in layer]


def _entry(layer: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    file = layer.extractfile(member) if member.isreg() else None
    what = hashlib.sha256(file.read()).hexdigest()[:16] if file else member.linkname
    kind, mode = _KINDS.get(member.type, "file"), f"{member.mode & 0o7777:o}"
    return [member.name.rstrip("/"), kind, mode, member.uid, member.gid, what]
