"""Docker's `inspect` document of an image (Engine API, "Inspect an image"): what `--format` sees."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from nbdock.dock.accounts import HUB_SHOWN
from nbdock.docker.template import Nil, Record
from nbdock.oci import document
from nbdock.places import Image

Row = dict[str, Any]

DRIVER = "oci-layout"
_EPOCH = "0001-01-01T00:00:00Z"
_SETS = ("ExposedPorts", "Volumes")
_RUNTIME: dict[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "ExposedPorts": Nil.MAP,
    "Env": Nil.SLICE,
    "Cmd": Nil.SLICE,
    "Healthcheck": Nil.POINTER,
    "ArgsEscaped": False,
    "Image": "",
    "Volumes": Nil.MAP,
    "WorkingDir": "",
    "Entrypoint": Nil.SLICE,
    "OnBuild": Nil.SLICE,
    "Labels": Nil.MAP,
    "StopSignal": "",
    "Shell": Nil.SLICE,
}
"""The fields of Config in docker's order, with what a template finds in those that are not set."""


def inspected(image: Image, kept_in: Path) -> Record:
    """The fields in docker's order, without those that docker leaves out where they are empty. The layers are files of
    the folder `kept_in`."""
    source = image.config.document
    fields: dict[str, Any] = {
        "Id": str(image.id),
        "RepoTags": [tag.familiar for tag in sorted(image.tags, key=str)],
        "RepoDigests": [digest.familiar for digest in sorted(image.digests, key=str)],
        "Parent": "",
        "Comment": image.config.comment,
        "Created": document.text(source, "created"),
        "DockerVersion": document.text(source, "docker_version"),
        "Author": document.text(source, "author"),
        "Config": _runtime(image),
        "Architecture": image.config.platform.architecture,
        "Variant": image.config.platform.variant,
        "Os": image.config.platform.os,
        "OsVersion": document.text(source, "os.version"),
        "Size": image.size,
        "GraphDriver": Record({"Name": DRIVER, "Data": {"Dir": str(kept_in)}}),
        "RootFS": Record({"Type": "layers", "Layers": [str(diff_id) for diff_id in image.config.diff_ids]}),
        "Metadata": Record({"LastTagTime": _last_tagged(image)}),
        "Descriptor": image.descriptor.json(),
    }
    unset = {key: "" for key in ("Variant", "OsVersion") if not fields[key]}
    return Record({key: value for key, value in fields.items() if key not in unset}, unset)


def information(row: Row) -> Row:
    """What docker's `info` calls the same things (Engine API, "Get system information")."""
    system, _, architecture = row["platform"].partition("/")
    return {
        "Containers": row["containers"],
        "ContainersRunning": 0,
        "ContainersPaused": 0,
        "ContainersStopped": row["containers"],
        "Images": row["images"],
        "Driver": row["storage_driver"],
        "DockerRootDir": row["store"],
        "IndexServerAddress": HUB_SHOWN,
        "RegistryConfig": Record({"Mirrors": row["registry_mirrors"] or []}),
        "OSType": system,
        "Architecture": architecture,
    }


def versions(row: Row) -> Row:
    """What docker's `version` has of a client; there is no server."""
    system, _, architecture = row["platform"].partition("/")
    client = {"Version": row["nbdock"], "Os": system, "Arch": architecture}
    return {"Client": Record(client), "Server": Nil.POINTER}


def to_json(documents: list[Record]) -> str:
    """As docker prints it where no format is asked for: an array, indented by 4."""
    return json.dumps(documents, indent=4, ensure_ascii=False)


def _runtime(image: Image) -> Record:
    runtime = image.config.runtime
    known = {key: _sets(runtime[key]) if key in _SETS else runtime[key] for key in _RUNTIME if key in runtime}
    return Record(known, {key: value for key, value in _RUNTIME.items() if key not in known})


def _sets(value: Any) -> Any:
    """Go's `map[string]struct{}`, whose values print as `{}`."""
    return {key: Record({}) for key in value} if isinstance(value, dict) else value


def _last_tagged(image: Image) -> str:
    moments: list[datetime] = [name.tagged_at for name in image.names if name.tagged_at]
    return max(moments).isoformat().replace("+00:00", "Z") if moments else _EPOCH
