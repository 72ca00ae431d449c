"""Credentials for registries: docker's config.json and its credential helpers, then podman's auth.json."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from nbdock import human
from nbdock.errors import InvalidContent, NbdockError, StoreError, Unauthorized
from nbdock.oci import fields
from nbdock.oci.fields import JSON
from nbdock.oci.reference import HUB
from nbdock.registry.hosts import HUB_API

HUB_KEY = "https://index.docker.io/v1/"
"""docker's key for Docker Hub."""
_HUB_HOSTS = frozenset({HUB, HUB_API, "index.docker.io"})
_REPAIR = "correct the file, or delete it and log in again"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_HELPER_TIMEOUT = 60.0
_NOT_FOUND = "credentials not found"
_TOKEN_USER = "<token>"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name with a password, or with a token that the registry issued for it. Its repr shows no secret.

    Parameters
    ----------
    username, password
        What a user logs in with.
    identity_token
        Is exchanged for access tokens (OAuth's refresh token).
    registry_token
        Is an access token itself.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, entry: JSON) -> Self:
        """From an entry of `auths`. Raises InvalidContent."""
        username, password = fields.text(entry, "username"), fields.text(entry, "password")
        if auth := fields.text(entry, "auth"):
            username, password = _decoded(auth)
        return cls(username, password, fields.text(entry, "identitytoken"), fields.text(entry, "registrytoken"))

    def json(self) -> dict[str, Any]:
        """The entry of `auths` that docker writes."""
        password = "" if self.identity_token else self.password
        entry = {"auth": base64.b64encode(f"{self.username}:{password}".encode()).decode()}
        return {**entry, "identitytoken": self.identity_token} if self.identity_token else entry

    @property
    def basic(self) -> str:
        """The Authorization header for Basic authentication (RFC 7617, UTF-8)."""
        secret = self.identity_token or self.password
        return "Basic " + base64.b64encode(f"{self.username}:{secret}".encode()).decode()

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.identity_token or self.registry_token)


class Credentials:
    """Looks up, stores and deletes credentials, as docker does.

    Without arguments they are kept in memory only.

    Parameters
    ----------
    docker_config
        The path of docker's config.json, which may name credential helpers.
    auth_files
        Paths of podman's auth.json files, which are read after it.
    auth_config
        The text of `$DOCKER_AUTH_CONFIG`, which is read before both.
    """

    def __init__(
        self, docker_config: Path | None = None, auth_files: tuple[Path, ...] = (), auth_config: str = ""
    ) -> None:
        self.changes = 0
        """How often a credential was stored or deleted; what was derived from credentials is stale after a change."""
        self._docker_config = docker_config
        self._auth_files = auth_files
        self._auth_config = auth_config
        self._session: dict[str, Credential] = {}

    def find(self, host: str, repository: str = "") -> Credential | None:
        """The credential for a registry (`docker.io`, `localhost:5000`) or one of its repositories; None if unknown.

        Raises InvalidContent if a file cannot be read, Unauthorized if a helper fails.
        """
        host = hostname(host)
        if host in self._session:
            return self._session[host]
        return next(filter(None, (_find(config, host, repository) for config in self._configs())), None)

    def store(self, host: str, credential: Credential, *, session: bool = False) -> Path | None:
        """Store a credential where docker would, or for a `session` in memory only.

        Returns the file that holds it unencrypted, if one does. Raises StoreError, Unauthorized if a helper fails.
        """
        host = hostname(host)
        self.changes += 1
        if session or self._docker_config is None:
            self._session[host] = credential
            return None
        self._session.pop(host, None)
        return _store(self._docker_config, _key(host), credential)

    def delete(self, host: str) -> tuple[str, ...]:
        """Delete a registry's credential under every key that docker knows; returns what went wrong if all failed."""
        self.changes += 1
        name = hostname(host)
        self._session.pop(name, None)
        if self._docker_config is None:
            return ()
        keys = {host, name, f"http://{name}", f"https://{name}", _key(name)}
        problems = [problem for key in sorted(keys) if (problem := _delete(self._docker_config, key))]
        return tuple(dict.fromkeys(problems)) if len(problems) == len(keys) else ()

    def _configs(self) -> Iterator[JSON]:
        if self._auth_config:
            yield _parse(self._auth_config.encode(), "DOCKER_AUTH_CONFIG")
        yield from map(_load, filter(None, (self._docker_config, *self._auth_files)))


def hostname(address: str) -> str:
    """The registry that an address means: `localhost:5000` for `http://localhost:5000/v2/`, `docker.io` for any of
    Docker Hub's."""
    host = address.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return HUB if host in _HUB_HOSTS else host


def _decoded(auth: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise InvalidContent("invalid auth: not the base64 of user:password", hint="log out and in again")
    return username, password.strip("\0")


# Configuration files


def _key(host: str) -> str:
    """docker's key for a registry."""
    return HUB_KEY if host == HUB else host


def _find(config: JSON, host: str, repository: str) -> Credential | None:
    name = _helper(config, _key(host))
    if name and (found := _ask_helper(name, _key(host))):
        return found
    auths = fields.mapping(config, "auths")
    by_name = {_name(key): key for key in sorted(auths, key=HUB_KEY.__eq__)}
    for prefix in _prefixes(f"{host}/{repository}".rstrip("/")):
        if prefix in by_name and (found := Credential.read(fields.mapping(auths, by_name[prefix]))):
            return found
    return None


def _name(key: str) -> str:
    """The registry or (podman) the part of one that a key of `auths` stands for. docker's older keys are URLs."""
    host, slash, path = key.partition("/")
    return hostname(key) if "://" in key else f"{hostname(host)}{slash}{path}"


def _prefixes(name: str) -> Iterator[str]:
    """The name and its parents, the most specific first: `host/team/app`, `host/team`, `host`."""
    while name:
        yield name
        name = name.rpartition("/")[0]


def _store(path: Path, key: str, credential: Credential) -> Path | None:
    config = _load(path)
    if name := _helper(config, key):
        _store_in_helper(name, key, credential)
        return None
    _save(path, config, {**fields.mapping(config, "auths"), key: credential.json()})
    return path


def _delete(path: Path, key: str) -> str:
    """Returns what went wrong, or ""."""
    try:
        config = _load(path)
        if name := _helper(config, key):
            _check_helper(_run_helper(name, "erase", key, key), name, key)
        auths = fields.mapping(config, "auths")
        if key in auths:
            _save(path, config, {other: auths[other] for other in auths if other != key})
    except NbdockError as error:
        return str(error)
    return ""


def _load(path: Path) -> JSON:
    try:
        return _parse(path.read_bytes() or b"{}", str(path))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidContent(f"cannot read {path}: {error.strerror}", hint=_REPAIR) from None


def _parse(raw: bytes, what: str) -> JSON:
    try:
        return fields.load(raw, what)
    except InvalidContent as error:
        raise InvalidContent(str(error), hint=_REPAIR) from None


def _save(path: Path, config: JSON, auths: Mapping[str, Any]) -> None:
    """Replace the file atomically, readable by its owner only. A symlink stays one. Raises StoreError."""
    target = path.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")
        try:
            with open(number, "w", encoding="utf-8") as file:
                json.dump({**config, "auths": auths}, file, indent="\t", ensure_ascii=False)
                file.flush()
                os.fsync(number)
            os.replace(name, target)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)
    except OSError as error:
        hint = "--session keeps the log-in in memory only"
        raise StoreError(f"cannot write {path}: {error.strerror}", hint=hint) from None


# Credential helpers: programs that keep secrets in the system's keychain (docker-credential-helpers' protocol)


def _helper(config: JSON, key: str) -> str:
    """The name of the helper for a registry, or ""."""
    return fields.text(fields.mapping(config, "credHelpers"), key) or fields.text(config, "credsStore")


def _ask_helper(name: str, key: str) -> Credential | None:
    """The helper's credential; None if it has none or is not installed. Raises Unauthorized."""
    if not shutil.which(_program(name)):
        return None
    ended = _run_helper(name, "get", key, key)
    if ended.returncode and _NOT_FOUND in ended.stdout:
        return None
    _check_helper(ended, name, key)
    found = fields.load(ended.stdout.encode(), f"output of {_program(name)}")
    username, secret = fields.text(found, "Username"), fields.text(found, "Secret")
    return Credential(identity_token=secret) if username == _TOKEN_USER else Credential(username, secret)


def _store_in_helper(name: str, key: str, credential: Credential) -> None:
    username = _TOKEN_USER if credential.identity_token else credential.username
    secret = credential.identity_token or credential.password
    given = json.dumps({"ServerURL": key, "Username": username, "Secret": secret})
    _check_helper(_run_helper(name, "store", key, given), name, key, quote=False)


def _run_helper(name: str, verb: str, key: str, given: str) -> subprocess.CompletedProcess[str]:
    command = [_program(name), verb]
    try:
        return subprocess.run(command, input=given, capture_output=True, encoding="utf-8", timeout=_HELPER_TIMEOUT)  # noqa: S603
    except (OSError, ValueError, subprocess.TimeoutExpired):
        hint = "install it, or remove it from docker's config.json"
        raise Unauthorized(f"{command[0]} cannot be run", host=key, hint=hint) from None


def _program(name: str) -> str:
    if not _HELPER.fullmatch(name):
        hint = "write the X of a program docker-credential-X"
        raise InvalidContent(f"invalid credential helper: {human.excerpt(name)}", hint=hint)
    return f"docker-credential-{name}"


def _check_helper(ended: subprocess.CompletedProcess[str], name: str, key: str, quote: bool = True) -> None:
    """Raises Unauthorized if the helper failed. What a failed `store` prints is not quoted: it was given the secret."""
    if ended.returncode:
        why = (human.excerpt(ended.stdout) if quote else "") or f"exit code {ended.returncode}"
        raise Unauthorized(f"error in {_program(name)}: {why}", host=key)
