"""Image configs: how an image was built and what a container of it runs (OCI image spec, config.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from nbdock.errors import InvalidContent, InvalidDigest
from nbdock.oci import fields
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class Instruction:
    """An entry of the history: an instruction, and whether it made no layer (`empty_layer`)."""

    created: datetime | None
    created_by: str
    comment: str
    author: str
    empty_layer: bool


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """A parsed config. `json` is the JSON object, `config` its field of that name (Env, Cmd, Labels, …)."""

    raw: bytes = field(repr=False)
    json: JSON = field(repr=False)
    platform: Platform
    created: datetime | None
    diff_ids: tuple[Digest, ...]
    history: tuple[Instruction, ...]
    config: JSON

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse an image config. Raises InvalidContent."""
        source = fields.load(raw, "image config")
        names = (fields.text(source, key) for key in ("os", "architecture", "variant"))
        try:
            diff_ids = tuple(map(Digest.parse, fields.texts(fields.mapping(source, "rootfs"), "diff_ids")))
        except InvalidDigest as error:
            raise InvalidContent(f"invalid image config: diff id: {error}") from None
        return cls(
            raw,
            source,
            Platform.of(*names),
            fields.time(fields.text(source, "created")),
            diff_ids,
            tuple(map(_instruction, fields.objects(source, "history"))),
            fields.mapping(source, "config"),
        )

    @property
    def comment(self) -> str:
        """The config's comment; if it has none, that of its last instruction, as in docker."""
        return fields.text(self.json, "comment") or (self.history[-1].comment if self.history else "")

    @property
    def labels(self) -> dict[str, str]:
        """The labels. Malformed ones are ignored, so that the image can be listed."""
        return fields.string_map(self.config, "Labels") if isinstance(self.config.get("Labels"), dict) else {}

    @property
    def user(self) -> str:
        """The user that its processes run as; "" if the config does not say."""
        user = self.config.get("User")
        return user if isinstance(user, str) else ""

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        """The ports it listens on: `80/tcp`."""
        ports = self.config.get("ExposedPorts")
        return tuple(ports) if isinstance(ports, dict) else ()


def _instruction(source: JSON) -> Instruction:
    return Instruction(
        fields.time(fields.text(source, "created")),
        fields.text(source, "created_by"),
        fields.text(source, "comment"),
        fields.text(source, "author"),
        source.get("empty_layer") is True,
    )
