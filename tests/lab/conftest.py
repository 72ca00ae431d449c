"""Fixtures of the panel's server."""

from tests.parts.stocked import bring, gated, large

__all__ = ["bring", "gated", "large"]
