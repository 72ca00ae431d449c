"""What a server does, as numbers: the metrics of Prometheus, and what its log says of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

if TYPE_CHECKING:
    from nbdock.registry.transport import RateLimit

Origin = Literal["", "store", "cache", "registry"]
"""Where content came from: `store` for a server that is no cache; "" for a response without any."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The numbers of one server, since it started. `limit` is what its registry last said of its pull limit."""

    def __init__(self, limit: Callable[[], RateLimit | None]) -> None:
        self._registry = CollectorRegistry()
        self.requests = self._counter("nbdock_requests", "Requests that were answered", "method", "status")
        self.pulls = self._counter("nbdock_pulls", "Manifests that were sent", "origin")
        self.sent = self._counter("nbdock_sent_bytes", "Bytes of manifests and blobs that were sent", "origin")
        self.pushes = self._counter("nbdock_pushes", "Manifests that were received")
        self.refusals = self._counter("nbdock_upstream_refusals", "Times that the registry's limit was reached")
        self._gauge("nbdock_upstream_pull_limit", "Pulls that the registry allows in its window", limit, "limit")
        self._gauge("nbdock_upstream_pulls_left", "Pulls that are left of the limit", limit, "remaining")

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str, limit: Callable[[], RateLimit | None], field: str) -> None:
        """NaN as long as the registry has said nothing."""
        gauge = Gauge(name, meaning, registry=self._registry)
        gauge.set_function(lambda: float(getattr(limit(), field, "nan")))
