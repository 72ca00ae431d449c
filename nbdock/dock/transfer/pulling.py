"""Pull images from registries into the store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from nbdock.copying import Copied, Copier
from nbdock.dock.dock import Dock
from nbdock.dock.transfer.known import Known
from nbdock.errors import BlobNotFound, Cancelled, NbdockError
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.task import Task

_IMAGES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Pulled:
    """The result for one name: `copied`, or the `error`.

    `newer` is False if the name already pointed to the same image. `address` is the repository that served it;
    `skipped` are the hosts that were tried before, with their errors.
    """

    reference: Reference
    copied: Copied | None = None
    error: NbdockError | None = None
    newer: bool = False
    address: str = ""
    skipped: tuple[tuple[str, NbdockError], ...] = ()

    @property
    def image_id(self) -> Digest | None:
        """None if there was an error."""
        return self.copied.image.image_id if self.copied else None

    @property
    def stored(self) -> Reference:
        """The name in the store: the reference without its tag if it has a digest."""
        return stored(self.reference)


def tags(dock: Dock, repository: Reference) -> list[Reference]:
    """Every tag of a repository; what the list lacks is said. Raises ImageNotFound, RegistryError, Interrupted."""

    def find(task: Task) -> tuple[tuple[str, ...], list[str]]:
        there = dock.registry.repository(repository, task)
        return there.tags(), there.missing

    found, missing = dock.run(find, quiet=True)
    for each in missing:
        dock.console.warn(f"{repository.familiar_name}: left out: {each}")
    return [replace(repository, tag=tag, digest=None) for tag in found]


def pull(
    dock: Dock, references: Sequence[Reference], platform: Platform | None = None, *, quiet: bool = False
) -> list[Pulled]:
    """Pull images in parallel; layers that they share are downloaded once.

    Parameters
    ----------
    references
        The names, each with a tag or a digest.
    platform
        The dock's own by default.
    quiet
        Show no progress.

    Returns
    -------
    list of Pulled
        One for each name, in order. An error for one name does not stop the others.

    Raises Interrupted, Cancelled; downloaded data is kept.
    """
    before = {name.reference: (name.target.digest, name.image.digest) for name in dock.store.names()}
    wanted = list(dict.fromkeys(references))
    pulled = dock.run(lambda task: _pull(dock, wanted, platform or dock.settings.platform, task), quiet)
    return [replace(each, newer=_is_newer(each, before.get(each.stored))) for each in pulled]


def stored(reference: Reference) -> Reference:
    """The name in the store: the reference without its tag if it has a digest."""
    return replace(reference, tag=None) if reference.digest else reference


def _pull(dock: Dock, references: list[Reference], platform: Platform, task: Task) -> list[Pulled]:
    """The names are written together at the end, also after an interrupt.

    An image that another process removed a part of before that is pulled again.
    """
    with suppress(BlobNotFound), dock.store.batch() as batch:
        one = partial(_pull_one, dock, Copier(batch, task, turns=batch.turns), platform)
        pulled = task.spread(one, references, _IMAGES_AT_ONCE)
    again = partial(_pull_one, dock, Copier(dock.store, task, turns=dock.store.turns), platform)
    return [again(each.reference) if each.stored in batch.unnamed else each for each in pulled]


def _pull_one(dock: Dock, copier: Copier, platform: Platform, reference: Reference) -> Pulled:
    with copier.task.part() as task:
        try:
            repository = dock.registry.repository(reference, task)
            source = Known(repository, dock.store)
            copied = replace(copier, task=task).copy_name(source, reference, reference, platform)
        except Cancelled:
            raise
        except NbdockError as error:
            return Pulled(reference, error=error)
    skipped = tuple((endpoint.host, error) for endpoint, error in repository.skipped.items())
    return Pulled(reference, copied, address=repository.address, skipped=skipped)


def _is_newer(pulled: Pulled, before: tuple[Digest, Digest] | None) -> bool:
    copied = pulled.copied
    return copied is not None and before != (copied.target.digest, copied.image.descriptor.digest)
