"""Platforms (OCI image spec, image-index.md), normalised as containerd/platforms does."""

from __future__ import annotations

import platform as host
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from nbdock.errors import InvalidPlatform

_PART = re.compile(r"[a-z0-9][a-z0-9_.-]*", re.ASCII)
_SYSTEMS = frozenset(
    "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split()
)
_ARCHITECTURES = frozenset(
    "386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm".split()
)
_ALIASES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
}
_IMPLIED_VARIANT = {"arm64": "v8", "amd64": "v1"}


@dataclass(frozen=True, slots=True)
class Platform:
    """`os/architecture[/variant]`, normalised.

    Examples
    --------
    >>> str(nbdock.Platform.parse("aarch64"))
    'linux/arm64'
    """

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `os[/arch[/variant]]`, or an operating system or architecture alone. Raises InvalidPlatform."""
        parts = text.lower().split("/")
        if len(parts) > 3 or not all(_PART.fullmatch(part) for part in parts):
            raise InvalidPlatform(
                f'"{text}": cannot parse platform specifier: invalid argument',
                hint="a platform reads linux/amd64 or linux/arm/v7",
            )
        if len(parts) > 1:
            return cls._normalised(_system(parts[0]), *parts[1:])
        if _system(text.lower()) in _SYSTEMS:
            return cls._normalised(_system(text.lower()), host.machine().lower())
        architecture = _ALIASES.get(text.lower(), (text.lower(), ""))[0]
        if architecture in _ARCHITECTURES:
            return cls._normalised("linux", text.lower())
        raise InvalidPlatform(
            f'"{text}": unknown operating system or architecture: invalid argument', hint="for example linux/arm64"
        )

    @classmethod
    def host(cls) -> Self:
        """The platform of images for this machine: always Linux, as in docker on a desktop."""
        return cls._normalised("linux", host.machine().lower())

    @classmethod
    def of(cls, os: str, architecture: str, variant: str = "") -> Self:
        """Normalise the fields of a manifest or config. Accepts any text."""
        return cls._normalised(_system(os.lower()), architecture.lower(), variant.lower())

    def fallbacks(self) -> Iterator[Self]:
        """This platform, then others that run on it, best first, as in containerd: arm/v7 runs v6, amd64 runs 386."""
        number = int(self.variant[1:]) if re.fullmatch(r"v[0-9]", self.variant, re.ASCII) else 0
        yield self
        if self.architecture == "arm":
            yield from (replace(self, variant=f"v{older}") for older in range(number - 1, 4, -1))
        elif self.architecture == "amd64":
            yield from (self._normalised(self.os, "amd64", f"v{older}") for older in range(number - 1, 0, -1))
            yield replace(self, architecture="386", variant="")
        elif self.architecture == "arm64":
            yield from (self._normalised(self.os, "arm64", f"v{older}") for older in range(number - 1, 7, -1))
            yield from (replace(self, architecture="arm", variant=f"v{older}") for older in range(8, 4, -1))

    def runs(self, other: Self) -> bool:
        """Whether images for `other` run on this platform."""
        return other in tuple(self.fallbacks())

    def json(self) -> dict[str, str]:
        """The `platform` object of a descriptor."""
        made = {"architecture": self.architecture, "os": self.os}
        return {**made, "variant": self.variant} if self.variant else made

    @classmethod
    def _normalised(cls, system: str, architecture: str, variant: str = "") -> Self:
        architecture, implied = _ALIASES.get(architecture, (architecture, ""))
        variant = variant or implied
        if architecture == "arm" and not variant:
            variant = "v7"
        if _IMPLIED_VARIANT.get(architecture) == variant:
            variant = ""
        return cls(system, architecture, variant)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


def _system(text: str) -> str:
    return "darwin" if text == "macos" else text
