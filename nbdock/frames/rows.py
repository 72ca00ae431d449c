"""Rows of the frames, made from images, steps and layers: one maker an entity, whichever command shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nbdock.dock.containers import Container, of_image
from nbdock.dock.find import find
from nbdock.dock.steps import Step
from nbdock.errors import NbdockError
from nbdock.oci import document
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.places import Image, Layer, Library, Name
from nbdock.registry import Found
from nbdock.task import State

NONE = "<none>"
Row = dict[str, Any]


def image_rows(image: Image, names: Iterable[Name], containers: Sequence[Container]) -> Iterator[Row]:
    """One row a name, as docker lists them: by tag; by digest where the repository has no tag here."""
    shown = sorted(_listed(image, tuple(names)), key=lambda name: str(name.reference))
    shared = _image_facts(image, len(of_image(containers, image)))
    return ({**shared, **_name_facts(image, name)} for name in shown)


def inspect_row(image: Image) -> Row:
    """The image in full."""
    source, runtime = image.config.document, image.config.runtime
    return {
        "id": str(image.id),
        "repo_tags": [tag.familiar for tag in sorted(image.tags, key=str)],
        "repo_digests": [digest.familiar for digest in sorted(image.digests, key=str)],
        "created": image.created,
        "docker_version": _text(source, "docker_version"),
        "author": _text(source, "author"),
        "comment": image.config.comment or None,
        "architecture": image.config.platform.architecture,
        "variant": image.config.platform.variant or None,
        "os": image.config.platform.os,
        "size_bytes": image.size,
        "compressed_bytes": image.compressed_size,
        "root_fs": [str(diff_id) for diff_id in image.config.diff_ids],
        "layer_count": len(image.layers),
        "user": _text(runtime, "User"),
        "env": list(document.texts(runtime, "Env")) or None,
        "entrypoint": list(document.texts(runtime, "Entrypoint")) or None,
        "cmd": list(document.texts(runtime, "Cmd")) or None,
        "working_dir": _text(runtime, "WorkingDir"),
        "exposed_ports": list(document.mapping(runtime, "ExposedPorts")) or None,
        "volumes": list(document.mapping(runtime, "Volumes")) or None,
        "labels": image.config.labels or None,
        "stop_signal": _text(runtime, "StopSignal"),
        "pulled_at": image.pulled_at,
    }


def history_rows(image: Image, steps: Sequence[Step]) -> Iterator[Row]:
    """Newest first. `image` is the id in the first row only: docker keeps no ids of what lies below."""
    for number, step in enumerate(steps):
        layer, unpacked = step.layer, step.unpacked
        yield {
            "image": "<missing>" if number else str(image.id),
            "created": step.instruction.created,
            "created_by": step.instruction.created_by,
            "size_bytes": unpacked.files if unpacked else 0,
            "empty_layer": layer is None,
            "layer": str(layer.descriptor.digest) if layer else None,
            "comment": step.instruction.comment,
            "compressed_bytes": layer.descriptor.size if layer else 0,
            "diff_id": str(layer.diff_id) if layer and layer.diff_id else None,
            "author": step.instruction.author or None,
            "position": len(steps) - 1 - number,
            "image_id": str(image.id),
        }


def layer_rows(
    layers: Iterable[tuple[Layer, State]], image_id: Digest, reference: Reference, library: Library
) -> Iterator[Row]:
    """The layers of an image that was copied, lowest first."""
    for position, (layer, state) in enumerate(layers):
        unpacked = library.unpacked(layer.descriptor)
        yield {
            "layer": str(layer.descriptor.digest),
            "state": str(state),
            "compressed_bytes": layer.descriptor.size,
            "size_bytes": unpacked.files if unpacked else None,
            "tar_bytes": unpacked.tar if unpacked else None,
            "entries": unpacked.entries if unpacked else None,
            "diff_id": str(unpacked.diff_id) if unpacked else None,
            "media_type": layer.descriptor.media_type,
            "position": position,
            "image_id": str(image_id),
            "reference": str(reference.tagged),
        }


def found_row(found: Found, source: str) -> Row:
    """One repository that was found."""
    return {
        "name": found.name,
        "description": found.description,
        "stars": found.stars,
        "official": found.official,
        "pulls": found.pulls,
        "registry": source,
    }


def container_row(container: Container, images: Iterable[Image]) -> Row:
    """`image` is the name it was made from while that still means the same image, else the short id."""
    held = next((image for image in images if image.id == container.image_id), None)
    named = held is not None and _is_name_of(container.image, held)
    return {
        "container_id": container.id,
        "image": container.image if named else container.image_id.short,
        "command": " ".join(container.command),
        "created": container.created,
        "status": "Created",
        "names": container.name,
        "image_id": str(container.image_id),
        "labels": container.labels or None,
    }


def _listed(image: Image, names: tuple[Name, ...]) -> Iterator[Name]:
    tagged = {name.reference.name for name in image.names if name.reference and name.reference.tag}
    for name in names:
        reference = name.reference
        if reference is None or reference.tag or reference.name not in tagged:
            yield name


def _image_facts(image: Image, containers: int) -> Row:
    return {
        "image_id": str(image.id),
        "created": image.created,
        "size_bytes": image.size,
        "compressed_bytes": image.compressed_size,
        "layers": image.layer_count,
        "containers": containers,
        "dangling": image.dangling,
        "platform": str(image.platform),
    }


def _name_facts(image: Image, name: Name) -> Row:
    reference = name.reference
    return {
        "repository": reference.familiar_name if reference else NONE,
        "tag": (reference.tag if reference else None) or NONE,
        "pulled_at": name.pulled_at,
        "digest": _registry_digest(image, name),
        "manifest_digest": str(name.image.digest),
        "reference": str(reference) if reference else None,
    }


def _registry_digest(image: Image, name: Name) -> str | None:
    """What was pulled by the name; else what the image's other names say, which are of the same repository."""
    same = (digest for digest in image.digests if name.reference and digest.name == name.reference.name)
    known = (name.target.digest,) if name.pulled_at else (each.digest for each in same)
    return next(map(str, known), None)


def _is_name_of(text: str, image: Image) -> bool:
    try:
        return find(text, [image]).name is not None
    except NbdockError:
        return False


def _text(source: document.Document, key: str) -> str | None:
    return document.text(source, key) or None
