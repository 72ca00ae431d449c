"""The store as a registry: the OCI distribution API on tornado, and a pull-through cache."""

from nbdock.server.server import Options, Server, start, stop

__all__ = ["Options", "Server", "start", "stop"]
