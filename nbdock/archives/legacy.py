"""Archives of docker before 1.10: `repositories` has the names, a folder for each layer its JSON and its parent's id.

The config is made of them as docker makes it (moby, image/v1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nbdock.archives.files import Files, read
from nbdock.archives.listing import Listing
from nbdock.errors import InvalidContent
from nbdock.oci import fields, media
from nbdock.oci.fields import JSON

REPOSITORIES = "repositories"
_MAX_LAYERS = 1000
_OWN = ("id", "parent", "Size", "parent_id", "layer_id", "throwaway")
"""Fields of a layer's JSON that a config has not."""


def listed(files: Files) -> Listing:
    """What `repositories` lists. Raises BlobNotFound, InvalidContent."""
    found = Listing()
    names: dict[str, list[str]] = {}
    repositories = fields.load(read(files, REPOSITORIES, media.MAX_MANIFEST), REPOSITORIES)
    for repository in repositories:
        for tag, top in fields.string_map(repositories, repository).items():
            names.setdefault(top, []).append(f"{repository}:{tag}")
    for top, called in names.items():
        chain = list(_chain(files, top))[::-1]
        layers = [found.layer(files, f"{name}/layer.tar", None) for name, _ in chain]
        if any(media.is_compressed(layer.media_type) for layer in layers):
            raise InvalidContent("the archive has compressed layers, which docker never wrote into one this old")
        found.add(_config([each for _, each in chain], [str(layer.digest) for layer in layers]), layers, called)
    return found


def _chain(files: Files, top: str) -> Iterator[tuple[str, JSON]]:
    """The layers from the top down: the name of the folder, and the JSON in it."""
    seen: set[str] = set()
    while top:
        if top in seen or len(seen) == _MAX_LAYERS:
            raise InvalidContent(f"the parents of {top} lead to itself, or are more than {_MAX_LAYERS}")
        seen.add(top)
        found = fields.load(read(files, f"{top}/json", media.MAX_MANIFEST), f"{top}/json")
        yield top, found
        top = fields.text(found, "parent")


def _config(chain: list[JSON], diff_ids: list[str]) -> bytes:
    """The config of the topmost layer, with the diff ids and the history of all."""
    made: dict[str, Any] = {key: value for key, value in chain[-1].items() if key not in _OWN}
    made |= {"history": list(map(_history, chain)), "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    return json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _history(layer: JSON) -> dict[str, str]:
    command = fields.mapping(layer, "container_config").get("Cmd")
    words = command if isinstance(command, list) else []
    told = {key: fields.text(layer, key) for key in ("created", "author", "comment")}
    return {key: value for key, value in {**told, "created_by": " ".join(map(str, words))}.items() if value}
