"""What is known of one image: how it was built, what is in it, how it runs, what it is called and who needs it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from nbdock import human
from nbdock.back.backend import Backend
from nbdock.back.inside import Reading, called, image_of, readable, seconds
from nbdock.back.questions import question
from nbdock.dock.bases import is_base
from nbdock.dock.containers import containers, of_image
from nbdock.dock.dock import Dock
from nbdock.dock.steps import Step, history, made
from nbdock.dock.usage import sharers
from nbdock.docker import documents
from nbdock.docker.values import Duration, to_json
from nbdock.errors import NbdockError, UsageError
from nbdock.frames.instruction import plain
from nbdock.oci import fields
from nbdock.oci.manifest import Index
from nbdock.reading import read

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents
    from nbdock.dock.inside.installed import Installed
    from nbdock.oci.descriptor import Descriptor
    from nbdock.oci.digest import Digest
    from nbdock.places import Image, Name

Row = dict[str, Any]

_MOST_STEPS = 1000
_MOST_ROWS = 20_000
_MOST_WASTED = 5
_MOST_SHARERS = 3
_MOST_USERS = 200
_LONGEST = 4000
_LONGEST_JSON = 200_000
_LONGEST_PAIRS = 1_000_000
_FEW = 300


@question
def layers(backend: Backend, dock: Dock, image: str) -> Row:
    """An image's steps, the lowest first, each with its layer. `problem` says why what made them is not known."""
    found, problem = readable(image_of(dock, image))
    steps = list(reversed(history(found)))
    others = sharers(each for each in dock.store.images() if each.id != found.id)
    return {
        "steps": [_step(step, dock, others) for step in steps[:_MOST_STEPS]],
        "more": max(0, len(steps) - _MOST_STEPS),
        "size": found.size,
        "problem": problem,
    }


@question
def waste(backend: Backend, dock: Dock, image: str) -> Row:
    """The bytes that each layer carries in vain, the lowest first, with the largest paths and what to do about them.

    Reads the layers that have no table yet.
    """
    from nbdock.dock.inside.contents import contents  # late, as all that imports numpy and pyarrow

    found, _ = readable(image_of(dock, image))
    reading = Reading(backend, f"reading {found.id}", dock.console)
    inside = contents(dock.facing(reading), found)
    return {
        "layers": _wasted(inside),
        "wasted": inside.waste.wasted,
        "score": inside.waste.score,
        "problems": _cut(reading.problems),
    }


@question
def packages(backend: Backend, dock: Dock, image: str) -> Row:
    """The packages of an image, also those that a later layer deleted. Reads the layers that have no table yet."""
    from nbdock.dock.inside.installed import packages as packages_of  # late: imports numpy and pyarrow

    found, _ = readable(image_of(dock, image))
    reading = Reading(backend, f"reading {found.id}", dock.console)
    installed = packages_of(dock.facing(reading), found)
    return {
        "packages": [_package(number, each) for number, each in enumerate(installed[:_MOST_ROWS])],
        "steps": [_text(plain(step.instruction.created_by), 200) for step in made(found)],
        "more": max(0, len(installed) - _MOST_ROWS),
        "problems": _cut(reading.problems),
    }


@question
def config(backend: Backend, dock: Dock, image: str) -> Row:
    """How a container of the image runs: settings in docker's order and words, variables and labels."""
    found = image_of(dock, image)
    known = found.config.config
    env = [(name, value) for name, _, value in (each.partition("=") for each in fields.texts(known, "Env"))]
    return {
        "settings": _bounded((name, value) for name, value in _settings(found) if value),
        "env": _bounded(env),
        "labels": _bounded(sorted(found.config.labels.items())),
    }


@question
def names(backend: Backend, dock: Dock, image: str) -> Row:
    """The names of an image: its tags, then the names by digest, which tell the registries that have it."""
    known = sorted(
        image_of(dock, image).names, key=lambda each: (not (each.reference and each.reference.tag), each.shown)
    )
    pullable = {
        (each.reference.name, each.target.digest) for each in known if each.reference and not each.reference.tag
    }
    return {"names": [_name(each, pullable) for each in known[:_MOST_STEPS]], "more": max(0, len(known) - _MOST_STEPS)}


@question
def used_by(backend: Backend, dock: Dock, image: str) -> Row:
    """The containers of an image, and the images that have layers of it, those that share most first."""
    found = image_of(dock, image)
    own = {layer.descriptor.digest: layer.facts for layer in found.layers}
    sharing = []
    for other in dock.store.images():
        common = own.keys() & {layer.descriptor.digest for layer in other.layers}
        if common and other.id != found.id:
            sharing.append((sum(facts.size for digest in common if (facts := own[digest])), len(common), other))
    sharing.sort(key=lambda each: (-each[0], called(each[2])))
    held = of_image(containers(dock), found)
    return {
        "containers": [
            {
                "id": each.id,
                "name": _text(each.name),
                "image": _text(each.image),
                "command": _text(" ".join(each.command)),
                "created": each.created.timestamp(),
            }
            for each in held[:_MOST_USERS]
        ],
        "images": [_sharing(found, *each) for each in sharing[:_MOST_USERS]],
        "more": max(0, len(held) - _MOST_USERS) + max(0, len(sharing) - _MOST_USERS),
    }


@question
def raw_json(backend: Backend, dock: Dock, image: str, kind: str = "inspect", whole: bool = False) -> Row:
    """docker's inspect document, the config, the manifest or the index it was pulled by, indented; the beginning of a
    long one, unless the `whole` is wanted. `kinds` are those that there are."""
    found = image_of(dock, image)
    index = next((name.target for name in found.names if isinstance(dock.store.manifest(name.target), Index)), None)
    kinds = ["inspect", "config", "manifest", *(["index"] if index else [])]
    if kind not in kinds:
        raise UsageError(f"there is no {kind[:20]} of this image", hint=f"there are {', '.join(kinds)}")
    text = _inspected(dock, found) if kind == "inspect" else _indented(_raw(dock, found, kind, index))
    shown = human.harmless(text if whole else text[:_LONGEST_JSON])
    return {"text": shown, "length": len(text), "cut": not whole and len(text) > _LONGEST_JSON, "kinds": kinds}


def _step(step: Step, dock: Dock, others: Mapping[Digest, list[Image]]) -> Row:
    about = {"text": _said(step.instruction.created_by), "comment": _text(step.instruction.comment)}
    if step.layer is None:
        return about
    blob, facts = step.layer.descriptor, step.facts
    sharing = others.get(blob.digest, [])
    return {
        **about,
        "digest": str(blob.digest),
        "size": facts.size if facts else None,
        "compressed": blob.size,
        "here": dock.store.has(blob),
        "shared": [_text(called(other)) for other in sharing[:_MOST_SHARERS]],
        "more": max(0, len(sharing) - _MOST_SHARERS),
    }


def _said(created_by: str) -> str:
    """What an instruction says in a Dockerfile; the end of a long one is as it was recorded."""
    return human.harmless(plain(created_by, _LONGEST) + ("…" if len(created_by) > _LONGEST else ""))


def _wasted(inside: Contents) -> list[Row]:
    """For each layer the bytes that are wasted and the largest paths of them."""
    from nbdock.frames.explained import wasted_rows

    wasted = wasted_rows(inside, None)
    layers: dict[int, Row] = {step: {"bytes": 0, "paths": []} for step in _numbers(inside.image)}
    columns = (wasted.columns[name] for name in ("step", "path", "wasted_bytes", "remedy")) if len(wasted) else ()
    for step, path, size, remedy in zip(*columns, strict=True):
        layers[step]["bytes"] += size
        if len(layers[step]["paths"]) < _MOST_WASTED:
            layers[step]["paths"].append([_text(path), size, remedy])
    return list(layers.values())


def _numbers(image: Image) -> list[int]:
    """The numbers of the steps that made layers, the lowest first."""
    return [number for number, step in enumerate(reversed(history(image))) if step.layer]


def _package(number: int, package: Installed) -> Row:
    own = package.fields
    return {
        "id": number,
        "name": _text(own["name"] or ""),
        "version": _text(own["version"] or ""),
        "ecosystem": own["ecosystem"],
        "license": _text(own["license"] or "", 200),
        "size": own["installed_bytes"],
        "path": _text(own["path"], 1000),
        "layer": package.position,
        "deleted": package.removed_by is not None,
    }


def _settings(image: Image) -> Iterable[tuple[str, str]]:
    """The settings that are not lists of names and values."""
    source, known = image.config.json, image.config.config
    for name in ("Entrypoint", "Cmd", "Shell"):
        yield name, json.dumps(words, ensure_ascii=False) if (words := fields.texts(known, name)) else ""
    for name in ("WorkingDir", "User", "StopSignal", "Hostname", "Domainname"):
        yield name, fields.text(known, name)
    for name in ("ExposedPorts", "Volumes"):
        yield name, "\n".join(fields.mapping(known, name))
    yield "OnBuild", "\n".join(fields.texts(known, "OnBuild"))
    yield "Healthcheck", _healthcheck(fields.mapping(known, "Healthcheck"))
    yield "Platform", str(image.config.platform)
    yield "Author", fields.text(source, "author")
    yield "Comment", image.config.comment
    yield "DockerVersion", fields.text(source, "docker_version")


def _bounded(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names and their whole values, so that they can be copied; only their beginnings if they are very long."""
    rows = list(islice(pairs, _MOST_ROWS))
    most = _LONGEST_JSON if sum(len(name) + len(value) for name, value in rows) <= _LONGEST_PAIRS else _FEW
    return [(_text(name, _FEW), _text(value, most)) for name, value in rows]


def _healthcheck(known: Mapping[str, Any]) -> str:
    """As a Dockerfile has it: `--interval=30s CMD curl localhost`."""
    flags = [f"--{flag}={Duration(known[key])}" for key, flag in _TIMES.items() if isinstance(known.get(key), int)]
    retries = known.get("Retries")
    test = [str(word) for word in known.get("Test") or ()] if isinstance(known.get("Test"), list) else []
    return " ".join([*flags, *([f"--retries={retries}"] if isinstance(retries, int) else []), *test])


_TIMES = {
    "Interval": "interval",
    "Timeout": "timeout",
    "StartPeriod": "start-period",
    "StartInterval": "start-interval",
}


def _name(name: Name, pullable: set[tuple[str, Digest]]) -> Row:
    """`pull` is what pulls just this image again, if a registry is known to have it."""
    known = name.reference
    can = known is not None and (known.name, name.target.digest) in pullable
    return {
        "name": _text(name.shown),
        "digest": str(name.target.digest),
        "tag": bool(known and known.tag),
        "pull": f"{known.familiar_name}@{name.target.digest}" if known and can else "",
        "pulled": seconds(name.pulled_at),
        "tagged": seconds(name.tagged_at),
        "read_only": name.read_only,
    }


def _sharing(image: Image, size: int, layers: int, other: Image) -> Row:
    stands = rests = False
    with suppress(NbdockError):  # a damaged config: that they share layers is known all the same
        stands, rests = is_base(image, other), is_base(other, image)
    return {
        "id": str(other.id),
        "name": _text(called(other)),
        "size": size,
        "layers": layers,
        "how": "above" if stands else "below" if rests else "",
    }


def _inspected(dock: Dock, image: Image) -> str:
    return to_json(documents.inspected(image, str(dock.store.folder_of(image))), indent=2)


def _raw(dock: Dock, image: Image, kind: str, index: Descriptor | None) -> bytes:
    if kind == "config":
        return read(dock.store, image.manifest.config)
    return read(dock.store, index) if kind == "index" and index else image.manifest.raw


def _indented(raw: bytes) -> str:
    """JSON for people; what is no JSON object as it is."""
    with suppress(NbdockError):
        return json.dumps(fields.load(raw, "JSON"), ensure_ascii=False, indent=2)
    return raw.decode("utf-8", "replace")


def _text(text: str, most: int = _LONGEST) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _cut(lines: Iterable[str]) -> list[str]:
    return [_text(line, _FEW) for line in islice(lines, 10)]
