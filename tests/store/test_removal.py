from __future__ import annotations

import os
import time
from pathlib import Path

from nbdock.oci.reference import Reference
from nbdock.places import Image
from nbdock.store import Store
from tests.places import pull
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


def test_the_last_name_takes_the_bytes_with_it(store: Store, root: Path) -> None:
    pull(store, NEW)
    before = blobs_on_disk(root)
    assert store.removal(image(store, NEW).names).execute() == before
    assert blobs_on_disk(root) == 0
    assert not any(files(root).values())
    assert store.images() == ()


def test_one_of_several_names_takes_nothing_but_itself(store: Store, root: Path) -> None:
    pull(store, NEW)
    store.alias(Reference.parse("mine"), image(store, NEW))
    plan = store.removal(image(store, NEW).names[:1])
    assert plan.deleted == plan.layers == plan.blobs == ()
    assert plan.execute() == plan.reclaimed == 0
    assert len(store.images()[0].names) == 2
    audit(root)


def test_what_another_image_shares_stays(store: Store, root: Path) -> None:
    pull(store, NEW)
    pull(store, OLD)
    plan = store.removal(image(store, NEW).names)
    assert len(plan.layers) == 2
    before = blobs_on_disk(root)
    assert plan.execute() == plan.reclaimed == before - blobs_on_disk(root)
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
    other.alias(Reference.parse("mine"), image(other, NEW))
    assert plan.execute() == 0
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
    assert plan.execute() == plan.reclaimed - layer.size
    assert files(root)["blobs"] == {layer.digest.hex}


def test_a_plan_that_is_carried_out_twice_does_it_once(store: Store) -> None:
    pull(store, NEW)
    plan = store.removal(image(store, NEW).names)
    assert plan.execute() == plan.reclaimed
    assert plan.execute() == 0


def test_what_broken_pulls_left_goes_when_no_pull_can_need_it(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "index.json").unlink()
    assert store.removal((), orphans=True).blobs == ()
    pass_time(root)
    plan = store.removal((), orphans=True)
    assert plan.execute() == plan.reclaimed
    assert not files(root)["blobs"]
    assert not names(root)


def test_what_broken_downloads_left_is_counted_as_freed(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "ingest" / "left").write_bytes(bytes(1000))
    pass_time(root)
    assert store.removal(()).execute() == 1000


def test_orphans_that_are_needed_after_all_stay(store: Store, root: Path) -> None:
    pull(store, NEW)
    (root / "index.json").unlink()
    pass_time(root)
    plan = store.removal((), orphans=True)
    pull(Store(root), NEW)
    assert plan.execute() == 0
    audit(root)
