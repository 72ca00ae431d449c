"""Registries: images over HTTP (OCI distribution spec; docker registry HTTP API v2)."""

from nbdock.registry.client import Registry
from nbdock.registry.credential import Credential
from nbdock.registry.credentials import Credentials
from nbdock.registry.discovery import Found, Results
from nbdock.registry.hosts import Hosts
from nbdock.registry.limit import RateLimit
from nbdock.registry.repository import Repository

__all__ = ["Credential", "Credentials", "Found", "Hosts", "RateLimit", "Registry", "Repository", "Results"]
