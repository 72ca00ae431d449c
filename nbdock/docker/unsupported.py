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
_RUN_ONLY = "it is about RUN, which nbdock does not carry out"
_RUNNING = "it is about running the container, which nbdock does not do"
_OWN_PROCESS = "nbdock builds in its own process"
_RUNNING_FLAGS = """
    --add-host --annotation -a --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent
    --cgroupns --cpu-count --cpu-percent --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime -c --cpu-shares
    --cpus --cpuset-cpus --cpuset-mems --device --device-cgroup-rule --device-read-bps --device-read-iops
    --device-write-bps --device-write-iops --dns --dns-option --dns-search --domainname --env-file --expose --gpus
    --group-add --health-cmd --health-interval --health-retries --health-start-interval --health-start-period
    --health-timeout --hostname --init --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory
    --link --link-local-ip --log-driver --log-opt --mac-address -m --memory --memory-reservation --memory-swap
    --memory-swappiness --mount --network-alias --no-healthcheck --oom-kill-disable --oom-score-adj --pid --pids-limit
    --privileged -P --publish-all --read-only --runtime --security-opt --shm-size --stop-signal --stop-timeout
    --storage-opt --sysctl --tmpfs --ulimit --use-api-socket -u --user --userns --uts --volume-driver --volumes-from
"""
_RUN_FLAGS = """
    --add-host --cgroup-parent --cpu-period --cpu-quota -c --cpu-shares --cpuset-cpus --cpuset-mems -m --memory
    --memory-swap --network --security-opt --shm-size --ulimit
"""

UNSUPPORTED_FLAGS: Mapping[str, Mapping[str, str]] = {
    "container create": {
        "--cidfile": "the id is printed, and is a column of the frame",
        "--disable-content-trust": _TRUST,
        "--label-file": "use --label for each label",
        **dict.fromkeys(_RUNNING_FLAGS.split(), _RUNNING),
    },
    "container ls": dict.fromkeys(("-s", "--size"), "a record has no size"),
    "container prune": {"--filter": "use container rm with names"},
    "image build": {
        "--annotation": "--label adds labels, which the config has",
        **dict.fromkeys(("--attest", "--provenance", "--sbom"), "nbdock makes no attestations"),
        "--build-context": "COPY --from takes images and stages; put the files into the build context",
        **dict.fromkeys(("--builder", "--isolation", "--policy", "--resource"), _OWN_PROCESS),
        **dict.fromkeys(("--cache-from", "--cache-to"), "a layer that is here is used again, by its diff id"),
        "--call": "--dry-run lists what each line would do",
        "--check": "--dry-run builds nothing, and warns as a build does",
        "--compress": "the build context is sent nowhere",
        **dict.fromkeys(("-D", "--debug"), "--dry-run lists what each line would do"),
        "--disable-content-trust": _TRUST,
        **dict.fromkeys(("--force-rm", "--rm"), "nbdock runs no containers to build"),
        "--metadata-file": "the frame has what was built, and --iidfile the image id",
        "--no-cache-filter": "nothing is taken from a cache that is not the same, byte for byte",
        "--secret": "no instruction that nbdock carries out needs a secret",
        "--squash": "each layer stays what its instruction made",
        "--ssh": "nbdock fetches no git repositories",
        **dict.fromkeys(_RUN_FLAGS.split(), _RUN_ONLY),
    },
    "image inspect": {
        **dict.fromkeys(("-s", "--size"), "it is about containers"),
        "--type": "nbdock inspects only images",
    },
    "image ls": {"--tree": "an image has one platform here, which is a column of the frame"},
    "image pull": {"--disable-content-trust": _TRUST},
    "image push": {"--disable-content-trust": _TRUST},
    "image rm": {"--platform": "an image has one platform here"},
}
"""Reasons to leave a flag out, or what to use instead, by the path of nbdock's command and the flag or its letter."""
