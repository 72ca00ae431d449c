"""Registries: images over HTTP (OCI distribution spec; docker registry HTTP API v2)."""
