"""Image configs: how an image was made and what runs in it (OCI image spec, config.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from nbdock.errors import InvalidContent, InvalidDigest
from nbdock.oci import document
from nbdock.oci.digest import Digest
from nbdock.oci.document import Document
from nbdock.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class Instruction:
    """One entry of the history: what was done, and whether it made a layer (`empty_layer` is False then)."""

    created: datetime | None
    created_by: str
    comment: str
    author: str
    empty_layer: bool


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The parsed config; `document` is all of it, `runtime` its `config` part (Env, Cmd, Labels, …)."""

    raw: bytes = field(repr=False)
    document: Document = field(repr=False)
    platform: Platform
    created: datetime | None
    diff_ids: tuple[Digest, ...]
    history: tuple[Instruction, ...]
    runtime: Document

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read an image config. Raises InvalidContent."""
        source = document.load(raw, "image config")
        names = (document.text(source, key) for key in ("os", "architecture", "variant"))
        try:
            diff_ids = tuple(map(Digest.parse, document.texts(document.mapping(source, "rootfs"), "diff_ids")))
        except InvalidDigest as error:
            raise InvalidContent(f"invalid image config: diff id: {error}") from None
        return cls(
            raw,
            source,
            Platform.of(*names),
            document.time(document.text(source, "created")),
            diff_ids,
            tuple(map(_instruction, document.objects(source, "history"))),
            document.mapping(source, "config"),
        )

    @property
    def comment(self) -> str:
        """What the builder noted; where the image has no such note, its last instruction's, as docker has it."""
        return document.text(self.document, "comment") or (self.history[-1].comment if self.history else "")

    @property
    def labels(self) -> dict[str, str]:
        """The image's labels; none where they are no object, which must not keep other images from being listed."""
        return document.string_map(self.runtime, "Labels") if isinstance(self.runtime.get("Labels"), dict) else {}

    @property
    def user(self) -> str:
        """Who runs what runs in it, "" where the config does not say."""
        user = self.runtime.get("User")
        return user if isinstance(user, str) else ""

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        """The ports it listens on: `80/tcp`."""
        ports = self.runtime.get("ExposedPorts")
        return tuple(ports) if isinstance(ports, dict) else ()


def _instruction(source: Document) -> Instruction:
    return Instruction(
        document.time(document.text(source, "created")),
        document.text(source, "created_by"),
        document.text(source, "comment"),
        document.text(source, "author"),
        source.get("empty_layer") is True,
    )
