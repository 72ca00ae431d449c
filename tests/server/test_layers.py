"""The pass over what comes to a served store: pushes, and what a cache fetches."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.server.server import Options, Server
from nbdock.store import Store
from nbdock.task import Task
from tests.parts.layers import file
from tests.places import Shelf
from tests.server.parts import error, push_blob

PATH = "library/app"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def upload(client: httpx.Client, shelf: Shelf, image: Digest) -> httpx.Response:
    """Push what an image on the shelf consists of."""
    document = json.loads(shelf.content[image])
    for blob in (document["config"], *document["layers"]):
        push_blob(client, PATH, shelf.content[Digest.parse(blob["digest"])])
    headers = {"Content-Type": media.OCI_MANIFEST}
    return client.put(f"/v2/{PATH}/manifests/latest", content=shelf.content[image], headers=headers)


def test_a_pushed_layer_is_known_when_it_is_there(client: httpx.Client, store: Store, shelf: Shelf) -> None:
    layer = shelf.layer(file("f", b"content"))
    assert upload(client, shelf, shelf.image(layer).digest).status_code == 201
    (image,) = store.images()
    assert image.layers[0].facts and image.layers[0].facts.size == image.size == len(b"content")
    assert str(layer.digest) in (store.root / "nbdock/v1/layers").read_text()


def test_a_pushed_layer_of_another_diff_id_is_refused(client: httpx.Client, store: Store, shelf: Shelf) -> None:
    layer = shelf.layer(file("f", b"content"))
    answer = upload(client, shelf, shelf.image(layer, rootfs={"diff_ids": [str(layer.digest)]}).digest)
    assert error(answer) == (400, "MANIFEST_INVALID")
    assert "wrong diff id calculated on extraction" in answer.text
    assert not store.names()


def test_a_pushed_layer_that_is_no_tar_is_refused(client: httpx.Client, store: Store, shelf: Shelf) -> None:
    page = shelf.put(media.OCI_LAYER, b"<html>" * 1000)
    config = shelf.write(media.OCI_CONFIG, {"rootfs": {"diff_ids": [str(page.digest)]}})
    answer = upload(client, shelf, shelf.manifest(config, page).digest)
    assert error(answer) == (400, "MANIFEST_INVALID")
    assert not store.names()


class Upstream(Shelf):
    """The repository that a cache stands before."""

    def tags(self) -> tuple[str, ...]:
        return tuple(str(name.tag) for name in self.names)


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def cache(store: Store, upstream: Upstream) -> Iterator[httpx.Client]:
    server = Server(store, Options(port=0, proxy="docker.io"), lambda _reference, _task: upstream)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client
    server.stop()


@pytest.mark.parametrize("right", [True, False])
def test_a_cache_names_no_image_whose_diff_ids_are_wrong(
    right: bool, cache: httpx.Client, upstream: Upstream, store: Store
) -> None:
    layer = upstream.layer(file("f", b"content"))
    wrong = {} if right else {"rootfs": {"diff_ids": [str(layer.digest)]}}
    image = upstream.image(layer, **wrong)
    upstream.names[Reference.parse("app:1").tagged] = image
    document = cache.get(f"/v2/{PATH}/manifests/1").json()
    for blob in (document["config"], *document["layers"]):
        assert cache.get(f"/v2/{PATH}/blobs/{blob['digest']}").status_code == 200
    Task().sleep(0.2)
    cache.get(f"/v2/{PATH}/manifests/1")
    assert bool(store.names()) == right
