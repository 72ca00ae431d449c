"""What `inspect`, `info` and `version` give to `--format`: docker's inspect document, and its facts of the system."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nbdock.docker.values import Duration, Nil, Record, is_true
from nbdock.oci import fields
from nbdock.oci.reference import HUB_INDEX

if TYPE_CHECKING:
    from nbdock.places import Image

Row = dict[str, Any]

DRIVER = "oci-layout"
_NEVER = "0001-01-01T00:00:00Z"
_SETS = ("ExposedPorts", "Volumes")
_CONFIG_FIELDS: dict[str, Any] = {
    "User": "",
    "ExposedPorts": Nil.MAP,
    "Env": Nil.SLICE,
    "Entrypoint": Nil.SLICE,
    "Cmd": Nil.SLICE,
    "Volumes": Nil.MAP,
    "WorkingDir": "",
    "Labels": Nil.MAP,
    "StopSignal": "",
    "ArgsEscaped": False,
    "Healthcheck": Nil.POINTER,
    "OnBuild": Nil.SLICE,
    "Shell": Nil.SLICE,
}
"""The fields of Config in docker's order, with the values that a template sees for those not set."""
_DURATIONS = ("Interval", "Timeout", "StartPeriod", "StartInterval")
_HEALTHCHECK_FIELDS = {"Test": Nil.SLICE, **dict.fromkeys(_DURATIONS, Duration(0)), "Retries": 0}


def inspected(image: Image, folder: str) -> Record:
    """docker's inspect document of an image (Engine API 1.50, "Inspect an image"), with its fields in docker's order.

    `folder` is where the store keeps layers. Fields that docker omits when they are empty are unset; so are those that
    only templates have.
    """
    source = image.config.json
    values: dict[str, Any] = {
        "Id": str(image.id),
        "RepoTags": [tag.familiar for tag in sorted(image.tags, key=str)],
        "RepoDigests": [digest.familiar for digest in sorted(image.digests, key=str)],
        "Parent": "",
        "Comment": image.config.comment,
        "Created": fields.text(source, "created"),
        "DockerVersion": fields.text(source, "docker_version"),
        "Author": fields.text(source, "author"),
        "Config": _config(image),
        "Architecture": image.config.platform.architecture,
        "Variant": image.config.platform.variant,
        "Os": image.config.platform.os,
        "OsVersion": fields.text(source, "os.version"),
        "Size": image.known_size,
        "GraphDriver": Record({"Data": {"Dir": folder}, "Name": DRIVER}),
        "RootFS": Record({"Type": "layers", "Layers": [str(diff_id) for diff_id in image.config.diff_ids]}),
        "Metadata": Record({"LastTagTime": _last_tagged(image)}),
    }
    unset = {key: "" for key in ("Created", "Variant", "OsVersion") if not values[key]}
    return Record(values, unset | {"ID": values["Id"], "Descriptor": Nil.POINTER, "Manifests": Nil.SLICE})


def information(row: Row) -> Row:
    """A row of `info` under docker's names (Engine API, "Get system information")."""
    system, _, architecture = row["platform"].partition("/")
    return {
        "Containers": row["containers"],
        "ContainersRunning": 0,
        "ContainersPaused": 0,
        "ContainersStopped": row["containers"],
        "Images": row["images"],
        "Driver": row["storage_driver"],
        "DockerRootDir": row["store"],
        "IndexServerAddress": HUB_INDEX,
        "RegistryConfig": Record({"Mirrors": row["registry_mirrors"] or []}),
        "OSType": system,
        "Architecture": architecture,
    }


def versions(row: Row) -> Row:
    """A row of `version` under docker's names; nbdock is the client, and there is no server."""
    system, _, architecture = row["platform"].partition("/")
    client = {"Version": row["nbdock"], "Os": system, "Arch": architecture}
    return {"Client": Record(client), "Server": Nil.POINTER}


def _config(image: Image) -> Record:
    known = dict(image.config.config)
    for key in _SETS:  # Go's `map[string]struct{}`: each value prints as `{}`
        if isinstance(known.get(key), dict):
            known[key] = dict.fromkeys(known[key], Record({}))
    if isinstance(known.get("Healthcheck"), dict):
        known["Healthcheck"] = _healthcheck(known["Healthcheck"])
    return _struct(known, _CONFIG_FIELDS)


def _healthcheck(source: fields.JSON) -> Record:
    durations = {key: Duration(source[key]) for key in _DURATIONS if isinstance(source.get(key), int)}
    return _struct({**source, **durations}, _HEALTHCHECK_FIELDS)


def _struct(source: fields.JSON, empty: dict[str, Any]) -> Record:
    """The fields of `empty`, in its order; those that are empty in the source too are unset (Go's `omitempty`)."""
    values = {key: value if source.get(key) is None else source[key] for key, value in empty.items()}
    return Record(values, {key: value for key, value in values.items() if not is_true(value)})


def _last_tagged(image: Image) -> str:
    times: list[datetime] = [name.tagged_at for name in image.names if name.tagged_at]
    return fields.rfc3339(max(times)) if times else _NEVER
