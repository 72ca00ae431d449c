"""What docker can do and nbdock cannot, each with the line that says why, or what to type instead."""

from __future__ import annotations

from collections.abc import Mapping

_RUNS = "nbdock runs no containers: create keeps a record that an image is in use"
_INSIDE = "nbdock runs no containers, so there is nothing inside one to look at"
_STATE = "nbdock runs no containers, so none starts or stops: container rm removes a record"
_ARCHIVE = "nbdock reads and writes no archives: its store is an OCI image layout, which skopeo copies to one"
_BUILD = "nbdock builds no images: docker, podman and buildah do, and pull brings what they pushed"
_ENGINE = "nbdock has no engine: it works on its own store"
_CLUSTER = "nbdock runs no services: it keeps images"
_INDEX = "nbdock makes no manifest lists: pull --platform chooses from one"

_CONTAINERS: Mapping[str, str] = {
    **dict.fromkeys("exec run".split(), _RUNS),
    **dict.fromkeys("attach cp diff export logs port stats top".split(), _INSIDE),
    **dict.fromkeys("kill pause restart start stop unpause update wait".split(), _STATE),
    "commit": "nbdock runs no containers, so nothing changed: tag gives an image another name",
    "rename": "a record keeps its name: container rm removes it, create --name makes another",
}
_IMAGES: Mapping[str, str] = {
    **dict.fromkeys("import load save".split(), _ARCHIVE),
    "build": _BUILD,
}

ABSENT: Mapping[str, str] = {
    **_CONTAINERS,
    **{f"container {name}": line for name, line in _CONTAINERS.items()},
    "container inspect": "container ls -a shows all that a record holds",
    **_IMAGES,
    **{f"image {name}": line for name, line in _IMAGES.items()},
    **{f"manifest {name}": _INDEX for name in "annotate create push rm".split()},
    "manifest inspect": "inspect shows the image that a manifest describes",
    "system prune": "say what goes: container prune, then image prune",
    **dict.fromkeys("context events".split(), _ENGINE),
    **{f"system {name}": _ENGINE for name in "dial-stdio events".split()},
    **dict.fromkeys("bake builder buildx".split(), _BUILD),
    **dict.fromkeys("checkpoint compose".split(), _RUNS),
    **dict.fromkeys("config node secret service stack swarm".split(), _CLUSTER),
    "network": "nbdock runs no containers, so it has no networks",
    "plugin": "nbdock has no plugins",
    "scout": "nbdock looks for no vulnerabilities",
    "trust": "nbdock checks each digest; signatures are cosign's work",
    "volume": "nbdock runs no containers, so it has no volumes",
}
"""By docker's path (`run`, `container run`); a group (`volume`) stands for all that is in it."""

_TRUST = "it does nothing in docker either"
_RUNNING = "it is about running the container, and nbdock runs none"

ABSENT_FLAGS: Mapping[str, Mapping[str, str]] = {
    "container create": {
        "--cidfile": "the id is printed, and a column of the frame",
        "--disable-content-trust": _TRUST,
        "--label-file": "--label takes each",
        "*": _RUNNING,
    },
    "container ls": {"--size": "a record takes no room"},
    "container prune": {"--filter": "container rm takes names"},
    "image inspect": {"--size": "it is about containers", "--type": "nbdock inspects images only"},
    "image ls": {"--tree": "an image here has one platform, in a column of the frame"},
    "image pull": {"--disable-content-trust": _TRUST},
    "image push": {"--disable-content-trust": _TRUST},
    "image rm": {"--platform": "an image here has one platform"},
}
"""The flags that docker has and nbdock has not, by the command's own path; "*" is the reason for all others."""
