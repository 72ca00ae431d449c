"""Which references of a store a repository has."""

from __future__ import annotations

import httpx

from nbdock.oci.reference import Reference
from nbdock.server import Server
from nbdock.store import Store
from tests.server.parts import digest, keep, push


def tag(client: httpx.Client, repository: str, reference: str) -> bytes:
    return client.get(f"/v2/{repository}/manifests/{reference}").content


def references(store: Store) -> set[str]:
    return {str(name.reference) for name in store.names() if name.reference and name.reference.tag}


def test_images_of_every_registry_are_served(store: Store, client: httpx.Client) -> None:
    hub, google = keep(store, "httpd", b"hub"), keep(store, "gcr.io/google-samples/hello-app:1.0", b"google")
    assert tag(client, "library/httpd", "latest") == hub
    assert tag(client, "google-samples/hello-app", "1.0") == google
    assert client.get("/v2/_catalog").json()["repositories"] == ["google-samples/hello-app", "library/httpd"]


def test_docker_hub_comes_before_other_registries(store: Store, client: httpx.Client) -> None:
    keep(store, "aaa.example/team/app", b"other")
    hub = keep(store, "team/app", b"hub")
    last = keep(store, "zzz.example/team/app:2", b"last")
    assert tag(client, "team/app", "latest") == hub
    assert tag(client, "team/app", "2") == last
    assert client.get("/v2/team/app/tags/list").json()["tags"] == ["2", "latest"]


def test_pushed_images_come_first(store: Store, server: Server, client: httpx.Client) -> None:
    keep(store, "team/app", b"hub")
    pushed = push(client, "team/app", "latest", b"pushed")
    assert tag(client, "team/app", "latest") == pushed
    assert references(store) == {"docker.io/team/app:latest", f"{server.host}/team/app:latest"}


def test_a_push_gets_the_same_name_whatever_the_host_header(store: Store, server: Server) -> None:
    with httpx.Client(base_url=server.url) as one, httpx.Client(base_url=server.url) as other:
        other.headers["Host"] = "localhost"
        push(one, "team/app", "1", b"one")
        second = push(other, "team/app", "1", b"other")
        assert tag(one, "team/app", "1") == tag(other, "team/app", "1") == second
    assert references(store) == {f"{server.host}/team/app:1"}


def test_every_manifest_of_a_repository_is_pulled_by_digest(store: Store, client: httpx.Client) -> None:
    kept = [keep(store, name, name.encode()) for name in ("team/app", "a.example/team/app", "b.example/team/app")]
    assert [tag(client, "team/app", digest(each)) for each in kept] == kept


def test_a_deletion_deletes_the_references_of_every_registry(store: Store, client: httpx.Client) -> None:
    for name in ("team/app:1", "a.example/team/app:1", "team/app:2", "team/other:1"):
        keep(store, name, b"layer")
    assert client.delete("/v2/team/app/manifests/1").status_code == 202
    assert client.get("/v2/team/app/manifests/1").status_code == 404
    assert references(store) == {"docker.io/team/app:2", "docker.io/team/other:1"}


def test_added_and_removed_names_are_noticed(store: Store, client: httpx.Client) -> None:
    assert client.get("/v2/team/app/manifests/1").status_code == 404
    kept = keep(store, "team/app:1", b"layer")
    assert tag(client, "team/app", "1") == kept
    store.removal(name for name in store.names()).execute()
    assert client.get("/v2/team/app/manifests/1").status_code == 404


def test_an_untagged_image_is_not_served(store: Store, client: httpx.Client) -> None:
    old = keep(store, "team/app:1", b"old")
    keep(store, "team/app:1", b"new")
    store.untag(name for name in store.names() if name.reference == Reference.parse(f"team/app@{digest(old)}"))
    assert client.get(f"/v2/team/app/manifests/{digest(old)}").status_code == 404


def test_a_read_only_server_refuses_changes(store: Store, readonly: httpx.Client) -> None:
    kept = keep(store, "team/app:1", b"layer")
    for method, url in (
        ("POST", "/v2/team/app/blobs/uploads/"),
        ("PUT", "/v2/team/app/manifests/2"),
        ("DELETE", "/v2/team/app/manifests/1"),
        ("DELETE", f"/v2/team/app/blobs/{digest(b'layer')}"),
        ("PATCH", "/v2/team/app/blobs/uploads/x"),
    ):
        response = readonly.request(method, url, content=b"x")
        assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
        assert response.json()["errors"][0]["code"] == "UNSUPPORTED"
    assert tag(readonly, "team/app", "1") == kept
