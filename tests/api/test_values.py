"""Names, platforms and filters as text and as values; a wrong type is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nbdock
from nbdock.api import Dock
from nbdock.errors import UsageError
from tests.commands.conftest import console, dock, sample_store

__all__ = ["console", "dock", "sample_store"]


def tags(frame: Any) -> set[str]:
    return set(frame["reference"].dropna().map(lambda name: nbdock.Reference.parse(name).familiar))


def test_a_name_is_text_or_a_reference(dock: Dock) -> None:
    reference = nbdock.Reference.parse("httpd:2.4")
    assert dock.inspect(reference).equals(dock.inspect("httpd:2.4"))
    assert dock.history(reference).equals(dock.history("httpd:2.4"))
    assert len(dock.ls(reference)) == 1
    assert "mine:1.0" in tags(dock.tag(reference, nbdock.Reference.parse("mine:1.0")))


def test_an_image_is_found_by_its_digest(dock: Dock) -> None:
    image_id = dock.ls("httpd:2.4").image_id[0]
    assert dock.history(nbdock.Digest.parse(image_id)).image_id[0] == image_id


def test_a_platform_is_text_or_a_platform(dock: Dock) -> None:
    amd64 = nbdock.Platform.parse("linux/amd64")
    assert dock.inspect("httpd", platform=amd64).equals(dock.inspect("httpd", platform="linux/amd64"))


def several(dock: Dock) -> list[Any]:
    frame = dock.ls("httpd")
    names = frame.reference.tolist()
    return [names, tuple(names), frame.reference, frame, frame.image_id.drop_duplicates(), frame.reference.to_numpy()]


@pytest.mark.parametrize("number", range(6), ids=["list", "tuple", "Series", "frame", "ids", "array"])
def test_several_names_are_whatever_holds_them(dock: Dock, number: int) -> None:
    given = several(dock)[number]
    assert set(dock.history(given).image_id) == set(dock.ls("httpd").image_id)
    assert set(dock.layers(given).image_id) == set(dock.ls("httpd").image_id)


def test_without_names_everything_is_looked_at(dock: Dock) -> None:
    every = set(dock.ls().image_id)
    assert set(dock.history().image_id) == set(dock.layers().image_id) == every


def test_rm_takes_the_frame_that_ls_returned(dock: Dock) -> None:
    dock.tag("busybox", "hello-world")
    images = dock.ls()
    dangling = images.query("dangling")
    assert dangling.reference.isna().any() or len(dangling)
    dock.rm(dangling)
    assert not dock.ls().dangling.any()
    dock.rm(images[images.repository == "httpd"])
    assert not (dock.ls().repository == "httpd").any()


def test_a_frame_of_nothing_removes_nothing(dock: Dock) -> None:
    assert len(dock.rm(dock.ls("nosuch"))) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda dock: dock.inspect(5), "IMAGE must be str, Reference or Digest, not int"),
        (lambda dock: dock.rm([None]), "IMAGE must be str, Reference or Digest, not NoneType"),
        (lambda dock: dock.ls(no_trunc="yes"), "--no-trunc must be bool, not str"),
        (lambda dock: dock.ls(format=b"json"), "--format must be str, not bytes"),
        (lambda dock: dock.pull({"httpd": 1}), "must be str or Reference, not dict"),
        (
            lambda dock: dock.inspect("httpd", platform=("linux", "amd64")),
            "must be str or Platform, not tuple",
        ),
        (lambda dock: dock.search("x", limit="5"), "--limit must be int, not str"),
        (lambda dock: dock.search("x", limit=True), "--limit must be int, not bool"),
        (lambda dock: dock.tag("httpd", 1.5), "must be str or Reference, not float"),
        (lambda dock: dock.rm(dock.df()), "the frame names no images"),
        (lambda dock: dock.container_create("httpd", label=[1]), "--label must be str, not int"),
    ],
)
def test_a_wrong_type_is_one_clear_error(dock: Dock, call: Callable[[Any], object], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        call(dock)
    assert message in str(refusal.value) and refusal.value.hint


def test_labels_may_be_a_mapping(dock: Dock) -> None:
    made = dock.container_create("httpd", label={"a": "b"}, env={"PORT": "80"})
    assert made["labels"][0] == {"a": "b"}
