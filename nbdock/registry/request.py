"""A request to a registry, before it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlencode

from nbdock.registry.hosts import Endpoint

_AUTHORIZATION = "Authorization"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Parameters
    ----------
    endpoint
        The host that is asked, with the repository that this is about.
    method
        `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
    target
        A path at the endpoint with its query, or a whole URL that the endpoint pointed to.
    scopes
        The token scopes that the request needs: `repository:library/httpd:pull`.
    headers
        Headers besides those that every request has.
    content
        The body. An iterable is sent once and the request never retried: its maker knows how to make it again.
    expect
        The statuses that are no error.
    """

    endpoint: Endpoint
    method: str
    target: str
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | Iterable[bytes] = field(default=b"", repr=False)
    expect: tuple[int, ...] = (200,)

    @property
    def leaves_endpoint(self) -> bool:
        """Whether the target is a whole URL, which may be another host's."""
        return not self.target.startswith("/")

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again."""
        return isinstance(self.content, bytes)

    @property
    def pushes(self) -> bool:
        """Whether it needs the right to push."""
        return any(scope.endswith("push") for scope in self.scopes)

    @property
    def authorization(self) -> str:
        """The Authorization header, or ""."""
        return self.headers.get(_AUTHORIZATION, "")

    def authorized(self, header: str) -> Self:
        """A copy with this Authorization header; the same request if it is ""."""
        return replace(self, headers={**self.headers, _AUTHORIZATION: header}) if header else self

    def expecting(self, *statuses: int) -> Self:
        """A copy for which these statuses are no errors either."""
        return replace(self, expect=(*self.expect, *statuses))


def with_query(target: str, query: Mapping[str, str | Iterable[str]]) -> str:
    """The target with more query parameters, one for each value of a list."""
    separator = "&" if "?" in target else "?"
    return f"{target}{separator}{urlencode(query, doseq=True)}" if query else target
