"""push, to real registries."""

from __future__ import annotations

import pytest

from nbdock.api import Dock
from nbdock.errors import ImageNotFound, NbdockError, PlatformNotFound, Refused, UsageError
from nbdock.registry.credentials import Credential
from tests.commands.conftest import Recorder
from tests.parts.programs import skopeo
from tests.parts.registries import Registry
from tests.parts.storage import blobs, config_digest, manifest_digest, raw_manifest
from tests.parts.tokens import PASSWORD, USER


def test_a_push_says_what_docker_says(empty_registry: Registry, dock: Dock, console: Recorder) -> None:
    name = f"{empty_registry.host}/team/web"
    dock.tag("httpd", name)
    layers = dock.push(name)
    assert list(layers.state) == ["Pushed"] * 6
    digest = manifest_digest(empty_registry, "team/web", "latest")
    size = len(raw_manifest(empty_registry, "team/web", "latest"))
    assert console.said == [
        "Using default tag: latest",
        f"The push refers to repository [{name}]",
        f"latest: digest: {digest} size: {size}",
    ]
    assert config_digest(empty_registry, "team/web", "latest") == dock.ls(name).image_id[0]


def test_a_quiet_push_says_the_name_only(empty_registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.tag("httpd", f"{empty_registry.host}/web:1")
    dock.push(f"{empty_registry.host}/web:1", quiet=True)
    assert console.said == [f"{empty_registry.host}/web:1"]


def test_what_is_there_is_not_sent_again(empty_registry: Registry, dock: Dock) -> None:
    for tag in ("2.4", "2.2"):
        dock.tag(f"httpd:{tag}", f"{empty_registry.host}/web:{tag}")
    dock.push(f"{empty_registry.host}/web:2.4")
    states = list(dock.push(f"{empty_registry.host}/web:2.2").state)
    assert states.count("Layer already exists") == 3 and states.count("Pushed") == 3


def test_what_another_repository_there_has_is_mounted(empty_registry: Registry, dock: Dock) -> None:
    source, target = f"{empty_registry.host}/one", f"{empty_registry.host}/two"
    dock.tag("httpd", source)
    dock.push(source)
    dock.pull(source)  # now its name by digest says that the registry has it there
    dock.tag(source, target)
    assert set(dock.push(target).state) == {"Mounted from"}
    skopeo("inspect", "--tls-verify=false", f"docker://{target}:latest")


def test_every_tag_goes(empty_registry: Registry, dock: Dock) -> None:
    for tag in ("2.4", "2.2"):
        dock.tag(f"httpd:{tag}", f"{empty_registry.host}/web:{tag}")
    assert dock.push(f"{empty_registry.host}/web", all_tags=True).reference.nunique() == 2
    assert set(dock.tags(f"{empty_registry.host}/web").tag) == {"2.4", "2.2"}


def test_a_multi_platform_image_goes_whole(registry: Registry, empty_registry: Registry, dock: Dock) -> None:
    name, store = f"{empty_registry.host}/busybox", dock.settings.store
    source = f"docker://{registry.host}/library/busybox"
    skopeo("copy", "--quiet", "--all", "--src-tls-verify=false", source, f"oci:{store}:{name}:1")
    dock.push(f"{name}:1")
    assert manifest_digest(empty_registry, "busybox", "1") == manifest_digest(registry, "library/busybox", "latest")
    assert config_digest(empty_registry, "busybox", "1", "arm64") in blobs(empty_registry)


def test_of_an_index_in_parts_only_the_image_goes(empty_registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.tag("busybox", f"{empty_registry.host}/busybox")
    dock.push(f"{empty_registry.host}/busybox")
    assert "the other platforms of its index were not pulled" in console.warned[0]
    assert manifest_digest(empty_registry, "busybox", "latest") == dock.ls("busybox:latest").manifest_digest[0]
    with pytest.raises(PlatformNotFound):
        dock.push(f"{empty_registry.host}/busybox", platform="linux/s390x")


def test_a_push_needs_a_login(private_registry: Registry, dock: Dock) -> None:
    name = f"{private_registry.host}/team/web"
    dock.tag("hello-world", name)
    with pytest.raises(NbdockError) as refusal:
        dock.push(name, quiet=True)
    assert "login" in refusal.value.hint
    dock.registry.credentials.store(private_registry.host, Credential(USER, PASSWORD), session=True)
    assert list(dock.push(name, quiet=True).state) == ["Pushed"]


def test_tokens_are_asked_for_pushing(token_registry: Registry, dock: Dock) -> None:
    name = f"{token_registry.host}/team/web"
    dock.tag("httpd", name)
    dock.registry.credentials.store(token_registry.host, Credential(USER, PASSWORD), session=True)
    assert list(dock.push(name).state) == ["Pushed"] * 6


def test_a_registry_that_takes_nothing_says_so(readonly_registry: Registry, dock: Dock) -> None:
    dock.tag("hello-world", f"{readonly_registry.host}/mine")
    with pytest.raises(NbdockError) as refusal:
        dock.push(f"{readonly_registry.host}/mine")
    assert refusal.value.hint and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "given", "error", "message"),
    [
        ("nosuch", {}, ImageNotFound, "An image does not exist locally with the tag: nosuch"),
        ("httpd:9", {}, ImageNotFound, "tag does not exist: httpd:9"),
        ("httpd@sha256:" + "a" * 64, {}, Refused, "cannot push a digest reference"),
        ("httpd:2.4", {"all_tags": True}, UsageError, "tag can't be used with --all-tags/-a"),
    ],
)
def test_push_refuses_what_docker_refuses(
    dock: Dock, name: str, given: dict[str, bool], error: type[NbdockError], message: str
) -> None:
    with pytest.raises(error, match=message) as refusal:
        dock.push(name, **given)  # type: ignore[arg-type]
    assert refusal.value.hint
