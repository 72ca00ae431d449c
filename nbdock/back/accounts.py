"""Logins to registries."""
