"""Addresses that docker and podman keep under a name: docker's contexts, podman's connections."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path

from nbdock import human, regular
from nbdock.engines.address import TLS
from nbdock.errors import InvalidContent, UsageError
from nbdock.oci import fields
from nbdock.oci.fields import JSON

_LARGEST = 4 << 20


def current_context(docker: Path) -> str:
    """The name of docker's current context; "" if none was chosen."""
    return fields.text(_json(docker / "config.json"), "currentContext")


def context(docker: Path, name: str) -> tuple[str, TLS | None]:
    """The address of a docker context, and its certificates. Raises UsageError if there is none of this name."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    source = _json(docker / "contexts/meta" / folder / "meta.json")
    endpoint = fields.mapping(fields.mapping(source, "Endpoints"), "docker")
    address = fields.text(endpoint, "Host")
    if not address:
        raise UsageError(f"docker has no context {human.excerpt(name)}", hint="see them: docker context ls")
    tls = TLS(docker / "contexts/tls" / folder / "docker", verify=endpoint.get("SkipTLSVerify") is not True)
    return address, tls if tls.folder.is_dir() or not tls.verify else None


def connection(folders: Iterable[Path], name: str) -> str:
    """The address of a podman connection. Raises UsageError if there is none of this name."""
    for folder in folders:
        kept = fields.mapping(_json(folder / "podman-connections.json"), "Connection")
        configured = fields.mapping(_toml(folder / "containers.conf"), "engine")
        destinations = fields.mapping(configured, "service_destinations")
        for found, key in ((fields.mapping(kept, "Connections"), "URI"), (destinations, "uri")):
            if address := fields.text(fields.mapping(found, name), key):
                return address
    raise UsageError(f"podman has no connection {human.excerpt(name)}", hint="see them: podman system connection list")


def _json(path: Path) -> JSON:
    content = _read(path)
    return fields.load(content, str(path)) if content else {}


def _toml(path: Path) -> JSON:
    try:
        return tomllib.loads(_read(path).decode())
    except (ValueError, RecursionError) as error:
        raise InvalidContent(f"invalid {path}: {human.excerpt(str(error))}") from None


def _read(path: Path) -> bytes:
    """The content of a file, none if it does not exist."""
    try:
        return regular.read(path, _LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise InvalidContent(f"cannot read {path}: {error.strerror}") from None
