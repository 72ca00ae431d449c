"""docker's commands and flags that nbdock does not support: why, or what to use instead."""

from __future__ import annotations

from collections.abc import Mapping

_RUN = "nbdock does not run containers; create records that an image is in use"
_INSIDE = "nbdock does not run containers, so there is nothing to look at inside one"
_STATE = "nbdock does not run containers, so none starts or stops; container rm removes a record"
_BUILD = "nbdock keeps no build cache and runs no builders; build makes an image of a Dockerfile without RUN"
_ENGINE = "nbdock has no engine; it works on its own store"
_SERVICES = "nbdock does not run services"
_INDEX = "nbdock does not make manifest lists; pull --platform chooses an image from one"

_CONTAINERS: Mapping[str, str] = {
    **dict.fromkeys("exec run".split(), _RUN),
    **dict.fromkeys("attach cp diff export logs port stats top".split(), _INSIDE),
    **dict.fromkeys("kill pause restart start stop unpause update wait".split(), _STATE),
    "commit": "nbdock does not run containers, so nothing has changed; use tag to name an image",
    "rename": "use container rm, then create --name",
}

UNSUPPORTED: Mapping[str, str] = {
    **_CONTAINERS,
    **{f"container {name}": reason for name, reason in _CONTAINERS.items()},
    "container inspect": "container ls -a shows everything in a record",
    **{f"manifest {name}": _INDEX for name in "annotate create push rm".split()},
    "manifest inspect": "image manifest shows what it has, and with --raw its bytes",
    "system prune": "use container prune, then image prune",
    **dict.fromkeys("context events".split(), _ENGINE),
    **{f"system {name}": _ENGINE for name in "dial-stdio events".split()},
    **dict.fromkeys("bake builder buildx".split(), _BUILD),
    **dict.fromkeys("checkpoint compose".split(), _RUN),
    **dict.fromkeys("config node secret service stack swarm".split(), _SERVICES),
    "network": "nbdock does not run containers, so it has no networks",
    "plugin": "nbdock has no plugins",
    "sbom": "image packages --format spdx prints it",
    "scout": "nbdock does not look for vulnerabilities; scanners take image packages --format cyclonedx",
    "trust": "nbdock verifies digests; image referrers lists signatures, and cosign checks them",
    "volume": "nbdock does not run containers, so it has no volumes",
}
"""Reasons by docker's path of a command (`run`, `container run`) or of a group (`volume`)."""

_TRUST = "it has no effect in docker either"
_NO_RUN = "it is about RUN, which nbdock does not carry out"
_RUNNING = "it is about running the container, which nbdock does not do"

UNSUPPORTED_FLAGS: Mapping[str, Mapping[str, str]] = {
    "container create": {
        "--cidfile": "the id is printed, and is a column of the frame",
        "--disable-content-trust": _TRUST,
        "--label-file": "use --label for each label",
        "*": _RUNNING,
    },
    "container ls": {"--size": "a record has no size"},
    "container prune": {"--filter": "use container rm with names"},
    "image build": {
        "--annotation": "--label adds labels, which the config has",
        **dict.fromkeys(("--attest", "--provenance", "--sbom"), "nbdock makes no attestations"),
        "--build-context": "COPY --from takes images and stages; put the files into the build context",
        **dict.fromkeys(("--builder", "--isolation", "--policy", "--resource"), "nbdock builds in its own process"),
        **dict.fromkeys(("--cache-from", "--cache-to"), "a layer that is here is used again, by its diff id"),
        "--call": "--dry-run lists what each line would do",
        "--check": "--dry-run builds nothing, and warns as a build does",
        "--compress": "the build context is sent nowhere",
        "--debug": "nbdock build --dry-run lists what each line would do",
        "--disable-content-trust": _TRUST,
        **dict.fromkeys(("--force-rm", "--rm"), "nbdock runs no containers to build"),
        "--metadata-file": "the frame has what was built, and --iidfile the image id",
        "--no-cache-filter": "nothing is taken from a cache that is not the same, byte for byte",
        "--secret": "no instruction that nbdock carries out needs a secret",
        "--squash": "each layer stays what its instruction made",
        "--ssh": "nbdock fetches no git repositories",
        "*": _NO_RUN,
    },
    "image inspect": {"--size": "it is about containers", "--type": "nbdock inspects only images"},
    "image ls": {"--tree": "an image has one platform here, which is a column of the frame"},
    "image pull": {"--disable-content-trust": _TRUST},
    "image push": {"--disable-content-trust": _TRUST},
    "image rm": {"--platform": "an image has one platform here"},
}
"""Reasons by the path of nbdock's command and the flag; "*" is the reason for all its other flags."""
