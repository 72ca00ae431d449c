"""Pull and push with docker's lines on the console, for commands and widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nbdock import human
from nbdock.copying import Copied
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.dock.transfer import pulling, pushing
from nbdock.dock.transfer.pulling import Pulled
from nbdock.errors import Refused, UsageError, all_of
from nbdock.oci.location import Location
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

Say = Callable[[str], object]
_HERE = Location("store")


def pull(
    dock: Dock,
    names: Sequence[Reference],
    *,
    all_tags: bool = False,
    platform: Platform | None = None,
    quiet: bool = False,
) -> list[Pulled]:
    """Pull images in parallel, or every tag of their repositories. Raises if no image could be pulled."""
    say = _silent if quiet else dock.say
    wanted = {name: _wanted(dock, name, all_tags, say) for name in names}
    references = list(dict.fromkeys(each for group in wanted.values() for each in group))
    if not all_tags:
        for each in references:
            _say_pulling(each, say)
    pulled = pulling.pull(dock, references, platform, quiet=quiet)
    _report_errors(dock, pulled)
    _warn_of_skipped(dock, pulled)
    for name, group in wanted.items():
        done = [each for each in pulled if each.reference in group and not each.error]
        if done or not group:
            _report(done, name if all_tags else pulling.stored(name.tagged), say, all_tags)
            _warn_of_platform(done, platform, say)
            _report_limit(dock, name, say)
            dock.say(str(name if all_tags else name.tagged))
    return pulled


def bring(dock: Dock, location: Location, platform: Platform | None = None, *, quiet: bool = False) -> Copied:
    """Copy an image of an archive, a folder or an engine into the store, under the name that it has there."""
    from nbdock.dock.transfer import anywhere, loading

    wanted = Wanted(str(location), None, location=location)
    copied = dock.run(lambda task: anywhere.copy(dock, wanted, _HERE, platform, False, task), quiet)
    is_named = copied.reference != loading.UNNAMED
    dock.say(f"Loaded image: {copied.reference.familiar}" if is_named else f"Loaded image ID: {copied.image.image_id}")
    return copied


def push(
    dock: Dock, reference: Reference, *, all_tags: bool = False, platform: Platform | None = None, quiet: bool = False
) -> list[Copied]:
    """Push an image, or every tag of its repository in the store. Stops at the first error."""
    wanted = pushing.plan(dock, reference, platform, all_tags=all_tags)
    say = _silent if quiet else dock.say
    if not all_tags and reference != reference.tagged:
        say(f"Using default tag: {reference.tagged.tag}")
    say(f"The push refers to repository [{reference.name}]")
    pushed = list(_pushed(dock, wanted, quiet, say))
    if quiet:
        dock.say(str(reference if all_tags else reference.tagged))
    return pushed


def _pushed(dock: Dock, wanted: Sequence[pushing.Push], quiet: bool, say: Say) -> Iterator[Copied]:
    for each in wanted:
        if each.is_partial:
            dock.console.warn("Only the image in the store is pushed: the other platforms of its index were not pulled")
        pushed = pushing.push(dock, each, quiet=quiet)
        yield pushed
        say(f"{each.reference.tag}: digest: {pushed.target.digest} size: {pushed.target.size}")


def _silent(line: str) -> None:
    """For --quiet."""


def _wanted(dock: Dock, reference: Reference, all_tags: bool, say: Say) -> list[Reference]:
    if all_tags and (reference.tag or reference.digest):
        raise UsageError("tag can't be used with --all-tags/-a", hint=f"type {reference.familiar_name}")
    if not all_tags and reference != reference.tagged:
        say(f"Using default tag: {reference.tagged.tag}")
    if reference.familiar_name == "scratch":
        raise Refused("'scratch' is a reserved name", hint="it is the empty image that builds start from")
    return pulling.tags(dock, reference) if all_tags else [reference.tagged]


def _report_errors(dock: Dock, pulled: Sequence[Pulled]) -> None:
    errors = [each.error for each in pulled if each.error]
    if errors and len(errors) == len(pulled):
        raise all_of(errors)
    for error in errors:
        dock.console.warn(f"Error: {error}")


def _warn_of_skipped(dock: Dock, pulled: Sequence[Pulled]) -> None:
    lines = (
        f"passed over {host}: {str(error).rstrip('.')}; used {each.address} instead"
        for each in pulled
        for host, error in each.skipped
    )
    for line in dict.fromkeys(lines):
        dock.console.warn(line)


def _say_pulling(reference: Reference, say: Say) -> None:
    say(f"{pulling.stored(reference) if reference.digest else reference.tag}: Pulling from {reference.repository}")


def _report(pulled: Sequence[Pulled], name: Reference, say: Say, all_tags: bool) -> None:
    for each in pulled:
        if all_tags:  # as in docker, each digest stands below its tag
            _say_pulling(each.reference, say)
        if each.copied:
            say(f"Digest: {each.copied.target.digest}")
    newer = any(each.newer for each in pulled)
    say(f"Status: {'Downloaded newer image' if newer else 'Image is up to date'} for {name.familiar}")


def _warn_of_platform(pulled: Sequence[Pulled], asked: Platform | None, say: Say) -> None:
    for each in pulled:
        config = each.copied.image.config if each.copied else None
        if asked and config and config.platform.architecture and not asked.runs(config.platform):
            say(
                f"WARNING: image with reference {each.reference.familiar_name} was found but does not match "
                f"the specified platform: wanted {asked}, actual: {human.printable(str(config.platform))}"
            )


def _report_limit(dock: Dock, reference: Reference, say: Say) -> None:
    """Pulls left in the registry's rate limit, if it reports them; everyone behind one IP address shares them."""
    limit = dock.registry.rate_limit(reference.registry)
    if limit:
        say(f"{limit.remaining} of {limit.limit} pulls in {human.duration(limit.window_seconds)} are left")
