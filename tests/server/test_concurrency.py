"""Concurrent pushes and prunes, and memory use."""

from __future__ import annotations

import json
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from nbdock.server import Server
from nbdock.store import Store
from nbdock.store import store as store_module
from tests.server.parts import digest, manifest, noise, push, push_blob, put_manifest

REPOSITORY = "team/app"


def missing(store: Store) -> list[str]:
    """Content that names need and the store lacks."""
    return [str(each.digest) for each in store.contents(store.names()) if not store.has(each)]


def test_concurrent_pushes_of_one_tag_leave_a_complete_image(store: Store, server: Server) -> None:
    def pusher(number: int) -> set[bytes]:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            return {push(client, REPOSITORY, "latest", f"{number} {turn}".encode(), noise(1000)) for turn in range(10)}

    with ThreadPoolExecutor(4) as pool:
        pushed = set().union(*pool.map(pusher, range(4)))
    assert httpx.get(f"{server.url}/v2/{REPOSITORY}/manifests/latest").content in pushed
    assert not missing(store)


def test_a_push_and_a_prune_never_leave_a_tag_without_its_layers(
    store: Store, server: Server, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "GRACE", -1.0)  # prune even content that is being written
    ended = threading.Event()

    def prune() -> None:
        while not ended.is_set():
            store.removal((), orphans=True).execute()

    pruning = threading.Thread(target=prune)
    pruning.start()
    statuses = set()
    for turn in range(60):
        layers = [f"{turn} {number}".encode() for number in range(3)]
        for blob in (b"{}", *layers):
            push_blob(client, REPOSITORY, blob)
        statuses.add(put_manifest(client, REPOSITORY, str(turn), manifest(*layers)).status_code)
        assert not missing(store)
    ended.set()
    pruning.join()
    assert statuses <= {201, 400}
    assert not missing(store)
    for tag in client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] if 201 in statuses else []:
        layers = json.loads(client.get(f"/v2/{REPOSITORY}/manifests/{tag}").content)["layers"]
        assert all(client.head(f"/v2/{REPOSITORY}/blobs/{layer['digest']}").status_code == 200 for layer in layers)


def test_chunks_of_many_uploads_do_not_mix(server: Server) -> None:
    def upload(number: int) -> bool:
        content = noise(200_000)
        with httpx.Client(base_url=server.url, timeout=60) as client:
            location = client.post(f"/v2/{REPOSITORY}/blobs/uploads/").headers["Location"]
            for start in range(0, len(content), 50_000):
                client.patch(location, content=content[start : start + 50_000])
            client.put(location, params={"digest": digest(content)})
            return client.get(f"/v2/{REPOSITORY}/blobs/{digest(content)}").content == content

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(upload, range(16)))


def test_a_large_blob_takes_little_memory(store: Store, client: httpx.Client) -> None:
    chunk = noise(1 << 20)
    location = client.post(f"/v2/{REPOSITORY}/blobs/uploads/").headers["Location"]
    name = digest(chunk * 64)
    tracemalloc.start()
    client.patch(location, content=(chunk for _ in range(64)))
    response = client.put(location, params={"digest": name})
    with client.stream("GET", response.headers["Location"]) as blob:
        received = sum(map(len, blob.iter_raw()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert received == 64 << 20
    assert peak < 8 << 20
