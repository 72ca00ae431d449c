"""What a registry, or somebody in its place, answers: headers, redirects, challenges, tokens, lists, errors."""

from __future__ import annotations

import gzip
import ssl
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbdock import human
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.registry import failures, hub
from nbdock.registry.auth import _Authorization, challenges
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.links import next_page
from nbdock.registry.proxies import Proxies
from nbdock.registry.transport import RateLimit, Response, Transport
from nbdock.registry.upload import _received
from nbdock.task import Task
from tests.fuzz.strategies import changed, documents, of_words, own_errors, spliced, texts
from tests.fuzz.test_oci import HEX, IMAGE, INDEX
from tests.registry.conftest import Impatient


def usually(*valid: str) -> st.SearchStrategy[str]:
    """One of these as often as something else."""
    return st.sampled_from(valid)


HOST = "127.0.0.1:5000"
CHALLENGE = of_words(
    "Bearer", "Basic", " ", ",", "=", '"', "realm", "https://auth.example.com/", "scope", "a:b:pull", "\\"
)
LINK = of_words("<", ">", ";", "rel", "=", '"', "next", "/v2/_catalog?last=x", ",", " ", "anchor", "\\")
ADDRESS = of_words(
    "http", "https", "://", "//", "/", "?", "#", "@", ":", "localhost", "127.0.0.1", "[::1]", "5000", "\\", "é", "."
)
NUMBER = of_words(
    "0", "7", "100", "-", "/", "*", "bytes ", "bytes=", ";w=21600", "Sat, 31 Oct 2015 22:22:56 GMT", "-0000"
)
ERROR = {"errors": [{"code": "DENIED", "message": "no", "detail": {}}], "details": "x"}
TOKEN = {"token": "x", "access_token": "y", "expires_in": 300, "refresh_token": "z"}
LOGIN = {"auth": "dXNlcjpwYXNzd29yZA==", "identitytoken": "", "registrytoken": ""}
HUB_IMAGE = {"os": "linux", "architecture": "arm", "variant": "v7", "digest": f"sha256:{HEX}", "size": 1}
HUB_TAG = {"name": "a", "star_count": 1, "last_updated": "2024-01-01T00:00:00Z", "images": [HUB_IMAGE]}
PAGE = {"tags": ["latest", "2.4"], "repositories": ["a", "b/c"], "results": [HUB_TAG], "next": "/v2/x?page=2"}
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": usually(media.OCI_MANIFEST, media.OCI_INDEX, "text/html") | texts,
        "Content-Length": usually("500") | NUMBER,
        "Content-Encoding": usually("gzip", "zstd", "br") | texts,
        "Content-Range": usually("bytes 0-7/500") | NUMBER,
        "Docker-Content-Digest": usually(f"sha256:{HEX}") | texts,
        "Link": usually('</v2/team/app/tags/list?last=x>; rel="next"') | LINK,
        "Location": usually("/v2/team/app/blobs/uploads/x", "https://example.com/x") | ADDRESS,
        "OCI-Chunk-Min-Length": usually("7") | NUMBER,
        "Range": usually("0-7") | NUMBER,
        "RateLimit-Limit": usually("100;w=21600") | NUMBER,
        "RateLimit-Remaining": usually("7;w=21600") | NUMBER,
        "Retry-After": usually("7") | NUMBER,
        "WWW-Authenticate": usually("Basic", f'Bearer realm="http://{HOST}/token",service="x"') | CHALLENGE,
    },
)
STATUS = st.sampled_from((200, 200, 201, 202, 202, 206, 301, 307, 401, 401, 403, 404, 413, 416, 429, 500, 503))


RESPONSES = st.builds(
    lambda status, headers, body: (status, _lines(headers), body),
    STATUS,
    HEADERS,
    documents(ERROR, TOKEN, PAGE, IMAGE, INDEX) | spliced(b"<!doctype html>", gzip.compress(b"{}")),
)
TLS = ssl.create_default_context()
"""Made once: it takes longer than all else of an example."""
BLOB = Descriptor.of(media.OCI_LAYER, b"layer" * 100)
ASK: dict[str, Callable[[Registry, str, Task], object]] = {
    "resolve": lambda registry, name, task: registry.repository(name, task).resolve(Reference.parse(name)),
    "open": lambda registry, name, task: list(registry.repository(name, task).open(BLOB)),
    "tags": lambda registry, name, task: registry.repository(name, task).tags(),
    "hub": lambda registry, name, task: list(hub.tags(registry._session, "team/app", 100, task)),
    "search": lambda registry, name, task: registry.search("x", host=name.partition("/")[0], task=task),
    "write": lambda registry, name, task: registry.repository(name, task, push=True).write(BLOB, [b"layer" * 100]),
    "login": lambda registry, name, task: registry.login(name.partition("/")[0], "user", "password", task),
}


@pytest.mark.parametrize("what", ASK)
@given(answers=st.lists(RESPONSES, min_size=1, max_size=4), login=changed(LOGIN))
@example(answers=[(200, httpx.Headers({"Content-Length": "9" * 5000}), b"{}")], login=LOGIN)
def test_responses(what: str, answers: list[tuple[int, httpx.Headers, bytes]], login: Any) -> None:
    """Each answer in turn, the last again and again."""
    with own_errors():
        credentials = Credentials()
        credentials.store(HOST, Credential.read(login if isinstance(login, dict) else LOGIN), session=True)
        registry = Registry(credentials=credentials, tls=TLS)
        _answering(registry._transport, answers)
        ASK[what](registry, f"{HOST}/team/app:latest", Impatient())


@given(CHALLENGE)
def test_challenges(header: str) -> None:
    for challenge in challenges(header):
        assert challenge.scheme and isinstance(challenge.scopes, tuple)


@given(LINK)
def test_links(header: str) -> None:
    assert (next_page(header) or "<").count("<") < 2


@given(ADDRESS)
def test_addresses(location: str) -> None:
    base = httpx.URL("https://registry.example.com")
    answered = httpx.Response(202, request=httpx.Request("GET", base))
    with own_errors():
        Response(answered, base, Task()).target(location.encode(errors="replace").decode())


@given(HEADERS.map(lambda headers: _lines(headers)), documents(ERROR))
def test_errors(known: httpx.Headers, body: bytes) -> None:
    code, words = failures.explain(body)
    assert len(words) <= 200 and human.printable(words) == words and isinstance(code, str)
    assert (failures._retry_after(known) or 0) >= 0
    limit = RateLimit.read(known)
    assert limit is None or limit.limit >= 0
    answered = httpx.Response(202, headers=known, request=httpx.Request("GET", "https://example.com"))
    assert _received(Response(answered, httpx.URL("https://example.com"), Task())) >= 0


@given(changed(TOKEN))
def test_tokens(source: Any) -> None:
    if isinstance(source, dict):
        with own_errors():
            _Authorization.read(source).header.encode("ascii")


@given(
    of_words("http://", "socks5://", "proxy.example.com", ":", "3128", "@", "user", "["),
    of_words("10.0.0.0/8", "*.", "example.com", ":", "443", ",", "["),
)
def test_proxies(proxy: str, exceptions: str) -> None:
    with own_errors():
        Proxies({"https": proxy, "no": exceptions}).find(httpx.URL("https://registry.example.com/v2/"))


def _lines(headers: dict[str, str]) -> httpx.Headers:
    """As they can arrive: without line ends, and as bytes that may be no text."""
    return httpx.Headers({name: "".join(value.split("\n")).encode(errors="replace") for name, value in headers.items()})


def _answering(transport: Transport, answers: list[tuple[int, httpx.Headers, bytes]]) -> None:
    left = chain(answers, repeat(answers[-1]))

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        status, headers, body = next(left)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    transport._schemes[HOST] = "http"
    vars(transport).update(_verified=httpx.Client(transport=httpx.MockTransport(answer)))
    vars(transport).update(_unverified=transport._verified)
