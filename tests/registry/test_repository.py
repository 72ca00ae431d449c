"""Pulling: from real registries, and from one that breaks off, lies and loses things."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from nbdock import Digest, Reference
from nbdock.errors import (
    BadResponse,
    BlobNotFound,
    Cancelled,
    Denied,
    DigestMismatch,
    ImageNotFound,
    InvalidContent,
    InvalidReference,
    NbdockError,
    RateLimited,
    Refused,
    SizeMismatch,
    Unreachable,
)
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest
from nbdock.reading import read
from nbdock.registry import discovery
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credentials
from nbdock.registry.hosts import Hosts
from nbdock.registry.repository import Repository
from nbdock.task import State, Task
from tests.parts import registries as parts
from tests.parts import storage
from tests.registry.conftest import Impatient
from tests.registry.faults import NOT_FOUND, USED_UP, Reply, Server
from tests.registry.relay import relay

APP = Reference.parse("app")
CONTENT = bytes(range(256)) * 4096
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        "config": {"mediaType": media.OCI_CONFIG, "digest": "sha256:" + "1" * 64, "size": 2},
        "layers": [],
    }
).encode()
DESCRIBED = {"Content-Type": media.OCI_MANIFEST, "Docker-Content-Digest": str(Digest.of(MANIFEST))}

FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff"


def name(host: str, rest: str = "app:latest") -> Reference:
    return Reference.parse(f"{host}/{rest}")


@pytest.fixture
def app(client: Registry, server: Server, task: Impatient) -> Repository:
    """The repository `app` of the registry that misbehaves."""
    return client.repository(name(server.host), task)


@pytest.fixture
def mirrored(registry: parts.Registry, registries_conf: Path, credentials: Credentials) -> Registry:
    """A client to whom `httpd` is an image of a real registry."""
    return Registry(Hosts.load([registries_conf]), credentials)


# Names


def test_a_tag_is_resolved_by_its_headers_alone(mirrored: Registry, registry: parts.Registry) -> None:
    reference = Reference.parse("httpd:2.4")
    before = len(registry.requests())
    found = mirrored.repository(reference).resolve(reference)
    assert str(found.digest) == storage.manifest_digest(registry, "library/httpd", "2.4")
    assert found.media_type == media.DOCKER_MANIFEST
    assert registry.requests()[before:] == ["HEAD /v2/library/httpd/manifests/2.4"]


def test_names_may_be_text(registry: parts.Registry, empty_registry: parts.Registry) -> None:
    source = Registry().repository(f"{registry.host}/library/httpd")
    assert set(source.tags()) == {"2.2", "2.4", "latest"}
    found = source.resolve(f"{registry.host}/library/httpd:2.4")
    assert str(found.digest) == storage.manifest_digest(registry, "library/httpd", "2.4")
    destination = Registry().repository(f"{empty_registry.host}/me/httpd", push=True)
    for part in Manifest.parse(read(source, found)).children:
        destination.write(part, source.open(part))
    destination.write(found, [read(source, found)])
    destination.tag(f"{empty_registry.host}/me/httpd:text", found)
    assert destination.tags() == ("text",)


@pytest.mark.parametrize("name", ["Httpd", "a b", ""])
def test_a_text_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidReference):
        Registry().repository(name)


def test_an_index_is_what_its_tag_stands_for(mirrored: Registry) -> None:
    reference = Reference.parse("busybox")
    repository = mirrored.repository(reference)
    found = repository.resolve(reference)
    assert found.media_type == media.OCI_INDEX
    index = Index.parse(read(repository, found))
    assert {str(child.platform) for child in index.images} == {"linux/amd64", "linux/arm64"}


def test_a_digest_decides_over_the_tag(mirrored: Registry, registry: parts.Registry) -> None:
    digest = storage.manifest_digest(registry, "library/httpd", "2.2")
    reference = Reference.parse(f"httpd:2.4@{digest}")
    assert str(mirrored.repository(reference).resolve(reference).digest) == digest


def test_a_whole_image_comes_byte_for_byte(mirrored: Registry, registry: parts.Registry) -> None:
    reference = Reference.parse("httpd:2.4")
    repository = mirrored.repository(reference)
    manifest = Manifest.parse(read(repository, repository.resolve(reference)))
    assert manifest.raw == storage.raw_manifest(registry, "library/httpd", "2.4")
    for part in manifest.children:
        assert b"".join(repository.open(part)) == storage.blob(registry, str(part.digest))


def test_part_of_a_blob_comes_where_the_rest_is_there(mirrored: Registry, registry: parts.Registry) -> None:
    reference = Reference.parse("httpd:2.4")
    repository = mirrored.repository(reference)
    layer = Manifest.parse(read(repository, repository.resolve(reference))).layers[0]
    whole = storage.blob(registry, str(layer.digest))
    assert b"".join(repository.open(layer, 1000)) == whole[1000:]
    assert b"".join(repository.open(layer, layer.size)) == b""


def test_a_pull_over_a_line_that_breaks_comes_whole(
    client: Registry, empty_registry: parts.Registry, task: Impatient
) -> None:
    layer = Descriptor.of(media.OCI_LAYER, CONTENT)
    reference = name(empty_registry.host)
    client.repository(reference, push=True).write(layer, [CONTENT])
    with relay(empty_registry.host, breaks=[300_000, 700_000, 1_000_000]) as line:
        assert b"".join(client.repository(name(line.host), task).open(layer)) == CONTENT
    assert [told.state for told in task.told] == [State.RETRYING] * 3


def test_a_pull_through_cache_that_ignores_ranges_is_coped_with(
    client: Registry, proxy_registry: parts.Registry, registry: parts.Registry
) -> None:
    reference = name(proxy_registry.host, "library/httpd:2.4")
    repository = client.repository(reference)
    layer = Manifest.parse(read(repository, repository.resolve(reference))).layers[0]
    for _ in range(2):  # 200 and the whole blob the first time, 206 from then on
        assert b"".join(repository.open(layer, 1000)) == storage.blob(registry, str(layer.digest))[1000:]


def test_a_missing_tag_is_dockers_sentence_and_the_tags_there_are(mirrored: Registry) -> None:
    reference = Reference.parse("httpd:nope")
    with pytest.raises(ImageNotFound, match=r"^manifest for httpd:nope not found: manifest unknown$") as failure:
        mirrored.repository(reference).resolve(reference)
    assert set(failure.value.hint.removeprefix("available tags: ").split(", ")) == {"latest", "2.4", "2.2"}


def test_a_near_tag_is_named_first(mirrored: Registry) -> None:
    reference = Reference.parse("httpd:latst")
    with pytest.raises(ImageNotFound) as failure:
        mirrored.repository(reference).resolve(reference)
    assert failure.value.hint == "available tags: latest"


def test_a_missing_repository_is_to_be_searched_for(mirrored: Registry) -> None:
    reference = Reference.parse("nosuch")
    with pytest.raises(ImageNotFound, match="manifest for nosuch:latest not found") as failure:
        mirrored.repository(reference).resolve(reference)
    assert failure.value.hint == "check the name: %image search nosuch (in a terminal: nbdock search nosuch)"
    with pytest.raises(ImageNotFound, match="repository nosuch not found: repository name not known to registry"):
        mirrored.repository(reference).tags()


@pytest.mark.parametrize(
    "head",
    [
        *map(Reply, (400, 401, 403, 404, 405, 500, 501, 503)),
        Reply(200, MANIFEST, {**DESCRIBED, "Content-Length": "0"}),
        Reply(200, MANIFEST, {**DESCRIBED, "Content-Length": ""}),
        Reply(200, MANIFEST, {**DESCRIBED, "Content-Encoding": "gzip"}),
        Reply(200, MANIFEST, {"Content-Type": media.OCI_MANIFEST}),
        Reply(200, MANIFEST, {"Content-Type": "text/plain", "Docker-Content-Digest": str(Digest.of(MANIFEST))}),
        Reply(200, MANIFEST, {"Content-Type": media.OCI_MANIFEST, "Docker-Content-Digest": "sha256:../../etc"}),
    ],
)
def test_a_head_that_says_too_little_is_followed_by_a_get(
    app: Repository, server: Server, head: Reply, task: Impatient
) -> None:
    server.on("HEAD /v2/app/manifests/latest", head)
    server.on("GET /v2/app/manifests/latest", Reply(200, MANIFEST, {"Content-Type": media.OCI_MANIFEST + "; a=b"}))
    found = app.resolve(name(server.host))
    assert (found.digest, found.size, found.media_type) == (Digest.of(MANIFEST), len(MANIFEST), media.OCI_MANIFEST)
    assert read(app, found) == MANIFEST
    assert len(server.asked("GET")) == 1
    assert task.slept == []


def test_a_manifest_that_is_to_be_read_comes_with_one_request(app: Repository, server: Server) -> None:
    lie = Reply(200, MANIFEST, {**DESCRIBED, "Content-Length": "7"})
    server.on("HEAD /v2/app/manifests/latest", lie)
    server.on("GET /v2/app/manifests/latest", Reply(200, MANIFEST, DESCRIBED))
    found = app.resolve(name(server.host), read=True)
    assert found.size == len(MANIFEST)
    assert read(app, found) == MANIFEST
    assert len(server.requests) == 1 + len(server.asked("HEAD", "/v2/ "))


@pytest.mark.parametrize("length", [str(len(MANIFEST)), "7"])
def test_a_manifest_that_is_known_is_not_fetched(app: Repository, server: Server, length: str) -> None:
    known = server.holds("app", MANIFEST, media.OCI_MANIFEST, "latest")
    server.on("HEAD /v2/app/manifests/latest", Reply(200, MANIFEST, {**DESCRIBED, "Content-Length": length}))
    assert app.resolve(name(server.host), read=True, known=known) == known
    assert server.asked("GET") == []


@pytest.mark.parametrize("head", [Reply(405), Reply(200, MANIFEST, DESCRIBED)])
def test_a_manifest_that_is_another_than_the_known_one_is_fetched(app: Repository, server: Server, head: Reply) -> None:
    found = server.holds("app", MANIFEST, media.OCI_MANIFEST, "latest")
    server.on("HEAD /v2/app/manifests/latest", head)
    assert app.resolve(name(server.host), read=True, known=Descriptor.of(media.OCI_MANIFEST, b"old")) == found
    assert read(app, found) == MANIFEST
    assert len(server.asked("GET")) == 1


def test_a_cache_that_knows_the_tag_only_is_asked_by_it(app: Repository, server: Server) -> None:
    found = server.holds("app", MANIFEST, media.OCI_MANIFEST, "latest")
    server.on(f"GET /v2/app/manifests/{found.digest}", NOT_FOUND)
    assert app.resolve(name(server.host)) == found
    assert read(app, found) == MANIFEST


def test_a_tag_that_moved_is_not_taken_for_the_digest(app: Repository, server: Server) -> None:
    found = server.holds("app", MANIFEST, media.OCI_MANIFEST, "latest")
    server.on(f"GET /v2/app/manifests/{found.digest}", NOT_FOUND)
    server.on("GET /v2/app/manifests/latest", Reply(200, MANIFEST + b" ", {"Content-Type": media.OCI_MANIFEST}))
    app.resolve(name(server.host))
    with pytest.raises(DigestMismatch):
        read(app, found)


@pytest.mark.parametrize("status", [405, 500, 501])
def test_a_registry_that_does_not_say_what_it_has_is_sent_it(
    client: Registry, server: Server, task: Impatient, status: int
) -> None:
    layer = Descriptor.of(media.OCI_LAYER, CONTENT)
    server.on(f"HEAD /v2/app/blobs/{layer.digest}", Reply(status))
    assert not client.repository(name(server.host), task, push=True).has(layer)
    assert task.slept == []


def test_media_types_are_accepted_in_one_line_and_in_lines_of_their_own(app: Repository, server: Server) -> None:
    """Some registries read the first line only, others compare each line with the type that they have."""
    server.holds("app", MANIFEST, media.OCI_MANIFEST, "latest")
    read(app, app.resolve(name(server.host)))
    types = {media.OCI_INDEX, media.DOCKER_INDEX, media.OCI_MANIFEST, media.DOCKER_MANIFEST}
    for method in ("HEAD", "GET"):
        for asked in server.asked(method, "/v2/app/"):
            first, *others = asked.headers["Accept"].split("\n")
            assert types <= set(first.split(", "))
            assert types == set(others)


def test_a_manifest_that_is_cut_is_fetched_again(app: Repository, server: Server) -> None:
    whole = Reply(200, MANIFEST, DESCRIBED)
    cuts = (Reply(200, MANIFEST, DESCRIBED, cut=cut) for cut in (0, 50))
    server.on("GET /v2/app/manifests/latest", *cuts, whole)
    assert app.resolve(name(server.host), read=True).size == len(MANIFEST)


def test_what_is_asked_for_by_digest_must_have_it(app: Repository, server: Server) -> None:
    wanted = Digest.of(b"something else")
    lie = Reply(200, MANIFEST, {"Content-Type": media.OCI_MANIFEST, "Docker-Content-Digest": str(wanted)})
    server.on(f"GET /v2/app/manifests/{wanted}", lie)
    server.on(f"HEAD /v2/app/manifests/{wanted}", Reply(405))
    with pytest.raises(DigestMismatch):
        app.resolve(name(server.host, f"app@{wanted}"))


def test_a_digest_of_another_algorithm_is_checked_by_it(app: Repository, server: Server) -> None:
    digest = Digest("sha512", hashlib.sha512(MANIFEST).hexdigest())
    server.on(f"HEAD /v2/app/manifests/{digest}", Reply(405))
    server.on(f"GET /v2/app/manifests/{digest}", Reply(200, MANIFEST))
    assert app.resolve(name(server.host, f"app@{digest}")).digest == digest


@pytest.mark.parametrize(
    ("body", "media_type", "words"),
    [
        (b"none", "text/html", "not JSON"),
        (b"{}", "application/json", "not an image manifest"),
        (b'{"schemaVersion": 1}', "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1 support"),
        (MANIFEST, media.OCI_INDEX, "header says"),
    ],
)
def test_what_is_no_image_is_told_for_what_it_is(
    app: Repository, server: Server, body: bytes, media_type: str, words: str
) -> None:
    for method in ("HEAD", "GET"):
        server.on(f"{method} /v2/app/manifests/latest", Reply(200, body, {"Content-Type": media_type}))
    with pytest.raises(InvalidContent, match=words):
        app.resolve(name(server.host))


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("page", [b"<html>", b"\xef\xbb\xbf\r\n<!doctype HTML>\n<html>"])
def test_a_page_that_is_no_registry_is_called_that(app: Repository, server: Server, page: bytes, status: int) -> None:
    for method in ("HEAD", "GET"):
        server.on(f"{method} /v2/app/manifests/latest", Reply(status, page, {"Content-Type": "text/html"}))
    with pytest.raises(BadResponse, match=f"{server.host} is no registry, or another answers for it: a web page") as no:
        app.resolve(name(server.host))
    assert "the network's own log-in page" in no.value.hint


def test_a_log_in_page_is_no_registry(client: Registry, server: Server, task: Impatient) -> None:
    server.on("GET /v2/", Reply(302, headers={"Location": "/portal"}))
    server.on("GET /portal", Reply(200, b"<html>Welcome"))
    with pytest.raises(BadResponse, match="is no registry"):
        client.login(server.host, "alice", "s3cret", task)


def test_a_page_in_place_of_a_layer_is_no_registry(app: Repository, server: Server) -> None:
    layer = blob(server, Reply(200, b"<html>Welcome", {"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(BadResponse, match="is no registry"):
        list(app.open(layer))


def test_an_oversized_manifest_is_not_read(app: Repository, server: Server) -> None:
    server.on("HEAD /v2/app/manifests/latest", Reply(405))
    server.on("GET /v2/app/manifests/latest", Reply(200, b" " * (media.MAX_MANIFEST + 1)))
    with pytest.raises(BadResponse, match=f"more than {media.MAX_MANIFEST} bytes"):
        app.resolve(name(server.host))


# Blobs


def blob(server: Server, *replies: Reply, content: bytes = CONTENT) -> Descriptor:
    descriptor = Descriptor.of(media.OCI_LAYER, content)
    server.on(f"GET /v2/app/blobs/{descriptor.digest}", *replies)
    return descriptor


def part(start: int, cut: int | None = None, content: bytes = CONTENT) -> Reply:
    content_range = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
    return Reply(206, content[start:], content_range, cut)


def ranges(server: Server) -> list[str]:
    return [each.headers.get("Range", "") for each in server.asked("GET")]


def test_a_cut_download_goes_on_where_it_stopped(app: Repository, server: Server, task: Impatient) -> None:
    layer = blob(server, Reply(200, CONTENT, cut=300_000), part(300_000, 400_000), part(700_000))
    assert b"".join(app.open(layer)) == CONTENT
    assert ranges(server) == ["", "bytes=300000-", "bytes=700000-"]
    assert [(told.state, told.done, told.total) for told in task.told] == [
        (State.RETRYING, 300_000, len(CONTENT)),
        (State.RETRYING, 700_000, len(CONTENT)),
    ]
    assert task.told[0].text in ("Retrying in 1 second", "Retrying in 2 seconds")


def test_a_download_that_makes_no_headway_ends(app: Repository, server: Server, task: Impatient) -> None:
    layer = blob(server, Reply(200, CONTENT, cut=300_000), part(300_000, cut=0))
    with pytest.raises(Unreachable):
        list(app.open(layer))
    assert len(server.asked("GET")) == 5


@pytest.mark.parametrize(
    "second",
    [
        Reply(200, CONTENT),
        Reply(416, b"no", {"Content-Range": f"bytes */{len(CONTENT)}"}),
        part(0),
        part(300_001),
        Reply(206, CONTENT[300_000:]),
        part(300_000, content=CONTENT + b"!"),
        *map(Reply, (400, 403, 404, 412, 500, 501, 503)),
    ],
)
def test_a_registry_without_true_ranges_is_coped_with(
    client: Registry, app: Repository, server: Server, second: Reply, task: Impatient
) -> None:
    layer = blob(server, Reply(200, CONTENT, cut=300_000), second, Reply(200, CONTENT))
    assert b"".join(app.open(layer)) == CONTENT
    assert len(task.slept) == 1
    server.on(f"GET /v2/app/blobs/{layer.digest}", second, Reply(200, CONTENT))
    assert b"".join(client.repository(name(server.host), task).open(layer, 300_000)) == CONTENT[300_000:]
    assert len(task.slept) == 1


@pytest.mark.parametrize("start", [0, 300_000])
def test_a_connection_that_breaks_before_the_first_byte_is_made_again(
    app: Repository, server: Server, start: int
) -> None:
    layer = blob(server, *(part(start, cut) if start else Reply(200, CONTENT, cut=cut) for cut in (0, None)))
    assert b"".join(app.open(layer, start)) == CONTENT[start:]


def test_a_registry_that_is_gone_is_not_waited_for(client: Registry, task: Impatient) -> None:
    with pytest.raises(Unreachable):
        list(client.repository(name("127.0.0.1:1"), task).open(Descriptor.of(media.OCI_LAYER, CONTENT)))
    assert task.slept == []


def piece(start: int, end: int, cut: int | None = None, content: bytes = CONTENT) -> Reply:
    content_range = {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}
    return Reply(206, content[start:end], content_range, cut)


def test_a_part_is_asked_for_by_its_first_and_last_byte(app: Repository, server: Server) -> None:
    layer = blob(server, piece(1000, 1500))
    assert app.part(layer, 1000, 500) == CONTENT[1000:1500]
    assert ranges(server) == ["bytes=1000-1499"]


def test_a_part_of_a_real_registrys_blob(mirrored: Registry, registry: parts.Registry) -> None:
    repository = mirrored.repository(reference := Reference.parse("httpd:2.4"))
    layer = Manifest.parse(read(repository, repository.resolve(reference))).layers[0]
    whole = storage.blob(registry, str(layer.digest))
    for start, length in ((0, 10), (1000, 500), (layer.size - 51, 51)):
        assert repository.part(layer, start, length) == whole[start : start + length]


def test_a_part_that_is_cut_is_fetched_again(app: Repository, server: Server, task: Impatient) -> None:
    layer = blob(server, piece(1000, 500_000, cut=100), piece(1000, 500_000))
    assert app.part(layer, 1000, 499_000) == CONTENT[1000:500_000]
    assert len(task.slept) == 1


@pytest.mark.parametrize(
    "reply",
    [Reply(200, CONTENT), piece(1001, 1501), Reply(206, CONTENT[1000:1500]), *map(Reply, (400, 403, 416, 500))],
)
def test_a_registry_that_sends_no_parts_is_told_from_one_that_does(
    app: Repository, server: Server, reply: Reply
) -> None:
    assert app.part(blob(server, reply), 1000, 500) is None


@pytest.mark.parametrize("end", [1499, 1501, len(CONTENT)])
def test_a_part_of_another_length_is_not_taken(app: Repository, server: Server, end: int) -> None:
    with pytest.raises(BadResponse, match="500 bytes were asked for, and others came"):
        app.part(blob(server, piece(1000, end)), 1000, 500)


def test_more_than_the_size_is_not_taken(app: Repository, server: Server) -> None:
    layer = blob(server, Reply(200, CONTENT + b"!"))
    with pytest.raises(SizeMismatch) as failure:
        list(app.open(layer))
    assert (failure.value.expected, failure.value.actual) == (len(CONTENT), len(CONTENT) + 1)


def test_an_endless_body_is_left(app: Repository, server: Server) -> None:
    layer = blob(server, Reply(200, b"x" * 100_000_000, {}), content=b"short")
    with pytest.raises(SizeMismatch):
        list(app.open(layer))


def test_less_than_the_size_is_a_mismatch(app: Repository, server: Server) -> None:
    layer = blob(server, Reply(200, CONTENT[:-1]), Reply(416), Reply(200, CONTENT[:-1]))
    with pytest.raises(SizeMismatch) as failure:
        list(app.open(layer))
    assert failure.value.actual == len(CONTENT) - 1


def test_a_part_of_a_missing_blob_names_it(app: Repository, server: Server) -> None:
    with pytest.raises(BlobNotFound, match=f"{server.host} has no sha256:"):
        app.part(blob(server, Reply(404)), 1000, 500)


def test_a_missing_blob_is_named(app: Repository, server: Server) -> None:
    layer = blob(server, NOT_FOUND)
    with pytest.raises(BlobNotFound, match=f"has no {layer.digest} in {server.host}/app: blob unknown"):
        list(app.open(layer))


def test_a_cancelled_download_ends_at_once(client: Registry, server: Server) -> None:
    task = Task()
    layer = blob(server, Reply(200, CONTENT, cut=300_000, silent=True))
    got = bytearray()
    threading.Thread(target=lambda: server.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        for chunk in client.repository(name(server.host), task).open(layer):
            got += chunk
    assert CONTENT.startswith(got)


def test_a_token_that_dies_between_two_parts_is_renewed(client: Registry, server: Server, app: Repository) -> None:
    with Server() as realm:
        realm.on("GET /token", Reply(200, b'{"token": "one"}'), Reply(200, b'{"token": "two"}'))
        challenge = {"WWW-Authenticate": f'Bearer realm="{realm.url}/token",service="s",error="invalid_token"'}
        asks = Reply(401, headers=challenge)
        layer = blob(server, asks, Reply(200, CONTENT, cut=300_000), asks, part(300_000))
        assert b"".join(app.open(layer)) == CONTENT
    tokens = [each.headers.get("Authorization", "") for each in server.asked("GET")]
    assert tokens == ["", "Bearer one", "Bearer one", "Bearer two"]


def test_a_nondistributable_layer_comes_from_its_own_address_over_https_only(
    client: Registry, server: Server, app: Repository
) -> None:
    layer = Descriptor(
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        Digest.of(CONTENT),
        len(CONTENT),
        urls=(f"http://{server.host}/plain", "https://registry.invalid/layer"),
    )
    with pytest.raises(NbdockError):
        list(app.open(layer))
    assert server.asked("GET", "/plain") == []


def test_a_nondistributable_layer_is_fetched_without_credentials(
    server: Server, secure_server: Server, credentials: Credentials, trust: object, task: Impatient
) -> None:
    layer = Descriptor(
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        Digest.of(CONTENT),
        len(CONTENT),
        urls=(f"{secure_server.url}/layer",),
    )
    secure_server.on("GET /layer", Reply(200, CONTENT))
    client = Registry(Hosts(), credentials, tls=trust)
    assert b"".join(client.repository(name(server.host), task).open(layer)) == CONTENT
    assert "Authorization" not in secure_server.requests[-1].headers


def test_a_nondistributable_layer_that_nobody_has_names_its_urls_without_their_secrets(
    client: Registry, server: Server, app: Repository
) -> None:
    urls = (f"http://{server.host}/plain", "https://user:secret@registry.invalid/layer?signature=secret")
    layer = Descriptor(f"{FOREIGN}.tar.gzip", Digest.of(CONTENT), len(CONTENT), urls=urls)
    with pytest.raises(BlobNotFound) as missing:
        list(app.open(layer))
    said = str(missing.value)
    assert str(layer.digest) in said
    assert f"http://{server.host}/plain is not HTTPS" in said and "https://registry.invalid/layer: " in said
    assert "secret" not in said


def test_a_nondistributable_layer_comes_from_the_first_url_that_has_it(
    server: Server, secure_server: Server, credentials: Credentials, trust: object, task: Impatient
) -> None:
    urls = tuple(f"{secure_server.url}/{name}" for name in ("none", "layer"))
    layer = Descriptor(f"{FOREIGN}.tar.gzip", Digest.of(CONTENT), len(CONTENT), urls=urls)
    secure_server.on("GET /layer", Reply(200, CONTENT))
    client = Registry(Hosts(), credentials, tls=trust)
    assert b"".join(client.repository(name(server.host), task).open(layer)) == CONTENT


# Mirrors


def with_mirror(folder: Path, credentials: Credentials, mirror: str, own: str) -> Registry:
    conf = folder / "registries.conf"
    conf.write_text(
        f'[[registry]]\nprefix = "docker.io"\nlocation = "{own}"\n[[registry.mirror]]\nlocation = "{mirror}"\n'
    )
    return Registry(Hosts.load([conf]), credentials)


def test_a_mirror_that_has_it_is_enough(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    server.holds("library/app", MANIFEST, media.OCI_MANIFEST, "latest")
    client = with_mirror(tmp_path, credentials, server.host, "registry.invalid")
    assert client.repository(Reference.parse("app"), task).resolve(Reference.parse("app")).size == len(MANIFEST)


@pytest.mark.parametrize("fault", [NOT_FOUND, Reply(403), Reply(500), Reply(200, b"<html>")])
def test_a_mirror_that_fails_is_passed_over(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient, fault: Reply
) -> None:
    with Server() as mirror:
        for method in ("HEAD", "GET"):
            mirror.on(f"{method} /v2/library/app/manifests/latest", fault)
        server.holds("library/app", MANIFEST, media.OCI_MANIFEST, "latest")
        client = with_mirror(tmp_path, credentials, mirror.host, server.host)
        repository = client.repository(Reference.parse("app"), task)
        found = repository.resolve(Reference.parse("app"))
        asked = len(mirror.requests)
        assert read(repository, found) == MANIFEST
        assert len(mirror.requests) == asked  # who had it is asked first for the rest


def test_a_mirror_that_lacks_a_blob_is_passed_over_for_a_part_of_it(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    with Server() as mirror:
        layer = Descriptor.of(media.OCI_LAYER, CONTENT)
        server.on(f"GET /v2/library/app/blobs/{layer.digest}", piece(1000, 1500))
        repository = with_mirror(tmp_path, credentials, mirror.host, server.host).repository(
            Reference.parse("app"), task
        )
        assert repository.part(layer, 1000, 500) == CONTENT[1000:1500]
        assert mirror.asked("GET")


def test_who_was_passed_over_is_known_with_the_reason(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    server.holds("library/app", MANIFEST, media.OCI_MANIFEST, "latest")
    with Server() as mirror:
        repository = with_mirror(tmp_path, credentials, mirror.host, server.host).repository(APP, task)
        repository.resolve(APP)
        assert repository.skipped == {}  # it has no such image, which is no reason
        mirror.on("HEAD /v2/library/app/manifests/latest", USED_UP)
        repository = with_mirror(tmp_path, credentials, mirror.host, server.host).repository(APP, task)
        repository.resolve(APP)
        assert [endpoint.host for endpoint in repository.skipped] == [mirror.host]
        assert repository.address == f"{server.host}/library/app"


def test_a_mirror_that_has_had_enough_is_told_rather_than_a_miss(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    with Server() as mirror:
        found = mirror.holds("library/app", MANIFEST, media.OCI_MANIFEST, "latest")
        mirror.on(f"GET /v2/library/app/manifests/{found.digest}", USED_UP)
        repository = with_mirror(tmp_path, credentials, mirror.host, server.host).repository(APP, task)
        assert repository.resolve(APP) == found
        with pytest.raises(RateLimited) as refusal:
            read(repository, found)
        assert repository.skip(refusal.value)  # from here on the registry itself is asked
        with pytest.raises(BlobNotFound):
            read(repository, found)
        assert not repository.skip(RateLimited("toomanyrequests", host=server.host))


def test_a_mirror_that_is_down_is_passed_over(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    layer = server.holds("library/app", CONTENT)
    client = with_mirror(tmp_path, credentials, "127.0.0.1:9", server.host)
    assert b"".join(client.repository(Reference.parse("app"), task).open(layer)) == CONTENT


def test_a_miss_is_told_rather_than_a_registry_that_is_down(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    client = with_mirror(tmp_path, credentials, server.host, "registry.invalid")
    with pytest.raises(ImageNotFound, match="manifest for app:latest not found"):
        client.repository(Reference.parse("app"), task).resolve(Reference.parse("app"))


def test_a_registry_that_denies_has_the_last_word(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    with Server() as mirror:
        for method in ("HEAD", "GET"):
            server.on(f"{method} /v2/library/app/manifests/latest", Reply(403))
        client = with_mirror(tmp_path, credentials, mirror.host, server.host)
        with pytest.raises(Denied, match="pull access denied for app, repository does not exist"):
            client.repository(Reference.parse("app"), task).resolve(Reference.parse("app"))


def test_a_blocked_registry_is_asked_nothing(tmp_path: Path, credentials: Credentials) -> None:
    conf = tmp_path / "registries.conf"
    conf.write_text('[[registry]]\nlocation = "docker.io"\nblocked = true\n')
    with pytest.raises(Refused, match=r"registry docker\.io is blocked"):
        Registry(Hosts.load([conf]), credentials).repository(Reference.parse("httpd"))


# Lists


def test_tags_are_listed(mirrored: Registry) -> None:
    assert set(mirrored.repository(Reference.parse("httpd")).tags()) == {"2.2", "2.4", "latest"}


def test_tags_come_in_pages(app: Repository, server: Server) -> None:
    def page(names: str, following: str) -> Reply:
        body = json.dumps({"name": "app", "tags": names.split() or None}).encode()
        return Reply(200, body, {"Link": f'<{following}>; rel="next"'} if following else {})

    server.on(
        "GET /v2/app/tags/list",
        page("a b", "/v2/app/tags/list?n=2&last=b"),
        page("", f"{server.url}/v2/app/tags/list?n=2&last=c"),
        page("d", ""),
    )
    assert app.tags() == ("a", "b", "d")
    assert [each.path for each in server.asked("GET")] == [
        "/v2/app/tags/list?n=1000",
        "/v2/app/tags/list?n=2&last=b",
        "/v2/app/tags/list?n=2&last=c",
    ]


def page(*tags: str, link: str = "", status: int = 200) -> Reply:
    return Reply(status, json.dumps({"tags": tags}).encode(), {"Link": f'<{link}>; rel="next"'} if link else {})


@pytest.mark.parametrize(
    "link", ["https://registry.invalid/v2/app/tags/list", "//evil.test/x", "http://evil.test:port/", "\\\\evil.test/x"]
)
def test_no_page_leads_to_another_host(app: Repository, server: Server, link: str) -> None:
    server.on("GET /v2/app/tags/list", page("a", link=link))
    assert app.tags() == ("a",)
    assert app.missing[0].startswith("the list of tags ends early: ")
    assert len(server.asked("GET")) == 1


NEXT = "/v2/app/tags/list?last=b"


@pytest.mark.parametrize(
    ("pages", "requests"),
    [
        ([page("a", "b", link="/v2/app/tags/list?n=1000")], 1),
        ([page("a", "b", link=NEXT)], 2),
        ([page("a", link=NEXT), page("b", link="?last=x"), page("b", link=NEXT)], 3),
        ([page("a", "b", link=NEXT), Reply(400)], 2),
        ([page("a", "b", link=NEXT), Reply(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}')], 2),
        ([page("a", "b", link=NEXT), Reply(200, b"<html>")], 2),
        ([page("a", "b", link=NEXT), Reply(401, headers={"WWW-Authenticate": "Basic"})], 2),
    ],
    ids=["itself", "circle of one", "circle of two", "400", "404", "HTML", "401"],
)
def test_a_list_that_leads_astray_keeps_what_came_and_says_so(
    app: Repository, server: Server, pages: list[Reply], requests: int
) -> None:
    server.on("GET /v2/app/tags/list", *pages)
    assert app.tags() == ("a", "b")
    assert len(app.missing) == 1
    assert len(server.asked("GET")) == requests


def test_a_list_that_always_links_on_to_nothing_new_ends(app: Repository, server: Server) -> None:
    server.on("GET /v2/app/tags/list", *(page("a", "b", link=f"?last={number}") for number in range(50)))
    assert app.tags() == ("a", "b")
    assert app.missing == [f"the list of tags ends early: {server.host}: the list has no end"]
    assert len(server.asked("GET")) < 20


def test_a_list_of_too_many_bytes_ends(app: Repository, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_MOST_BYTES", 1000)
    server.on("GET /v2/app/tags/list", *(page(f"{number:0100}", link=f"?last={number}") for number in range(50)))
    assert 5 < len(app.tags()) < 15
    assert "has no end" in app.missing[0]


def test_a_name_that_is_no_tag_is_told(app: Repository, server: Server) -> None:
    server.on("GET /v2/app/tags/list", page("a", "../b", "a", ""))
    assert app.tags() == ("a",)
    assert app.missing == ["2 that are no tags: ../b,"]


def test_a_suggestion_of_tags_costs_one_page(app: Repository, server: Server) -> None:
    server.on("GET /v2/app/tags/list", page("latests", link=NEXT), page("latest2"))
    with pytest.raises(ImageNotFound) as missing:
        app.resolve(Reference.parse("app"))
    assert missing.value.hint == "available tags: latests"
    assert len(server.asked("GET", "/v2/app/tags/list")) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"tags": "latest"}', b'{"tags": [1]}'])
def test_a_list_that_is_none_is_a_bad_response(app: Repository, server: Server, body: bytes) -> None:
    server.on("GET /v2/app/tags/list", Reply(200, body))
    with pytest.raises(BadResponse):
        app.tags()


def test_the_catalog_lists_every_repository(client: Registry, registry: parts.Registry) -> None:
    listed = {each.name.removeprefix(f"{registry.host}/") for each in client.search("", 100, registry.host).found}
    assert {"library/httpd", "library/busybox", "google-samples/hello-app"} <= listed


def test_a_catalog_is_for_those_who_may_see_it(client: Registry, private_registry: parts.Registry) -> None:
    with pytest.raises(NbdockError, match="no basic auth credentials"):
        client.search("", 100, private_registry.host)


def test_where_another_source_remains_a_limit_is_not_waited_for(
    tmp_path: Path, credentials: Credentials, server: Server, task: Impatient
) -> None:
    server.holds("library/app", MANIFEST, media.OCI_MANIFEST, "latest")
    with Server() as mirror:
        mirror.on("HEAD /v2/library/app/manifests/latest", Reply(429, headers={"Retry-After": "50"}))
        with_mirror(tmp_path, credentials, mirror.host, server.host).repository(APP, task).resolve(APP)
        assert len(mirror.requests) == 1
    assert task.slept == []
