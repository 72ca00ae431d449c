"""The rows of a survey: those of frames, of images whose layers nobody has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from nbdock.dock.steps import history
from nbdock.frames.rows import history_rows, image_layer_rows, image_rows
from nbdock.oci import media
from nbdock.places import Image, Name

if TYPE_CHECKING:
    from nbdock.frames.schema import Row
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference
    from nbdock.places import LayerFacts

_UNREAD: Row = {"size_bytes": None, "pulled_at": None}


def image_tables(image: Image, target: Descriptor, names: Iterable[Reference]) -> Mapping[str, Sequence[Row]]:
    """The rows of the tables of documents, by name. Only what is in its layers tells an image's size."""
    named = [Name(each, target, image.descriptor) for each in names]
    known = image.under(tuple(named))
    diff_ids = [str(each.diff_id) for each in image.layers]
    in_layers = [{**row, "diff_id": diff_id} for row, diff_id in zip(image_layer_rows(known), diff_ids, strict=True)]
    return {
        "images": [{**row, **_UNREAD, "digest": str(target.digest)} for row in image_rows(known, named, {})],
        "image_layers": in_layers,
        "layers": in_layers,
        "history": list(history_rows(known, history(known), named[0])),
    }


def layer_row(layer: Descriptor, facts: LayerFacts) -> Row:
    """What was found in a layer."""
    return {
        "layer": str(layer.digest),
        "compressed_bytes": layer.compressed_size,
        "size_bytes": facts.size,
        "tar_bytes": facts.tar_size,
        "entries": facts.entries,
        "diff_id": str(facts.diff_id),
        "media_type": layer.media_type,
    }


def seen_row(at: datetime, reference: Reference, digest: Digest, asked: str | None, image: tuple[str, str]) -> Row:
    """That a name stood for an image: its id, and the digest of its manifest."""
    return {
        "reference": str(reference),
        "seen_at": at,
        "digest": str(digest),
        "asked": asked,
        "image_id": image[0],
        "manifest_digest": image[1],
    }


def problem_row(at: datetime, problem: str, reference: Reference | str, **more: object) -> Row:
    """Why something could not be read."""
    told: Mapping[str, object] = {name: str(value) for name, value in more.items() if name != "lasting" and value}
    lasting = bool(more.get("lasting"))
    return {"reference": str(reference), "problem": problem, "lasting": lasting, "seen_at": at, **told}


def asked_of(descriptor: Descriptor, platform: Platform | None) -> str | None:
    """What is asked for of a manifest: nothing of one image; of an index a platform, or all."""
    return str(platform or "all") if descriptor.media_type in media.INDEXES else None
