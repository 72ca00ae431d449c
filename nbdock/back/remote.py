"""What registries have: a search, tags, the price of a pull. And the samples, which need no registry."""

from __future__ import annotations

from itertools import islice
from typing import Any

from nbdock import human
from nbdock.back.backend import Backend
from nbdock.back.jobs import said
from nbdock.back.questions import question
from nbdock.demo import SAMPLES
from nbdock.dock.dock import Dock
from nbdock.errors import PlatformNotFound
from nbdock.frames import rows
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.fields import natural
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.oci.versions import newest_first
from nbdock.task import Task

MAX_FOUND = 50
MAX_TAGS = 20_000
MAX_PLATFORMS = 100
MAX_LAYERS = 1000
SAMPLES_PLATFORM = Platform("linux", "amd64")

Row = dict[str, Any]


@question
def search(backend: Backend, dock: Dock, words: str, registry: str = "") -> Row:
    """The repositories that a registry finds for some words; `names_only` if it has no search but a catalog."""
    from nbdock.dock.finding import search as find

    results = find(dock, f"{registry}/{words}" if registry else words, MAX_FOUND)
    found = [
        {**rows.found_row(each, results.source), "description": human.excerpt(each.description)}
        for each in results.found
    ]
    return {"found": found, "names_only": results.source.startswith("catalog"), "cut": human.excerpt(results.cut)}


@question
def tags(backend: Backend, dock: Dock, reference: str) -> Row:
    """The tags of a repository in the order in which people look for one, and what is left out."""
    from nbdock.dock.transfer import pulling

    found = pulling.tags(dock, Reference.parse(reference))
    ordered = newest_first(each.tag for each in islice(found, MAX_TAGS) if each.tag)
    return {"tags": ordered, "cut": "; ".join(map(human.excerpt, said(dock)))}


@question
def price(backend: Backend, dock: Dock, reference: str, platform: str = "") -> Row:
    """What a pull would download. Without an image for the platform `layers` is missing, not the `platforms`."""
    from nbdock.dock.cost import cost

    wanted = Reference.parse(reference).tagged
    chosen = Platform.parse(platform) if platform else dock.settings.platform
    facts: Row = {"reference": wanted.familiar, "platform": str(chosen), "own": str(dock.settings.platform)}
    try:
        found = cost(dock, wanted, chosen)
    except PlatformNotFound as error:
        return {**facts, "platforms": list(error.available[:MAX_PLATFORMS]), "missing": str(error)}
    layers = [f"{layer.digest} {layer.size}" for layer in islice(found.layers, MAX_LAYERS)]
    platforms = list(map(str, found.platforms[:MAX_PLATFORMS]))
    return {**facts, "platforms": platforms, "layers": layers, "here": here(backend, dock, layers)}


@question
def here(backend: Backend, dock: Dock, layers: list[str]) -> list[bool]:
    """Whether each layer of a price is here by now: another pull may have brought it. No registry is asked."""
    return [dock.store.has(_layer(each)) for each in layers[:MAX_LAYERS]]


@question
def samples(backend: Backend, dock: Dock) -> list[str]:
    """Copy the samples into the store, and return their names. Images that are there already stay as they are."""
    from nbdock.copying import Copier
    from nbdock.store import Store

    source = Store(SAMPLES)
    taken = {name.reference for name in dock.store.names()}
    names = [name.reference for name in source.names() if name.reference and name.reference not in taken]

    def bring(task: Task) -> None:
        copier = Copier(dock.store, task, turns=dock.store.turns)
        for each in names:
            copier.copy_name(source, each, each, SAMPLES_PLATFORM)

    dock.run(bring, quiet=True)
    return [each.familiar for each in names]


def _layer(text: str) -> Descriptor:
    digest, _, digits = text.partition(" ")
    size = natural(digits)
    return Descriptor(media.OCI_LAYER, Digest.parse(digest), -1 if size is None else size)
