"""Podman's API service is asked for its images, and archives go in and out."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from nbdock.api import Dock
from nbdock.engines.address import Address
from nbdock.engines.client import Engine
from nbdock.errors import BadResponse, Cancelled, ImageNotFound, InvalidReference, Unreachable
from nbdock.oci.reference import Reference
from nbdock.task import Task
from tests.parts import engines
from tests.parts.engines import Podman
from tests.parts.programs import skopeo

HTTPD = "docker.io/library/httpd:2.4"
APP = "localhost/team/app:dev"


def engine(podman: Podman, task: Task | None = None) -> Engine:
    return Engine("podman", Address(socket=str(podman.socket)), task or Task())


def ids(podman: Podman) -> set[str]:
    return set(podman.run("images", "--quiet", "--no-trunc").split())


def test_its_images_are_those_that_podman_lists(podman: Podman) -> None:
    found = engine(podman).images()
    assert {str(image.id) for image in found} == ids(podman)
    assert {str(tag) for image in found for tag in image.tags} == {HTTPD, APP}
    assert all(image.digests and image.size > 0 for image in found)


def test_an_empty_engine_has_no_images(empty_podman: Podman) -> None:
    assert engine(empty_podman).images() == ()


@pytest.mark.parametrize("name", [HTTPD, "httpd:2.4", "library/httpd:2.4", "ID", "SHORT"])
def test_an_image_is_found_by_any_name_and_id(podman: Podman, name: str) -> None:
    config = json.loads(podman.run("inspect", HTTPD))[0]
    names = {"ID": config["Id"], "SHORT": config["Id"][:12]}
    image = engine(podman).image(names.get(name, name))
    assert image.id.hex == config["Id"]
    assert Reference.parse(HTTPD) in image.tags
    assert [str(each) for each in image.diff_ids] == config["RootFS"]["Layers"]
    assert image.created == datetime(2024, 11, 7, 17, 20, tzinfo=UTC)


def test_a_name_of_localhost_is_found_without_it(podman: Podman) -> None:
    assert Reference.parse(APP) in engine(podman).image("team/app:dev").tags


@pytest.mark.parametrize("name", ["nosuch", "nosuch:1", "localhost/nosuch", "0" * 64, f"sha256:{'0' * 64}"])
def test_an_image_that_it_does_not_have_is_not_found(podman: Podman, name: str) -> None:
    with pytest.raises(ImageNotFound, match="No such image: ") as caught:
        engine(podman).image(name)
    assert "%image ls podman:" in caught.value.hint
    with pytest.raises(ImageNotFound):
        engine(podman).save([HTTPD, name])


@pytest.mark.parametrize("name", ["", "UPPER", "../images/json", "a/../httpd:2.4", "x?y=z#f", "%2e%2e/x", "x y", "x\n"])
def test_what_is_no_name_is_no_path_either(podman: Podman, name: str) -> None:
    for ask in (engine(podman).image, lambda name: engine(podman).save([name])):
        with pytest.raises(InvalidReference):
            ask(name)


def test_what_it_saves_is_an_archive_of_the_images(podman: Podman, tmp_path: Path) -> None:
    archive = tmp_path / "saved.tar"
    archive.write_bytes(b"".join(engine(podman).save([HTTPD, APP])))
    with tarfile.open(archive) as files:
        manifest = json.load(io.TextIOWrapper(files.extractfile("manifest.json")))
    assert [each["RepoTags"] for each in manifest] == [[HTTPD], [APP]]
    config = json.loads(skopeo("inspect", "--config", f"docker-archive:{archive}:{HTTPD}"))
    assert config["config"]["WorkingDir"] == "/usr/local/apache2"


def test_what_was_saved_is_loaded_elsewhere(podman: Podman, empty_podman: Podman) -> None:
    other = engine(empty_podman)
    assert other.load(engine(podman).save([HTTPD])) == (f"Loaded image: {HTTPD}",)
    assert other.images() == tuple(image for image in engine(podman).images() if Reference.parse(HTTPD) in image.tags)


def test_what_is_no_archive_is_refused_in_one_line(empty_podman: Podman) -> None:
    with pytest.raises(BadResponse, match="payload does not match any of the supported image formats") as caught:
        engine(empty_podman).load([b"no archive"] * 1000)
    assert "\n" not in str(caught.value)
    assert not ids(empty_podman)


def test_an_archive_that_breaks_off_is_not_loaded(empty_podman: Podman, tmp_path: Path) -> None:
    content = engines.archive(HTTPD, tmp_path).read_bytes()

    def broken() -> Iterator[bytes]:
        yield content[:100_000]
        raise OSError("the disk failed")

    with pytest.raises(OSError, match="the disk failed"):
        engine(empty_podman).load(broken())
    assert not ids(empty_podman)


def test_an_upload_ends_when_it_is_cancelled(empty_podman: Podman, tmp_path: Path) -> None:
    task, content = Task(), engines.archive(HTTPD, tmp_path).read_bytes()
    ended, complete = Event(), Event()

    def cancelled() -> Iterator[bytes]:
        try:
            yield content[:100_000]
            task.cancel()
            yield content[100_000:]
            complete.set()
        finally:
            ended.set()

    with pytest.raises(Cancelled):
        engine(empty_podman, task).load(cancelled())
    assert ended.wait(20) and not complete.is_set()
    assert not ids(empty_podman)


def test_a_dock_finds_the_engine_that_the_user_names(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", podman.url)
    monkeypatch.setenv("CONTAINER_HOST", podman.url)
    for kind in ("docker", "podman"):
        assert len(Dock().engine(kind).images()) == 2


def test_a_dock_finds_the_first_usual_socket_that_answers(podman: Podman, home: Path) -> None:
    usual = home / "podman/podman.sock"
    usual.parent.mkdir()
    usual.symlink_to(podman.socket)
    assert Dock().engine("podman").address.socket == str(usual)


def test_without_an_engine_one_line_says_what_was_tried(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{home}/none.sock")
    with pytest.raises(Unreachable) as caught:
        Dock().engine("docker")
    assert str(caught.value) == f"no Docker engine: unix://{home}/none.sock: no such file"
    assert caught.value.hint == "start it (sudo systemctl start docker), or say in DOCKER_HOST where it is"
