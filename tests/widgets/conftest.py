"""Widgets without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ipywidgets import Widget

from tests.parts.stocked import bring, dock, gated, large

__all__ = ["bring", "dock", "gated", "large"]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Widgets follow their store until they are closed."""
    yield
    Widget.close_all()
