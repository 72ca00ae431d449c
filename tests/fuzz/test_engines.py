"""What an engine, or somebody in its place, answers, and how its address is written."""

from __future__ import annotations

from pathlib import Path

import httpx
from hypothesis import given
from hypothesis import strategies as st

from nbdock import human
from nbdock.engines.address import Address
from nbdock.engines.client import Response
from nbdock.engines.failures import message
from nbdock.engines.images import EngineImage
from nbdock.task import Task
from tests.fuzz.strategies import documents, of_words, own_errors
from tests.fuzz.test_oci import HEX

IMAGE = {
    "Id": f"sha256:{HEX}",
    "RepoTags": ["app:dev", "<none>:<none>"],
    "RepoDigests": [f"app@sha256:{HEX}"],
    "Created": 1731000000,
    "Size": 100,
    "Labels": {"a": "b"},
    "Config": {"Labels": {"a": "b"}},
    "RootFS": {"Layers": [f"sha256:{HEX}"]},
}
LINE = {"stream": "Loaded image: app:dev\n", "error": "full", "errorDetail": {"message": "full"}}
ADDRESS = of_words(
    "unix", "tcp", "ssh", "npipe", "://", "/", "me", ":", "@", "[::1]", "box", "2375", "?", "#", "%", "é"
)


def response(body: bytes) -> Response:
    answered = httpx.Response(200, request=httpx.Request("GET", "http://engine"), content=body)
    made = Response(answered, Address(socket="/x.sock"), Task())
    made.body = body
    return made


@given(documents([IMAGE], [IMAGE, IMAGE]))
def test_images(body: bytes) -> None:
    with own_errors():
        for image in response(body).parse_each(EngineImage.read):
            assert image.size >= 0 and all(human.printable(tag.familiar) == tag.familiar for tag in image.tags)


@given(documents(LINE))
def test_lines(body: bytes) -> None:
    assert human.printable(message(body)) == message(body)
    with own_errors():
        assert human.printable(words := response(body).said(body)) == words


@given(ADDRESS, st.sampled_from(("docker", "podman")))
def test_addresses(text: str, kind: str) -> None:
    with own_errors():
        address = Address.parse(text, kind, "DOCKER_HOST", Path("/run"))
        assert bool(address.socket) != bool(address.host)
        assert httpx.URL(address.url).scheme == "http"
