"""The pull-through cache, with a real registry and with one that can be paused."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from nbdock.errors import BadResponse, BlobNotFound, Denied, ImageNotFound, RateLimited, Unauthorized, Unreachable
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.registry.client import Registry
from nbdock.registry.credentials import Credentials
from nbdock.registry.hosts import Hosts
from nbdock.server import Options, Server
from nbdock.server.pause import Pause
from nbdock.server.server import OpenUpstream
from nbdock.store import Store
from nbdock.task import Task
from tests.parts import registries
from tests.parts.images import filled
from tests.parts.programs import skopeo
from tests.parts.storage import manifest_digest
from tests.server.parts import digest, error, index, keep, manifest, noise

REPOSITORY = "library/app"
LAYERS = (b"first", b"second")


@dataclass
class Source:
    """A registry in memory that counts requests, and pauses in the middle of a blob while `held` is not set."""

    contents: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    held: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None

    def __post_init__(self) -> None:
        self.held.set()

    def __call__(self, _reference: Reference, task: Task) -> Source:
        return self

    def resolve(self, reference: Reference, /) -> Descriptor:
        self._ask(f"resolve {reference.digest or reference.tag}")
        content = self.contents.get(str(reference.digest)) or self.names.get(reference.tag or "")
        if content is None:
            raise ImageNotFound("manifest unknown")
        kind = media.OCI_INDEX if b'"manifests"' in content else media.OCI_MANIFEST
        return Descriptor(kind, Digest.parse(digest(content)), len(content))

    def open(self, descriptor: Descriptor, start: int = 0, /) -> Iterator[bytes]:
        self._ask(f"open {descriptor.digest}")
        content = self.contents.get(str(descriptor.digest))
        if content is None:
            raise BlobNotFound("blob unknown")
        middle = len(content) // 2
        yield content[:middle]
        if not media.is_manifest(descriptor.media_type):
            self.held.wait()
            self._fail()
        yield content[middle:]

    def tags(self) -> tuple[str, ...]:
        self._ask("tags")
        return tuple(self.names)

    def offer(self, tag: str, *layers: bytes) -> bytes:
        made = manifest(*layers)
        for content in (b"{}", *layers, made):
            self.contents[digest(content)] = content
        self.names[tag] = made
        return made

    def offer_index(self, tag: str, *manifests: bytes) -> bytes:
        self.names[tag] = made = index(*manifests)
        self.contents[digest(made)] = made
        return made

    def _ask(self, what: str) -> None:
        self.asked[what] += 1
        self._fail()

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


@pytest.fixture
def source() -> Source:
    return Source()


def serve(store: Store, open_upstream: OpenUpstream) -> Server:
    return Server(store, Options(port=0, proxy="docker.io"), open_upstream)


@pytest.fixture
def client(store: Store, source: Source) -> Iterator[httpx.Client]:
    server = serve(store, source)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client
    source.held.set()
    server.stop()


def down() -> Unreachable:
    return Unreachable("connection refused", host="registry.example")


def pull(client: httpx.Client, reference: str, repository: str = REPOSITORY) -> dict[str, bytes]:
    """Pull a manifest and all of its content, by digest."""
    response = client.get(f"/v2/{repository}/manifests/{reference}")
    assert response.status_code == 200, response.text
    found, document = {digest(response.content): response.content}, json.loads(response.content)
    for child in document.get("manifests", []):
        found |= pull(client, child["digest"], repository)
    for blob in [document["config"], *document["layers"]] if "layers" in document else []:
        found[blob["digest"]] = client.get(f"/v2/{repository}/blobs/{blob['digest']}").content
    return found


def wait(until: Callable[[], bool]) -> None:
    while not until():
        threading.Event().wait(0.001)


def tags(store: Store) -> set[str]:
    return {str(name.reference) for name in store.names() if name.reference and name.reference.tag}


def test_missing_content_is_downloaded_once(client: httpx.Client, source: Source) -> None:
    source.offer("1", *LAYERS)
    assert pull(client, "1") == pull(client, "1") == source.contents
    assert {what: count for what, count in source.asked.items() if what.startswith("open") and count > 1} == {}
    assert source.asked["resolve 1"] == 2


def test_head_of_a_blob_downloads_nothing(client: httpx.Client, source: Source) -> None:
    source.offer("1", *LAYERS)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    response = client.head(f"/v2/{REPOSITORY}/blobs/{digest(LAYERS[0])}")
    assert (response.status_code, response.headers["Content-Length"]) == (200, "5")
    assert source.asked[f"open {digest(LAYERS[0])}"] == 0


def test_an_image_is_tagged_when_it_is_complete(client: httpx.Client, source: Source, store: Store) -> None:
    source.offer("1", *LAYERS)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    client.get(f"/v2/{REPOSITORY}/blobs/{digest(LAYERS[0])}")
    assert not tags(store)
    pull(client, "1")
    wait(lambda: tags(store) == {f"docker.io/{REPOSITORY}:1"})


def test_an_index_is_tagged_when_one_image_is_complete(client: httpx.Client, source: Source, store: Store) -> None:
    first, second = source.offer("a", b"first"), source.offer("b", b"second")
    source.offer_index("1", first, second)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    pull(client, digest(second))
    wait(lambda: tags(store) == {f"docker.io/{REPOSITORY}:1"})
    assert {str(name.image.digest) for name in store.names()} == {digest(second)}
    pull(client, digest(first))
    wait(lambda: digest(first) in {str(name.image.digest) for name in store.names()})


def test_a_client_sees_bytes_as_they_arrive(client: httpx.Client, source: Source) -> None:
    layer = noise(1_000_000)
    source.offer("1", layer)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    source.held.clear()
    with client.stream("GET", f"/v2/{REPOSITORY}/blobs/{digest(layer)}") as response:
        received = b""
        for chunk in response.iter_raw():
            received += chunk
            if len(received) == len(layer) // 2:
                source.held.set()
    assert received == layer


def test_a_range_of_a_blob_being_downloaded(client: httpx.Client, source: Source) -> None:
    layer = noise(100_000)
    source.offer("1", layer)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    source.held.clear()
    url, wanted = f"/v2/{REPOSITORY}/blobs/{digest(layer)}", {"Range": "bytes=100-40000"}
    assert client.get(url, headers=wanted).content == layer[100:40_001]
    source.held.set()
    assert client.get(url, headers={"Range": "bytes=90000-"}).content == layer[90_000:]


def test_many_clients_cause_one_download_of_each_blob(client: httpx.Client, source: Source) -> None:
    layers = [noise(300_000) for _ in range(3)]
    source.offer("1", *layers)

    def another(_: int) -> dict[str, bytes]:
        with httpx.Client(base_url=client.base_url, timeout=60) as own:
            return pull(own, "1")

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(another, range(32)))
    assert found == [source.contents] * 32
    assert {source.asked[f"open {each}"] for each in source.contents} == {1}


def test_a_failed_download_fails_for_the_client_and_is_retried(
    client: httpx.Client, source: Source, store: Store
) -> None:
    layer = noise(100_000)
    source.offer("1", layer)
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    source.held.clear()
    with client.stream("GET", f"/v2/{REPOSITORY}/blobs/{digest(layer)}") as response:
        chunks = response.iter_raw()
        next(chunks)
        source.failure = down()
        source.held.set()
        with pytest.raises(httpx.RemoteProtocolError):
            list(chunks)
    source.failure = None
    assert not list((store.root / "ingest").iterdir())
    assert client.get(f"/v2/{REPOSITORY}/blobs/{digest(layer)}").content == layer


def test_content_with_another_digest_is_not_kept(client: httpx.Client, source: Source, store: Store) -> None:
    source.offer("1", b"layer")
    client.get(f"/v2/{REPOSITORY}/manifests/1")
    source.contents[digest(b"layer")] = b"LAYER"
    with contextlib.suppress(httpx.RemoteProtocolError):  # if some of it was sent already
        assert error(client.get(f"/v2/{REPOSITORY}/blobs/{digest(b'layer')}")) == (502, "UNKNOWN")
    wait(lambda: not list((store.root / "ingest").iterdir()))
    assert not (store.root / "blobs/sha256" / digest(b"layer")[7:]).exists()


def test_a_moved_tag_is_noticed(client: httpx.Client, source: Source, store: Store) -> None:
    source.offer("1", b"old")
    pull(client, "1")
    new = source.offer("1", b"new")
    assert digest(new) in pull(client, "1")
    wait(lambda: any(str(name.target.digest) == digest(new) for name in store.names()))


def test_cached_images_are_served_while_the_registry_is_down(client: httpx.Client, source: Source) -> None:
    made = source.offer("1", *LAYERS)
    found = pull(client, "1")
    source.failure = down()
    assert pull(client, "1") == pull(client, digest(made)) == found
    assert client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] == ["1"]
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/2")) == (502, "UNKNOWN")


def test_an_unresponsive_registry_does_not_block_cached_images(
    client: httpx.Client, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (source.offer("1", *LAYERS), pull(client, "1"))[1]
    monkeypatch.setattr("nbdock.server.content._RESOLVE_TIMEOUT", 0.01)
    response = threading.Event()
    monkeypatch.setattr(source, "resolve", lambda _: response.wait())
    assert pull(client, "1") == found
    response.set()


def test_errors_of_the_registry_are_passed_on(client: httpx.Client, source: Source) -> None:
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/1")) == (404, "MANIFEST_UNKNOWN")
    source.failure = RateLimited("too many requests", host="docker.io")
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/1")) == (429, "TOOMANYREQUESTS")
    assert error(client.get(f"/v2/{REPOSITORY}/blobs/{digest(b'x')}"))[0] == 404
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/.bad"))[0] == 400
    assert error(client.get(f"/v2/{REPOSITORY}/manifests/sha256:short")) == (400, "DIGEST_INVALID")


FOREIGN = f"localhost:5000/{REPOSITORY}:1"
"""An image of another registry in a repository of the same name."""
REFUSALS = (
    (Unauthorized("authentication required", host="docker.io"), 404),
    (Denied("access denied", host="docker.io"), 404),
    (ImageNotFound("manifest unknown"), 404),
    (RateLimited("too many requests", host="docker.io"), 429),
    (BadResponse("500", host="docker.io", status=500), 502),
)


@pytest.mark.parametrize(("failure", "status"), [*REFUSALS, (down(), 502)], ids=lambda each: type(each).__name__)
def test_an_image_of_another_registry_is_never_served(
    client: httpx.Client, source: Source, store: Store, failure: Exception, status: int
) -> None:
    kept = keep(store, FOREIGN, b"secret")
    source.failure = failure
    for reference in ("1", digest(kept)):
        assert client.get(f"/v2/{REPOSITORY}/manifests/{reference}").status_code == status
    assert client.get(f"/v2/{REPOSITORY}/blobs/{digest(b'secret')}").status_code == 404
    assert client.get(f"/v2/{REPOSITORY}/tags/list").status_code >= 400
    assert client.get("/v2/_catalog").json()["repositories"] == []
    assert tags(store) == {FOREIGN}


@pytest.mark.parametrize(
    ("failure", "status"),
    [(failure, status) for failure, status in REFUSALS if status != 429],
    ids=lambda each: type(each).__name__,
)
def test_a_refusal_of_the_registry_is_not_overruled(
    client: httpx.Client, source: Source, failure: Exception, status: int
) -> None:
    source.offer("1", *LAYERS)
    pull(client, "1")
    source.failure = failure
    assert client.get(f"/v2/{REPOSITORY}/manifests/1").status_code == status
    assert client.get(f"/v2/{REPOSITORY}/tags/list").status_code == status


def test_what_is_known_is_served_while_the_registry_s_limit_is_reached(client: httpx.Client, source: Source) -> None:
    source.offer("1", *LAYERS)
    found = pull(client, "1")
    source.failure = RateLimited("toomanyrequests: You have reached your pull rate limit.", host="docker.io")
    assert pull(client, "1") == found
    assert client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] == ["1"]


def test_a_refusal_is_passed_on_in_the_registry_s_words_and_says_when_it_goes_on(
    client: httpx.Client, source: Source
) -> None:
    source.failure = RateLimited("toomanyrequests: slowly, please", host="docker.io", retry_after=90.0)
    for number in (1, 2, 3):
        response = client.get(f"/v2/{REPOSITORY}/manifests/{number}")
        assert error(response) == (429, "TOOMANYREQUESTS") and 80 <= int(response.headers["Retry-After"]) <= 90
        message = response.json()["errors"][0]["message"]
        assert message.startswith("slowly, please; this cache asks docker.io again in ")
    assert client.get("/v2/library/other/tags/list").status_code == 429
    assert source.asked.total() == 1


def test_after_the_pause_the_registry_is_asked_again() -> None:
    clock = [0.0]
    pause = Pause(lambda: clock[0])
    pause.check()
    pause.begin(RateLimited("too many", host="docker.io", retry_after=10.0))
    clock[0] = 9.5
    with pytest.raises(RateLimited, match=r"again in [01] seconds"):
        pause.check()
    clock[0] = 10.0
    pause.check()


def test_a_gateway_without_its_registry_is_an_outage(client: httpx.Client, source: Source) -> None:
    found = (source.offer("1", *LAYERS), pull(client, "1"))[1]
    source.failure = BadResponse("503", host="docker.io", status=503)
    assert pull(client, "1") == found


def test_tags_are_listed_from_the_registry(client: httpx.Client, source: Source) -> None:
    source.offer("1", b"one")
    source.offer("2", b"two")
    pull(client, "1")
    assert client.get(f"/v2/{REPOSITORY}/tags/list").json()["tags"] == ["1", "2"]


def test_cached_images_survive_a_restart(store: Store, source: Source) -> None:
    source.offer("1", *LAYERS)
    found = []
    for _ in range(2):
        server = serve(store, source)
        with httpx.Client(base_url=server.url) as client:
            found.append(pull(client, "1"))
        wait(lambda: bool(tags(store)))
        server.stop()
        source.failure = down()
    assert found == [source.contents] * 2


def test_skopeo_copies_an_image_of_a_real_registry_through_the_cache(tmp_path: Path, store: Store) -> None:
    (tmp_path / "registry").mkdir()
    with registries.open_registry(filled(tmp_path / "registry")) as upstream:
        conf = tmp_path / "registries.conf"
        conf.write_text(f'[[registry]]\nprefix = "docker.io"\nlocation = "{upstream.host}"\ninsecure = true\n')
        registry = Registry(Hosts.load((conf,)), Credentials(tmp_path / "config.json"))
        server = serve(store, registry.repository)
        for number in range(2):
            copied = f"docker://{server.host}/library/busybox:1.35", f"dir:{tmp_path / str(number)}"
            skopeo("copy", "--all", "--src-tls-verify=false", *copied)
        server.stop()
        asked = Counter(each for each in upstream.requests() if each.startswith("GET") and "/blobs/" in each)
        assert asked and set(asked.values()) == {1}
        wanted = manifest_digest(upstream, "library/busybox", "1.35")
    assert digest((tmp_path / "1/manifest.json").read_bytes()) == wanted
    assert {str(name.target.digest) for name in store.names() if name.reference == Reference.parse("busybox:1.35")} == {
        wanted
    }
