"""The registry client: every registry there is, behind one object."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from nbdock.oci.digest import Digest
from nbdock.oci.reference import HUB, Reference
from nbdock.registry import listing
from nbdock.registry.call import Call
from nbdock.registry.credential import Credential
from nbdock.registry.credentials import Credentials, hostname
from nbdock.registry.discovery import Results, search
from nbdock.registry.hosts import Hosts
from nbdock.registry.limit import RateLimit
from nbdock.registry.repository import Repository
from nbdock.registry.session import Session
from nbdock.registry.wire import Wire
from nbdock.task import Task

_NOWHERE: Mapping[Digest, str] = MappingProxyType({})


class Registry:
    """Makes repositories, logs in, searches. One for all threads: it keeps connections and tokens.

    `tls` says whom to trust, by default httpx's authorities and the system's; `timeout` is in seconds without a byte.
    """

    def __init__(
        self, hosts: Hosts, credentials: Credentials, *, tls: ssl.SSLContext | None = None, timeout: float = 30.0
    ) -> None:
        self.hosts, self.credentials = hosts, credentials
        self._wire = Wire(tls, timeout)
        self._session = Session(self._wire, credentials)

    def repository(
        self,
        reference: Reference,
        task: Task | None = None,
        *,
        push: bool = False,
        origins: Mapping[Digest, str] = _NOWHERE,
    ) -> Repository:
        """The repository that the name is in, as a Source or, for a `push`, as a Destination.

        `origins` names for a blob another repository of the registry that it may be mounted from. Raises Refused
        where registries.conf blocks the registry.
        """
        actions = "pull,push" if push else "pull"
        endpoints = self.hosts.endpoints(reference, push=push)
        return Repository(self._session, endpoints, task or Task(), actions, origins)

    def login(self, server: str, username: str, password: str, task: Task | None = None) -> Credential:
        """See that the registry takes the password; returns what is to be stored: an identity token where it gives one.

        Raises Unauthorized, Unreachable.
        """
        endpoint = self.hosts.endpoint(hostname(server))
        identity = self._session.login(endpoint, Credential(username, password), task or Task())
        return Credential(username, identity_token=identity) if identity else Credential(username, password)

    def catalog(self, server: str, task: Task | None = None) -> Iterator[str]:
        """Every repository of a registry. Raises RegistryError: Docker Hub has no catalog."""
        endpoint = self.hosts.endpoint(hostname(server))
        call = Call(endpoint, "GET", f"/v2/_catalog?n={listing.PAGE}", (listing.CATALOG,))
        return listing.names(self._session, call, "repositories", task or Task())

    def search(self, term: str, limit: int = 25, server: str = HUB, task: Task | None = None) -> Results:
        """Repositories that match, `limit` at most (1 to 100). Raises RegistryError."""
        return search(self._session, self.hosts, hostname(server), term, limit, task or Task())

    def rate_limit(self, server: str = HUB) -> RateLimit | None:
        """What the registry last said of its pull limit; None where it said nothing, as after no pull at all."""
        return self._wire.limits.get(self.hosts.endpoint(hostname(server)).host)
