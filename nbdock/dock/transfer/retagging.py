"""Give an image at a registry another tag there. No blob moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.dock.find import Wanted
from nbdock.dock.transfer import anywhere
from nbdock.errors import Refused
from nbdock.oci import manifest as manifests
from nbdock.oci.location import Location
from nbdock.oci.reference import Reference
from nbdock.reading import read
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.manifest import Index, Manifest


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag at a registry: what it points to now, and what it pointed to `before`."""

    name: Reference
    target: Descriptor
    manifest: Manifest | Index
    before: Descriptor | None


def tag(dock: Dock, source: Reference, name: Reference) -> Tagged:
    """Give a manifest or an index at a registry another tag. In another repository its blobs are mounted.

    Raises Refused, ImageNotFound, RegistryError, IntegrityError, Interrupted.
    """
    if source.registry != name.registry:
        hint = f"copy docker://{source.familiar} docker://{name.familiar} takes it there"
        raise Refused(f"{source.registry} cannot tag an image at {name.registry}", hint=hint)
    return dock.run(lambda task: _tag(dock, source, name, task))


def _tag(dock: Dock, source: Reference, name: Reference, task: Task) -> Tagged:
    repository = dock.registry.repository(name, task, push=True)
    before = repository.find(name)
    if source.name == name.name:
        target = repository.resolve(source, read=True)
        repository.tag(name, target)
    else:
        wanted = Wanted(source.familiar, None, location=Location("docker", name=str(source)))
        target = anywhere.copy(dock, wanted, Location("docker", name=str(name)), None, True, task).target
    return Tagged(name, target, manifests.parse(read(repository, target), target.media_type), before)
