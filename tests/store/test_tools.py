"""The store in the hands of other tools, and what they write in nbdock's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbdock.oci import media
from nbdock.oci.reference import Reference
from nbdock.server import Options, Server
from nbdock.store import Store
from tests.parts.images import layout
from tests.parts.programs import skopeo, umoci
from tests.places import pull, target
from tests.server.parts import no_upstream
from tests.store.audit import audit, entries

HELLO = "docker.io/library/hello-world:latest"
BUSYBOX = "docker.io/library/busybox:latest"


def test_skopeo_inspects_an_image_of_the_store(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    seen = json.loads(skopeo("inspect", f"oci:{root}:{HELLO}"))
    (image,) = store.images()
    assert seen["Digest"] == str(target("hello-world").digest)
    assert seen["Layers"] == [str(layer.descriptor.digest) for layer in image.layers]
    assert seen["Created"] == image.config.json["created"]


def test_skopeo_copies_an_image_of_an_index_out_of_the_store(store: Store, root: Path, tmp_path: Path) -> None:
    copied = pull(store, "busybox")
    skopeo("copy", f"oci:{root}:{BUSYBOX}", f"oci:{tmp_path / 'out'}:here")
    (name,) = Store(tmp_path / "out").names()
    assert name.target == copied.image.descriptor
    audit(tmp_path / "out")


def test_what_skopeo_copies_into_the_store_is_an_image_like_any_other(store: Store, root: Path) -> None:
    pull(store, "hello-app:1.0")
    ours = entries(root)
    skopeo("copy", f"oci:{layout('hello-world')}:latest", f"oci:{root}:example.org/hello:1")
    assert entries(root)[:-1] == ours
    theirs = entries(root)[-1]
    (image,) = (image for image in store.images() if Reference.parse("example.org/hello:1") in image.tags)
    assert image.descriptor == target("hello-world")
    store.tag_image(Reference.parse("mine"), image)
    pull(store, "httpd:2.4")
    assert theirs in entries(root)
    store.removal(image.names).execute()
    audit(root)
    assert entries(root)[:2] == ours


def test_umoci_lists_the_names_of_the_store(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    pull(store, "httpd:2.4")
    assert umoci("ls", "--layout", root).split() == [str(name.reference) for name in store.names()]


def test_umoci_unpacks_an_image_of_the_store(store: Store, root: Path, tmp_path: Path) -> None:
    pull(store, "hello-world")
    umoci("unpack", "--rootless", "--image", f"{root}:{HELLO}", tmp_path / "bundle")
    assert (tmp_path / "bundle" / "rootfs" / "hello").read_text() == "#!/bin/echo Hello\n"


def test_what_is_of_dockers_media_types_is_found_by_name_where_the_tool_can(store: Store, root: Path) -> None:
    """umoci lists it; skopeo 1.9 looks for names among entries of OCI's media types only: docs/store-format.md."""
    name = str(pull(store, "httpd:2.4").reference)
    assert target("httpd:2.4").media_type == media.DOCKER_MANIFEST
    assert umoci("ls", "--layout", root).split()[0] == name
    with pytest.raises(AssertionError, match="no descriptor found for reference"):
        skopeo("inspect", f"oci:{root}:{name}")


def test_skopeo_gets_what_is_of_dockers_media_types_from_the_served_store(store: Store, tmp_path: Path) -> None:
    pull(store, "httpd:2.4")
    server = Server(store, Options(port=0), no_upstream)
    try:
        served = f"docker://{server.host}/library/httpd:2.4"
        assert json.loads(skopeo("inspect", "--tls-verify=false", served))["Digest"] == str(target("httpd:2.4").digest)
        skopeo("copy", "--quiet", "--src-tls-verify=false", served, f"docker-archive:{tmp_path / 'httpd.tar'}")
    finally:
        server.stop()
