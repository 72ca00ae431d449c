"""Save images of the store in an archive."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbdock import regular
from nbdock.archives.writing import Archived, Open, archive, blobs
from nbdock.contents.inflate import inflated
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted, artifacts, find
from nbdock.dock.transfer.targets import Writable, replacing, telling
from nbdock.errors import BlobNotFound, NbdockError, NotFound, PlatformNotFound, Refused, UsageError, all_of
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.verify import verified
from nbdock.places import Image
from nbdock.reading import chosen, image_of, read_manifests
from nbdock.store import Match, Store
from nbdock.store.store import missing
from nbdock.task import State, Task


@dataclass(frozen=True, slots=True)
class Save:
    """An image to save.

    `is_partial` says that it is all that the store has of the index that was asked for. `zstd` has the layers to
    inflate, by the digest of their tar.
    """

    image: Image
    archived: Archived
    is_partial: bool = False
    zstd: Mapping[Digest, Descriptor] = field(default_factory=dict)

    @property
    def has_zstd(self) -> bool:
        """Whether it has zstd layers in the archive."""
        return any(map(_is_zstd, blobs([self.archived])))


def plan(
    dock: Dock, names: Sequence[Wanted], platform: Platform | None = None, *, all_platforms: bool = False
) -> tuple[Save, ...]:
    """What to save for these names: each image once, with its names. A repository stands for all its tags.

    Of an index it is the image that the name stands for here, or that of the platform; with `all_platforms` it is all
    of the index, if the store has that. Raises ImageNotFound, PlatformNotFound, BlobNotFound, AmbiguousId.
    """
    found: dict[tuple[Descriptor, Descriptor], Save] = {}
    for match in _matches(dock.store, names):
        save = _planned(dock.store, match, platform, all_platforms)
        _check_kept(dock.store, save.archived)
        at = (save.archived.target, save.archived.image)
        found[at] = _merged(found[at], save) if at in found else save
    return tuple(found.values())


def inflating(store: Store, save: Save) -> Save:
    """The same image with plain tars in place of its zstd layers, under a manifest of its own. Raises BlobNotFound."""
    manifest = save.archived.manifest
    tars = {layer.digest: _tar(store, layer) for layer in manifest.layers if _is_zstd(layer)}
    if not tars:
        return save
    made = manifest.with_layers(tars)
    target = Descriptor.of(made.media_type, made.raw)
    archived = Archived(target, target, {target: made}, save.archived.names)
    zstd = {tars[layer.digest].digest: layer for layer in manifest.layers if layer.digest in tars}
    return replace(save, archived=archived, zstd=zstd)


def save(dock: Dock, saves: Sequence[Save], target: Path | Writable) -> None:
    """Write the archive, to a path in one step. Raises UsageError, Refused, BlobNotFound, IntegrityError, Interrupted.

    Manifests, configs and inflated layers are verified. Of layers as they are kept only the size is compared: they were
    verified when they were stored, and are again when they are loaded, while hashing them takes longer than copying.
    """

    def write(task: Task) -> None:
        chunks = archive([save.archived for save in saves], _content(dock.store, saves, task))
        if isinstance(target, Path):
            write_file(target, chunks, task)
        else:
            with telling(getattr(target, "name", "the file")):
                _write(chunks, target, task)

    dock.run(write)


def _matches(store: Store, names: Iterable[Wanted]) -> list[Match]:
    """The images of these names. Raises an error for all names that fail."""
    found: list[Match] = []
    errors: list[NbdockError] = []
    for name in names:
        try:
            found += _tagged(store, name) or [find(name, store.images())]
        except (NotFound, UsageError, Refused) as error:
            errors.append(error)
    if errors:
        raise all_of(errors)
    return found


def _tagged(store: Store, wanted: Wanted) -> list[Match]:
    """The images of all tags of a repository; none if it is not the name of one alone."""
    if not (wanted.reference and wanted.is_repository):
        return []
    others = {name for name, _ in artifacts(store)}
    tags = [name.reference for name in store.names() if name not in others and name.reference and name.reference.tag]
    own = {each for each in tags if each.name == wanted.reference.name}
    return [find(each, store.images()) for each in sorted(own, key=str)]


def _planned(store: Store, match: Match, platform: Platform | None, all_platforms: bool) -> Save:
    name, image = match.name, match.image
    names = (name.reference,) if name and name.reference and name.reference.tag else ()
    descriptor = name.image if name else min((each.image for each in image.names), key=lambda each: str(each.digest))
    target, is_partial = descriptor, False
    if platform:
        image = _for_platform(store, match, platform)
        target = descriptor = image.descriptor
    elif all_platforms and name and name.target != descriptor:
        is_partial = not store.is_complete(name)
        target = descriptor if is_partial else name.target
    return Save(image, Archived(target, descriptor, read_manifests(store, target), names), is_partial)


def _for_platform(store: Store, match: Match, platform: Platform) -> Image:
    """The image of a platform. Raises PlatformNotFound."""
    target = match.name.target if match.name else match.image.descriptor
    try:
        image = image_of(store, *chosen(read_manifests(store, target, platform)), store)
    except (PlatformNotFound, BlobNotFound):
        image = match.image
    if not platform.runs(image.platform):
        here = match.image.platform
        hint = f"the store has it for {here}: pull it with --platform {platform}"
        message = f"no suitable export target found for platform {platform}"
        raise PlatformNotFound(message, available=[str(here)], hint=hint)
    return image


def _check_kept(store: Store, archived: Archived) -> None:
    """Raises BlobNotFound for content that is not in the store, before anything is written."""
    for blob in blobs([archived]):
        if not store.has(blob):
            raise missing(blob)


def _merged(one: Save, other: Save) -> Save:
    names = dict.fromkeys((*one.archived.names, *other.archived.names))
    return replace(one, archived=replace(one.archived, names=tuple(names)))


def _is_zstd(blob: Descriptor) -> bool:
    return media.is_layer(blob.media_type) and media.compression(blob.media_type) == "zstd"


def _tar(store: Store, layer: Descriptor) -> Descriptor:
    """The tar of a zstd layer: its digest is the diff id."""
    facts = store.facts(layer)
    if facts is None:
        raise missing(layer)
    return Descriptor(layer.media_type.removesuffix("+zstd").removesuffix(".zstd"), facts.diff_id, facts.tar_size)


def check_target(target: Path) -> None:
    """Raises UsageError, in docker's words if it has any, for what no file can take the place of."""
    if not target.parent.is_dir():
        message = f'invalid output path: directory "{target.parent}" does not exist'
        raise UsageError(message, hint="make it first, or choose another folder")
    if target.exists() and (oddity := regular.odd(target.stat())):
        raise UsageError(f'invalid output path: "{target}" is {oddity}', hint="-o takes the name of a file")


def write_file(target: Path, chunks: Iterable[bytes], task: Task) -> None:
    """Write a file that only its owner may read, in one step. Raises UsageError, Refused, and what `chunks` raises."""
    with telling(target):
        check_target(target)
        with replacing(target) as new, open(new, "xb", buffering=0, opener=_for_owner) as file:
            _write(chunks, file, task)


def _write(chunks: Iterable[bytes], file: Writable, task: Task) -> None:
    for chunk in chunks:
        task.check()
        rest = chunk
        while rest:
            taken = file.write(rest)
            rest = rest[len(rest) if taken is None else taken :]


def _content(store: Store, saves: Sequence[Save], task: Task) -> Open:
    """Opens the content of the archive."""
    zstd = {digest: layer for save in saves for digest, layer in save.zstd.items()}

    def open(blob: Descriptor) -> Iterator[bytes]:
        compressed = zstd.get(blob.digest)
        if compressed:
            return verified(blob, inflated(_told(store, compressed, task)))
        return verified(blob, store.open(blob)) if blob.media_type in media.CONFIGS else _told(store, blob, task)

    return open


def _told(store: Store, layer: Descriptor, task: Task) -> Iterator[bytes]:
    return task.telling(layer, store.open(layer), State.SAVING, State.SAVED)


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
