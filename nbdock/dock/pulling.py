"""From a registry to the store, with docker's own lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nbdock import human
from nbdock.dock.dock import Dock
from nbdock.dock.spelling import spelled
from nbdock.errors import RateLimited, UsageError
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.registry import Repository
from nbdock.task import Task
from nbdock.transfer import Copied, Copy

_TAGS_AT_ONCE = 4

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """One image that came, or was there already (`newer` is False then)."""

    reference: Reference
    copied: Copied
    newer: bool

    @property
    def image_id(self) -> Digest:
        return self.copied.manifest.config.digest


def pull(
    dock: Dock, text: str, *, all_tags: bool = False, platform: Platform | None = None, quiet: bool = False
) -> tuple[Pulled, ...]:
    """Bring an image, or with `all_tags` every tag of the repository, from its registry.

    Raises InvalidReference, ImageNotFound, PlatformNotFound, IntegrityError, RegistryError, StoreError, Interrupted.
    """
    reference = Reference.parse(spelled(text, dock.console.warn))
    if all_tags and (reference.tag or reference.digest):
        raise UsageError("tag can't be used with --all-tags/-a", hint=f"type {reference.familiar_name}")
    say = say_nothing if quiet else dock.say
    if not all_tags and reference != reference.tagged:
        say(f"Using default tag: {reference.tagged.tag}")
    wanted = _tags(dock, reference) if all_tags else [reference.tagged]
    for each in wanted:
        say(f"{_stored(each) if each.digest else each.tag}: Pulling from {each.repository}")
    before = {name.reference: (name.target.digest, name.image.digest) for name in dock.store.names()}
    serving = platform or dock.settings.platform
    repository, done = dock.run(lambda task: _copies(dock, reference, wanted, serving, task), quiet)
    for why in dict.fromkeys(map(str, repository.skipped.values())):
        dock.console.warn(f"{why.rstrip('.')}; {repository.address} was asked instead")
    pulled = tuple(
        Pulled(each, copied, before.get(_stored(each)) != (copied.target.digest, copied.image.digest))
        for each, copied in zip(wanted, done, strict=True)
    )
    _report(pulled, reference if all_tags else _stored(reference.tagged), say)
    for one in pulled if platform else ():
        _warn_of_platform(one, serving, say)
    _report_limit(dock, reference, say)
    dock.say(str(reference if all_tags else reference.tagged))
    return pulled


def _tags(dock: Dock, reference: Reference) -> list[Reference]:
    tags = dock.run(lambda task: tuple(dock.registry.repository(reference, task).tags()), quiet=True)
    return [replace(reference, tag=tag) for tag in tags]


def _copies(
    dock: Dock, reference: Reference, wanted: list[Reference], platform: Platform, task: Task
) -> tuple[Repository, list[Copied]]:
    repository = dock.registry.repository(reference, task)
    copy = Copy(repository, dock.store, task, known=dock.store.unpacked, record=dock.store.record)

    def pulled(reference: Reference) -> Copied:
        try:
            return copy.image(repository.resolve(reference), reference, platform)
        except RateLimited as refusal:  # of the manifest: only looking up what a tag means is free at Docker Hub
            if repository.skip(refusal):
                return pulled(reference)
            raise

    return repository, task.spread(pulled, wanted, _TAGS_AT_ONCE)


def say_nothing(line: str) -> None:
    """`-q`."""


def _stored(reference: Reference) -> Reference:
    """The name the store has it under: with a digest the tag is only information."""
    return replace(reference, tag=None) if reference.digest else reference


def _report(pulled: tuple[Pulled, ...], name: Reference, say: Say) -> None:
    for one in pulled:
        say(f"Digest: {one.copied.target.digest}")
    newer = any(one.newer for one in pulled)
    say(f"Status: {'Downloaded newer image' if newer else 'Image is up to date'} for {name.familiar}")


def _warn_of_platform(pulled: Pulled, asked: Platform, say: Say) -> None:
    found = pulled.copied.config.platform
    if found.architecture and not asked.runs(found):
        say(
            f"WARNING: image with reference {pulled.reference.familiar_name} was found but does not match "
            f"the specified platform: wanted {asked}, actual: {human.printable(str(found))}"
        )


def _report_limit(dock: Dock, reference: Reference, say: Say) -> None:
    """What is left of the registry's pull limit, where it tells: on shared addresses it is not one's own."""
    limit = dock.registry.rate_limit(reference.registry)
    if limit:
        say(f"{limit.remaining} of {limit.limit} pulls in {human.duration(limit.window_seconds)} are left")
