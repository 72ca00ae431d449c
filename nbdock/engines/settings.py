"""What the environment says of engines. Nothing is looked up yet: most commands ask no engine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Docker's and Podman's environment variables, and the folders in which their sockets and files are.

    `docker` is the folder of docker's `config.json` and contexts, `containers` those of `containers.conf`, the user's
    first.
    """

    home: Path = Path("/")
    runtime: Path = Path("/run")
    docker: Path = Path("/.docker")
    containers: tuple[Path, ...] = ()
    docker_host: str = field(default="", repr=False)
    docker_context: str = ""
    docker_tls: bool = False
    docker_tls_verify: bool = False
    docker_certificates: Path | None = None
    podman_host: str = field(default="", repr=False)
    podman_connection: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str], home: Path, configs: Path) -> Self:
        """From the environment variables; `configs` is the user's folder of configuration."""
        docker = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
        certificates = environment.get("DOCKER_CERT_PATH")
        return cls(
            home=home,
            runtime=Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"),
            docker=docker,
            containers=(configs / "containers", Path("/etc/containers"), Path("/usr/share/containers")),
            docker_host=environment.get("DOCKER_HOST", ""),
            docker_context=environment.get("DOCKER_CONTEXT", ""),
            docker_tls=bool(environment.get("DOCKER_TLS")),
            docker_tls_verify=bool(environment.get("DOCKER_TLS_VERIFY")),
            docker_certificates=Path(certificates) if certificates else None,
            podman_host=environment.get("CONTAINER_HOST", ""),
            podman_connection=environment.get("CONTAINER_CONNECTION", ""),
        )
