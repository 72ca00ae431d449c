"""The registry client (OCI distribution spec; docker's registry HTTP API v2)."""

from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.discovery import Found, Results
from nbdock.registry.hosts import Hosts
from nbdock.registry.repository import Repository
from nbdock.registry.response import RateLimit

__all__ = ["Credential", "Credentials", "Found", "Hosts", "RateLimit", "Registry", "Repository", "Results"]
