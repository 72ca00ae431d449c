"""The parts are what they say: the other tests lean on them."""

from __future__ import annotations

import io
import json
import os
import tarfile
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from tests.parts.images import layout, push
from tests.parts.layers import EMPTY
from tests.parts.once import once
from tests.parts.programs import program, skopeo, umoci
from tests.parts.registries import Registry
from tests.parts.storage import blob, blobs, config_digest, manifest, manifest_digest
from tests.parts.tokens import IDENTITY, PASSWORD, USER, TokenRequest, TokenServer


def inspect(registry: Registry, name: str, *options: str) -> dict:
    plain = () if registry.ca else ("--tls-verify=false",)
    return json.loads(skopeo("inspect", "--no-tags", *plain, *options, f"docker://{registry.host}/{name}"))


def history(registry: Registry, tag: str) -> list[dict]:
    return json.loads(blob(registry, config_digest(registry, "library/httpd", tag)))["history"]


def status(url: str, method: str = "GET", **headers: str) -> int:
    try:
        return urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers)).status
    except HTTPError as error:
        return error.code


def ask(tokens: TokenServer, **form: str) -> dict:
    return json.load(urllib.request.urlopen(tokens.realm, urlencode(form).encode()))


def pull_with_a_new_token(registry: Registry) -> int:
    scope = urlencode({"scope": "repository:library/hello-world:pull"})
    token = json.load(urllib.request.urlopen(f"{registry.tokens.realm}?{scope}"))["token"]
    return status(f"{registry.url}/v2/library/hello-world/tags/list", Authorization=f"Bearer {token}")


def test_skopeo_reads_what_was_put_in(registry: Registry) -> None:
    found = inspect(registry, "library/httpd:2.4")
    assert found["Digest"] == manifest_digest(registry, "library/httpd", "2.4")
    assert "HTTPD_VERSION=2.4.62" in found["Env"]


def test_busybox_is_for_two_platforms(registry: Registry) -> None:
    found = inspect(registry, "library/busybox:1.35", "--raw")
    assert [entry["platform"].get("variant", "") for entry in found["manifests"]] == ["", "v8"]
    ids = {config_digest(registry, "library/busybox", "1.35", name) for name in ("amd64", "arm64")}
    assert len(ids) == 2


def test_busybox_has_a_hard_link_for_each_applet(registry: Registry) -> None:
    packed = blob(registry, manifest(registry, "library/busybox", "1.35")["layers"][0]["digest"])
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        links = [entry for entry in files if entry.islnk()]
    assert len(links) == 268
    assert {entry.linkname for entry in links} == {"bin/busybox"}


def test_umoci_unpacks_a_layout(tmp_path: Path) -> None:
    umoci("unpack", "--rootless", "--image", f"{layout('hello-world')}:latest", tmp_path / "bundle")
    assert (tmp_path / "bundle/rootfs/hello").exists()


def test_a_row_of_the_history_for_each_instruction(registry: Registry) -> None:
    rows = history(registry, "2.4")
    assert len(rows) == 13
    assert len([row for row in rows if "empty_layer" not in row]) == 5


def test_the_layer_of_workdir_holds_nothing(registry: Registry) -> None:
    layers = manifest(registry, "library/httpd", "2.4")["layers"]
    assert blob(registry, layers[2]["digest"]) == EMPTY


def test_two_versions_share_what_lies_below(registry: Registry) -> None:
    old, new = (manifest(registry, "library/httpd", tag)["layers"] for tag in ("2.2", "2.4"))
    assert old[:3] == new[:3]
    assert old[3] != new[3]


def test_docker_io_and_gcr_io_are_the_registry(registry: Registry, registries_conf: Path) -> None:
    assert os.environ["CONTAINERS_REGISTRIES_CONF"] == str(registries_conf)
    look = ("--registries-conf", registries_conf, "inspect", "--no-tags")
    for name in ("httpd:2.4", "gcr.io/google-samples/hello-app:1.0"):
        skopeo(*look, f"docker://{name}")
    with pytest.raises(AssertionError, match="manifest unknown"):
        skopeo(*look, "docker://nosuch")


def test_the_registry_tells_what_it_was_asked(empty_registry: Registry) -> None:
    status(f"{empty_registry.url}/v2/")
    assert empty_registry.requests() == ["GET /v2/"]


def test_what_was_deleted_is_collected(empty_registry: Registry) -> None:
    push("hello-world", empty_registry, "mine/hello")
    digest = manifest_digest(empty_registry, "mine/hello", "latest")
    assert digest in blobs(empty_registry)
    assert status(f"{empty_registry.url}/v2/mine/hello/manifests/{digest}", "DELETE") == 202
    empty_registry.garbage_collect()
    assert not blobs(empty_registry)


def test_a_read_only_registry_takes_nothing(readonly_registry: Registry) -> None:
    assert status(f"{readonly_registry.url}/v2/library/httpd/manifests/2.4") == 200
    assert status(f"{readonly_registry.url}/v2/mine/hello/blobs/uploads/", "POST") == 405


def test_a_proxy_keeps_what_was_pulled_through_it(proxy_registry: Registry) -> None:
    assert not blobs(proxy_registry)
    inspect(proxy_registry, "library/hello-world:latest")
    assert blobs(proxy_registry)


def test_a_private_registry_knows_alice_alone(private_registry: Registry) -> None:
    inspect(private_registry, "library/hello-world", "--creds", f"{USER}:{PASSWORD}")
    for credentials in ("--no-creds", "--creds=alice:wrong", "--creds=bob:s3cret: €"):
        with pytest.raises(AssertionError, match=r"authentication required|unauthorized"):
            inspect(private_registry, "library/hello-world", credentials)


def test_anyone_gets_tokens_for_the_library(token_registry: Registry) -> None:
    inspect(token_registry, "library/hello-world", "--no-creds")
    scope = "repository:library/hello-world:pull"
    assert token_registry.tokens.requests == [TokenRequest("GET", "", (scope,), "")]


def test_alice_alone_gets_tokens_for_the_rest(token_registry: Registry) -> None:
    inspect(token_registry, "private/hello-world", "--creds", f"{USER}:{PASSWORD}")
    with pytest.raises(AssertionError, match=r"denied|authentication required"):
        inspect(token_registry, "private/hello-world", "--no-creds")
    with pytest.raises(AssertionError, match="incorrect username or password"):
        inspect(token_registry, "private/hello-world", "--creds", f"{USER}:wrong")
    users = [request.user for request in token_registry.tokens.requests]
    assert users == [USER, *[""] * (len(users) - 2), None]


def test_an_identity_token_stands_for_the_password(token_registry: Registry) -> None:
    given = ask(token_registry.tokens, grant_type="password", username=USER, password=PASSWORD, access_type="offline")
    assert given["refresh_token"] == IDENTITY
    scope = "repository:private/hello-world:pull"
    token = ask(token_registry.tokens, grant_type="refresh_token", refresh_token=IDENTITY, scope=scope)["token"]
    url = f"{token_registry.url}/v2/private/hello-world/tags/list"
    assert status(url, Authorization=f"Bearer {token}") == 200


def test_a_doomed_token_is_refused_and_the_next_is_not(token_registry: Registry) -> None:
    token_registry.tokens.doom(1)
    assert [pull_with_a_new_token(token_registry) for _ in range(2)] == [401, 200]


def test_an_expired_token_is_refused(token_registry: Registry) -> None:
    token_registry.tokens.expire_after(0)
    assert pull_with_a_new_token(token_registry) == 401


def test_an_unknown_authority_is_refused(tls_registry: Registry) -> None:
    with pytest.raises(AssertionError, match="certificate signed by unknown authority"):
        inspect(tls_registry, "library/hello-world")
    inspect(tls_registry, "library/hello-world", "--cert-dir", str(tls_registry.ca.parent))


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match=r"^skopeo is missing: apt-get install skopeo$"):
        program("skopeo")


def test_what_broke_while_it_was_made_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = []

    def cake(folder: Path) -> None:
        made.append(folder)
        assert not list(folder.iterdir())
        (folder / "flour").touch()
        assert len(made) > 1, "burnt"

    with pytest.raises(AssertionError, match="burnt"):
        once(cake, [])
    assert once(cake, []) == once(cake, [])
    assert len(made) == 2
