"""The picture of an image's hashes: each of them is drawn, and is what it is said to be."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.course import hashes, korean
from nbdock.demo import SAMPLES
from nbdock.demo.session import session
from nbdock.errors import ImageNotFound


@pytest.fixture
def dock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dock]:
    with session(Dock()) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield Dock()


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def blob(digest: str) -> bytes:
    return Path(SAMPLES, "blobs", *digest.split(":")).read_bytes()


def names(image: str) -> list[str]:
    return [box.name for box in hashes(image).boxes]


def test_each_hash_is_of_what_the_picture_says(dock: Dock) -> None:
    dock.pull("httpd", quiet=True)
    said, manifest, id, *rest = names("httpd")
    layers, diff_ids, chain_ids = rest[:6], rest[6:12], rest[12:]
    assert said == "none: this image is for one platform alone"
    assert manifest == sha(blob(manifest)) and json.loads(blob(manifest))["config"]["digest"] == id
    assert [layer["digest"] for layer in json.loads(blob(manifest))["layers"]] == layers
    assert id == sha(blob(id)) and json.loads(blob(id))["rootfs"]["diff_ids"] == diff_ids
    assert [sha(blob(layer)) for layer in layers] == layers
    assert [sha(gzip.decompress(blob(layer))) for layer in layers] == diff_ids
    chain = diff_ids[0]
    for chained, diff_id in zip(chain_ids[1:], diff_ids[1:], strict=True):
        chain = sha(f"{chain} {diff_id}".encode())
        assert chained == chain


def test_an_index_is_drawn_where_there_is_one(dock: Dock) -> None:
    dock.pull("busybox", quiet=True)
    index, manifest, *_ = names("busybox")
    assert index == sha(blob(index)) and manifest in {each["digest"] for each in json.loads(blob(index))["manifests"]}


def test_its_words_are_in_both_languages_and_its_hashes_the_same(dock: Dock) -> None:
    dock.pull("busybox", quiet=True)
    english, translated = hashes("busybox"), korean.hashes("busybox")
    assert [box.name for box in english.boxes] == [box.name for box in translated.boxes]
    for kind in ("index digest", "manifest digest", "image id", "layer digest", "diff id", "chain id"):
        assert kind in english.svg and korean.WORDS[kind] in translated.svg and kind in repr(english)
    assert "레이어 다이제스트" in repr(translated) and english.svg.startswith("<svg ")


def test_an_image_without_a_digest_has_no_manifest_of_a_registry(dock: Dock, tmp_path: Path) -> None:
    dock.pull("httpd", quiet=True)
    dock.save("httpd", tmp_path / "httpd.tar")
    dock.rm("httpd")
    dock.load(tmp_path / "httpd.tar")
    assert len(names("httpd")) == 3 + 3 * 6


def test_an_image_that_is_not_here_is_not_found(dock: Dock) -> None:
    with pytest.raises(ImageNotFound):
        hashes("httpd")
