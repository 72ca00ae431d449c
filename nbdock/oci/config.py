"""Image configs: how an image was built and what a container of it runs (OCI image spec, config.md).

Builders write odd things into fields that are for people. A field of a wrong type costs that field, never the image;
only the diff ids must be right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from nbdock.errors import InvalidContent, InvalidDigest
from nbdock.oci import fields
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.platform import Platform

Types = Mapping[type, Sequence[str]]

_MAX_HISTORY = 10_000
_COMMANDS = ("Entrypoint", "Cmd", "Shell")
_TYPES: Types = {
    str: "os architecture variant os.version created author comment docker_version".split(),
    dict: ["config"],
    list: ["history"],
}
_CONFIG_TYPES: Types = {
    str: "Hostname Domainname User Image WorkingDir StopSignal".split(),
    dict: "ExposedPorts Volumes Labels Healthcheck".split(),
    list: "Env Entrypoint Cmd OnBuild Shell".split(),
    bool: ["ArgsEscaped"],
}
_INSTRUCTION_TYPES: Types = {str: "created created_by comment author".split()}


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
    """A parsed config. `json` is the JSON object, `config` its field of that name (Env, Cmd, Labels, …).

    Neither has the fields that are of a wrong type. `raw` is what the builder wrote.
    """

    raw: bytes = field(repr=False)
    json: JSON = field(repr=False)
    platform: Platform
    created: datetime | None
    diff_ids: tuple[Digest, ...]
    history: tuple[Instruction, ...]
    config: JSON

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse an image config. Raises InvalidContent if it is no JSON object or its diff ids are malformed."""
        source = _well_typed(fields.load(raw, "image config"), _TYPES)
        source["config"] = config = _config(fields.mapping(source, "config"))
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
            tuple(map(_instruction, (source.get("history") or ())[:_MAX_HISTORY])),
            config,
        )

    @property
    def comment(self) -> str:
        """The config's comment; if it has none, that of its last instruction, as in docker."""
        return fields.text(self.json, "comment") or (self.history[-1].comment if self.history else "")

    @property
    def labels(self) -> dict[str, str]:
        """The labels."""
        return fields.string_map(self.config, "Labels")

    @property
    def user(self) -> str:
        """The user that its processes run as; "" if the config does not say."""
        return fields.text(self.config, "User")

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        """The ports it listens on: `80/tcp`."""
        return tuple(fields.mapping(self.config, "ExposedPorts"))


def is_root(user: str | None) -> bool:
    """Whether a config's `user[:group]` is root, which is also the default (OCI image spec, config.md: User)."""
    name = (user or "").partition(":")[0]
    return name in ("", "root") or (name.isascii() and name.isdecimal() and not name.strip("0"))


def _well_typed(source: JSON, types: Types) -> dict[str, Any]:
    """The fields that are null or not of another type than they should be."""
    kinds = {key: kind for kind, keys in types.items() for key in keys}
    return {key: value for key, value in source.items() if value is None or isinstance(value, kinds.get(key, object))}


def _config(source: JSON) -> JSON:
    """The field `config`; all its lists are of strings. A command may be one string, as in docker."""
    words = {key: [source[key]] for key in _COMMANDS if isinstance(source.get(key), str)}
    found = _well_typed({**source, **words}, _CONFIG_TYPES)
    return {key: value for key, value in found.items() if key not in _CONFIG_TYPES[list] or _is_texts(value)}


def _is_texts(value: list[object] | None) -> bool:
    return value is None or all(isinstance(item, str) for item in value)


def _instruction(row: object) -> Instruction:
    source = _well_typed(row, _INSTRUCTION_TYPES) if isinstance(row, dict) else {}
    return Instruction(
        fields.time(fields.text(source, "created")),
        fields.text(source, "created_by"),
        fields.text(source, "comment"),
        fields.text(source, "author"),
        source.get("empty_layer") is True,
    )
