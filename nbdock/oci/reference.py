"""Names of images, in the grammar and normalisation of distribution/reference."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from nbdock.errors import InvalidReference
from nbdock.oci import digest as digests
from nbdock.oci.digest import Digest

HUB = "docker.io"
HUB_INDEX = "https://index.docker.io/v1/"
"""Docker Hub where docker shows it, and the key of its credentials."""
_LEGACY_HUB = "index.docker.io"
_OFFICIAL = "library"
_DEFAULT_TAG = "latest"
_MAX_PATH = 255

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_HOST}(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    rf"(?::(?P<tag>{TAG.pattern}))?(?:@(?P<digest>{digests.GRAMMAR.pattern}))?",
    re.ASCII,
)
HOST = re.compile(rf"{_HOST}(?::[0-9]+)?", re.ASCII)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}", re.ASCII)
_SHOULD_BE_NAME = "a name reads [registry/][namespace/]image[:tag][@sha256:digest]"


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of an image: a `registry`, a `repository`, and a `tag`, a `digest`, both or neither.

    If it has both, the digest decides what is fetched, as in docker.

    Examples
    --------
    >>> nbdock.Reference.parse("httpd:2.4").name
    'docker.io/library/httpd'
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a name as docker does: `httpd` is `docker.io/library/httpd`. No tag is added, see `tagged`.

        Raises InvalidReference, in docker's words.
        """
        if _IDENTIFIER.fullmatch(text):
            raise InvalidReference(
                f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings",
                hint=f"an image id is written sha256:{text}",
            )
        registry, rest = _split_registry(text)
        _refuse_upper_case(rest)
        match = _REFERENCE.fullmatch(f"{registry}/{rest}")
        if match is None or not HOST.fullmatch(registry):
            raise InvalidReference("invalid reference format", hint=_hint(text))
        repository = match["name"].removeprefix(f"{registry}/")
        if len(repository) > _MAX_PATH:
            raise InvalidReference(
                f"repository name must not be more than {_MAX_PATH} characters", hint="choose a shorter name"
            )
        return cls(registry, repository, match["tag"], Digest.parse(match["digest"]) if match["digest"] else None)

    @property
    def name(self) -> str:
        """The canonical name without tag and digest: `docker.io/library/httpd`."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar_name(self) -> str:
        """The short name: `httpd` for `docker.io/library/httpd`."""
        if self.registry != HUB:
            return self.name
        namespace, _, image = self.repository.partition("/")
        return image if namespace == _OFFICIAL and image and "/" not in image else self.repository

    @property
    def familiar(self) -> str:
        """The short name with tag and digest: `httpd:latest`."""
        return self.familiar_name + self._suffix

    @property
    def tagged(self) -> Self:
        """This reference, with the tag `latest` if it has neither tag nor digest."""
        return self if self.tag or self.digest else replace(self, tag=_DEFAULT_TAG)

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        return self.name + self._suffix


def _split_registry(text: str) -> tuple[str, str]:
    """The registry and the rest: docker's splitDockerDomain."""
    first, slash, rest = text.partition("/")
    if not slash or not _is_host(first):
        registry, rest = HUB, text
    else:
        registry = HUB if first == _LEGACY_HUB else first
    if registry == HUB and "/" not in rest:
        rest = f"{_OFFICIAL}/{rest}"
    return registry, rest


def _is_host(part: str) -> bool:
    return part == "localhost" or "." in part or ":" in part or part != part.lower()


def _refuse_upper_case(rest: str) -> None:
    name = rest.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    name = head if colon and "/" not in tail else name
    if name != name.lower() and re.fullmatch(rf"{_COMPONENT}(?:/{_COMPONENT})*", name.lower(), re.ASCII):
        raise InvalidReference(
            f"invalid reference format: repository name ({name}) must be lowercase",
            hint=f"type {name.lower().removeprefix(_OFFICIAL + '/')}{rest.removeprefix(name)}",
        )


def _hint(text: str) -> str:
    scheme, separator, address = text.partition("://")
    if separator and scheme in ("http", "https"):
        return (
            f"names have no scheme: type {address.rpartition('@')[2] if '@' in address.partition('/')[0] else address}"
        )
    if "@" in text:
        return "write a digest after the @: sha256: and 64 hex characters"
    name, separator, value = text.partition(":sha256:")
    return f"a digest follows an @: type {name}@sha256:{value}" if separator else _SHOULD_BE_NAME
