"""Docker's archives: `manifest.json` lists images, each by its config, its names and its layers (moby, tarexport)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from nbdock.archives.files import Files, read
from nbdock.archives.listing import MAX_IMAGES, Listing, reference_of
from nbdock.errors import InvalidContent
from nbdock.oci import fields, media
from nbdock.oci.config import ImageConfig
from nbdock.oci.digest import Digest
from nbdock.oci.fields import JSON
from nbdock.oci.reference import Reference

MANIFEST = "manifest.json"


def listed(files: Files) -> Listing:
    """What `manifest.json` lists. Raises BlobNotFound, InvalidContent."""
    found = Listing()
    for item in items(files):
        _add(found, files, item, read(files, path(item), media.MAX_CONFIG))
    return found


def complete(found: Listing, files: Files, configs: Mapping[Reference | None, set[Digest]]) -> None:
    """Add what only `manifest.json` lists to a layout's images: docker 25 left images without a name out of its index.

    `configs` are the layout's, by name. Raises BlobNotFound, InvalidContent, also if the two contradict one another.
    """
    everything = set(chain.from_iterable(configs.values()))
    for item in items(files):
        config = read(files, path(item), media.MAX_CONFIG)
        digest, names = Digest.of(config), fields.texts(item, "RepoTags")
        if not names and digest not in everything:
            _add(found, files, item, config)
        said = [configs.get(name, set()) for name in map(reference_of, names)] if any(configs) else [everything]
        if names and not all(digest in each for each in said):
            raise InvalidContent(
                f"{MANIFEST} and index.json list different images", hint="tools would read different images out of it"
            )


def _add(found: Listing, files: Files, item: JSON, config: bytes) -> None:
    diff_ids, layers = ImageConfig.parse(config).diff_ids, fields.texts(item, "Layers")
    if len(layers) != len(diff_ids):
        raise InvalidContent(
            f"{MANIFEST} lists {len(layers)} layers of an image whose config has {len(diff_ids)} diff ids"
        )
    pairs = zip(layers, diff_ids, strict=True)
    found.add(config, [found.layer(files, at, diff_id) for at, diff_id in pairs], fields.texts(item, "RepoTags"))


def items(files: Files) -> list[JSON]:
    """The entries of `manifest.json`. Raises InvalidContent."""
    found = fields.load_objects(read(files, MANIFEST, media.MAX_MANIFEST), MANIFEST)
    if len(found) > MAX_IMAGES:
        raise InvalidContent(f"the archive has more than {MAX_IMAGES} images")
    return found


def path(item: JSON) -> str:
    """Where the config of an image is."""
    return fields.text(item, "Config")
