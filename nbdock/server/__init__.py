"""The local store as a registry: the OCI distribution API v1.1 over HTTP, on tornado."""
