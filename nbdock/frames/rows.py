"""Rows of frames from images, steps, layers and containers. Absent values are None."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbdock.dock.find import find
from nbdock.errors import NbdockError
from nbdock.frames.instruction import instruction
from nbdock.oci import fields
from nbdock.oci.config import is_root
from nbdock.oci.manifest import Index

if TYPE_CHECKING:
    from nbdock.copying import Copied
    from nbdock.dock.containers import Container
    from nbdock.dock.cost import Planned
    from nbdock.dock.inside.installed import Installed
    from nbdock.dock.outdated import Compared
    from nbdock.dock.steps import Step
    from nbdock.dock.tags import Tag
    from nbdock.engines.images import EngineImage
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.digest import Digest
    from nbdock.oci.manifest import Manifest
    from nbdock.oci.reference import Reference
    from nbdock.places import FindFacts, Image, Layer, LayerFacts, Name
    from nbdock.registry.discovery import Found
    from nbdock.store import Match

Row = dict[str, Any]

_OF_PACKAGE = "name version ecosystem license installed_bytes path inner_path purl source architecture".split()


def image_rows(
    image: Image, names: Iterable[Name], users: Mapping[Digest, int], every_digest: bool = False
) -> Iterator[Row]:
    """A row for each name that docker lists: those with a tag, and those with a digest if the repository has no tag.

    `users` is the number of containers of each image. With `every_digest` a tag has a row for each digest of its
    repository.
    """
    shown = sorted(_listed(image, tuple(names)), key=lambda name: str(name.reference))
    shared = _image_facts(image, users.get(image.id, 0))
    for name in shown:
        row = {**shared, **_name_facts(image, name)}
        digests = sorted(_digests(image, name)) if every_digest else []
        yield from ({**row, "digest": digest} for digest in digests or [row["digest"]])


def artifact_row(name: Name, manifest: Manifest) -> Row:
    """A row for an artifact, under the columns of images."""
    reference = name.reference
    return {
        **dict.fromkeys(("created", "size_bytes", "platform", "platforms", "user", "exposed_ports")),
        "kind": manifest.kind or None,
        "registry": reference.registry if reference else None,
        "repository": reference.familiar_name if reference else None,
        "tag": (reference.tag if reference else name.bare_tag) or None,
        "image_id": str(manifest.config.digest),
        "compressed_bytes": sum(layer.size for layer in manifest.layers),
        "layers": len(manifest.layers),
        "containers": 0,
        "dangling": not (reference or name.bare_tag),
        "read_only": name.read_only,
        "runs_as_root": False,
        "pulled_at": name.pulled_at,
        "digest": str(name.target.digest),
        "manifest_digest": str(name.image.digest),
        "reference": str(reference) if reference else None,
    }


def registry_row(name: Reference, target: Descriptor, manifest: Manifest | Index) -> Row:
    """A row for a name at a registry, with what its manifest or index says."""
    platforms = [str(each.platform) for each in manifest.images] if isinstance(manifest, Index) else None
    image = None if isinstance(manifest, Index) else manifest
    return {
        **dict.fromkeys(("created", "size_bytes", "platform", "user", "exposed_ports", "pulled_at")),
        "kind": "image" if image is None or image.is_image else image.kind or None,
        "registry": name.registry,
        "repository": name.familiar_name,
        "tag": name.tag,
        "image_id": str(image.config.digest) if image else None,
        "compressed_bytes": sum(layer.size for layer in image.layers) if image else None,
        "layers": len(image.layers) if image else 0,
        "containers": 0,
        "dangling": False,
        "read_only": False,
        "runs_as_root": False,
        "platforms": platforms,
        "digest": str(target.digest),
        "manifest_digest": str(target.digest) if image else None,
        "reference": f"docker://{name.familiar}",
    }


def engine_rows(image: EngineImage, place: str) -> Iterator[Row]:
    """A row for each name of an engine's image, with what the engine says of it."""
    shared: Row = {
        **dict.fromkeys(("platform", "platforms", "user", "exposed_ports", "compressed_bytes", "layers", "pulled_at")),
        "kind": "image",
        "image_id": str(image.id),
        "created": image.created,
        "size_bytes": image.size,
        "containers": 0,
        "dangling": not image.tags,
        "read_only": False,
        "runs_as_root": False,
        "manifest_digest": None,
    }
    for name in image.tags or [None]:
        digests = (str(each.digest) for each in image.digests if name and each.name == name.name)
        yield {
            **shared,
            "registry": name.registry if name else None,
            "repository": name.familiar_name if name else None,
            "tag": name.tag if name else None,
            "digest": next(digests, None),
            "reference": f"{place.partition(':')[0]}:{name or image.id}",
        }


def inspect_row(image: Image) -> Row:
    """The fields of an image's config, with its names."""
    source, config = image.config.json, image.config.config
    return {
        "image_id": str(image.id),
        "repo_tags": [tag.familiar for tag in sorted(image.tags, key=str)],
        "repo_digests": [digest.familiar for digest in sorted(image.digests, key=str)],
        "created": image.created,
        "docker_version": _text(source, "docker_version"),
        "author": _text(source, "author"),
        "comment": image.config.comment or None,
        "architecture": image.config.platform.architecture,
        "variant": image.config.platform.variant or None,
        "os": image.config.platform.os,
        "size_bytes": image.known_size,
        "compressed_bytes": image.compressed_size,
        "root_fs": [str(diff_id) for diff_id in image.config.diff_ids],
        "layers": len(image.layers),
        "user": _text(config, "User"),
        "env": list(fields.texts(config, "Env")) or None,
        "entrypoint": list(fields.texts(config, "Entrypoint")) or None,
        "cmd": list(fields.texts(config, "Cmd")) or None,
        "working_dir": _text(config, "WorkingDir"),
        "exposed_ports": list(image.exposed_ports) or None,
        "volumes": list(fields.mapping(config, "Volumes")) or None,
        "labels": image.config.labels or None,
        "stop_signal": _text(config, "StopSignal"),
        "pulled_at": image.pulled_at,
        "reference": name_of(image),
    }


def history_rows(image: Image, steps: Sequence[Step], name: Name | None = None) -> Iterator[Row]:
    """Steps, newest first. `name` is the name that the image was found by, if any."""
    reference = reference_of(image, name)
    for number, step in enumerate(steps):
        layer, facts, empty = step.layer, step.facts, step.instruction.empty_layer
        yield {
            "step_image_id": None if number else str(image.id),
            "created": step.instruction.created,
            "created_by": step.instruction.created_by or None,
            "instruction": instruction(step.instruction.created_by),
            "size_bytes": facts.size if facts else 0 if empty else None,
            "empty_layer": empty,
            "layer": str(layer.descriptor.digest) if layer else None,
            "comment": step.instruction.comment or None,
            "compressed_bytes": layer.descriptor.compressed_size if layer else 0 if empty else None,
            "diff_id": str(layer.diff_id) if layer and layer.diff_id else None,
            "author": step.instruction.author or None,
            "step": len(steps) - 1 - number,
            "image_id": str(image.id),
            "reference": reference,
        }


def image_layer_rows(image: Image, name: Name | None = None) -> Iterator[Row]:
    """The layers of an image, lowest first. `name` is the name that the image was found by, if any."""
    reference = reference_of(image, name)
    for position, layer in enumerate(image.layers):
        own = {"position": position, "image_id": str(image.id), "reference": reference}
        yield {**_layer_row(layer, layer.facts), **own}


def package_rows(image: Image, found: Iterable[Installed], name: Name | None = None) -> Iterator[Row]:
    """The packages of an image. `name` is the name that the image was found by, if any."""
    own = {"image_id": str(image.id), "reference": reference_of(image, name)}
    for each in found:
        layer, created_by = image.layers[each.position], each.step.instruction.created_by
        yield {
            **{column: each.fields[column] for column in _OF_PACKAGE},
            "position": each.position,
            "layer": str(layer.descriptor.digest),
            "diff_id": str(layer.diff_id) if layer.diff_id else None,
            "created_by": created_by or None,
            "instruction": instruction(created_by),
            "deleted": each.removed_by is not None,
            "deleted_by": each.removed_by.instruction.created_by or None if each.removed_by else None,
            **own,
        }


def copied_rows(copied: Copied, facts: FindFacts) -> Iterator[Row]:
    """The layers of an image that was copied, lowest first, then those of its referrers; `facts` returns the facts of
    a layer."""
    for manifest in copied.manifests:
        kind = "image" if manifest.config else manifest.manifest.kind
        own = {"image_id": str(manifest.image_id), "reference": str(copied.reference.tagged), "kind": kind or None}
        for position, (layer, state) in enumerate(manifest.layers):
            yield {**_layer_row(layer, facts(layer.descriptor)), "state": str(state), "position": position, **own}
    for each in copied.referrers:
        yield from copied_rows(each, facts)


def found_row(found: Found, source: str) -> Row:
    """A repository found by a search in the registry `source`."""
    return {
        "name": found.name,
        "description": found.description or None,
        "stars": found.stars,
        "official": found.official,
        "pulls": found.pulls,
        "registry": source,
    }


def tag_rows(tags: Sequence[Tag]) -> Iterator[Row]:
    """The tags of a repository."""
    alike: dict[Digest, list[str]] = {}
    for tag in tags:
        if tag.digest:
            alike.setdefault(tag.digest, []).append(tag.reference.tag or "")
    for tag in tags:
        name = tag.reference.tag
        yield {
            "repository": tag.reference.familiar_name,
            "tag": name,
            "created": tag.created,
            "pushed_at": tag.pushed_at,
            "compressed_bytes": tag.compressed_size,
            "size_bytes": tag.size,
            "platforms": list(map(str, tag.platforms)) or None,
            "same_as": [other for other in alike[tag.digest] if other != name] or None if tag.digest else None,
            "platform": str(tag.platform) if tag.platform else None,
            "digest": str(tag.digest) if tag.digest else None,
            "kind": tag.kind,
            "reference": str(tag.reference),
            "error": str(tag.error) if tag.error else None,
        }


def planned_row(planned: Planned) -> Row:
    """What a pull would do with a layer."""
    return {
        "layer": str(planned.layer.digest),
        "compressed_bytes": planned.layer.size,
        "state": planned.state,
        "reference": str(planned.reference),
        "position": planned.position,
        "media_type": planned.layer.media_type,
    }


def compared_row(compared: Compared) -> Row:
    """A name of the store beside its registry."""
    return {
        "reference": str(compared.reference),
        "state": compared.state,
        "here": str(compared.here),
        "there": str(compared.there) if compared.there else None,
        "pulled_at": compared.name.pulled_at,
        "error": str(compared.error) if compared.error else None,
    }


def container_row(container: Container, images: Iterable[Image]) -> Row:
    """A row for a container. Its image is shown by the name it was created from, if that still points to it."""
    held = next((image for image in images if image.id == container.image_id), None)
    name = _name(container.image, held) if held else None
    return {
        "container_id": container.id,
        "image": container.image if name else container.image_id.short,
        "command": " ".join(container.command) or None,
        "created": container.created,
        "status": "Created",
        "names": container.name,
        "image_id": str(container.image_id),
        "reference": str(name.reference) if name else None,
        "labels": container.labels or None,
    }


def _layer_row(layer: Layer, facts: LayerFacts | None) -> Row:
    diff_id = facts.diff_id if facts else layer.diff_id
    return {
        "layer": str(layer.descriptor.digest),
        "compressed_bytes": layer.descriptor.compressed_size,
        "size_bytes": facts.size if facts else None,
        "tar_bytes": facts.tar_size if facts else None,
        "entries": facts.entries if facts else None,
        "diff_id": str(diff_id) if diff_id else None,
        "media_type": layer.descriptor.media_type,
    }


def _listed(image: Image, names: tuple[Name, ...]) -> Iterator[Name]:
    tagged = {name.reference.name for name in image.names if name.reference and name.reference.tag}
    for name in names:
        reference = name.reference
        if reference is None or reference.tag or reference.name not in tagged:
            yield name


def _image_facts(image: Image, containers: int) -> Row:
    return {
        "kind": "image",
        "image_id": str(image.id),
        "created": image.created,
        "size_bytes": image.size,
        "compressed_bytes": image.compressed_size,
        "layers": image.layer_count,
        "containers": containers,
        "dangling": image.dangling,
        "platform": str(image.platform) or None,
        "user": image.user or None,
        "runs_as_root": is_root(image.user),
        "exposed_ports": list(image.exposed_ports) or None,
    }


def _name_facts(image: Image, name: Name) -> Row:
    reference = name.reference
    return {
        "registry": reference.registry if reference else None,
        "repository": reference.familiar_name if reference else None,
        "tag": (reference.tag if reference else name.bare_tag) or None,
        "platforms": list(map(str, name.platforms or [image.platform])),
        "pulled_at": name.pulled_at,
        "digest": _registry_digest(image, name),
        "manifest_digest": str(name.image.digest),
        "read_only": name.read_only,
        "reference": image.location or (str(reference) if reference else None),
    }


def _registry_digest(image: Image, name: Name) -> str | None:
    """What the name points to at its registry, or else the image's other names of the same repository."""
    if name.pulled_at or (name.reference and name.reference.digest):
        return str(name.target.digest)
    return next(_digests(image, name), None)


def _digests(image: Image, name: Name) -> Iterator[str]:
    """The digests of the image in a tag's repository."""
    if name.reference and name.reference.tag:
        yield from (str(each.digest) for each in image.digests if each.name == name.reference.name)


def reference_of(image: Image, name: Name | None) -> str | None:
    """The name that the image was found by; if there is none, the first that it has."""
    return image.location or (str(name.reference) if name else name_of(image))


def references(found: Iterable[Match]) -> dict[Image, str | None]:
    """The images, in the order in which they were found, and for each the name that it was found by first."""
    names: dict[Image, str | None] = {}
    for match in found:
        names.setdefault(match.image, reference_of(match.image, match.name))
    return names


def name_of(image: Image) -> str | None:
    """The first of the image's names: those with a tag come before those with a digest."""
    return image.location or next(
        (str(name) for name in (*sorted(image.tags, key=str), *sorted(image.digests, key=str))), None
    )


def _name(text: str, image: Image) -> Name | None:
    """The image's name that `text` means, if it means one."""
    try:
        return find(text, [image]).name
    except NbdockError:
        return None


def _text(source: fields.JSON, key: str) -> str | None:
    return fields.text(source, key) or None
