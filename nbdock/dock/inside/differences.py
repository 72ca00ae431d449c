"""What differs between two images in their environment, labels, config and layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbdock.oci import fields

if TYPE_CHECKING:
    from nbdock.places import Image

_OWN_LISTS = ("Env", "Labels")
_PLATFORM = ("os", "os.version", "architecture", "variant", "author")


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that differs: its values in the two images, None where there is none."""

    name: str
    before: Any
    after: Any

    @property
    def word(self) -> str:
        """added, removed or changed."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def environment(image: Image) -> Mapping[str, Any]:
    """The environment variables."""
    return dict(each.partition("=")[::2] for each in fields.texts(image.config.config, "Env"))


def labels(image: Image) -> Mapping[str, Any]:
    """The labels."""
    return image.labels


def config(image: Image) -> Mapping[str, Any]:
    """The fields of the config that say how the image runs, and on what."""
    running = {name: value for name, value in image.config.config.items() if name not in _OWN_LISTS}
    platform = {name: image.config.json.get(name) for name in _PLATFORM}
    return {name: value for name, value in {**platform, **running}.items() if value not in (None, "", [], {}, False)}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs, in the order of the names."""
    names = sorted(before.keys() | after.keys())
    found = (Change(name, before.get(name), after.get(name)) for name in names)
    return [change for change in found if change.before != change.after]


def layers(before: Image, after: Image) -> tuple[list[int], list[int]]:
    """The positions of the layers that only the first image has, and of those that only the second has."""
    return _without(before, after), _without(after, before)


def _without(image: Image, other: Image) -> list[int]:
    """The positions of an image's layers that another has not, or not as often."""
    left = Counter(layer.diff_id for layer in other.layers)
    found = []
    for position, layer in enumerate(image.layers):
        if left[layer.diff_id]:
            left[layer.diff_id] -= 1
        else:
            found.append(position)
    return found
