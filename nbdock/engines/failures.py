"""What goes wrong at an engine: nbdock's error, and what to do about it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import httpx

from nbdock import human
from nbdock.engines.address import VARIABLES, Address, Kind
from nbdock.errors import BadResponse, ImageNotFound, InvalidContent, RegistryError, Unreachable
from nbdock.http import certificates, failures
from nbdock.oci import fields

_JOIN = "join the group of the socket, then log in again: sudo usermod -aG docker $USER"
_TLS_NEEDED = "to an HTTPS server"  # Go's words, in plain HTTP


def broken(error: httpx.HTTPError, address: Address) -> Unreachable:
    """Why no response arrived, or not all of it."""
    why, hint = _explain(failures.cause(error), address)
    return Unreachable(f"{address.shown}: {why}", host=address.shown, hint=hint)


def refused(address: Address, status: int, body: bytes) -> BadResponse:
    """What a response with an unexpected status means."""
    words = message(body)
    hint = "set DOCKER_TLS_VERIFY=1: it speaks TLS" if _TLS_NEEDED in words else "its own log may say more"
    phrase = f"{status} {httpx.codes.get_reason_phrase(status)}".strip()
    return BadResponse(f"{address.shown}: {words or phrase}", host=address.shown, status=status, hint=hint)


def message(body: bytes) -> str:
    """The engine's own message in 200 printable characters at most."""
    try:
        return human.excerpt(fields.text(fields.load(body, "error"), "message"))
    except InvalidContent:
        return human.excerpt(body.decode(errors="replace"))


def not_found(name: str, kind: Kind, address: Address) -> ImageNotFound:
    """The engine has no such image."""
    line = "ls podman:" if kind == "podman" else "ls docker-daemon:"
    hint = f"see what it has: %image {line} (in a terminal: nbdock {line})"
    return ImageNotFound(f"{address.shown}: No such image: {human.excerpt(name)}", hint=hint)


def none_found(kind: Kind, tried: Sequence[RegistryError]) -> Unreachable:
    """No address has an engine: each that was tried, and why not."""
    start = "systemctl --user start podman.socket" if kind == "podman" else "sudo systemctl start docker"
    usual = f"start it ({start}), or say in {VARIABLES[kind]} where it is"
    hint = next(filter(None, (error.hint for error in tried)), usual)
    why = "; ".join(map(str, tried))
    return Unreachable(f"no {kind.capitalize()} engine: {why}", host=tried[0].host, hint=hint)


def _explain(error: BaseException, address: Address) -> tuple[str, str]:
    folder = address.tls.folder if address.tls else ""
    match error:
        case FileNotFoundError():
            return "no such file", ""
        case PermissionError():
            return "permission denied", _JOIN if address.socket.endswith("/docker.sock") else ""
        case ConnectionRefusedError() if address.socket:
            return "connection refused", ""
        case TimeoutError() if address.socket:
            return "no answer in time", "it is busy or hangs: try again, or start it again"
        case ssl.SSLCertVerificationError():
            return certificates.explain(error, f"put its authority in {folder}/ca.pem", "the engine's administrator")
        case ssl.SSLError() if error.reason in failures.CLIENT_CERTIFICATE:
            why = "tls: it takes no client without a certificate that it knows"
            return why, f"put yours in {folder}, as cert.pem and key.pem"
        case ssl.SSLError() if error.reason in failures.PLAIN_HTTP:
            return "http: server gave HTTP response to HTTPS client", "it speaks no TLS: unset DOCKER_TLS_VERIFY"
    return failures.explain(error, "the engine")
