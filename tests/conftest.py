"""The real parts as fixtures, and a test's own home. What each registry holds is in tests/parts/images.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import engines, registries
from tests.parts.engines import Podman
from tests.parts.images import filled
from tests.parts.mirror import mirror
from tests.parts.registries import Registry

OUTSIDE = (
    "CONTAINERS_REGISTRIES_CONF",
    "CONTAINER_CONNECTION",
    "CONTAINER_HOST",
    "DOCKER_AUTH_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "NBDOCK_STORE_BASE",
    "REGISTRY_AUTH_FILE",
)
FOLDERS = {
    "HOME": "",
    "DOCKER_CONFIG": ".docker",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_RUNTIME_DIR": "",
    "NBDOCK_STORE": "store",
}


@pytest.fixture(autouse=True)
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A home of the test's own, empty; where the test has `registry`, docker.io and gcr.io are that registry."""
    home = tmp_path_factory.mktemp("home")
    for name in OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    for name, folder in FOLDERS.items():
        monkeypatch.setenv(name, str(home / folder))
    if "registry" in request.fixturenames:
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(request.getfixturevalue("registries_conf")))
    return home


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """An open registry with every image. Shared: a test that pushes or deletes takes `empty_registry`."""
    with registries.open_registry(filled(tmp_path_factory.mktemp("registry"))) as running:
        yield running


@pytest.fixture(scope="session")
def registries_conf(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registries.conf that makes `httpd` and `gcr.io/google-samples/hello-app` names of `registry`."""
    return mirror(registry, tmp_path_factory.mktemp("containers") / "registries.conf")


@pytest.fixture
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """An open registry of the test's own, with nothing in it."""
    with registries.open_registry(tmp_path_factory.mktemp("empty")) as running:
        yield running


@pytest.fixture
def readonly_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry of the test's own that takes nothing, with every image."""
    with registries.readonly_registry(filled(tmp_path_factory.mktemp("readonly"))) as running:
        yield running


@pytest.fixture
def proxy_registry(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A pull-through cache of `registry`, of the test's own, with nothing cached."""
    with registries.proxy_registry(tmp_path_factory.mktemp("proxy"), of=registry.url) as running:
        yield running


@pytest.fixture(scope="session")
def private_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """With Basic authentication (tokens.USER, tokens.PASSWORD) and every image."""
    with registries.private_registry(filled(tmp_path_factory.mktemp("private"))) as running:
        yield running


@pytest.fixture(scope="session")
def tls_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """With TLS under an authority of the tests' own (`tls_registry.ca`) and every image."""
    with registries.tls_registry(filled(tmp_path_factory.mktemp("tls"))) as running:
        yield running


@pytest.fixture(scope="session")
def _token_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registries.token_registry(filled(tmp_path_factory.mktemp("token"))) as running:
        yield running


@pytest.fixture
def token_registry(_token_registry: Registry) -> Registry:
    """With a token server that has been asked nothing yet (`token_registry.tokens`) and every image."""
    _token_registry.tokens.clear()
    return _token_registry


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """An engine with the images of `engines.NAMES`. Shared: a test that loads takes `empty_podman`."""
    folder = tmp_path_factory.mktemp("podman")
    with engines.podman_service(folder) as running:
        for name in engines.NAMES:
            running.load(engines.archive(name, folder))
        yield running


@pytest.fixture
def empty_podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """An engine of the test's own, with nothing in it."""
    with engines.podman_service(tmp_path_factory.mktemp("podman")) as running:
        yield running
