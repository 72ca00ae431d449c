"""docker.io without the internet: the ecosystem's own file says that a local registry is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

# The location is the registry too, so that what it lacks is not looked for outside.
ENTRY = """
[[registry]]
prefix = "{prefix}"
location = "{host}"
insecure = true
[[registry.mirror]]
location = "{host}"
insecure = true
"""


class Host(Protocol):
    @property
    def host(self) -> str: ...


def mirror(registry: Host, conf: Path) -> Path:
    """Write `conf`, a registries.conf in which docker.io and gcr.io are the registry. The file."""
    conf.write_text("".join(ENTRY.format(prefix=prefix, host=registry.host) for prefix in ("docker.io", "gcr.io")))
    return conf
