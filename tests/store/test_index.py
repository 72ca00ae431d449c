from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbdock.errors import StoreDamaged, StoreLocked
from nbdock.oci.reference import Reference
from nbdock.store import Store
from nbdock.store.lock import locked
from tests.parts.layout import REF_NAME
from tests.places import pull, target
from tests.store.audit import Json, audit, entries, names, swept

HELLO = target("hello-world").json()
NEW_NAME = Reference.parse("mine")
GARBAGE = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "no object": b"[]",
    "names that are no list": b'{"manifests": 1}',
    "names that are no objects": b'{"manifests": [1]}',
    "a name without a digest": b'{"manifests": [{}]}',
    "a digest that climbs": json.dumps({"manifests": [{**HELLO, "digest": "sha256:../../x"}]}).encode(),
    "a chosen image with half a character": json.dumps(
        {"manifests": [{**HELLO, "annotations": {"dev.nbdock.image": "\ud800"}}]}
    ).encode(),
    "a number that is none": b'{"manifests": [], "annotations": {"": NaN}}',
    "half of it": json.dumps({"manifests": [HELLO]}).encode()[:-20],
    "a chosen image that is none": json.dumps(
        {"manifests": [{**HELLO, "annotations": {"dev.nbdock.image": "{"}}]}
    ).encode(),
}


def add(root: Path, *foreign: Json, **more: Any) -> None:
    """As another tool does: entries at the end, and fields that nbdock knows nothing of."""
    index = json.loads((root / "index.json").read_text())
    (root / "index.json").write_text(json.dumps({**index, **more, "manifests": [*index["manifests"], *foreign]}))


def only(root: Path, *foreign: Json) -> None:
    (root / "index.json").write_text(json.dumps({"manifests": foreign}))


def named(name: str, **more: str) -> Json:
    return {**HELLO, "annotations": {REF_NAME: name, **more}}


def test_a_store_that_is_not_there_has_no_names_and_is_not_made_by_looking(store: Store, root: Path) -> None:
    assert store.names() == store.images() == store.problems == ()
    assert not root.exists()


def test_names_are_the_same_for_a_store_opened_anew(store: Store, root: Path) -> None:
    pull(store, "busybox")
    store.tag_image(NEW_NAME, store.images()[0])
    assert Store(root).names() == store.names()
    assert all(name.pulled_at or name.tagged_at for name in store.names())


@pytest.mark.parametrize("damage", GARBAGE)
def test_an_index_that_is_damaged_is_said_to_be_and_left_as_it_is(damage: str, store: Store, root: Path) -> None:
    pull(store, "hello-world")
    image = store.images()[0]
    (root / "index.json").write_bytes(GARBAGE[damage])
    for use in (store.names, store.images, lambda: store.tag_image(NEW_NAME, image), lambda: pull(store, "httpd:2.4")):
        with pytest.raises(StoreDamaged, match=r"index\.json cannot be read: invalid") as refusal:
            use()
        assert "saved copy" in refusal.value.hint
        assert refusal.value.problems
    assert (root / "index.json").read_bytes() == GARBAGE[damage]


def test_entries_of_other_tools_are_kept_as_they_are(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    foreign = [
        named("example.org/hello:1", **{"io.containerd.image.name": "example.org/hello:1"}),
        {**named("example.org/hello:2"), "platform": {"os": "linux", "architecture": "amd64"}, "x-field": [1]},
        {**named("example.org/hello:2"), "platform": {"os": "linux", "architecture": "arm64"}},
    ]
    add(root, *foreign, annotations={"org.example": "kept"}, **{"x-field": 1})
    store.tag_image(NEW_NAME, store.images()[0])
    pull(store, "httpd:2.4")
    store.removal(name for name in store.names() if "hello-world" in str(name.reference)).execute()
    assert [entry for entry in entries(root) if entry in foreign] == foreign
    index = json.loads((root / "index.json").read_text())
    assert (index["annotations"], index["x-field"]) == ({"org.example": "kept"}, 1)


@pytest.mark.parametrize(
    "name", ["Upper Case", "../../etc/passwd", "a" * 300, "\x00", "x@sha256:" + "0" * 32, "httpd@md5:" + "0" * 64]
)
def test_a_name_that_is_none_is_an_image_without_a_name(name: str, store: Store, root: Path) -> None:
    pull(store, "hello-world")
    add(root, named(name))
    assert [each.reference for each in store.names()][2:] == [None]
    store.removal(each for each in store.names() if each.reference).execute()
    audit(root)
    assert store.images()[0].dangling


def test_a_bare_tag_is_no_repository(store: Store, root: Path) -> None:
    """Skopeo writes what it is told: `oci:store:1.0` is an image of the tag 1.0, not one that is called 1.0."""
    pull(store, "hello-world")
    add(root, named("1.0"))
    assert [(name.reference, name.bare_tag) for name in store.names()][2:] == [(None, "1.0")]


def test_an_index_that_another_tool_wrote_is_whole(store: Store, root: Path) -> None:
    """Without nbdock's annotation all that is below an index belongs to its name."""
    pull(store, "busybox")
    only(root, {**target("busybox").json(), "annotations": {REF_NAME: "busybox"}})
    (image,) = store.images()
    assert image.config.platform.architecture == "amd64"
    assert [name.all_platforms for name in image.names] == [True]


def test_an_index_that_nothing_is_there_of_is_a_problem(store: Store, root: Path) -> None:
    pull(store, "busybox")
    only(root, {**target("busybox").json(), "annotations": {REF_NAME: "busybox"}})
    for path in root.glob("blobs/*/*"):
        path.unlink()
    (problem,) = store.problems
    assert problem.startswith("busybox: ")
    assert store.images() == ()


def test_writers_take_turns(store: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdock.store.lock._TIMEOUT", 0)
    with locked(root), pytest.raises(StoreLocked, match=r"another process keeps .* locked") as refusal:
        pull(Store(root), "hello-world")
    assert refusal.value.hint
    pull(Store(root), "hello-world")
    assert len(names(root)) == 2


def test_readers_wait_for_nobody(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    with locked(root):
        assert len(Store(root).images()) == 1


def test_what_fails_while_names_are_changed_changes_none(store: Store, root: Path) -> None:
    pull(store, "hello-world")
    before = (root / "index.json").read_bytes()
    with pytest.raises(RuntimeError), store._index.editing() as index:
        for name in store.names():
            index.remove([name])
        raise RuntimeError
    assert (root / "index.json").read_bytes() == before
    assert swept(root)[0] == names(root)
