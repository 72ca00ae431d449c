"""What a visitor sees at `/`: the server's address, and what to paste. And its metrics at `/metrics`."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from nbdock.server.events import CONTENT_TYPE
from nbdock.server.handler import Handler

_ELSEWHERE = ("192.0.2.1", 9)  # an address of RFC 5737: nothing is sent there


class WelcomeHandler(Handler):
    """`/`: how to pull from this server, by the address that the visitor used."""

    async def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        made = lines(self.request.host, proxy=self.services.proxy, insecure=self.request.protocol == "http")
        self.write("".join(f"# {what}\n{line}\n\n" for what, line in made.items()))


class MetricsHandler(Handler):
    """`/metrics`, for Prometheus."""

    async def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE)
        self.write(self.services.metrics.text())


def lines(address: str, *, proxy: str, insecure: bool) -> Mapping[str, str]:
    """What to paste to pull from the server at this address: for podman and skopeo, docker, and nbdock."""
    scheme, is_insecure = ("http", "true") if insecure else ("https", "false")
    if proxy:
        mirror = f'mirror = [{{location = "{address}", insecure = {is_insecure}}}]'
        conf = f'registry = [{{prefix = "{proxy}", location = "{proxy}", {mirror}}}]'
        docker = f'{{"registry-mirrors": ["{scheme}://{address}"]}}'
    else:
        conf = f'registry = [{{location = "{address}", insecure = {is_insecure}}}]'
        docker = f'{{"insecure-registries": ["{address}"]}}' if insecure else f"docker pull {address}/library/httpd"
    return {
        "~/.config/containers/registries.conf, for podman, skopeo and nbdock": conf,
        "/etc/docker/daemon.json, for docker": docker,
        "a notebook, with nbdock": f"%image pull {address}/library/httpd",
    }


def reachable(host: str) -> str:
    """The server's name as this network knows it, where it listens on all addresses; the same name otherwise."""
    name, _, port = host.rpartition(":")
    if name != "localhost":
        return host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(_ELSEWHERE)
            return f"{probe.getsockname()[0]}:{port}"
    except OSError:
        return f"{socket.gethostname()}:{port}"
