"""Pushing: to real registries, and to one that cuts uploads short."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock import Digest, Reference
from nbdock.errors import (
    BadResponse,
    BlobNotFound,
    Cancelled,
    Denied,
    DigestMismatch,
    NbdockError,
    SizeMismatch,
    Unreachable,
)
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Manifest
from nbdock.reading import read
from nbdock.registry import upload
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credential
from nbdock.registry.repository import Repository
from nbdock.task import State, Task
from tests.parts import registries as parts
from tests.parts import storage
from tests.parts.programs import skopeo
from tests.parts.tokens import PASSWORD, USER
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server
from tests.registry.relay import relay

CONTENT = bytes(range(256)) * 4096
LAYER = Descriptor.of(media.OCI_LAYER, CONTENT)
CONFIG = b'{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}'
UPLOADS = "/v2/app/blobs/uploads"
CREATED = Reply(201)


def begun(session: str = "1", **headers: str) -> Reply:
    return Reply(202, headers={"Location": f"{UPLOADS}/{session}?state=a%3D", **headers})


def pieces(content: bytes = CONTENT) -> list[bytes]:
    return [content[start : start + 100_000] for start in range(0, len(content), 100_000)]


def target(client: Registry, host: str, repository: str = "app", task: Task | None = None) -> Repository:
    return client.repository(Reference.parse(f"{host}/{repository}"), task, push=True)


@pytest.fixture
def app(client: Registry, server: Server, task: Impatient) -> Repository:
    server.on(f"POST {UPLOADS}/", begun())
    return target(client, server.host, task=task)


def manifest(*layers: Descriptor) -> tuple[Descriptor, bytes]:
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": Descriptor.of(media.OCI_CONFIG, CONFIG).json(),
            "layers": [layer.json() for layer in layers],
        }
    ).encode()
    return Descriptor.of(media.OCI_MANIFEST, content), content


def copy(source: Repository, destination: Repository, reference: Reference) -> Descriptor:
    """One manifest with its parts, from place to place."""
    top = source.resolve(reference)
    raw = read(source, top)
    for part in Manifest.parse(raw).children:
        destination.write(part, source.open(part))
    destination.write(top, [raw])
    destination.tag(reference, top)
    return top


# Real registries


def test_what_is_pushed_is_what_skopeo_takes(
    client: Registry, registry: parts.Registry, empty_registry: parts.Registry, tmp_path: Path
) -> None:
    source = client.repository(Reference.parse(f"{registry.host}/library/httpd"))
    top = copy(source, target(client, empty_registry.host, "me/httpd"), Reference.parse("httpd:2.4"))
    there = f"{empty_registry.host}/me/httpd:2.4"
    shown = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{there}"))
    assert shown["Digest"] == str(top.digest)
    skopeo("copy", "--quiet", "--src-tls-verify=false", f"docker://{there}", f"dir:{tmp_path / 'copy'}")
    assert storage.raw_manifest(empty_registry, "me/httpd", "2.4") == storage.raw_manifest(
        registry, "library/httpd", "2.4"
    )


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("status", [429, 503])
def test_an_upload_waits_as_long_as_it_is_asked_to(
    app: Repository, server: Server, task: Impatient, method: str, status: int
) -> None:
    busy = Reply(status, headers={"Retry-After": "7"})
    server.on(f"POST {UPLOADS}/", *([busy] if method == "POST" else []), begun())
    server.on(f"PUT {UPLOADS}/1", *([busy] if method == "PUT" else []), CREATED)
    server.on(f"GET {UPLOADS}/1", Reply(204, headers={"Location": f"{UPLOADS}/1", "Range": "0-0"}))
    app.write(LAYER, pieces())
    assert task.slept == [7]


def test_what_is_there_is_known(client: Registry, registry: parts.Registry) -> None:
    repository = target(client, registry.host, "library/httpd")
    top = repository.resolve(Reference.parse("httpd:2.4"))
    layer = Manifest.parse(read(repository, top)).layers[0]
    assert repository.has(top)
    assert repository.has(layer)
    assert not repository.has(LAYER)
    assert list(repository.partial(LAYER)) == []


def test_a_blob_is_mounted_from_another_repository(
    client: Registry, empty_registry: parts.Registry, task: Impatient
) -> None:
    target(client, empty_registry.host, "base").write(LAYER, pieces())
    origins = {LAYER.digest: "base"}
    reference = Reference.parse(f"{empty_registry.host}/app")
    repository = client.repository(reference, task, push=True, origins=origins)
    repository.write(LAYER, never())
    assert repository.has(LAYER)
    assert [(told.state, told.text) for told in task.told] == [(State.MOUNTED, "Mounted from base")]


def never() -> Iterator[bytes]:
    raise AssertionError("what is mounted is not read")
    yield b""


def test_a_blob_that_cannot_be_mounted_is_sent(
    client: Registry, empty_registry: parts.Registry, task: Impatient
) -> None:
    reference = Reference.parse(f"{empty_registry.host}/app")
    repository = client.repository(reference, task, push=True, origins={LAYER.digest: "nowhere"})
    repository.write(LAYER, pieces())
    assert storage.blob(empty_registry, str(LAYER.digest)) == CONTENT
    assert task.told == []


def test_a_nondistributable_layer_is_not_pushed(app: Repository, server: Server) -> None:
    """Docker's own type; the copy of a whole image is in tests/test_copying.py."""
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    layer = Descriptor(foreign, LAYER.digest, LAYER.size, urls=("https://a.test/layer",))
    assert app.has(layer)
    assert server.requests == []


@pytest.mark.parametrize(
    "refusal",
    [
        *map(Reply, (200, 202, 400, 403, 404, 405, 500, 501, 503)),
        Reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'}),
        Reply(401),
        Reply(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}'),
        Reply(404, b'{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN"}]}'),
    ],
    ids=lambda reply: f"{reply.status} {reply.body.decode()}",
)
def test_a_mount_that_is_refused_becomes_an_upload(
    client: Registry, server: Server, task: Impatient, refusal: Reply
) -> None:
    server.on(f"POST {UPLOADS}/", refusal, begun())
    server.on(f"PUT {UPLOADS}/1", CREATED)
    reference = Reference.parse(f"{server.host}/app")
    client.repository(reference, task, push=True, origins={LAYER.digest: "other"}).write(LAYER, pieces())
    assert server.asked("PUT")[-1].body == CONTENT
    assert task.slept == []


def test_an_upload_that_begins_in_place_of_a_mount_is_continued(
    client: Registry, server: Server, task: Impatient
) -> None:
    server.on(f"POST {UPLOADS}/", begun())
    server.on(f"PUT {UPLOADS}/1", CREATED)
    reference = Reference.parse(f"{server.host}/app")
    client.repository(reference, task, push=True, origins={LAYER.digest: "other"}).write(LAYER, pieces())
    assert len(server.asked("POST")) == 1


def test_an_upload_that_is_forgotten_begins_anew(app: Repository, server: Server) -> None:
    server.on(f"POST {UPLOADS}/", begun("1"), begun("2"))
    server.on(f"PUT {UPLOADS}/1", Reply(404, b'{"errors": [{"code": "BLOB_UPLOAD_UNKNOWN"}]}'))
    server.on(f"PUT {UPLOADS}/2", CREATED)
    app.write(LAYER, pieces())
    assert server.asked("PUT")[-1].body == CONTENT


@pytest.mark.parametrize("answer", [Reply(416), Reply(202, headers={"Range": "0-99999"})], ids=["416", "less"])
@pytest.mark.parametrize("kept", [Reply(204, headers={"Range": "0-99999"}), Reply(404)], ids=["kept", "lost"])
def test_a_chunk_that_arrived_otherwise_is_asked_about(
    app: Repository, server: Server, monkeypatch: pytest.MonkeyPatch, answer: Reply, kept: Reply
) -> None:
    monkeypatch.setattr(upload, "_CHUNK", 300_000)
    server.on(f"PUT {UPLOADS}/1", Reply(411), CREATED)
    server.on(f"PATCH {UPLOADS}/1", answer, Reply(202))
    server.on(f"GET {UPLOADS}/1", kept)
    app.write(LAYER, pieces())
    begin = 100_000 if kept.status == 204 else 0
    assert b"".join(each.body for each in server.asked("PATCH")[1:]) == CONTENT[begin:]
    assert server.asked("PATCH")[1].headers["Content-Range"].startswith(f"{begin}-")


def test_a_push_over_a_line_that_breaks_arrives_whole(
    client: Registry, empty_registry: parts.Registry, task: Impatient
) -> None:
    with relay(empty_registry.host, breaks=[500_000, 1_500_000]) as line:
        target(client, line.host, task=task).write(LAYER, pieces())
    assert storage.blob(empty_registry, str(LAYER.digest)) == CONTENT
    assert [told.state for told in task.told] == [State.RETRYING] * 2


def test_an_empty_blob_is_pushed(client: Registry, empty_registry: parts.Registry) -> None:
    empty = Descriptor.of(media.OCI_LAYER, b"")
    target(client, empty_registry.host).write(empty, [])
    assert storage.blob(empty_registry, str(empty.digest)) == b""


def test_a_mount_asks_for_both_repositories(client: Registry, token_registry: parts.Registry) -> None:
    client.credentials.store(token_registry.host, Credential(USER, PASSWORD), session=True)
    reference = Reference.parse(f"{token_registry.host}/team/app")
    source = client.repository(Reference.parse(f"{token_registry.host}/library/httpd"))
    layer = Manifest.parse(read(source, source.resolve(Reference.parse("httpd:2.4")))).layers[0]
    repository = client.repository(reference, push=True, origins={layer.digest: "library/httpd"})
    repository.write(layer, never())
    assert token_registry.tokens.requests[-1].scopes == (
        "repository:team/app:pull,push",
        "repository:library/httpd:pull",
    )


def test_strangers_may_not_push(client: Registry, token_registry: parts.Registry) -> None:
    with pytest.raises(Denied, match="denied: requested access to the resource is denied") as failure:
        target(client, token_registry.host, "library/httpd").write(LAYER, pieces())
    assert f"nbdock login {token_registry.host}" in failure.value.hint


def test_a_registry_that_takes_nothing_says_so(client: Registry, readonly_registry: parts.Registry) -> None:
    with pytest.raises(BadResponse, match="405 Method Not Allowed"):
        target(client, readonly_registry.host).write(LAYER, pieces())


def test_a_manifest_before_its_parts_is_refused(client: Registry, empty_registry: parts.Registry) -> None:
    with pytest.raises(BlobNotFound, match="lacks a part of"):
        target(client, empty_registry.host).write(*parted(manifest(LAYER)))


def parted(made: tuple[Descriptor, bytes]) -> tuple[Descriptor, list[bytes]]:
    return made[0], [made[1]]


def test_a_second_tag_needs_nothing_but_the_manifest(client: Registry, empty_registry: parts.Registry) -> None:
    config = Descriptor.of(media.OCI_CONFIG, CONFIG)
    top, raw = manifest()
    repository = target(client, empty_registry.host)
    repository.write(config, [CONFIG])
    repository.write(top, [raw])
    again = target(client, empty_registry.host)
    again.tag(Reference.parse("app:one"), top)
    again.tag(Reference.parse("app"), top)
    assert set(again.tags()) == {"one", "latest"}


@pytest.mark.parametrize(
    ("sent", "problem"),
    [(CONTENT[:-1] + b"!", DigestMismatch), (CONTENT[:-1], SizeMismatch), (CONTENT + b"!", SizeMismatch)],
    ids=["changed", "short", "long"],
)
def test_what_is_not_the_descriptors_is_not_kept(
    client: Registry, empty_registry: parts.Registry, sent: bytes, problem: type[NbdockError]
) -> None:
    repository = target(client, empty_registry.host)
    with pytest.raises(problem):
        repository.write(LAYER, pieces(sent))
    assert not repository.has(LAYER)
    with pytest.raises(problem):
        repository.write(Descriptor(media.OCI_MANIFEST, LAYER.digest, LAYER.size), [sent])


# A registry that cuts uploads short


def test_an_upload_is_one_request_that_keeps_the_locations_query(app: Repository, server: Server) -> None:
    server.on(f"PUT {UPLOADS}/1", CREATED)
    app.write(LAYER, iter(pieces()))
    (sent,) = server.asked("PUT")
    assert sent.path == f"{UPLOADS}/1?state=a%3D&digest=sha256%3A{LAYER.digest.hex}"
    assert sent.body == CONTENT
    assert sent.headers["Content-Length"] == str(len(CONTENT))
    assert "Transfer-Encoding" not in sent.headers


def test_a_cut_upload_goes_on_where_the_registry_stands(app: Repository, server: Server, task: Impatient) -> None:
    server.on(f"PUT {UPLOADS}/1", Reply(takes=300_000))
    server.on(f"GET {UPLOADS}/1", Reply(204, headers={"Range": "0-299999", "Location": f"{UPLOADS}/2"}))
    server.on(f"PUT {UPLOADS}/2", CREATED)
    app.write(LAYER, pieces())
    first, second = server.asked("PUT")
    assert first.body + second.body == CONTENT
    assert second.headers["Content-Range"] == f"300000-{len(CONTENT) - 1}"
    assert [told.state for told in task.told] == [State.RETRYING]


def test_a_registry_that_is_gone_for_a_moment_is_waited_for(app: Repository, server: Server, task: Impatient) -> None:
    server.on(f"PUT {UPLOADS}/1", Reply(takes=300_000), CREATED)
    server.on(f"GET {UPLOADS}/1", *[Reply(takes=0)] * 5, Reply(204, headers={"Range": "0-299999"}))
    app.write(LAYER, pieces())
    assert [told.state for told in task.told] == [State.RETRYING] * 2


def test_an_upload_that_the_registry_forgot_begins_again(app: Repository, server: Server) -> None:
    server.on(f"POST {UPLOADS}/", begun("1"), begun("2"))
    server.on(f"PUT {UPLOADS}/1", Reply(takes=300_000))
    server.on(f"PUT {UPLOADS}/2", CREATED)
    app.write(LAYER, pieces())
    assert server.asked("PUT")[-1].body == CONTENT


def test_an_upload_that_was_continued_wrongly_begins_again(app: Repository, server: Server) -> None:
    server.on(f"POST {UPLOADS}/", begun("1"), begun("2"))
    server.on(f"PUT {UPLOADS}/1", Reply(takes=300_000), Reply(400, b'{"errors": [{"code": "DIGEST_INVALID"}]}'))
    server.on(f"GET {UPLOADS}/1", Reply(204, headers={"Range": "0-299999"}))
    server.on(f"PUT {UPLOADS}/2", CREATED)
    app.write(LAYER, pieces())
    assert server.asked("PUT")[-1].body == CONTENT


def test_a_registry_that_is_busy_is_tried_again(app: Repository, server: Server, task: Impatient) -> None:
    server.on(f"PUT {UPLOADS}/1", Reply(503), CREATED)
    app.write(LAYER, pieces())
    assert len(task.slept) == 1


def test_content_that_can_be_read_once_is_sent_once(app: Repository, server: Server) -> None:
    server.on(f"PUT {UPLOADS}/1", Reply(takes=300_000))
    with pytest.raises(Unreachable):
        app.write(LAYER, iter(pieces()))
    assert len(server.asked("PUT")) == 1


def test_a_blob_too_large_for_one_request_goes_in_chunks(app: Repository, server: Server) -> None:
    content = CONTENT * 10
    layer = Descriptor.of(media.OCI_LAYER, content)
    server.on(f"PUT {UPLOADS}/1", Reply(413), CREATED)
    server.on(f"PATCH {UPLOADS}/1", Reply(202, headers={"Location": f"{UPLOADS}/1?state=b"}))
    app.write(layer, pieces(content))
    sent = server.asked("PATCH")
    assert b"".join(each.body for each in sent) == content
    assert [each.headers["Content-Range"] for each in sent] == ["0-8399999", f"8400000-{len(content) - 1}"]
    assert server.asked("PUT")[-1].path == f"{UPLOADS}/1?state=b&digest=sha256%3A{layer.digest.hex}"
    assert server.asked("PUT")[-1].body == b""


@pytest.mark.parametrize(
    ("wanted", "length"), [("9000000", 9_000_000), ("9" * 5000, len(CONTENT * 10)), ("x", 8_400_000)]
)
def test_chunks_are_as_long_as_the_registry_wants_them(
    app: Repository, server: Server, wanted: str, length: int
) -> None:
    content = CONTENT * 10
    server.on(f"POST {UPLOADS}/", begun(**{"OCI-Chunk-Min-Length": wanted}))
    server.on(f"PUT {UPLOADS}/1", Reply(413), CREATED)
    server.on(f"PATCH {UPLOADS}/1", Reply(202))
    app.write(Descriptor.of(media.OCI_LAYER, content), pieces(content))
    assert len(server.asked("PATCH")[0].body) == length


def test_an_upload_that_is_given_up_is_forgotten(app: Repository, server: Server) -> None:
    forgotten = threading.Event()
    server.on(f"PUT {UPLOADS}/1", Reply(400))
    server.on(f"DELETE {UPLOADS}/1", Reply(204))
    server.watch(f"DELETE {UPLOADS}/1", forgotten)
    with pytest.raises(BadResponse):
        app.write(LAYER, pieces())
    assert forgotten.wait(10)


def test_a_cancelled_upload_ends_at_once(client: Registry, server: Server) -> None:
    task = Task()
    server.on(f"POST {UPLOADS}/", begun())
    server.on(f"PUT {UPLOADS}/1", Reply(silent=True))
    threading.Thread(target=lambda: server.reached.wait() and task.cancel()).start()
    with pytest.raises(Cancelled):
        target(client, server.host, task=task).write(LAYER, pieces())


def test_an_upload_may_go_to_another_host_without_the_password(
    client: Registry, server: Server, app: Repository
) -> None:
    client.credentials.store(server.host, Credential("alice", "s3cret"), session=True)
    with Server() as other:
        asks = Reply(401, headers={"WWW-Authenticate": "Basic"})
        server.on(f"POST {UPLOADS}/", asks, Reply(202, headers={"Location": f"{other.url}/upload?signed=x"}))
        other.on("PUT /upload", CREATED)
        app.write(LAYER, pieces())
    assert server.asked("POST")[-1].headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in other.asked("PUT")[0].headers


def test_a_digest_of_a_manifest_is_its_name(app: Repository, server: Server) -> None:
    top, raw = manifest()
    server.on(f"PUT /v2/app/manifests/{top.digest}", CREATED)
    server.on("PUT /v2/app/manifests/one", CREATED)
    app.write(top, [raw[:10], raw[10:]])
    app.tag(Reference.parse("app:one"), top)
    by_digest, by_tag = server.asked("PUT")
    assert (by_digest.body, by_digest.headers["Content-Type"]) == (raw, media.OCI_MANIFEST)
    assert (by_tag.path, by_tag.body) == ("/v2/app/manifests/one", raw)
    assert Digest.of(by_tag.body) == top.digest
