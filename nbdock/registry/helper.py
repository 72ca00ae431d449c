"""Credential helpers: programs that keep secrets in the system's keychain (docker-credential-helpers' protocol)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from nbdock.errors import InvalidContent, Unauthorized
from nbdock.oci import document
from nbdock.registry.credential import Credential
from nbdock.registry.failures import printable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_NOTHING = "credentials not found"
_TOKEN = "<token>"  # noqa: S105
_PATIENCE = 60.0


def get(name: str, server: str) -> Credential | None:
    """What the helper keeps for the server; None where that is nothing or it is not installed. Raises Unauthorized."""
    if not shutil.which(_program(name)):
        return None
    answer = _run(name, "get", server, server)
    if answer.returncode and _NOTHING in answer.stdout:
        return None
    _check(answer, name, server, answer.stdout)
    found = document.load(answer.stdout.encode(), f"answer of docker-credential-{name}")
    username, secret = document.text(found, "Username"), document.text(found, "Secret")
    return Credential(identity_token=secret) if username == _TOKEN else Credential(username, secret)


def store(name: str, server: str, credential: Credential) -> None:
    """Let the helper keep it. Raises Unauthorized."""
    username = _TOKEN if credential.identity_token else credential.username
    secret = credential.identity_token or credential.password
    given = json.dumps({"ServerURL": server, "Username": username, "Secret": secret})
    _check(_run(name, "store", server, given), name, server)


def erase(name: str, server: str) -> None:
    """Let the helper forget the server. Raises Unauthorized."""
    answer = _run(name, "erase", server, server)
    _check(answer, name, server, answer.stdout)


def _run(name: str, verb: str, server: str, given: str) -> subprocess.CompletedProcess[str]:
    command = [_program(name), verb]
    try:
        return subprocess.run(command, input=given, capture_output=True, encoding="utf-8", timeout=_PATIENCE)  # noqa: S603
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise Unauthorized(
            f"{command[0]} cannot be run", host=server, hint="install it, or take it out of docker's config.json"
        ) from None


def _program(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidContent(f"invalid credential helper: {printable(name)}", hint="it is the X of docker-credential-X")
    return f"docker-credential-{name}"


def _check(answer: subprocess.CompletedProcess[str], name: str, server: str, words: str = "") -> None:
    """What a failed `store` prints is not repeated: it was given the secret."""
    if answer.returncode:
        why = printable(words) or f"exit code {answer.returncode}"
        raise Unauthorized(f"error in docker-credential-{name}: {why}", host=server)
