"""SLSA provenance, v0.2 and v1: how an image is said to have been built, as names and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nbdock.contents.ecosystems.package import clean
from nbdock.errors import InvalidContent
from nbdock.oci import fields
from nbdock.oci.fields import JSON

Fact = tuple[str, str]

_BUILDKIT = "https://mobyproject.org/buildkit@v1#metadata"
_REVISIONS = ("gitCommit", "sha1")
_LONGEST = 500


def facts(source: JSON) -> list[Fact]:
    """The facts of a predicate, in order; `dependency` and the parameters come last. Raises InvalidContent."""
    if "buildDefinition" in source:
        found = _v1(source)
    elif "builder" in source:
        found = _v02(source)
    else:
        raise InvalidContent("not SLSA provenance of v0.2 or v1")
    cleaned = ((clean(name), clean(value)) for name, value in found)
    return [(name, value) for name, value in cleaned if name and value]


def _v1(source: JSON) -> Iterator[Fact]:
    definition, details = fields.mapping(source, "buildDefinition"), fields.mapping(source, "runDetails")
    metadata = fields.mapping(details, "metadata")
    parameters = fields.mapping(definition, "externalParameters")
    workflow = fields.mapping(parameters, "workflow")
    dependencies = fields.objects(definition, "resolvedDependencies")
    yield "format", "SLSA v1"
    yield "builder", fields.text(fields.mapping(details, "builder"), "id")
    yield "build_type", fields.text(definition, "buildType")
    yield from _origin(
        fields.mapping(fields.mapping(metadata, "buildkit_metadata"), "vcs"),
        fields.mapping(parameters, "configSource"),
        {"uri": fields.text(workflow, "repository")},
        *(each for each in dependencies if fields.text(each, "uri").startswith("git+")),
    )
    yield "started", fields.text(metadata, "startedOn")
    yield "finished", fields.text(metadata, "finishedOn")
    yield "invocation", fields.text(metadata, "invocationID") or fields.text(metadata, "invocationId")
    yield from _dependencies(dependencies)
    yield from _flat("parameter", parameters)
    builder_platform = fields.mapping(definition, "internalParameters").get("builderPlatform")
    yield from _flat("builder_platform", builder_platform)


def _v02(source: JSON) -> Iterator[Fact]:
    invocation, metadata = fields.mapping(source, "invocation"), fields.mapping(source, "metadata")
    materials = fields.objects(source, "materials")
    yield "format", "SLSA v0.2"
    yield "builder", fields.text(fields.mapping(source, "builder"), "id")
    yield "build_type", fields.text(source, "buildType")
    yield from _origin(
        fields.mapping(fields.mapping(metadata, _BUILDKIT), "vcs"),
        fields.mapping(invocation, "configSource"),
        *(each for each in materials if fields.text(each, "uri").startswith("git+")),
    )
    yield "started", fields.text(metadata, "buildStartedOn")
    yield "finished", fields.text(metadata, "buildFinishedOn")
    yield "invocation", fields.text(metadata, "buildInvocationId") or fields.text(metadata, "buildInvocationID")
    yield from _dependencies(materials)
    yield from _flat("parameter", fields.mapping(invocation, "parameters"))
    yield from _flat("entry_point", fields.mapping(invocation, "configSource").get("entryPoint"))
    yield from _flat("environment", fields.mapping(invocation, "environment"))


def _origin(*places: JSON) -> Iterator[Fact]:
    """The source and its revision, each from the first place that says it."""
    sources = (fields.text(each, "source") or fields.text(each, "uri") for each in places)
    yield "source", next(filter(None, sources), "")
    revisions = (fields.text(each, "revision") or _revision(each) for each in places)
    yield "revision", next(filter(None, revisions), "")


def _revision(place: JSON) -> str:
    digests = fields.string_map(place, "digest")
    return next((digests[key] for key in _REVISIONS if key in digests), "")


def _dependencies(given: Iterable[JSON]) -> Iterator[Fact]:
    for each in given:
        digests = (f"{algorithm}:{value}" for algorithm, value in fields.string_map(each, "digest").items())
        name = fields.text(each, "uri") or fields.text(each, "name")
        yield "dependency", "@".join(filter(None, (name, next(digests, ""))))


def _flat(name: str, value: Any) -> Iterator[Fact]:
    """A fact for each leaf of a JSON value: `parameter.request.args.target`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key[:_LONGEST]}"[:_LONGEST], inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(name, inner)
    elif value is not None:
        yield name, value if isinstance(value, str) else str(value)
