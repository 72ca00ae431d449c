"""Containers: records that an image is in use. nbdock does not run containers."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from nbdock.dock.dock import Dock
from nbdock.errors import ContainerNotFound, ImageNotFound, Refused, UsageError
from nbdock.oci import fields
from nbdock.oci.digest import Digest

if TYPE_CHECKING:
    from nbdock.places import Image

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)
_ADJECTIVES = "brave calm clever eager fair gentle keen kind lively merry neat proud quick quiet steady swift warm wise"
_NOUNS = "anchor beacon buoy crane deck ferry gull harbour hull keel lantern mast pier quay rudder sail tide wharf"


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the image `image_id`; `image` is the name it was created from. Times are UTC."""

    id: str
    name: str
    image: str
    image_id: Digest
    command: tuple[str, ...]
    created: datetime
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def short(self) -> str:
        return self.id[:12]

    @classmethod
    def read(cls, record: dict[str, Any]) -> Self:
        """Parse a record. Raises InvalidContent, InvalidDigest."""
        return cls(
            fields.text(record, "id"),
            fields.text(record, "name"),
            fields.text(record, "image"),
            Digest.parse(fields.text(record, "image_id")),
            fields.texts(record, "command"),
            fields.time(fields.text(record, "created")) or datetime.fromtimestamp(0, UTC),
            fields.string_map(record, "labels"),
        )

    def record(self) -> dict[str, Any]:
        """The record that `read` parses."""
        return {
            "id": self.id,
            "name": self.name,
            "image": self.image,
            "image_id": str(self.image_id),
            "command": list(self.command),
            "created": self.created.isoformat(),
            "labels": self.labels,
        }


def containers(dock: Dock) -> tuple[Container, ...]:
    """All containers, newest first."""
    found = map(Container.read, dock.store.containers.read())
    return tuple(sorted(found, key=lambda container: container.created, reverse=True))


def of_image(known: Iterable[Container], image: Image) -> tuple[Container, ...]:
    """The containers of an image."""
    return tuple(container for container in known if container.image_id == image.id)


def users(known: Iterable[Container]) -> Counter[Digest]:
    """How many containers each image has, by its id."""
    return Counter(container.image_id for container in known)


def create(
    dock: Dock, image: Image, shown: str, name: str | None, command: tuple[str, ...], labels: dict[str, str]
) -> Container:
    """Record a container of the image. Raises Refused if the name is taken, UsageError if it is invalid.

    Raises ImageNotFound if another process removed the image meanwhile.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise UsageError(
            f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", hint="choose another --name"
        )
    with dock.store.containers.editing() as records:
        taken = {known.name: known.id for known in map(Container.read, records)}
        if name in taken:
            raise Refused(
                f'Conflict. The container name "/{name}" is already in use by container "{taken[name]}".',
                hint="remove (or rename) that container to be able to reuse that name",
            )
        if str(image.id) not in dock.store.images().by_id:
            raise ImageNotFound(f"No such image: {shown}", hint="another process has just removed it: pull it again")
        ran = command or (*_words(image, "Entrypoint"), *_words(image, "Cmd"))
        made = Container(
            os.urandom(32).hex(),
            name or _new_name(taken),
            shown,
            image.id,
            ran,
            datetime.now(UTC),
            image.config.labels | labels,
        )
        records.append(made.record())
    return made


def remove(dock: Dock, wanted: str) -> Container:
    """Remove a container by name, id or the beginning of its id. Raises ContainerNotFound."""
    with dock.store.containers.editing() as records:
        known = [Container.read(record) for record in records]
        chosen = [each for each in known if wanted in (each.id, each.name)] or [
            each for each in known if wanted and each.id.startswith(wanted)
        ]
        if len(chosen) != 1:
            problem = "No such container" if not chosen else "Multiple IDs found with provided prefix"
            raise ContainerNotFound(f"{problem}: {wanted}", hint="`ps -a` lists the containers")
        records[:] = [record for record in records if record.get("id") != chosen[0].id]
    return chosen[0]


def _words(image: Image, key: str) -> tuple[str, ...]:
    return fields.texts(image.config.config, key)


def _new_name(taken: Iterable[str]) -> str:
    from secrets import choice, token_hex

    names = set(taken)
    while True:
        name = f"{choice(_ADJECTIVES.split())}_{choice(_NOUNS.split())}"
        if name not in names:
            return name
        names.add(name)
        if len(names) > 400:
            return f"{name}_{token_hex(4)}"
