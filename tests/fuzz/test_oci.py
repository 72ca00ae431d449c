"""Names, digests, manifests, indexes and configs."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from nbdock.oci import fields, manifest, media, pattern, platform
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from tests.fuzz.strategies import changed, documents, of_words, own_errors, texts, values

HEX = "52" * 32
DESCRIPTOR = {
    "mediaType": media.OCI_LAYER,
    "digest": f"sha256:{HEX}",
    "size": 7,
    "urls": ["https://example.com/layer"],
    "annotations": {"a": "b"},
    "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
    "artifactType": "text/plain",
}
IMAGE = {
    "schemaVersion": 2,
    "mediaType": media.OCI_MANIFEST,
    "config": {**DESCRIPTOR, "mediaType": media.OCI_CONFIG},
    "layers": [DESCRIPTOR, DESCRIPTOR],
    "subject": DESCRIPTOR,
    "annotations": {"a": "b"},
}
INDEX = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [DESCRIPTOR, DESCRIPTOR], "subject": DESCRIPTOR}
CONFIG = {
    "os": "linux",
    "architecture": "arm64",
    "created": "2015-10-31T22:22:56.015925234Z",
    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{HEX}"]},
    "history": [{"created": "2015-10-31T22:22:56Z", "created_by": "/bin/sh -c #(nop) CMD", "empty_layer": True}],
    "config": {
        "Env": ["PATH=/bin"],
        "Cmd": ["sh"],
        "Labels": {"a": "b"},
        "ExposedPorts": {"80/tcp": {}},
        "Healthcheck": {"Test": ["CMD"], "Interval": 1},
        "User": "1000",
    },
}


@given(of_words("a", "A", "-", "_", ".", "/", ":", "@", "[", "]", "localhost", "docker.io", "sha256:", HEX, "5000"))
def test_references(text: str) -> None:
    with own_errors():
        parsed = Reference.parse(text)
        assert Reference.parse(str(parsed)) == parsed
        assert Reference.parse(parsed.familiar) == parsed


@given(of_words("sha256", "sha512", ":", HEX, "5", "f", "F"))
def test_digests(text: str) -> None:
    with own_errors():
        assert str(Digest.parse(text)) == text


@given(of_words("linux", "windows", "/", "arm", "arm64", "v7", "v8", "aarch64", "."))
def test_platforms(text: str) -> None:
    with own_errors():
        parsed = platform.Platform.parse(text)
        assert platform.Platform.parse(str(parsed)) == parsed
        assert parsed.runs(parsed)


@given(of_words("*", "?", "[", "]", "^", "-", "\\", "a", "z", "/", ":", "httpd", "&&", "[["), texts)
def test_patterns(text: str, tag: str) -> None:
    with own_errors():
        pattern.matches(text, Reference("docker.io", "library/httpd", tag))


@given(documents(IMAGE, INDEX, DESCRIPTOR), st.sampled_from((*media.INDEXES, *media.MANIFESTS, "", "text/html")))
def test_manifests(raw: bytes, media_type: str) -> None:
    with own_errors():
        parsed = manifest.parse_response(raw, media_type)
        assert manifest.parse(parsed.raw, parsed.media_type) == parsed
        for child in parsed.children:
            assert Descriptor.read(json.loads(json.dumps(child.json()))) == child


@given(documents(CONFIG))
def test_image_configs(raw: bytes) -> None:
    with own_errors():
        config = ImageConfig.parse(raw)
        json.dumps([config.json, config.labels, config.comment, config.exposed_ports], allow_nan=False)


@given(st.binary(max_size=50) | st.dictionaries(texts, values).map(lambda value: json.dumps(value).encode()))
def test_json(raw: bytes) -> None:
    with own_errors():
        found = fields.load(raw, "test")
        assert fields.load(json.dumps(found, allow_nan=False).encode(), "test") == found


@given(st.sampled_from(b"[{").flatmap(lambda byte: st.integers(0, 2000).map(lambda depth: bytes([byte]) * depth)))
def test_depth(opened: bytes) -> None:
    with own_errors():
        fields.load(
            b'{"":' + opened.replace(b"{", b'{"":') + b"1" + opened.translate(bytes.maketrans(b"[{", b"]}")) + b"}",
            "test",
        )


@given(of_words("2015-10-31", "T", "22:22:56", ".", "015925234", "Z", "+", "-", "99:99", "0001-01-01", "9999-12-31"))
def test_times(text: str) -> None:
    found = fields.time(text)
    assert found is None or found.tzinfo is not None


@given(changed(DESCRIPTOR))
def test_descriptors(source: object) -> None:
    with own_errors():
        if isinstance(source, dict):
            made = Descriptor.read(source)
            assert Descriptor.read(made.json()) == made
