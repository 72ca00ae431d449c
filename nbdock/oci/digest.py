"""Digests: the hash of content as its name (OCI image spec, descriptor.md, "Digests")."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from nbdock.errors import InvalidDigest

GRAMMAR = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}", re.ASCII)
_HEX_LENGTH = {"sha256": 64, "sha512": 128}
_LOWER_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Digest:
    """`algorithm:hex`, of a registered algorithm and its exact length: safe to use as a file name.

    Examples
    --------
    >>> nbdock.Digest.of(b"").short
    'e3b0c44298fc'
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        length = _HEX_LENGTH.get(self.algorithm)
        if length is None:
            raise InvalidDigest("unsupported digest algorithm", hint="a digest starts with sha256: or sha512:")
        if len(self.hex) != length:
            raise InvalidDigest(
                "invalid checksum digest length", hint=f"{self.algorithm} takes {length} hex characters"
            )
        if not _LOWER_HEX.fullmatch(self.hex):
            raise InvalidDigest("invalid checksum digest format", hint="the characters are 0-9 and a-f, in lower case")

    @classmethod
    @lru_cache(1 << 15)
    def parse(cls, text: str) -> Self:
        """Parse `algorithm:hex`. Raises InvalidDigest."""
        if not GRAMMAR.fullmatch(text):
            raise InvalidDigest("invalid checksum digest format", hint="a digest reads sha256:<64 hex characters>")
        algorithm, _, value = text.partition(":")
        return cls(algorithm, value)

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The sha256 digest of these bytes."""
        return cls("sha256", hashlib.sha256(content).hexdigest())

    def same(self, content: bytes) -> Self:
        """The digest of these bytes by the same algorithm."""
        return type(self)(self.algorithm, hashlib.new(self.algorithm, content).hexdigest())

    @property
    def short(self) -> str:
        """The first 12 hex characters: docker's short id."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
