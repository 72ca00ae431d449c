"""A session: the sample images served on a free port, and the settings of a process that pulls them by their names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from nbdock.copying import copy
from nbdock.dock.dock import Dock
from nbdock.oci.reference import HUB, Reference
from nbdock.samples.source import Samples
from nbdock.server.server import Options, Server
from nbdock.store import Store

_SHELF = "samples"
"""What the samples' paths begin with, so that an address says what is behind it."""
_PATHS = {HUB: _SHELF, "gcr.io": f"{_SHELF}/gcr.io"}
_RULE = """\
[[registry]]
prefix = "{registry}"
location = "{location}"
insecure = {insecure}
"""
_MIRROR = """\
[[registry.mirror]]
location = "{location}"
insecure = {insecure}
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A folder that is there as long as the session is."""

    folder: Path

    def environment(self, store: str = "store") -> Mapping[str, str]:
        """What makes `httpd` a sample. Images, logins and the platform are the session's too, on every machine."""
        return {
            "CONTAINERS_REGISTRIES_CONF": str(self.folder / "registries.conf"),
            "DOCKER_AUTH_CONFIG": "",
            "DOCKER_CONFIG": str(self.folder / "docker"),
            "DOCKER_DEFAULT_PLATFORM": "linux/amd64",
            "NBDOCK_STORE": str(self.folder / store),
            "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"),
        }


@contextmanager
def session(dock: Dock, hub: bool = False) -> Iterator[Session]:
    """Serves the samples while inside: in the place of Docker Hub, or behind it (`hub`), where Hub gives nothing."""
    with tempfile.TemporaryDirectory(prefix="nbdock-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = Server(_stocked(folder / _SHELF), Options(port=0), dock.registry.repository)
        rule = _behind if hub else _instead
        conf = "".join(rule(registry, f"{server.host}/{path}") for registry, path in _PATHS.items())
        (folder / "registries.conf").write_text(conf, "utf-8")
        try:
            yield Session(folder)
        finally:
            server.stop()


def _instead(registry: str, samples: str) -> str:
    return _RULE.format(registry=registry, location=samples, insecure="true")


def _behind(registry: str, samples: str) -> str:
    """The registry itself is the first of its mirrors, the samples are the second."""
    own = _RULE.format(registry=registry, location=registry, insecure="false")
    first = _MIRROR.format(location=registry, insecure="false")
    return own + first + _MIRROR.format(location=samples, insecure="true")


def _stocked(folder: Path) -> Store:
    """A store of every sample."""
    samples, store = Samples(), Store(folder)
    for reference in samples.references():
        copy(samples, store, reference, to=_shelved(reference))
    return store


def _shelved(reference: Reference) -> Reference:
    path = _PATHS[reference.registry]
    return replace(reference, registry="localhost", repository=f"{path}/{reference.repository}")
