"""Where to look for an engine: where the user says, or at the sockets that Docker and Podman open by themselves."""

from __future__ import annotations

from nbdock.engines import named
from nbdock.engines.address import SOCKETS, TLS, Address, Kind
from nbdock.engines.settings import EngineSettings
from nbdock.errors import InvalidContent, UsageError


def candidates(kind: Kind, settings: EngineSettings) -> tuple[Address, ...]:
    """The addresses to try, in order; only one if the user names it. Raises UsageError."""
    try:
        return _docker(settings) if kind == "docker" else _podman(settings)
    except InvalidContent as error:
        raise UsageError(str(error), hint="correct the file, or set DOCKER_HOST or CONTAINER_HOST") from None


def _docker(settings: EngineSettings) -> tuple[Address, ...]:
    """DOCKER_HOST, DOCKER_CONTEXT or the current context, as docker; without, all usual sockets."""
    if settings.docker_host:
        folder = settings.docker_certificates or settings.docker
        secure = settings.docker_tls or settings.docker_tls_verify
        tls = TLS(folder, verify=settings.docker_tls_verify) if secure else None
        return (Address.parse(settings.docker_host, "docker", "DOCKER_HOST", settings.runtime, tls),)
    context = settings.docker_context or named.current_context(settings.docker)
    if context not in ("", "default"):
        address, tls = named.context(settings.docker, context)
        return (Address.parse(address, "docker", f"the docker context {context}", settings.runtime, tls),)
    rootless, desktop = settings.runtime / "docker.sock", settings.home / ".docker"
    paths = (SOCKETS["docker"], rootless, desktop / "run/docker.sock", desktop / "desktop/docker.sock")
    return tuple(Address(str(path)) for path in paths)


def _podman(settings: EngineSettings) -> tuple[Address, ...]:
    """CONTAINER_CONNECTION or CONTAINER_HOST, as podman; without, the sockets of the user and of root."""
    if name := settings.podman_connection:
        address = named.connection(settings.containers, name)
        return (Address.parse(address, "podman", f"the podman connection {name}", settings.runtime),)
    if settings.podman_host:
        return (Address.parse(settings.podman_host, "podman", "CONTAINER_HOST", settings.runtime),)
    return Address(str(settings.runtime / "podman/podman.sock")), Address(SOCKETS["podman"])
