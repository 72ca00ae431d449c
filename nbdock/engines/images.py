"""An image of an engine, as the engine describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from nbdock.errors import InvalidContent, InvalidDigest, InvalidReference
from nbdock.oci import fields
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.reference import Reference

_LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class EngineImage:
    """An image of an engine.

    Attributes
    ----------
    id
        The digest of the config; where docker keeps images in containerd, that of the index or manifest.
    tags, digests
        Its names, as nbdock's store has them.
    created
        When it was built; None if its config does not say.
    size
        In bytes as the engine counts: docker the files, podman the tars.
    labels
        Those of its config.
    diff_ids
        The digests of its layers' tars, where the engine was asked for this image; a list of images has none.
    """

    id: Digest
    tags: tuple[Reference, ...] = ()
    digests: tuple[Reference, ...] = ()
    created: datetime | None = None
    size: int = 0
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    diff_ids: tuple[Digest, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, source: JSON) -> Self:
        """From `/images/NAME/json`, or an item of `/images/json`. Raises InvalidContent."""
        config, layers = fields.mapping(source, "Config"), fields.mapping(source, "RootFS")
        return cls(
            _digest(fields.text(source, "Id")),
            tuple(_references(fields.texts(source, "RepoTags"))),
            tuple(_references(fields.texts(source, "RepoDigests"))),
            _created(source.get("Created")),
            fields.integer(source, "Size"),
            fields.string_map(source, "Labels") or fields.string_map(config, "Labels"),
            tuple(map(_digest, fields.texts(layers, "Layers"))),
        )


def _digest(text: str) -> Digest:
    try:
        return Digest.parse(text)
    except InvalidDigest as error:
        raise InvalidContent(str(error)) from None


def _references(names: Iterable[str]) -> Iterator[Reference]:
    """The names without those that are none, such as docker's `<none>:<none>`."""
    for name in names:
        try:
            yield Reference.parse(name)
        except InvalidReference:
            continue


def _created(value: object) -> datetime | None:
    """RFC 3339 or a Unix time; None if it is no time after 1970: docker says the year 1 where a config says none."""
    if isinstance(value, str):
        return fields.time(value)
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and 0 < value <= _LATEST else None
