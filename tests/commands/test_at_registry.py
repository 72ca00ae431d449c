"""tag and rm of docker://NAME: what changes at the registry, what is refused, and what is said before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nbdock.api import Dock, table
from nbdock.errors import Denied, ImageNotFound, InvalidReference, Refused
from nbdock.registry.credentials import Credential
from nbdock.server import Options, Server
from tests.commands.conftest import Recorder
from tests.parts.images import push as fill
from tests.parts.programs import skopeo
from tests.parts.registries import Registry
from tests.parts.storage import manifest_digest, raw_manifest
from tests.parts.tokens import PASSWORD, USER
from tests.server.parts import no_upstream


@pytest.fixture
def filled(empty_registry: Registry) -> Registry:
    """An open registry of the test's own with `app`: 2.2 alone, 2.4 and latest the same; and `box`, an index."""
    fill("httpd", empty_registry, "app")
    fill("busybox", empty_registry, "box")
    return empty_registry


@pytest.fixture
def served(dock: Dock) -> Iterator[Server]:
    """The store as a registry."""
    running = Server(dock.store, Options(port=0, writable=True), no_upstream)
    yield running
    running.stop()


def tags(registry: Registry, repository: str = "app") -> set[str]:
    listed = httpx.get(f"{registry.url}/v2/{repository}/tags/list").json().get("tags")
    return set(listed or ())


def changes(registry: Registry, since: int) -> list[str]:
    """The requests that change something, after the first `since`."""
    return [each for each in registry.requests()[since:] if not each.startswith(("GET", "HEAD"))]


# tag


@pytest.mark.parametrize("new", ["docker://{host}/app:stable", "{host}/app:stable", "stable"])
def test_a_tag_is_one_request(new: str, filled: Registry, dock: Dock, console: Recorder) -> None:
    before = len(filled.requests())
    tagged = dock.tag(f"docker://{filled.host}/app:2.4", new.format(host=filled.host))
    assert changes(filled, before) == ["PUT /v2/app/manifests/stable"]
    assert manifest_digest(filled, "app", "stable") == manifest_digest(filled, "app", "2.4")
    assert tagged.reference.tolist() == [f"docker://{filled.host}/app:stable"] and not console.said
    assert tagged.digest.tolist() == [manifest_digest(filled, "app", "2.4")]


def test_a_line_says_where_a_tag_was_moved_from(filled: Registry, dock: Dock, console: Recorder) -> None:
    old, new = (manifest_digest(filled, "app", tag) for tag in ("2.4", "2.2"))
    for _ in range(2):
        dock.tag(f"docker://{filled.host}/app:2.2", "2.4")
    assert console.said == [f"{filled.host}/app:2.4 was moved from {old} to {new}"]


def test_in_another_repository_blobs_are_mounted(filled: Registry, dock: Dock) -> None:
    before = len(filled.requests())
    tagged = dock.tag(f"docker://{filled.host}/box", f"docker://{filled.host}/other:1")
    assert all("mount=" in each or "/manifests/" in each for each in changes(filled, before))
    assert manifest_digest(filled, "other", "1") == manifest_digest(filled, "box", "latest")
    assert tagged.platforms[0] and tagged.image_id.isna().all()
    shown = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{filled.host}/other:1"))
    assert shown["Digest"] == manifest_digest(filled, "box", "latest")


def test_what_tag_cannot_do_is_one_line_with_the_remedy(filled: Registry, dock: Dock, tmp_path: Path) -> None:
    app = f"docker://{filled.host}/app"
    for source, target in (
        (f"{app}:2.4", "docker://example.com/app:1"),
        (f"{app}:2.4", "local:1"),
        ("httpd:2.4", f"{app}:new"),
        ("httpd:2.4", f"oci:{tmp_path}/new"),
    ):
        with pytest.raises(Refused) as refusal:
            dock.tag(source, target)
        assert "copy" in refusal.value.hint and "\n" not in str(refusal.value)
    with pytest.raises(Refused, match="digest"):
        dock.tag(f"{app}:2.4", f"{app}@{manifest_digest(filled, 'app', '2.2')}")
    with pytest.raises(ImageNotFound):
        dock.tag(f"{app}:9", "stable")
    assert tags(filled) == {"2.2", "2.4", "latest"}


def test_docker_knows_no_places(filled: Registry, dock: Dock) -> None:
    app = f"docker://{filled.host}/app"
    for line in (f"tag {app}:2.4 stable", f"tag httpd:2.4 {app}:1", f"rmi -f {app}:2.2", f"image rm -f {app}:2.2"):
        with pytest.raises(InvalidReference):
            table.read(line.split(), "docker")(dock)  # type: ignore[operator]
    assert tags(filled) == {"2.2", "2.4", "latest"}


# rm


def test_the_plan_comes_first(filled: Registry, dock: Dock, console: Recorder) -> None:
    name, digest = f"{filled.host}/app:2.2", manifest_digest(filled, "app", "2.2")
    plan = dock.rm(f"docker://{name}")
    assert plan.what.tolist() == [name, digest] and plan.action.tolist() == ["untagged", "deleted"]
    assert plan.digest.tolist() == [digest] * 2 and plan.kept_by.isna().all() and not plan.done.any()
    assert "nobody to confirm" in console.warned[-1] and len(console.asked) == 1
    assert dock.rm(f"docker://{name}", dry_run=True, force=True).equals(plan) and len(console.asked) == 1
    console.answer = False
    assert dock.rm(f"docker://{name}").empty and "2.2" in tags(filled)
    console.answer = True
    assert dock.rm(f"docker://{name}").done.all() and tags(filled) == {"2.4", "latest"}
    assert console.echoed == [f"Untagged: {name}", f"Deleted: {filled.host}/app@{digest}"]


def test_one_tag_of_several_is_refused_with_the_others_named(filled: Registry, dock: Dock) -> None:
    app = f"{filled.host}/app"
    plan = dock.rm(f"docker://{app}:2.4")
    assert plan.action.tolist() == ["untagged"] and plan.kept_by.tolist() == [[f"{app}:latest"]]
    with pytest.raises(Refused, match=f"would be lost too: {app}:latest") as refusal:
        dock.rm(f"docker://{app}:2.4", force=True)
    assert f"rm docker://{app}@{plan.digest[0]}" in refusal.value.hint
    assert tags(filled) == {"2.2", "2.4", "latest"}


def test_all_tags_of_a_digest_go_together(filled: Registry, dock: Dock) -> None:
    app = f"docker://{filled.host}/app"
    names = [f"{app}:2.4", app, f"{app}:2.2"]
    removed = dock.rm(names, force=True)
    assert removed.object.tolist() == ["name", "name", "manifest", "name", "manifest"] and tags(filled) == set()


def test_a_digest_goes_with_all_its_tags(filled: Registry, dock: Dock) -> None:
    app, digest = f"{filled.host}/app", manifest_digest(filled, "app", "2.4")
    plan = dock.rm(f"docker://{app}@{digest}", dry_run=True)
    assert set(plan.what) == {f"{app}:2.4", f"{app}:latest", digest}
    dock.rm(plan, force=True)
    assert tags(filled) == {"2.2"}


def test_a_part_of_an_index_stays(filled: Registry, dock: Dock) -> None:
    box = f"{filled.host}/box"
    part = json.loads(raw_manifest(filled, "box", "latest"))["manifests"][0]["digest"]
    with pytest.raises(Refused, match=f"is a part of {box}:latest"):
        dock.rm(f"docker://{box}@{part}", force=True)
    dock.tag(f"docker://{box}@{part}", "amd64")
    with pytest.raises(Refused, match=f"would be lost too: {box}:latest"):
        dock.rm(f"docker://{box}:amd64", force=True)
    assert dock.rm([f"docker://{box}:{tag}" for tag in ("amd64", "latest", "1.35")], force=True).done.all()
    assert tags(filled, "box") == set()


def test_a_tag_goes_alone_where_the_registry_does_that(served: Server, dock: Dock) -> None:
    host = served.url.partition("//")[2]
    for tag in ("1", "2"):
        dock.copy("httpd:2.4", f"docker://{host}/app:{tag}")
    removed = dock.rm(f"docker://{host}/app:1", force=True)
    assert removed.kept_by.tolist() == [[f"{host}/app:2"]] and removed.done.all()
    assert dock.tags(f"{host}/app").tag.tolist() == ["2"]
    assert skopeo("inspect", "--tls-verify=false", f"docker://{host}/app:2")


def test_what_changed_since_the_question_is_not_deleted(filled: Registry, dock: Dock, console: Recorder) -> None:
    name = f"docker://{filled.host}/app:2.2"

    def ask(question: str, plan: object) -> bool:
        dock.tag(name, "mine")
        return True

    console.ask = ask  # type: ignore[method-assign]
    with pytest.raises(Refused, match="changed since"):
        dock.rm(name)
    assert "2.2" in tags(filled)


def test_a_registry_that_deletes_nothing_names_the_remedy(readonly_registry: Registry, dock: Dock) -> None:
    name = f"docker://{readonly_registry.host}/private/hello-world"
    with pytest.raises(Refused, match=r"does not delete it \(405") as refusal:
        dock.rm(name, force=True)
    assert "REGISTRY_STORAGE_DELETE_ENABLED" in refusal.value.hint


def test_who_may_not_delete_is_told_so(token_registry: Registry, dock: Dock) -> None:
    name = f"docker://{token_registry.host}/library/hello-world"
    with pytest.raises(Denied) as refusal:
        dock.rm(name, force=True)
    assert "log in" in refusal.value.hint and "\n" not in str(refusal.value)
    dock.registry.credentials.store(token_registry.host, Credential(USER, PASSWORD), session=True)
    own = f"docker://{token_registry.host}/private/own:1"
    dock.copy(name, own)
    assert dock.rm(own, force=True).done.all()


def test_here_and_there_in_one_command(filled: Registry, dock: Dock, console: Recorder) -> None:
    there = f"docker://{filled.host}/app"
    removed = dock.rm("hello-world", f"{there}:2.2", f"{there}:9", force=True)
    assert {"image", "manifest"} <= set(removed.object)
    assert ":9 not found" in console.warned[0]  # with -f, as in docker
    assert tags(filled) == {"2.4", "latest"} and dock.ls("hello-world").empty
    console.answer = True
    with pytest.raises(ImageNotFound, match=":9 not found"):
        dock.rm("httpd:2.2", there, f"{there}:2.4", f"{there}:9")
    assert {"image", "manifest"} <= set(console.shown[0].object)  # type: ignore[attr-defined]
    assert tags(filled) == set() and dock.ls("httpd:2.2").empty


def test_a_removal_here_shows_what_it_frees(registry: Registry, dock: Dock) -> None:
    dock.pull("busybox")
    shown = repr(dock.rm("busybox", dry_run=True))
    assert "reclaimed_bytes" in shown and "digest" not in shown
