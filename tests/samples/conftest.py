from __future__ import annotations

import pytest

from nbdock.demo import SAMPLES
from nbdock.store import Store


@pytest.fixture(scope="session")
def samples() -> Store:
    """The committed samples. To be read, not written to."""
    return Store(SAMPLES)
