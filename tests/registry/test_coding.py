"""Bodies that something on the way coded once more, or said so of."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from itertools import chain, repeat

import pytest

from nbdock.errors import BadResponse, DigestMismatch, InvalidContent, NbdockError
from nbdock.http import coding
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.verify import verified
from nbdock.reading import read
from nbdock.registry.client import Registry
from nbdock.registry.repository import Repository
from tests.registry.conftest import Impatient
from tests.registry.faults import Reply, Server
from tests.registry.test_repository import MANIFEST, name

PLAIN = random.Random(1).randbytes(100_000) + bytes(300_000)
LAYER = gzip.compress(PLAIN, mtime=0)
GZIP = {"Content-Encoding": "gzip"}
CHUNKED = {**GZIP, "Transfer-Encoding": "chunked"}


@pytest.fixture
def app(client: Registry, server: Server, task: Impatient) -> Repository:
    return client.repository(name(server.host), task)


def coded(body: bytes, **more: str) -> Reply:
    return Reply(200, gzip.compress(body), {**GZIP, **more})


def chunked(body: bytes) -> Reply:
    """The body without a length."""
    return Reply(200, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), {**CHUNKED, "Content-Length": ""})


def blob(server: Server, content: bytes, media_type: str, *replies: Reply) -> Descriptor:
    descriptor = Descriptor.of(media_type, content)
    server.on(f"GET /v2/app/blobs/{descriptor.digest}", *replies)
    return descriptor


def test_a_coded_manifest_is_decoded(app: Repository, server: Server) -> None:
    typed = {"Content-Type": media.OCI_MANIFEST}
    found = server.holds("app", MANIFEST, media.OCI_MANIFEST, "latest")
    for path in (found.digest, "latest"):
        for method in ("GET", "HEAD"):
            digest = {"Docker-Content-Digest": str(found.digest)}
            server.on(f"{method} /v2/app/manifests/{path}", coded(MANIFEST, **typed, **digest))
    assert app.resolve(name(server.host)) == found
    assert read(app, found) == MANIFEST


def test_a_coded_list_of_tags_is_decoded(app: Repository, server: Server) -> None:
    server.on("GET /v2/app/tags/list", coded(json.dumps({"tags": ["a"]}).encode()))
    assert app.tags() == ("a",)


def test_a_coded_token_is_decoded(app: Repository, server: Server) -> None:
    challenge = {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}
    server.on("GET /v2/app/tags/list", Reply(401, headers=challenge), Reply(200, b'{"tags": ["a"]}'))
    server.on("GET /token", coded(b'{"token": "abc"}'))
    assert app.tags() == ("a",)


def test_a_coded_error_is_read(app: Repository, server: Server) -> None:
    refusal = b'{"errors": [{"code": "UNSUPPORTED", "message": "not here"}]}'
    server.on("GET /v2/app/tags/list", Reply(400, gzip.compress(refusal), GZIP))
    with pytest.raises(BadResponse, match="not here"):
        app.tags()


@pytest.mark.parametrize("named", ["br", "deflate", "gzip, gzip"])
def test_a_coding_that_is_not_undone_is_named(app: Repository, server: Server, named: str) -> None:
    server.on("GET /v2/app/tags/list", Reply(200, zlib.compress(b"{}"), {"Content-Encoding": named}))
    with pytest.raises(BadResponse, match=f"a body coded as {named}"):
        app.tags()


@pytest.mark.parametrize("word", ["identity", "aws-chunked", "utf-8", ""])
def test_a_word_that_names_no_coding_is_none(app: Repository, server: Server, word: str) -> None:
    server.on("GET /v2/app/tags/list", Reply(200, b'{"tags": ["a"]}', {"Content-Encoding": word}))
    assert app.tags() == ("a",)


def test_a_small_body_that_grows_large_is_not_read(app: Repository, server: Server) -> None:
    server.on("GET /v2/app/tags/list", coded(bytes(media.MAX_CONFIG + 1)))
    with pytest.raises(BadResponse, match="more than"):
        app.tags()


def test_a_coded_body_that_is_cut_is_an_error(app: Repository, server: Server) -> None:
    server.on("GET /v2/app/tags/list", Reply(200, gzip.compress(b'{"tags": ["a"]}' * 99)[:-9], GZIP))
    with pytest.raises(NbdockError):
        app.tags()


@pytest.mark.parametrize(
    ("content", "media_type"), [(LAYER, f"{media.OCI_LAYER}+gzip"), (PLAIN, media.OCI_LAYER), (b"{}", media.OCI_CONFIG)]
)
@pytest.mark.parametrize("send", [coded, lambda body: chunked(gzip.compress(body))], ids=["length", "chunked"])
def test_a_coded_blob_is_decoded(
    app: Repository, server: Server, content: bytes, media_type: str, send: object
) -> None:
    found = blob(server, content, media_type, send(content))  # type: ignore[operator]
    assert b"".join(app.open(found)) == content


@pytest.mark.parametrize("send", [lambda body: Reply(200, body, GZIP), chunked], ids=["length", "chunked"])
def test_a_layers_own_compression_is_no_coding(app: Repository, server: Server, send: object) -> None:
    found = blob(server, LAYER, f"{media.OCI_LAYER}+gzip", send(LAYER))  # type: ignore[operator]
    assert b"".join(app.open(found)) == LAYER


def test_a_part_of_a_coded_blob_is_not_taken_for_a_part_of_the_blob(app: Repository, server: Server) -> None:
    sent = gzip.compress(LAYER)
    part = Reply(206, sent[1000:], {**GZIP, "Content-Range": f"bytes 1000-{len(sent) - 1}/{len(sent)}"})
    found = blob(server, LAYER, f"{media.OCI_LAYER}+gzip", part, coded(LAYER))
    assert b"".join(app.open(found, 1000)) == LAYER[1000:]
    assert ["Range" in each.headers for each in server.asked("GET")] == [True, False]


def test_a_part_of_a_blob_whose_own_compression_is_called_a_coding_is_taken(app: Repository, server: Server) -> None:
    part = Reply(206, LAYER[1000:], {**GZIP, "Content-Range": f"bytes 1000-{len(LAYER) - 1}/{len(LAYER)}"})
    found = blob(server, LAYER, f"{media.OCI_LAYER}+gzip", part)
    assert b"".join(app.open(found, 1000)) == LAYER[1000:]


def test_a_coded_blob_that_breaks_off_goes_on(app: Repository, server: Server) -> None:
    sent = gzip.compress(LAYER)
    part = Reply(206, sent[9:], {**GZIP, "Content-Range": f"bytes 9-{len(sent) - 1}/{len(sent)}"})
    found = blob(server, LAYER, f"{media.OCI_LAYER}+gzip", Reply(200, sent, GZIP, cut=70_000), part, coded(LAYER))
    assert b"".join(app.open(found)) == LAYER


def test_wrong_content_in_a_coding_is_still_wrong(app: Repository, server: Server) -> None:
    found = blob(server, PLAIN, media.OCI_LAYER, coded(PLAIN[::-1]))
    with pytest.raises(DigestMismatch):
        list(verified(found, app.open(found)))


def test_a_coding_of_nothing_without_end_is_given_up() -> None:
    started, nothing = gzip.compress(b"")[:10], b"\0\0\0\xff\xff" * 10_000
    endless, layer = chain([started], repeat(nothing)), Descriptor.of(f"{media.OCI_LAYER}+gzip", LAYER)
    with pytest.raises(InvalidContent):
        coding.content(layer, {"content-encoding": "gzip"}, endless)
