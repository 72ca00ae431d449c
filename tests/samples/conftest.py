import pytest

from nbdock.samples.source import Samples


@pytest.fixture(scope="session")
def samples() -> Samples:
    return Samples()
