"""One request to a registry, before it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from nbdock.registry.hosts import Endpoint

_AUTHORIZATION = "Authorization"


@dataclass(frozen=True, slots=True)
class Call:
    """`target` is a path at the endpoint, or the whole address of what the endpoint sent us to.

    `scopes` are the token scopes it takes, `expect` the statuses that are no error. Content that is not bytes is sent
    once: whoever made it knows how to make it again.
    """

    endpoint: Endpoint
    method: str
    target: str
    scopes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | Iterable[bytes] = field(default=b"", repr=False)
    expect: tuple[int, ...] = (200,)

    @property
    def elsewhere(self) -> bool:
        """It goes to another host than the endpoint's."""
        return not self.target.startswith("/")

    @property
    def repeatable(self) -> bool:
        return isinstance(self.content, bytes)

    @property
    def pushes(self) -> bool:
        return any(scope.endswith("push") for scope in self.scopes)

    @property
    def authorization(self) -> str:
        return self.headers.get(_AUTHORIZATION, "")

    def authorized(self, header: str) -> Self:
        """The same, with this Authorization header if it is one."""
        return replace(self, headers={**self.headers, _AUTHORIZATION: header}) if header else self

    def expecting(self, *statuses: int) -> Self:
        return replace(self, expect=(*self.expect, *statuses))
