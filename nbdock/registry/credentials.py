"""Who one is at which registry: docker's config.json and its helpers, then podman's auth.json."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbdock.errors import InvalidContent, NbdockError, StoreError
from nbdock.oci import document
from nbdock.oci.document import Document
from nbdock.oci.reference import HUB
from nbdock.registry import helper
from nbdock.registry.credential import Credential
from nbdock.registry.hosts import HUB_API

HUB_KEY = "https://index.docker.io/v1/"
_HUB_HOSTS = frozenset({HUB, HUB_API, "index.docker.io"})
_REPAIR = "put it right, or take it away and log in again"


class Credentials:
    """Looked up in docker's order: this session's, `auth_config` (the text of $DOCKER_AUTH_CONFIG), `docker_config`
    (the path of config.json) with the helpers it names, then podman's `auth_files`."""

    def __init__(self, docker_config: Path, auth_files: tuple[Path, ...] = (), auth_config: str = "") -> None:
        self.changes = 0
        """How often something was stored or erased: what was derived from credentials before is stale then."""
        self._docker_config = docker_config
        self._auth_files = auth_files
        self._auth_config = auth_config
        self._session: dict[str, Credential] = {}

    def find(self, host: str, repository: str = "") -> Credential | None:
        """What to show a registry (`docker.io`, `localhost:5000`) for a repository of it; None where nothing is known.

        Raises InvalidContent where a file cannot be read, Unauthorized where a helper fails.
        """
        host = hostname(host)
        if host in self._session:
            return self._session[host]
        return next(filter(None, (_find(config, host, repository) for config in self._configs())), None)

    def store(self, host: str, credential: Credential, *, session: bool = False) -> Path | None:
        """Keep it where docker does, or for a `session` in memory only.

        Returns the file that now holds it in the clear; None where none does. Raises StoreError, Unauthorized.
        """
        host = hostname(host)
        if session:
            self._session[host] = credential
        else:
            self._session.pop(host, None)
        self.changes += 1
        return None if session else self._keep(_server(host), credential)

    def _keep(self, server: str, credential: Credential) -> Path | None:
        config = _load(self._docker_config)
        if name := _helper(config, server):
            helper.store(name, server, credential)
            return None
        _save(self._docker_config, config, {**document.mapping(config, "auths"), server: credential.json()})
        return self._docker_config

    def erase(self, server: str) -> tuple[str, ...]:
        """Forget a registry under every spelling that docker forgets; returns why, where that was not possible."""
        self.changes += 1
        host = hostname(server)
        self._session.pop(host, None)
        spellings = {server, host, f"http://{host}", f"https://{host}", _server(host)}
        problems = [problem for spelling in sorted(spellings) if (problem := self._erase(spelling))]
        return tuple(dict.fromkeys(problems)) if len(problems) == len(spellings) else ()

    def _erase(self, server: str) -> str:
        try:
            config = _load(self._docker_config)
            if name := _helper(config, server):
                helper.erase(name, server)
            auths = document.mapping(config, "auths")
            if server in auths:
                _save(self._docker_config, config, {key: auths[key] for key in auths if key != server})
        except NbdockError as error:
            return str(error)
        return ""

    def _configs(self) -> Iterator[Document]:
        if self._auth_config:
            yield _document(self._auth_config.encode(), "DOCKER_AUTH_CONFIG")
        yield from map(_load, (self._docker_config, *self._auth_files))


def hostname(server: str) -> str:
    """The registry that an address means: `localhost:5000` for `http://localhost:5000/v2/`, `docker.io` for all of
    Docker Hub's."""
    host = server.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return HUB if host in _HUB_HOSTS else host


def _server(host: str) -> str:
    """Docker's key for the registry."""
    return HUB_KEY if host == HUB else host


def _helper(config: Document, server: str) -> str:
    own = document.text(document.mapping(config, "credHelpers"), server)
    return own or document.text(config, "credsStore")


def _find(config: Document, host: str, repository: str) -> Credential | None:
    name = _helper(config, _server(host))
    if name and (found := helper.get(name, _server(host))):
        return found
    auths = document.mapping(config, "auths")
    by_name = {_name(key): key for key in sorted(auths, key=HUB_KEY.__eq__)}
    for wanted in _prefixes(f"{host}/{repository}".rstrip("/")):
        if wanted in by_name and (found := Credential.read(document.mapping(auths, by_name[wanted]))):
            return found
    return None


def _name(key: str) -> str:
    """What a key of `auths` is for: a registry, or (podman) a part of one. Docker's older keys are addresses."""
    host, slash, path = key.partition("/")
    return hostname(key) if "://" in key else f"{hostname(host)}{slash}{path}"


def _prefixes(name: str) -> Iterator[str]:
    """The name and all it lies in, the most specific first: `host/team/app`, `host/team`, `host`."""
    while name:
        yield name
        name = name.rpartition("/")[0]


def _load(path: Path) -> Document:
    try:
        return _document(path.read_bytes() or b"{}", str(path))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidContent(f"cannot read {path}: {error.strerror}", hint=_REPAIR) from None


def _document(raw: bytes, what: str) -> Document:
    try:
        return document.load(raw, what)
    except InvalidContent as error:
        raise InvalidContent(str(error), hint=_REPAIR) from None


def _save(path: Path, config: Document, auths: Mapping[str, Any]) -> None:
    """Replace the file at once, readable by its owner only. A link stays a link. Raises StoreError."""
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
        raise StoreError(
            f"cannot write {path}: {error.strerror}", hint="--session keeps the log-in in memory only"
        ) from None
