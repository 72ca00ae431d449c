"""The registry client: all registries behind one object."""

from __future__ import annotations

import copy
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from nbdock.oci.digest import Digest
from nbdock.oci.reference import HUB, Reference
from nbdock.registry import discovery, downloads, hub
from nbdock.registry.auth import Session
from nbdock.registry.credentials import Credential, Credentials, hostname
from nbdock.registry.discovery import Listing, Results, Search
from nbdock.registry.hosts import HUB_API, Hosts
from nbdock.registry.hub import HubTag
from nbdock.registry.pace import Pace
from nbdock.registry.repository import Repository
from nbdock.registry.transport import RateLimit, Transport
from nbdock.task import Task


class Registry:
    """A client for all registries; one serves any number of threads. It keeps connections and tokens.

    Without arguments it is anonymous and asks each registry itself. `Dock().registry` is the one that knows the user's
    logins, mirrors and blocked registries.

    Parameters
    ----------
    hosts
        Mirrors, blocked and insecure registries: `Hosts.load([path])`.
    credentials
        Logins: `Credentials(path)`.
    tls
        The certificates to trust; by default those of certifi, or of `$SSL_CERT_FILE`, and the system's.
    certificates
        Folders with more of them for each host, like `/etc/docker/certs.d`; the first that has the host counts.
    timeout
        Seconds to wait for a server that sends nothing.

    Examples
    --------
    >>> nbdock.Registry().hosts.endpoint("localhost:5000").insecure
    True
    """

    def __init__(
        self,
        hosts: Hosts | None = None,
        credentials: Credentials | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        certificates: Iterable[Path] = (),
        timeout: float = 30.0,
    ) -> None:
        self.hosts = Hosts() if hosts is None else hosts
        self.credentials = Credentials() if credentials is None else credentials
        self._transport = Transport(tls, timeout, certificates)
        self._session = Session(self._transport, self.credentials)

    def repository(
        self,
        reference: str | Reference,
        task: Task | None = None,
        *,
        push: bool = False,
        delete: bool = False,
        origins: Mapping[Digest, str] | str | None = None,
    ) -> Repository:
        """The repository of a reference; nothing is asked yet.

        Parameters
        ----------
        reference
            `httpd`, `localhost:5000/team/app`; a tag or digest does not matter.
        task
            Receives progress, and can be cancelled.
        push
            Ask for the right to push, and skip mirrors.
        delete
            Ask for the right to delete, and skip mirrors.
        origins
            Blobs that may be mounted, and the other repositories of the registry that have them; or the one that has
            all of them.

        Raises
        ------
        InvalidReference
            If it is not a reference.
        Refused
            If registries.conf blocks the registry.

        Examples
        --------
        >>> nbdock.Registry().repository("httpd").address
        'registry-1.docker.io/library/httpd'
        """
        actions = "pull,push" if push else "pull,delete" if delete else "pull"
        return self._repository(reference, task, actions, origins or {})

    def hurried(self, reference: str | Reference, task: Task | None = None) -> Repository:
        """As `repository`, to pull from: it fails where a limit is reached, rather than wait until it is not.

        Examples
        --------
        >>> nbdock.Registry().hurried("httpd").address
        'registry-1.docker.io/library/httpd'
        """
        return self._repository(reference, task, "pull", {}, hurried=True)

    def _repository(
        self,
        reference: str | Reference,
        task: Task | None,
        actions: str,
        origins: Mapping[Digest, str] | str,
        hurried: bool = False,
    ) -> Repository:
        wanted = Reference.parse(reference) if isinstance(reference, str) else reference
        endpoints = self.hosts.endpoints(wanted, push=actions != "pull")
        return Repository(self._session, endpoints, task or Task(), actions, origins, hurried)

    def login(self, host: str, username: str, password: str, task: Task | None = None) -> Credential:
        """Verify a password at a registry.

        Returns the credential to keep in `credentials`, with an identity token instead of the password if the registry
        issues one. Nothing is stored.

        Raises Unauthorized if the password is wrong, Unreachable.
        """
        endpoint = self.hosts.endpoint(hostname(host))
        identity = self._session.login(endpoint, Credential(username, password), task or Task())
        return Credential(username, identity_token=identity) if identity else Credential(username, password)

    def search(self, term: str, limit: int = 25, host: str = HUB, task: Task | None = None) -> Results:
        """Search a registry for repositories whose name or description contains a term.

        Parameters
        ----------
        term
            What to look for. An empty one lists the whole catalog of a registry that has no search.
        limit
            The most repositories to return, 1 to 100.
        host
            The registry, Docker Hub by default.

        Raises RegistryError.
        """
        return Search(self._session, hostname(host), term, limit, task or Task()).run(self.hosts)

    def hub_tags(self, reference: Reference, count: int, task: Task) -> Iterator[list[HubTag]] | None:
        """Docker Hub's own list of tags in pages of `count`, pushed last first; None for a repository elsewhere."""
        (own,) = self.hosts.endpoints(reference, push=True)
        return hub.tags(self._session, own.repository, count, task) if own.host == HUB_API else None

    def catalog(self, host: str, task: Task | None = None) -> Listing:
        """Every repository that the registry lists, and why the list is cut, if it is. Raises RegistryError."""
        return discovery.catalog(self._session, self.hosts.endpoint(hostname(host)), task or Task())

    def download(self, url: str, private: bool, task: Task) -> Iterator[bytes]:
        """The file at a URL, in chunks; without a log-in. Unless it is asked for, no `private` address is asked.

        Raises UsageError for what is no URL, RegistryError, Cancelled.
        """
        return downloads.download(self._transport.verified, url, private, task)

    def paced(self, pace: Pace) -> Self:
        """The same client, whose requests keep to a pace."""
        paced = copy.copy(self)
        paced._transport = copy.copy(self._transport)
        paced._transport.pace = pace
        paced._session = Session(paced._transport, self.credentials)
        return paced

    def rate_limit(self, host: str = HUB) -> RateLimit | None:
        """The pull limit that the registry last reported; None if it reports none, or nothing was pulled yet.

        Examples
        --------
        >>> print(nbdock.Registry().rate_limit())
        None
        """
        return self._transport.rate_limits.get(self.hosts.endpoint(hostname(host)).host)
