"""Credentials for registries: docker's config.json and its credential helpers, then podman's auth.json."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

from nbdock import human, regular
from nbdock.errors import InvalidContent, NbdockError, StoreError, Unauthorized
from nbdock.oci import fields
from nbdock.oci.fields import JSON
from nbdock.oci.reference import HUB, HUB_INDEX
from nbdock.registry.hosts import HUB_API

_HUB_HOSTS = frozenset({HUB, HUB_API, "index.docker.io"})
_REPAIR = "correct the file, or delete it and log in again"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_HELPER_TIMEOUT = 60.0
_LARGEST = 4 << 20
_NO_HELPER = "install it, or remove it from docker's config.json"
_NOT_FOUND = "credentials not found"
_TOKEN_USER = "<token>"  # noqa: S105

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name with a password, or with a token that the registry issued for it. Its repr shows no secret.

    An identity token is exchanged for access tokens (OAuth's refresh token); a registry token is an access token.
    Raises InvalidContent for text that no request can carry.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    source: str = field(default="", compare=False, repr=False)
    """The file or the credential helper that it was found in."""

    def __post_init__(self) -> None:
        try:
            f"{self.username}{self.password}{self.identity_token}{self.registry_token}".encode()
        except UnicodeEncodeError:  # JSON may escape half a character, a terminal may type bytes that are no UTF-8
            raise InvalidContent("invalid user name or password: not Unicode", hint="type it again") from None

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
        entry = {"auth": base64.b64encode(f"{self.username}:{password}".encode(errors="surrogatepass")).decode()}
        return {**entry, "identitytoken": self.identity_token} if self.identity_token else entry

    @property
    def basic(self) -> str:
        """The Authorization header for Basic authentication (RFC 7617, UTF-8), "" without a credential."""
        pair = f"{self.username}:{self.identity_token or self.password}"
        return f"Basic {base64.b64encode(pair.encode(errors='surrogatepass')).decode()}" if self else ""

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.identity_token or self.registry_token)


@dataclass(frozen=True, slots=True)
class Login:
    """Who is logged in to a registry, or (podman) to a part of one; `source` is where that is kept, "" for memory."""

    registry: str
    username: str
    source: str = ""


class Credentials:
    """Looks up, stores and deletes credentials, as docker does; without arguments in memory only.

    `auth_config`, the text of `$DOCKER_AUTH_CONFIG`, is read first, then docker's config.json, then podman's files.
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
        self._silent: set[str] = set()
        self._problems: dict[str, None] = {}

    def find(self, host: str, repository: str = "") -> Credential | None:
        """The credential for a registry (`docker.io`, `localhost:5000`) or one of its repositories; None if unknown.

        What cannot be read is left out, as anonymous requests may do; `problems` then says why.
        """
        host = hostname(host)
        if host in self._session:
            return self._session[host]
        found = next(self._found(host, repository), None)
        if found and found.password.endswith(("\n", "\r")):
            self._problems[f"the saved password of {host} ends in a line break: if it is refused, log in again"] = None
        return found

    def logins(self) -> tuple[Login, ...]:
        """Everyone who is logged in, without a secret. `problems` says what had to be left out."""
        found = {host: Login(host, each.username) for host, each in self._session.items()}
        for place, load in self._places():
            for key, username, source in self._listed(self._usable(load) or {}, place):
                found.setdefault(_name(key), Login(_name(key), username, source))
        return tuple(found.values())

    def problems(self) -> tuple[str, ...]:
        """What `find` had to leave out since the last call, and why: a line for each.

        A helper that did not answer is not asked again until then.
        """
        found, self._problems = self._problems, {}
        self._silent.clear()
        return tuple(found)

    def store(self, host: str, credential: Credential, *, session: bool = False) -> Path | None:
        """Store a credential where docker would, or for a `session` in memory only.

        Returns the file that holds it unencrypted, if one does. Raises InvalidContent if the file is damaged, and
        leaves it as it is; StoreError; Unauthorized if a helper fails.
        """
        host, path = hostname(host), self._docker_config
        self.changes += 1
        if session or path is None:
            self._session[host] = credential
            return None
        self._session.pop(host, None)
        config, key = _load(path), _key(host)
        auths = _auths(config, path)
        if helper := _Helper.of(config, key):
            helper.store(key, credential)
            return None
        _save(path, config, {**auths, key: credential.json()})
        return path

    def delete(self, host: str) -> tuple[str, ...]:
        """Delete a registry's credential under every key that docker knows; returns what went wrong if all failed."""
        self.changes += 1
        name = hostname(host)
        self._session.pop(name, None)
        if self._docker_config is None:
            return ()
        keys = {host, name, f"http://{name}", f"https://{name}", _key(name)}
        problems = [_delete(self._docker_config, key) for key in sorted(keys)]
        return tuple(dict.fromkeys(problems)) if all(problems) else ()

    def _found(self, host: str, repository: str) -> Iterator[Credential]:
        """The credentials for a repository, the first one counts."""
        for place, load in self._places():
            if config := self._usable(load):
                if helped := self._usable(self._helped, config, _key(host), place):
                    yield helped
                auths = self._usable(_auths, config, place) or {}
                for key in _matching(auths, host, repository):
                    if entry := self._usable(_entry, auths, key, place):
                        yield replace(entry, source=str(place))

    def _places(self) -> Iterator[tuple[Path | str, Callable[[], JSON]]]:
        if self._auth_config:
            name = "DOCKER_AUTH_CONFIG"
            yield f"${name}", partial(_parse, self._auth_config.encode(errors="surrogateescape"), name)
        for path in filter(None, (self._docker_config, *self._auth_files)):
            yield path, partial(_load, path)

    def _listed(self, config: JSON, place: Path | str) -> Iterator[tuple[str, str, str]]:
        """The key, the user and the source of every credential that a file has or that its helpers list."""
        for helper in self._usable(_Helper.all, config) or ():
            for key, username in (self._usable(helper.users) or {}).items():
                yield key, username, helper.program
        auths = self._usable(_auths, config, place) or {}
        for key in auths:
            if entry := self._usable(_entry, auths, key, place):
                yield key, entry.username, str(place)

    def _helped(self, config: JSON, key: str, place: Path | str) -> Credential | None:
        """What the helper that the file names knows."""
        with _blaming(f"cannot use {place}"):
            helper = _Helper.of(config, key)
            if helper is None or helper.program in self._silent:
                return None
            try:
                return helper.find(key)
            except _HelperTimeout:
                self._silent.add(helper.program)
                raise

    def _usable(self, read: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """What `read` returns; None and a problem if it cannot be read."""
        try:
            return read(*given, **named)
        except NbdockError as error:
            self._problems[f"{error}; going on without it"] = None
            return None


def hostname(address: str) -> str:
    """The registry that an address means: `localhost:5000` for `http://localhost:5000/v2/`, `docker.io` for any of
    Docker Hub's."""
    host = address.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return HUB if host in _HUB_HOSTS else host


def _decoded(auth: str) -> tuple[str, str]:
    """The user name and the password. Line ends, as `base64` and editors add them, count as little as in Go."""
    packed = "".join(auth.split())
    try:
        padded = packed + "=" * (-len(packed) % 4)
        username, colon, password = base64.b64decode(padded, validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if not colon:
        raise InvalidContent("not the base64 of user:password", hint="log out and in again")
    return username, password.strip("\0")


def _key(host: str) -> str:
    """docker's key for a registry."""
    return HUB_INDEX if host == HUB else host


@contextlib.contextmanager
def _blaming(what: str) -> Iterator[None]:
    """Within this context InvalidContent names what it was found in."""
    try:
        yield
    except InvalidContent as error:
        raise InvalidContent(f"{what}: {error}", hint=_REPAIR) from None


def _auths(config: JSON, place: Path | str) -> JSON:
    with _blaming(f"cannot use {place}"):
        return fields.mapping(config, "auths")


def _matching(auths: JSON, host: str, repository: str) -> Iterator[str]:
    """The keys that cover a repository, the most specific first: host/team/app, host/team, host."""
    by_name = {_name(key): key for key in sorted(auths, key=HUB_INDEX.__eq__)}
    name = f"{host}/{repository}".rstrip("/")
    while name:
        if name in by_name:
            yield by_name[name]
        name = name.rpartition("/")[0]


def _entry(auths: JSON, key: str, place: Path | str) -> Credential:
    with _blaming(f"invalid entry {human.excerpt(key)} in {place}"):
        return Credential.read(fields.mapping(auths, key))


def _name(key: str) -> str:
    """The registry or (podman) the part of one that a key of `auths` stands for. docker's older keys are URLs."""
    host, slash, path = key.partition("/")
    return hostname(key) if "://" in key else f"{hostname(host)}{slash}{path}"


def _delete(path: Path, key: str) -> str:
    """Returns what went wrong, or ""."""
    try:
        config = _load(path)
        if helper := _Helper.of(config, key):
            helper.delete(key)
        auths = _auths(config, path)
        if key in auths:
            _save(path, config, {other: auths[other] for other in auths if other != key})
    except NbdockError as error:
        return str(error)
    return ""


def _load(path: Path) -> JSON:
    try:
        return _parse(regular.read(path, _LARGEST) or b"{}", str(path))
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
    """Replace the file atomically, readable by its owner only. Raises StoreError.

    A symlink stays one, as dotfiles are kept elsewhere: `_load` has made sure that it leads to a file like this one.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as folder:
            new = Path(folder, target.name)
            new.touch(0o600)
            with new.open("w", encoding="utf-8") as file:
                json.dump({**config, "auths": auths}, file, indent="\t")
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
    except (OSError, RecursionError) as error:
        hint = "--session keeps the log-in in memory only"
        raise StoreError(f"cannot write {path}: {getattr(error, 'strerror', 'nested too deep')}", hint=hint) from None


class _HelperTimeout(Unauthorized):
    """A helper did not answer in time."""


class _Helper:
    """A program that keeps secrets in the system's keychain (docker-credential-helpers' protocol)."""

    def __init__(self, name: str) -> None:
        if not _HELPER.fullmatch(name):
            hint = "write the X of a program docker-credential-X"
            raise InvalidContent(f"invalid credential helper: {human.excerpt(name)}", hint=hint)
        self.program = f"docker-credential-{name}"

    @classmethod
    def of(cls, config: JSON, key: str) -> Self | None:
        """The helper that the file names for a registry. Raises InvalidContent."""
        name = fields.text(fields.mapping(config, "credHelpers"), key) or fields.text(config, "credsStore")
        return cls(name) if name else None

    @classmethod
    def all(cls, config: JSON) -> list[Self]:
        """Every helper that the file names. Raises InvalidContent."""
        names = {fields.text(config, "credsStore"), *fields.string_map(config, "credHelpers").values()}
        return [cls(name) for name in sorted(filter(None, names))]

    def find(self, key: str) -> Credential | None:
        """The credential; None if the helper has none or is not installed. Raises Unauthorized."""
        if not shutil.which(self.program):
            return None
        try:
            output = self._run("get", key, key)
        except Unauthorized as error:
            if _NOT_FOUND in str(error):
                return None
            raise
        found = fields.load(output.encode(), f"output of {self.program}")
        username, secret = fields.text(found, "Username"), fields.text(found, "Secret")
        read = Credential(identity_token=secret) if username == _TOKEN_USER else Credential(username, secret)
        return replace(read, source=self.program)

    def users(self) -> dict[str, str]:
        """The user names by key. Raises Unauthorized, InvalidContent."""
        listed = self._run("list", "", "") if shutil.which(self.program) else "{}"
        return fields.string_map({"": fields.load(listed.encode(), f"output of {self.program}")}, "")

    def store(self, key: str, credential: Credential) -> None:
        username = _TOKEN_USER if credential.identity_token else credential.username
        secret = credential.identity_token or credential.password
        self._run("store", key, json.dumps({"ServerURL": key, "Username": username, "Secret": secret}))

    def delete(self, key: str) -> None:
        self._run("erase", key, key)

    def _run(self, verb: str, key: str, given: str) -> str:
        command = [self.program, verb]
        try:
            ended = subprocess.run(  # noqa: S603
                command, input=given, capture_output=True, encoding="utf-8", timeout=_HELPER_TIMEOUT
            )
        except subprocess.TimeoutExpired:
            why = f"{self.program} did not answer within {_HELPER_TIMEOUT:.0f} seconds"
            raise _HelperTimeout(why, host=key, hint=_NO_HELPER) from None
        except (OSError, ValueError):
            raise Unauthorized(f"{self.program} cannot be run", host=key, hint=_NO_HELPER) from None
        if ended.returncode:
            quoted = "" if verb == "store" else human.excerpt(ended.stdout)  # `store` was given the secret
            why = quoted or f"exit code {ended.returncode}"
            raise Unauthorized(f"error in {self.program}: {why}", host=key)
        return ended.stdout
