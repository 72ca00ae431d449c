"""What a server does, as numbers in Prometheus' text format (prometheus.io, "Exposition formats")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nbdock.registry.transport import RateLimit

Origin = Literal["", "store", "cache", "registry"]
"""Where content came from: `store` for a server that is no cache; "" for a response without any."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_COUNTERS = {
    "nbdock_requests_total": ("Requests that were answered", ("method", "status")),
    "nbdock_pulls_total": ("Manifests that were sent", ("origin",)),
    "nbdock_sent_bytes_total": ("Bytes of manifests and blobs that were sent", ("origin",)),
    "nbdock_pushes_total": ("Manifests that were received", ()),
    "nbdock_upstream_refusals_total": ("Times that the registry's limit was reached", ()),
}
_GAUGES = {
    "nbdock_upstream_pull_limit": ("Pulls that the registry allows in its window", "limit"),
    "nbdock_upstream_pulls_left": ("Pulls that are left of the limit", "remaining"),
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The numbers of one server, since it started. `limit` is what its registry last said of its pull limit."""

    def __init__(self, limit: Callable[[], RateLimit | None]) -> None:
        self._limit = limit
        self._counts: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in _COUNTERS}

    def answered(self, method: str, status: int) -> None:
        """A request was answered. Clients choose its method: those that nobody knows are one."""
        self._counts["nbdock_requests_total"][method if method in _METHODS else "other", str(status)] += 1

    def pulled(self, origin: Origin) -> None:
        """A manifest was sent."""
        self._counts["nbdock_pulls_total"][origin,] += 1

    def sent(self, origin: Origin, size: int) -> None:
        """So many bytes of content were sent."""
        self._counts["nbdock_sent_bytes_total"][origin,] += size

    def pushed(self) -> None:
        """A manifest was received."""
        self._counts["nbdock_pushes_total"][()] += 1

    def refused(self) -> None:
        """The registry said that its limit is reached."""
        self._counts["nbdock_upstream_refusals_total"][()] += 1

    def text(self) -> str:
        """All of them. A limit that the registry has not told is left out."""
        lines = []
        for name, (meaning, labels) in _COUNTERS.items():
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} counter"]
            for values, count in sorted(self._counts[name].items()):
                pairs = ",".join(f'{label}="{value}"' for label, value in zip(labels, values, strict=True))
                lines.append(f"{name}{{{pairs}}} {count}")
        if limit := self._limit():
            for name, (meaning, field) in _GAUGES.items():
                lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {getattr(limit, field)}"]
        return "\n".join(lines) + "\n"
