"""The hosts that serve a repository: registries.conf(5), as in podman and skopeo, and docker's rule for loopback."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from nbdock import regular
from nbdock.errors import InvalidContent, Refused
from nbdock.oci import fields
from nbdock.oci.fields import JSON
from nbdock.oci.reference import HUB, Reference

_VERSION_2 = "write [[registry]] tables, see containers-registries.conf(5)"
_LARGEST = 4 << 20
HUB_API = "registry-1.docker.io"
"""The host that serves Docker Hub's images."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host (with its port) that serves a repository: a mirror, or the registry itself.

    An `insecure` one may have any certificate, and plain HTTP is used if HTTPS fails. `familiar` is what users type.
    One with a `socket`, a file, is asked there over plain HTTP: the samples, where a kernel may not open ports.
    """

    host: str
    repository: str = ""
    insecure: bool = False
    familiar: str = ""
    socket: str = ""


@dataclass(frozen=True, slots=True)
class _Location:
    """A registry or a mirror: the address that replaces the prefix, and the pulls that it serves."""

    address: str
    insecure: bool = False
    pulls: str = "all"
    socket: str = ""

    def serves(self, reference: Reference) -> bool:
        return self.pulls in ("all", "digest-only" if reference.digest else "tag-only")

    def endpoint(self, covered: str, rest: str, familiar: str = "") -> Endpoint:
        """The endpoint of a name, whose first part the prefix covers."""
        host, _, repository = f"{self.address or covered}{rest}".partition("/")
        insecure = self.insecure or is_loopback(host)
        return Endpoint(HUB_API if host == HUB else host, repository, insecure, familiar, self.socket)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One [[registry]] table: the names that it covers, and the hosts that serve them."""

    prefix: str
    location: _Location
    mirrors: tuple[_Location, ...] = ()
    blocked: bool = False

    def covered(self, name: str) -> str:
        """The part of the name that the prefix matches, or ""."""
        anything = r"[^/]+" if self.prefix.startswith("*.") else ""
        match = re.match(rf"{anything}{re.escape(self.prefix.removeprefix('*'))}(?=/|\Z)", name)
        return match[0] if match else ""


class Hosts:
    """Knows which hosts serve a repository, by the rules that `load` reads; without rules the host in its name."""

    def __init__(self, rules: Iterable[_Rule] = (), notes: Iterable[str] = ()) -> None:
        self.notes = list(notes)
        """What the user should know of the files; who says it removes it."""
        self._rules = sorted(rules, key=lambda rule: len(rule.prefix), reverse=True)

    @classmethod
    def load(cls, paths: Iterable[Path]) -> Self:
        """Read the first of `paths` that exists, and the drop-in files of it and of the paths before it.

        Drop-in files are `registries.conf.d/*.conf`. The last rule for a prefix applies. Raises InvalidContent.
        """
        sources = {path: _source(path) for path in _files(tuple(paths))}
        rules = {rule.prefix: rule for path, source in sources.items() for rule in _rules(path, source)}
        old = (path for path, source in sources.items() if "registries" in source)
        return cls(
            rules.values(), (f"{path}: [registries.…] is of version 1 and not read: {_VERSION_2}" for path in old)
        )

    def endpoints(self, reference: Reference, *, push: bool = False) -> tuple[Endpoint, ...]:
        """Endpoints to try, mirrors first. Pushes skip the mirrors. Raises Refused if the registry is blocked."""
        rule, parts = self._rule(reference.name)
        mirrors = () if push else (mirror for mirror in rule.mirrors if mirror.serves(reference))
        places = (place.endpoint(*parts, reference.familiar_name) for place in (*mirrors, rule.location))
        return tuple(dict.fromkeys(places))

    def mirrors(self, reference: Reference) -> tuple[Endpoint, ...]:
        """The mirrors of a repository. Raises Refused."""
        own = self.endpoints(reference, push=True)
        return tuple(endpoint for endpoint in self.endpoints(reference) if endpoint not in own)

    def endpoint(self, host: str) -> Endpoint:
        """The endpoint of a registry as a whole. Raises Refused."""
        rule, parts = self._rule(host)
        return rule.location.endpoint(*parts)

    def _rule(self, name: str) -> tuple[_Rule, tuple[str, str]]:
        """The rule with the longest prefix, and the name split after it. Raises Refused."""
        host = name.partition("/")[0]
        rule = next((each for each in self._rules if each.covered(name)), _Rule(host, _Location(host)))
        if rule.blocked:
            hint = "use another registry, or ask the administrator of this machine"
            raise Refused(f"registry {rule.prefix} is blocked in registries.conf", hint=hint)
        covered = rule.covered(name)
        return rule, (covered, name.removeprefix(covered))


def is_loopback(host: str) -> bool:
    """`localhost`, 127.0.0.0/8 and ::1, with or without a port: docker needs no certificate for them."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets around what is no address
        return False
    address = ip_address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def is_private(name: str) -> bool:
    """`localhost`, or an IP address that is not public."""
    address = ip_address(name)
    return name == "localhost" or (address is not None and not address.is_global)


def ip_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host name is, if any; resolvers also accept `127.1` and `0x7f000001`."""
    try:
        address = ipaddress.ip_address(name)
        return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(name))
        except (OSError, ValueError):  # ValueError: of IDNA, of a zero byte
            return None


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    found = next((number for number, path in enumerate(paths) if os.path.exists(path)), len(paths))
    yield from paths[found : found + 1]
    for path in reversed(paths[: found + 1]):
        yield from map(Path, sorted(glob(f"{escape(str(path))}.d/*.conf")))


def _source(path: Path) -> JSON:
    try:
        return tomllib.loads(regular.read(path, _LARGEST).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from None


def _rules(path: Path, source: JSON) -> Iterator[_Rule]:
    try:
        yield from map(_rule, fields.objects(source, "registry"))
    except InvalidContent as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InvalidContent:
    why = error.strerror if isinstance(error, OSError) else error
    return InvalidContent(f"cannot read {path}: {why}", hint="see containers-registries.conf(5)")


def _rule(source: JSON) -> _Rule:
    location = _location(source)
    prefix = fields.text(source, "prefix") or location.address
    if not prefix:
        raise InvalidContent("a registry has neither prefix nor location")
    only = "digest-only" if source.get("mirror-by-digest-only") is True else "all"
    mirrors = tuple(_location(mirror, only) for mirror in fields.objects(source, "mirror"))
    return _Rule(prefix, location, mirrors, source.get("blocked") is True)


def _location(source: JSON, pulls: str = "all") -> _Location:
    address = fields.text(source, "location").rstrip("/")
    if "://" in address:
        raise InvalidContent(f"location {address} must not have a scheme")
    pulls = fields.text(source, "pull-from-mirror") or pulls
    return _Location(address, source.get("insecure") is True, pulls, fields.text(source, "nbdock-socket"))
