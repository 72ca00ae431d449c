"""The address of an engine: a Unix socket, or a host and port."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

import httpx

from nbdock.errors import UsageError

Kind = Literal["docker", "podman"]

SOCKETS = {"docker": "/var/run/docker.sock", "podman": "/run/podman/podman.sock"}
"""Where the engines of root listen."""
VARIABLES = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}

_ACCEPTED = "write unix:///PATH or tcp://HOST:PORT"


@dataclass(frozen=True, slots=True)
class TLS:
    """A folder that may have `ca.pem`, and `cert.pem` with `key.pem`; whether the engine's certificate is verified."""

    folder: Path
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """A Unix `socket`, or a `host` with its port, over TLS or not."""

    socket: str = ""
    host: str = ""
    tls: TLS | None = None

    @classmethod
    def parse(cls, text: str, kind: Kind, origin: str, runtime: Path, tls: TLS | None = None) -> Self:
        """An address as docker and podman write it; `origin` says in errors where it was found.

        Raises UsageError. The text itself, which may have a password, is in none.
        """
        scheme, _, rest = text.rpartition("://")
        if scheme == "unix" and rest.startswith("/"):
            return cls(socket=rest)
        try:
            url = urlsplit(f"//{rest}")
            httpx.URL(f"http://{rest}")  # which reads less than urlsplit
            port = url.port or (2376 if tls else 2375)
        except (ValueError, httpx.InvalidURL):
            raise UsageError(f"{origin} is no address of an engine", hint=_ACCEPTED) from None
        if scheme == "ssh" and url.hostname:
            raise UsageError(
                f"{origin} is an address of ssh, which nbdock does not open", hint=_forward(url, kind, runtime)
            )
        if scheme not in ("", "tcp") or url.path.strip("/") or url.username is not None:
            raise UsageError(f"{origin} is no address of an engine that nbdock can ask", hint=_ACCEPTED)
        host = url.hostname or "127.0.0.1"
        return cls(host=f"[{host}]:{port}" if ":" in host else f"{host}:{port}", tls=tls)

    @property
    def shown(self) -> str:
        """As docker writes it."""
        return f"unix://{self.socket}" if self.socket else f"tcp://{self.host}"

    @property
    def url(self) -> str:
        """What requests are sent to. A socket has no host: it gets the name that messages about waits show."""
        return f"{'https' if self.tls else 'http'}://{self.host or 'engine'}"


def _forward(url: SplitResult, kind: Kind, runtime: Path) -> str:
    """How to reach an engine that is behind ssh: the user's own ssh knows the keys, and asks for passphrases."""
    local = runtime / f"{kind}-{url.hostname}.sock"
    port = ("-p", str(url.port)) if url.port else ()
    target = f"{url.username}@{url.hostname}" if url.username else str(url.hostname)
    remote = url.path if url.path.strip("/") else SOCKETS[kind]
    line = shlex.join(("ssh", "-nNT", "-L", f"{local}:{remote}", *port, target))
    return f"forward its socket to this machine: {line}; then set {VARIABLES[kind]}=unix://{local}"
