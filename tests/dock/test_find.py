"""Which image is meant: by what was typed, by a reference, by an id."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.dock.find import Wanted, find
from nbdock.dock.removing import select
from nbdock.errors import AmbiguousId, ImageNotFound, InvalidReference
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.parts.many import fill


@pytest.fixture
def store(tmp_path: Path) -> Store:
    fill(tmp_path, 3)
    return Store(tmp_path)


def test_what_is_typed_is_a_name_an_id_or_either() -> None:
    name = Reference.parse("httpd:latest")
    assert Wanted.parse("httpd") == Wanted("httpd", name, "")
    assert Wanted.parse("abc") == Wanted("abc", Reference.parse("abc:latest"), "abc")
    assert Wanted.parse("a" * 64) == Wanted("a" * 64, None, "a" * 64)
    assert Wanted.parse("sha256:" + "a" * 64).reference is None
    with pytest.raises(InvalidReference):
        Wanted.parse("Not A Name")


def test_values_are_found_like_text(store: Store) -> None:
    image = store.images()[1]
    (tag,) = image.tags
    for wanted in (tag, tag.familiar, image.id, str(image.id), image.id.hex[:12], Wanted.parse(tag.familiar)):
        assert find(wanted, store.images()).image == image
        assert find(wanted, list(store.images())).image == image
    assert find(tag, store.images()).name == image.names[0]
    assert find(image.id, store.images()).name is None


def test_a_reference_is_never_an_id(store: Store) -> None:
    image = store.images()[0]
    with pytest.raises(ImageNotFound):
        find(Reference.parse(image.id.hex[:12]), store.images())
    with pytest.raises(ImageNotFound, match="No such image: sha256:0000"):
        find(Digest("sha256", "0" * 64), store.images())


def test_an_id_must_be_of_one_image(store: Store) -> None:
    starts = [image.id.hex[:1] for image in store.images()]
    several = next((start for start in starts if starts.count(start) > 1), None)
    if several:
        with pytest.raises(AmbiguousId, match="is the beginning of"):
            find(f"sha256:{several}", store.images())


def test_values_are_selected_for_removal_like_text(store: Store) -> None:
    first, second, third = store.images()
    chosen = select([first.tags[0], second.id, third.tags[0].familiar, "nosuch"], store.images(), (), force=False)
    assert chosen.names == (*first.names, *second.names, *third.names)
    assert [str(error) for error in chosen.errors] == ["No such image: nosuch:latest"]


def test_what_is_selected_once_is_not_there_twice(store: Store) -> None:
    image = store.images()[0]
    chosen = select([image.tags[0], image.tags[0], image.id], store.images(), (), force=False)
    assert (chosen.names, len(chosen.errors)) == (image.names, 2)
