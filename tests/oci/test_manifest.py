"""Which image of an index serves a platform."""

from __future__ import annotations

import json

import pytest

from nbdock.oci import media
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


def test_only_attestations_are_no_image_for_anybody() -> None:
    assert chosen(index("unknown/unknown"), "linux/amd64") == []
