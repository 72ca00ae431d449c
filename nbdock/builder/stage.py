"""A stage while it is built: its base, and the layers, config and history that its instructions add."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nbdock.builder import inherited
from nbdock.builder.root import Root
from nbdock.dock.inside.contents import contents
from nbdock.dockerfile.state import COMMENT
from nbdock.errors import Refused
from nbdock.human import size as size_text
from nbdock.oci import media
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.fields import rfc3339
from nbdock.oci.manifest import Content, Manifest
from nbdock.oci.platform import Platform
from nbdock.places import Image, Layer, LayerFacts
from nbdock.reading import pair

if TYPE_CHECKING:
    from nbdock.builder.layer import Changes
    from nbdock.dock.dock import Dock
    from nbdock.store import Store
    from nbdock.task import Task


@dataclass(frozen=True, slots=True)
class Made:
    """A layer of an instruction: its blob, what is in it, and whether a layer with this diff id was here already."""

    layer: Layer
    facts: LayerFacts
    is_cached: bool


@dataclass
class Stage:
    """What a stage is so far. `time` is when it is built, in seconds since 1970."""

    platform: Platform
    time: int
    image: Image | None = None
    """The base; None for scratch."""
    config: Mapping[str, Any] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    history: list[Mapping[str, Any]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    """The other fields of the base's config: author, os.version."""
    author: str = ""
    """What MAINTAINER says."""

    @classmethod
    def on(cls, image: Image | None, platform: Platform, time: int) -> Stage:
        """A stage that begins with an image, or with nothing."""
        if image is None:
            return cls(platform, time)
        return cls(
            image.platform,
            time,
            image,
            inherited.config(image),
            inherited.layers(image),
            inherited.history(image),
            inherited.others(image),
        )

    def copy(self) -> Stage:
        """A stage that begins with this one."""
        return Stage(
            self.platform,
            self.time,
            self.image,
            dict(self.config),
            list(self.layers),
            list(self.history),
            dict(self.fields),
            self.author,
        )

    @property
    def size(self) -> int:
        """Docker's size of its layers so far, in bytes."""
        return sum(facts.size for layer in self.layers if (facts := layer.facts))

    def root(self, dock: Dock) -> Root:
        """Its files so far."""
        return Root(contents(dock, self.made()) if self.layers else None)

    def record(self, created_by: str, has_layer: bool) -> None:
        """Add a row to the history, as BuildKit writes it."""
        row: dict[str, Any] = {"created": self.created, "created_by": created_by, "comment": COMMENT}
        self.history.append(row if has_layer else {**row, "empty_layer": True})

    @property
    def created(self) -> str:
        """When it is built, as configs say it (RFC 3339)."""
        return rfc3339(datetime.fromtimestamp(self.time, UTC))

    def content(self) -> tuple[Content, Content]:
        """The config and the manifest of the image so far."""
        config = Content.of(media.OCI_CONFIG, self._json())
        return config, Content.of_image(config.descriptor, (layer.descriptor for layer in self.layers))

    def made(self) -> Image:
        """The image so far, which is nowhere but here."""
        config, manifest = self.content()
        parsed, of = Manifest.parse(manifest.raw), ImageConfig.parse(config.raw)
        place = next((layer.place for layer in self.layers), None)
        return Image(manifest.descriptor, config.descriptor.digest, (), parsed, of, pair(parsed, of, place))

    def _json(self) -> Mapping[str, Any]:
        return {
            **self.fields,
            **({"author": self.author} if self.author else {}),
            **self.platform.json(),
            "created": self.created,
            "config": {name: value for name, value in self.config.items() if value},
            "rootfs": {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in self.layers]},
            "history": self.history,
        }


class Maker:
    """Makes layers in a store. A layer whose diff id is here already is not kept twice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        images: Iterable[Image] = store.images()
        found = {layer.diff_id: layer for image in images for layer in image.layers if layer.diff_id}
        self._known = {diff_id: layer for diff_id, layer in found.items() if store.has(layer.descriptor)}

    def make(self, changes: Changes, task: Task) -> Made:
        """The layer of these changes. Raises Refused, InvalidContent, StoreError, Cancelled; nothing is kept then."""
        size, entries = changes.measure
        known = self._unchanged(changes, (size, entries), task)
        if known is not None:
            return known
        self._check_room(size)
        blob, facts = self._store.incoming().take_layer(task.ahead(changes.tar(task)))
        layer = Layer(blob, facts.diff_id, self._store)
        is_cached = facts.diff_id in self._known
        return Made(self._known.setdefault(facts.diff_id, layer), facts, is_cached)

    def _check_room(self, size: int) -> None:
        """Raises Refused for more than the disk takes, before it is full: a sparse file has any size that it likes."""
        free = self._store.free()
        if size > free:
            message = f"the layer has {size_text(size)}, and {size_text(free)} are free in {self._store.root}"
            raise Refused(message, hint="name large files in .dockerignore, or set NBDOCK_STORE to a larger disk")

    def _unchanged(self, changes: Changes, measure: tuple[int, int], task: Task) -> Made | None:
        """The layer, if it is here: looked for, by hashing alone, where one is as large and has as many entries."""
        if not any(self._is_alike(layer, measure) for layer in self._known.values()):
            return None
        hasher = hashlib.sha256()
        for chunk in task.ahead(changes.tar(task)):
            hasher.update(chunk)
        found = self._known.get(Digest("sha256", hasher.hexdigest()))
        return Made(found, found.facts, is_cached=True) if found and found.facts else None

    def _is_alike(self, layer: Layer, measure: tuple[int, int]) -> bool:
        facts = layer.facts if self._store.is_read(layer.descriptor) else None
        return facts is not None and (facts.size, facts.entries) == measure

    def write(self, stage: Stage) -> tuple[Descriptor, Digest]:
        """Write the config and the manifest of a stage; returns the manifest and the image id. Raises Refused."""
        config, manifest = stage.content()
        if config.descriptor.size > media.MAX_CONFIG or manifest.descriptor.size > media.MAX_MANIFEST:
            raise Refused("the config of the image is too long", hint="give it fewer or shorter labels and variables")
        for each in (config, manifest):
            self._store.write(each.descriptor, [each.raw])
        return manifest.descriptor, config.descriptor.digest
