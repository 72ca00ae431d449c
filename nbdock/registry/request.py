"""A request to a registry, before it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlencode

from nbdock.registry.hosts import Endpoint


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to an endpoint. `expect` are the statuses that are no error.

    The target is a path at the endpoint with its query, or a whole URL that the endpoint pointed to. Scopes are those
    of the token that the request needs (`repository:library/httpd:pull`). Content that is not bytes is sent only once.
    `accept` are the lines of the Accept header. A `hurried` request fails where it is limited, rather than wait:
    somebody else can be asked.
    """

    endpoint: Endpoint
    method: str
    target: str = field(repr=False)
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    accept: tuple[str, ...] = ()
    content: bytes | Iterable[bytes] = field(default=b"", repr=False)
    expect: tuple[int, ...] = (200,)
    secret: bool = False
    """Whether the content is for the target only: no redirect takes it to another host."""
    hurried: bool = False

    @property
    def leaves_endpoint(self) -> bool:
        """Whether the target is a whole URL, which may be another host's."""
        return not self.target.startswith("/")

    @property
    def pulls(self) -> bool:
        """Whether it only reads, so that it may do without a log-in."""
        return not any(scope.endswith(("push", "delete")) for scope in self.scopes)

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again."""
        return isinstance(self.content, bytes)

    def authorized(self, header: str) -> Self:
        """A copy with this Authorization header; the same request if it is ""."""
        return replace(self, headers={**self.headers, "Authorization": header}) if header else self

    def expecting(self, *statuses: int) -> Self:
        """A copy for which these statuses are no errors either."""
        return replace(self, expect=(*self.expect, *statuses))


def with_query(target: str, query: Mapping[str, str | Iterable[str]]) -> str:
    """The target with more query parameters, one for each value of a list."""
    separator = "&" if "?" in target else "?"
    return f"{target}{separator}{urlencode(query, doseq=True, errors='replace')}" if query else target
