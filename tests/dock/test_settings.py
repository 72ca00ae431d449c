"""Where a dock finds what is the user's."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.dock.dock import Settings
from nbdock.errors import UsageError
from nbdock.oci.reference import Reference
from nbdock.registry.hosts import Hosts


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom no passwd file knows, as OpenShift's."""

    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "NBDOCK_STORE", "DOCKER_CONFIG", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("nameless")
def test_a_user_without_a_name_lives_at_the_root() -> None:
    settings = Settings.read()
    assert settings.store == Path("/.local/share/nbdock")
    assert settings.docker_config == Path("/.docker/config.json")
    assert Dock().info().store[0] == "/.local/share/nbdock"


@pytest.mark.usefixtures("nameless")
def test_a_home_that_nobody_knows_is_an_error_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for make in (lambda: Dock("~/store"), lambda: monkeypatch.setenv("NBDOCK_STORE", "~/store") or Dock()):
        with pytest.raises(UsageError, match="cannot find the home folder in ~/store") as failure:
            make()
        assert failure.value.hint == "write the whole path of the store"


@pytest.mark.parametrize(("given", "found"), [("/data", "/data/nbdock"), ("data", "/h/.local/share/nbdock")])
def test_the_store_is_where_xdg_has_it(given: str, found: str) -> None:
    assert Settings.read({"HOME": "/h", "XDG_DATA_HOME": given}).store == Path(found)


def test_a_home_of_someone_else_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`HOME=/root` of another user: as if nothing were there."""

    def deny(path: object, **flags: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "stat", deny)
    assert Settings.read({"HOME": str(tmp_path)}).registries == (Path("/etc/containers/registries.conf"),)
    assert Hosts.load([tmp_path / "registries.conf"]).mirrors(Reference.parse("httpd")) == ()
