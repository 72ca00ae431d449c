from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from nbdock.oci.reference import Reference
from nbdock.places import Image
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import Shelf, pull, pull_from
from tests.store.audit import audit, files, names, pass_time

OLD, NEW = "httpd:2.2", "httpd:2.4"


def image(store: Store, text: str) -> Image:
    return next(each for each in store.images() if Reference.parse(text) in each.tags)


def blobs_on_disk(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("blobs/*/*"))


def test_a_plan_tells_what_goes_and_takes_nothing_away(store: Store, root: Path) -> None:
    pull(store, NEW)
    plan = store.removal(image(store, NEW).names)
    assert plan.untagged[0].familiar == NEW
    assert plan.deleted == (image(store, NEW).id,)
    assert len(plan.layers) == 5
    assert len(plan.blobs) == len(files(root)["blobs"]) == 7
    assert plan.reclaimed == blobs_on_disk(root)
    audit(root)


def test_each_item_of_a_plan_frees_what_nothing_after_it_has(store: Store, root: Path) -> None:
    pull(store, NEW)
    pull(store, OLD)
    new, old = image(store, NEW), image(store, OLD)
    plan = store.removal(new.names)
    shared = {layer.descriptor.digest for layer in old.layers}
    assert [item.object for item in plan.items] == ["name", "name", "image", "layer", "layer"]
    assert [item.reclaimed for item in plan.items[:2]] == [0, 0]
    assert dict(plan.items[2].freed) == {each.digest: each.size for each in (new.descriptor, new.manifest.config)}
    for item, layer in zip(plan.items[3:], reversed(new.layers[3:]), strict=True):
        assert (item.what, item.diff_id, item.image_id) == (layer.descriptor.digest, layer.diff_id, new.id)
        assert item.reclaimed == (0 if item.what in shared else layer.descriptor.size)
    assert {0} < {item.reclaimed for item in plan.items[3:]}  # the empty layer is the other image's too, over another
    assert sum(item.reclaimed for item in plan.items) == plan.reclaimed


def test_an_index_is_freed_by_the_image_or_where_that_stays_by_the_last_of_its_names(store: Store) -> None:
    pull(store, "busybox")
    (busybox,) = store.images()
    index, manifest, config = busybox.names[0].target, busybox.descriptor, busybox.manifest.config
    plan = store.removal(busybox.names)
    assert [list(item.freed) for item in plan.items[:3]] == [[], [], [index.digest, manifest.digest, config.digest]]
    store.restore([replace(busybox.names[0], reference=Reference.parse("mine:1"), target=manifest)])
    plan = store.removal(busybox.names)
    assert [dict(item.freed) for item in plan.items] == [{}, {index.digest: index.size}]


def test_a_layer_that_an_image_has_twice_is_freed_once(store: Store) -> None:
    shelf = Shelf()
    layer = shelf.layer(file("f", b"content"))
    pull_from(shelf, shelf.image(layer, layer), store)
    plan = store.removal(store.names())
    layers = [item for item in plan.items if item.object == "layer"]
    assert [item.reclaimed for item in layers] == [0, layer.size]
    assert plan.execute().reclaimed == plan.reclaimed


def test_content_that_no_name_needs_is_an_item_of_its_own(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "index.json").unlink()
    pass_time(root)
    plan = store.removal((), orphans=True)
    assert {item.object for item in plan.items} == {"content"}
    assert {item.what for item in plan.items} == set(plan.blobs) and len(plan.blobs) == 7


def test_what_was_done_says_what_was_really_freed(store: Store, root: Path) -> None:
    pull(store, NEW)
    plan = store.removal(image(store, NEW).names)
    layer = image(store, NEW).layers[0].descriptor
    path = root / "blobs" / "sha256" / layer.digest.hex
    os.utime(path, (time.time() + 1, time.time() + 1))
    done = plan.execute()
    assert [item.reclaimed for item in done.items if item.what == layer.digest] == [0]
    assert done.reclaimed == plan.reclaimed - layer.size


def test_the_last_name_takes_the_bytes_with_it(store: Store, root: Path) -> None:
    pull(store, NEW)
    before = blobs_on_disk(root)
    assert store.removal(image(store, NEW).names).execute().reclaimed == before
    assert blobs_on_disk(root) == 0
    assert not any(files(root).values())
    assert store.images() == ()


def test_one_of_several_names_takes_nothing_but_itself(store: Store, root: Path) -> None:
    pull(store, NEW)
    store.tag_image(Reference.parse("mine"), image(store, NEW))
    plan = store.removal(image(store, NEW).names[:1])
    assert plan.deleted == plan.layers == plan.blobs == ()
    assert plan.execute().reclaimed == plan.reclaimed == 0
    assert len(store.images()[0].names) == 2
    audit(root)


def test_what_another_image_shares_stays(store: Store, root: Path) -> None:
    pull(store, NEW)
    pull(store, OLD)
    plan = store.removal(image(store, NEW).names)
    assert len(plan.layers) == 2
    before = blobs_on_disk(root)
    assert plan.execute().reclaimed == plan.reclaimed == before - blobs_on_disk(root)
    assert len(store.images()) == 1
    audit(root)


def test_of_an_index_goes_what_is_there(store: Store, root: Path) -> None:
    pull(store, "busybox")
    store.removal(store.names()).execute()
    assert not files(root)["blobs"]


def test_a_plan_spares_what_another_process_named_meanwhile(store: Store, root: Path) -> None:
    pull(store, NEW)
    plan = store.removal(image(store, NEW).names)
    other = Store(root)
    other.tag_image(Reference.parse("mine"), image(other, NEW))
    assert plan.execute().reclaimed == 0
    assert [str(tag.familiar) for tag in store.images()[0].tags] == ["mine:latest"]
    audit(root)


def test_a_plan_spares_a_name_that_was_given_anew(store: Store, root: Path) -> None:
    pull(store, OLD, to="httpd")
    plan = store.removal(image(store, "httpd:latest").names)
    pull(Store(root), NEW, to="httpd")
    plan.execute()
    assert image(store, "httpd:latest").id == image(store, "httpd:latest").manifest.config.digest
    assert len(store.images()) == 1
    audit(root)


def test_a_plan_spares_what_was_written_since(store: Store, root: Path) -> None:
    """A pull that has fetched a layer anew, and is about to name it."""
    pull(store, NEW)
    layer = image(store, NEW).layers[0].descriptor
    plan = store.removal(image(store, NEW).names)
    path = root / "blobs" / "sha256" / layer.digest.hex
    os.utime(path, (time.time() + 1, time.time() + 1))
    assert plan.execute().reclaimed == plan.reclaimed - layer.size
    assert files(root)["blobs"] == {layer.digest.hex}


def test_a_plan_that_is_carried_out_twice_does_it_once(store: Store) -> None:
    pull(store, NEW)
    plan = store.removal(image(store, NEW).names)
    assert plan.execute().reclaimed == plan.reclaimed
    assert plan.execute().reclaimed == 0


def test_what_broken_pulls_left_goes_when_no_pull_can_need_it(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "index.json").unlink()
    assert store.removal((), orphans=True).blobs == ()
    pass_time(root)
    plan = store.removal((), orphans=True)
    assert plan.execute().reclaimed == plan.reclaimed
    assert not files(root)["blobs"]
    assert not names(root)


def test_what_broken_downloads_left_is_counted_as_freed(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "ingest" / "left").write_bytes(bytes(1000))
    pass_time(root)
    assert store.removal(()).execute().reclaimed == 1000


def test_orphans_that_are_needed_after_all_stay(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "index.json").unlink()
    pass_time(root)
    plan = store.removal((), orphans=True)
    pull(Store(root), NEW)
    assert plan.execute().reclaimed == 0
    audit(root)
