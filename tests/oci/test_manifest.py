"""Which image of an index serves a platform, and what is no manifest."""

from __future__ import annotations

import json

import pytest

from nbdock.errors import InvalidContent
from nbdock.oci import manifest, media
from nbdock.oci.manifest import Index
from nbdock.oci.platform import Platform


def index(*platforms: str | None, **annotated: str) -> Index:
    """Of children for these platforms, in order; child number n has n bytes."""
    children = []
    for size, text in enumerate(platforms):
        names = dict(zip(("os", "architecture", "variant"), (text or "").split("/"), strict=False))
        child = {"mediaType": media.OCI_MANIFEST, "digest": "sha256:" + f"{size:064x}", "size": size}
        children.append(child | ({"platform": names} if text else {}))
    for number, name in annotated.items():
        children[int(number.removeprefix("n"))]["annotations"] = {"vnd.docker.reference.type": name}
    return Index.parse(json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": children}).encode())


def chosen(made: Index, platform: str) -> list[int]:
    return [child.size for child in made.candidates(Platform.parse(platform))]


@pytest.mark.parametrize(
    ("platforms", "wanted", "order"),
    [
        (("linux/arm64", "linux/amd64"), "linux/amd64", [1]),
        (("linux/arm64/v8",), "linux/arm64", [0]),
        (("linux/386", "linux/amd64"), "linux/amd64", [1, 0]),
        (("linux/arm/v5", "linux/arm/v6", "linux/arm/v7"), "linux/arm/v7", [2, 1, 0]),
        (("linux/arm/v7", "linux/arm/v6"), "linux/arm/v6", [1]),
        (("linux/amd64/v3", "linux/amd64"), "linux/amd64", [1]),
        (("linux/amd64", "linux/amd64"), "linux/amd64", [0, 1]),
        (("windows/amd64", "linux/s390x"), "linux/amd64", []),
        ((None, "linux/amd64"), "linux/amd64", [1, 0]),
    ],
)
def test_the_best_comes_first_and_what_may_be_anything_last(
    platforms: tuple[str | None, ...], wanted: str, order: list[int]
) -> None:
    assert chosen(index(*platforms), wanted) == order


def test_attestations_are_never_chosen() -> None:
    told = index(
        "unknown/unknown", "linux/amd64", "linux/amd64", None, n1="attestation-manifest", n3="attestation-manifest"
    )
    assert chosen(told, "linux/amd64") == [2]
    assert [child.size for child in told.images] == [2]
    assert len(told.children) == 4  # they are kept all the same


EMPTY: dict[str, object] = {"mediaType": media.OCI_EMPTY, "digest": "sha256:" + "0" * 64, "size": 2}
MANIFEST: dict[str, object] = {"schemaVersion": 2, "config": EMPTY, "layers": []}
INDEX: dict[str, object] = {"schemaVersion": 2, "manifests": []}


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize(
    ("document", "more"),
    [
        (MANIFEST, {"manifests": []}),
        (MANIFEST, {"fsLayers": []}),
        (INDEX, {"config": EMPTY}),
        (INDEX, {"layers": []}),
        (INDEX, {"fsLayers": []}),
    ],
)
def test_what_could_be_a_manifest_and_an_index_is_refused(
    document: dict[str, object], more: dict[str, object], typed: bool
) -> None:
    media_type = media.OCI_MANIFEST if document is MANIFEST else media.OCI_INDEX
    raw = json.dumps(document | more | ({"mediaType": media_type} if typed else {})).encode()
    for points_to_it in (media_type, "" if typed else media_type):
        with pytest.raises(InvalidContent, match=r"ambiguous: an? (manifest|index) with the field") as refusal:
            manifest.parse(raw, points_to_it)
        assert refusal.value.hint


@pytest.mark.parametrize(
    ("own", "points_to_it"), [(media.OCI_MANIFEST, media.OCI_INDEX), (media.DOCKER_INDEX, media.OCI_MANIFEST)]
)
def test_a_manifest_does_not_pass_for_an_index(own: str, points_to_it: str) -> None:
    raw = json.dumps((INDEX if own in media.INDEXES else MANIFEST) | {"mediaType": own}).encode()
    with pytest.raises(InvalidContent, match="its descriptor or header says"):
        manifest.parse(raw, points_to_it)


def test_a_header_says_the_very_type_that_a_descriptor_may_leave_to_the_manifest() -> None:
    raw = json.dumps(MANIFEST | {"mediaType": media.DOCKER_MANIFEST}).encode()
    assert manifest.parse(raw, media.OCI_MANIFEST).media_type == media.DOCKER_MANIFEST
    with pytest.raises(InvalidContent, match="its header says"):
        manifest.parse_response(raw, media.OCI_MANIFEST)


def test_only_attestations_are_no_image_for_anybody() -> None:
    assert chosen(index("unknown/unknown"), "linux/amd64") == []
