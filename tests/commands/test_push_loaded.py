"""push of images that came from no registry: their plain layers are compressed first, once and for all."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from nbdock.api import Dock, copy
from nbdock.errors import NbdockError
from tests.commands.conftest import Recorder
from tests.parts.programs import skopeo
from tests.parts.registries import Registry, open_registry
from tests.parts.storage import blobs, config_digest, manifest_digest
from tests.store.audit import audit
from tests.store.forks import together


@pytest.fixture
def archive(dock: Dock, tmp_path: Path) -> Path:
    """An image with plain layers."""
    dock.save("httpd:2.4", tmp_path / "saved.tar")
    skopeo("copy", "--quiet", f"oci-archive:{tmp_path}/saved.tar", f"docker-archive:{tmp_path}/plain.tar:app:dev")
    return tmp_path / "plain.tar"


@pytest.fixture
def loaded(archive: Path, tmp_path: Path, console: Recorder) -> Dock:
    """A store with nothing but that, `app:dev`."""
    made = Dock(tmp_path / "loaded", console=console)
    made.load(archive)
    return made


@pytest.fixture
def name(loaded: Dock, empty_registry: Registry) -> str:
    """Its name at the registry."""
    name = f"{empty_registry.host}/app:1"
    loaded.tag("app:dev", name)
    return name


def test_plain_layers_are_compressed_before_a_push(loaded: Dock, name: str, empty_registry: Registry) -> None:
    before, used = loaded.ls().set_index("reference"), loaded.store.disk_usage()
    assert before.digest.isna().all() and before.compressed_bytes.isna().all()
    loaded.push(name)
    audit(loaded.settings.store)
    after = loaded.ls().set_index("reference")
    assert after.digest[name] == manifest_digest(empty_registry, "app", "1")
    assert config_digest(empty_registry, "app", "1") == after.image_id[name] == before.image_id[name]
    assert list(after.index) == list(before.index) and after.image_id.nunique() == 1
    assert after.compressed_bytes.notna().all() and (after.size_bytes == before.size_bytes).all()
    assert loaded.inspect(name).repo_digests[0] == [f"{name.removesuffix(':1')}@{after.digest[name]}"]
    assert loaded.store.disk_usage() < used / 2
    assert loaded.prune(force=True).empty


def test_the_second_push_sends_nothing(loaded: Dock, name: str, empty_registry: Registry) -> None:
    loaded.push(name)
    there = blobs(empty_registry)
    assert set(loaded.push(name).state) == {"Layer already exists"}
    loaded.tag("app:dev", f"{name}.1")
    assert set(loaded.push(f"{name}.1").state) == {"Layer already exists"}
    assert blobs(empty_registry) == there


def test_the_same_image_is_compressed_to_the_same_bytes(
    loaded: Dock, name: str, archive: Path, empty_registry: Registry, tmp_path: Path
) -> None:
    loaded.push(name)
    other = Dock(tmp_path / "other")
    other.load(archive)
    other.tag("app:dev", f"{name}-again")
    assert set(other.push(f"{name}-again").state) == {"Layer already exists"}
    assert manifest_digest(empty_registry, "app", "1") == manifest_digest(empty_registry, "app", "1-again")


def test_containers_keep_their_image(loaded: Dock, name: str) -> None:
    loaded.create("app:dev", name="web")
    loaded.push(name)
    assert loaded.ps(all=True).image_id.tolist() == loaded.ls(name).image_id.tolist()
    assert loaded.prune(all=True, force=True).empty


def test_a_push_that_is_refused_loses_nothing(loaded: Dock, readonly_registry: Registry) -> None:
    name = f"{readonly_registry.host}/app:1"
    loaded.tag("app:dev", name)
    before = loaded.ls()
    with pytest.raises(NbdockError):
        loaded.push(name)
    audit(loaded.settings.store)
    assert loaded.ls().reference.tolist() == before.reference.tolist() and loaded.ls().digest.isna().all()
    assert loaded.files("app:dev").path.tolist() and not loaded.store.leftovers()


def test_two_processes_push_the_same_image_at_once(
    loaded: Dock, name: str, empty_registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """To two registries: docker-registry itself refuses some of the same manifests at the same time."""
    with open_registry(tmp_path_factory.mktemp("other")) as other:
        loaded.tag("app:dev", f"{other.host}/app:1")
        together([partial(loaded.push, each, quiet=True) for each in (name, f"{other.host}/app:1")])
        audit(loaded.settings.store)
        digest = manifest_digest(empty_registry, "app", "1")
        assert digest == manifest_digest(other, "app", "1")
    assert loaded.ls().set_index("reference").digest.dropna().tolist() == [digest] * 2
    assert loaded.ls().image_id.nunique() == 1 and loaded.prune(force=True).empty


def test_what_came_from_a_registry_stays_byte_for_byte(
    loaded: Dock, name: str, empty_registry: Registry, tmp_path: Path
) -> None:
    repository = loaded.registry.repository(name, push=True)
    plain = copy(loaded.store, repository, "app:dev", to=name).target
    pulled = Dock(tmp_path / "pulled")
    pulled.pull(name)
    pulled.tag(name, f"{name}-again")
    pulled.push(f"{name}-again")
    pulled.copy(f"docker://{name}", f"docker://{name}-copied")
    pulled.copy(name, f"docker://{name}-from-store")
    tags = ("1-again", "1-copied", "1-from-store")
    assert {manifest_digest(empty_registry, "app", tag) for tag in tags} == {str(plain.digest)}


def test_rm_takes_the_name_by_digest_along_as_docker_does(loaded: Dock, name: str, console: Recorder) -> None:
    loaded.push(name)
    repository = name.removesuffix(":1")
    digest = loaded.ls(name).digest[0]
    removed = loaded.rm(name)
    assert removed.reference.dropna().tolist() == [name, f"{repository}@{digest}"]
    assert loaded.ls().reference.tolist() == ["docker.io/library/app:dev"] and loaded.ls().digest.isna().all()
    loaded.rm("app:dev")
    assert loaded.ls().empty and loaded.store.disk_usage() == 0


def test_an_image_with_a_name_by_digest_only_is_dangling(loaded: Dock, name: str, archive: Path) -> None:
    """As in docker, where the tag moves to another image: the old one is listed by its repository."""
    loaded.push(name)
    digest, old = loaded.ls(name).digest[0], loaded.ls(name).image_id[0]
    loaded.rm("app:dev")
    loaded.import_image(archive, name)
    rows = loaded.ls(filter="dangling=true")
    assert rows.image_id.tolist() == [old] and rows.digest.tolist() == [digest] and rows.tag.isna().all()
    assert old in set(loaded.prune(force=True).image_id.dropna())
