"""What names point to, wherever that is, and the claims in it: signatures, SBOMs, provenance. None is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from nbdock.claims import kinds
from nbdock.claims.packages import Bill, bill
from nbdock.claims.provenance import Fact, facts
from nbdock.claims.signatures import signed
from nbdock.claims.statements import Statement, statement
from nbdock.dock.find import artifacts
from nbdock.dock.remote import Manifests, told
from nbdock.dock.tree import Asked, Part, Tree
from nbdock.errors import IntegrityError, InvalidContent, NotFound, RegistryError
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import as_referrer
from nbdock.reading import read

if TYPE_CHECKING:
    from nbdock.dock.dock import Dock
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.location import Location
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference
    from nbdock.registry.referrers import Referrers
    from nbdock.task import Task

T = TypeVar("T")
Work: TypeAlias = Callable[[Tree, "Task"], T]

_JOBS = 4
_MOST_BYTES = 1 << 27
_PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"


def at_registry(dock: Dock, reference: Reference, platform: Platform | None, work: Work[T], *, strict: bool) -> T:
    """Work on what a name points to at its registry. A line says what was read where.

    Unless it is `strict`, a registry that does not tell what refers to an image is only warned of. Raises
    ImageNotFound, PlatformNotFound, IntegrityError, RegistryError, Interrupted.
    """
    from nbdock.registry.referrers import Referrers  # late: imports httpx

    fetched: list[Manifests] = []

    def look(task: Task) -> T:
        manifests = Manifests(dock, reference, task)
        referrers = Referrers(dock.registry.repository(reference, task), reference)
        tree = Tree(manifests, manifests.resolve(reference), platform)
        fetched.append(manifests)
        tree.read(lambda digest: _listed(referrers, digest, strict, task), task)
        return work(tree, task)

    found = dock.run(look, quiet=True)
    dock.console.warn(told(dock, fetched))
    dock.store.cache.trim()
    return found


def in_store(dock: Dock, top: Descriptor, platform: Platform | None, work: Work[T]) -> T:
    """Work on what is in the store below an index or manifest. Raises PlatformNotFound, IntegrityError, Interrupted."""
    referring: dict[Digest, list[Asked]] = {}
    for name, manifest in artifacts(dock.store):
        if subject := manifest.subject:
            asked = Asked(as_referrer(name.image, manifest), subject.digest, "list")
            referring.setdefault(subject.digest, []).append(asked)

    def look(task: Task) -> T:
        tree = Tree(dock.store, top, platform)
        tree.read(lambda digest: referring.get(digest, ()), task)
        return work(tree, task)

    return dock.run(look, quiet=True)


def at_location(dock: Dock, location: Location, platform: Platform | None, work: Work[T]) -> T:
    """Work on what is in an archive, a folder or an engine. Raises ImageNotFound, NotFound, IntegrityError, …"""
    from nbdock.dock.locating import opened  # late: reads archives
    from nbdock.dock.transfer.inputs import blamed_on_file

    def look(task: Task) -> T:
        with blamed_on_file():
            archive, place = opened(dock, location, task)
            tree = Tree(place, archive.find("" if location.is_engine else location.name).target, platform)
            tree.read(lambda _: (), task)
            return work(tree, task)

    return dock.run(look, quiet=True)


def claims(tree: Tree) -> list[Part]:
    """What referrers bring: a part for each layer of theirs."""
    return [each for each in tree.parts() if each.is_claim]


def said(tree: Tree, task: Task) -> list[tuple[Part, str]]:
    """Each claim, with what it says of itself; a signature says what it signs."""
    payloads = [each for each in claims(tree) if each.descriptor.media_type == _PAYLOAD]
    words = {part.descriptor.digest: text for part, text in _read_all(tree, payloads, lambda _, raw: signed(raw), task)}
    return [(each, words.get(each.descriptor.digest) or _in_brief(each)) for each in claims(tree)]


def bills(tree: Tree, task: Task) -> list[tuple[Part, Bill]]:
    """The SBOMs, read; a note for each that cannot be."""
    return _read_statements(tree, kinds.SBOM, lambda found: bill(found.content), task)


def provenance(tree: Tree, task: Task) -> list[tuple[Part, list[Fact]]]:
    """The facts of each provenance statement; a note for each that cannot be read."""
    return _read_statements(tree, kinds.PROVENANCE, lambda found: facts(found.content), task)


def content(tree: Tree, digest: str) -> bytes:
    """The bytes of a referrer or of what it brings, by the beginning of its digest. Raises NotFound, IntegrityError."""
    wanted = digest.removeprefix("sha256:")
    referrers = [each for each in tree.parts() if each.subject]
    found = {
        each.descriptor.digest: each.descriptor for each in referrers if each.descriptor.digest.hex.startswith(wanted)
    }
    if len(found) != 1:
        what = "nothing" if not found else f"{len(found)} things"
        raise NotFound(f"{what} with the digest {digest} refer to it", hint="`referrers` lists the digests")
    return read(tree.source, next(iter(found.values())))


def _listed(referrers: Referrers, subject: Digest, strict: bool, task: Task) -> list[Asked]:
    try:
        listed = [Asked(each, subject, "list") for each in referrers.of(subject)]
        return [*listed, *(Asked(each, subject, "tag") for each in referrers.tagged(subject).values())]
    except (RegistryError, IntegrityError) as error:
        if strict:
            raise
        task.note(f"WARNING: what refers to {subject} is not known: {error}")
        return []


def _in_brief(claim: Part) -> str:
    """What the annotations say, or the type alone."""
    owner, part = claim.owner, claim.descriptor
    if claim.kind == kinds.SIGNATURE:
        return "signature (not checked)"
    annotations = {**(owner.annotations if owner else {}), **part.annotations}
    return kinds.predicate_type(annotations) or part.media_type


def _read_statements(tree: Tree, kind: str, parse: Callable[[Statement], T], task: Task) -> list[tuple[Part, T]]:
    """The statements of a kind; those whose kind only their content tells are read too."""
    wanted = [each for each in claims(tree) if each.kind in (kind, kinds.ATTESTATION)]

    def read_one(part: Part, raw: bytes) -> T | None:
        found = statement(raw)
        if part.kind != kind and kinds.kind("", {"predicateType": found.predicate_type}) != kind:
            return None
        if found.about and str(part.subject) not in found.about:
            task.note(f"WARNING: {part.descriptor.digest} says that it is about something else than {part.subject}")
        return parse(found)

    return [(part, found) for part, found in _read_all(tree, wanted, read_one, task) if found is not None]


def _read_all(
    tree: Tree, parts: Sequence[Part], parse: Callable[[Part, bytes], T], task: Task
) -> Iterator[tuple[Part, T]]:
    """Read and parse the content of parts, side by side. Raises InvalidContent if they are too large together."""
    if sum(each.descriptor.size for each in parts) > _MOST_BYTES:
        raise InvalidContent(
            f"the claims about {tree.top.digest} have more than {_MOST_BYTES} bytes", hint="choose one platform"
        )

    def read_one(part: Part) -> tuple[Part, T] | None:
        try:
            return part, parse(part, read(tree.source, part.descriptor))
        except (NotFound, IntegrityError) as error:
            task.note(f"WARNING: cannot read {part.descriptor.digest}: {error}")
            return None

    return (each for each in task.spread(read_one, parts, _JOBS) if each)
