"""The plan, the deletion, Undo, the sweep."""

from __future__ import annotations

from nbdock.api import Dock
from nbdock.widgets.image_list import Images
from nbdock.widgets.removing import Removing


def opened(dock: Dock) -> tuple[Images, Removing]:
    """The sweep is left to the test."""
    images = Images(dock, grace=3600)
    return images, images.removing


def planned(removing: Removing) -> list[str]:
    return [row[0] for row in removing.table.rows]


def count(dock: Dock) -> int:
    return len(dock.ls())


def test_first_there_is_only_a_plan(dock: Dock) -> None:
    images, removing = opened(dock)
    before = dock.store.disk_usage()
    images.table.selected = ["httpd:2.2"]
    images.delete.click()
    assert removing.layout.display == ""
    assert planned(removing)[0] == "httpd:2.2"
    assert any(row[2] == "image" for row in removing.table.rows)
    assert removing.agree.description.startswith("Delete, freeing ")
    removing.keep.click()
    assert removing.layout.display == "none"
    assert (count(dock), dock.store.disk_usage()) == (4, before)


def test_the_names_go_at_once_and_the_bytes_with_the_sweep(dock: Dock) -> None:
    images, removing = opened(dock)
    before = dock.store.disk_usage()
    removing.delete(["httpd:2.2"])
    removing.agree.click()
    assert "httpd:2.2" not in [row[0] for row in images.table.rows]
    assert images.status.text.startswith("Deleted httpd:2.2. ")
    assert images.status.text.endswith(" will be freed.")
    assert dock.store.disk_usage() == before
    removing.sweep()
    assert dock.store.disk_usage() < before
    assert images.status.text.endswith(" freed.")
    assert removing.undo.layout.display == "none"


def test_undo_brings_everything_back(dock: Dock) -> None:
    images, removing = opened(dock)
    before = dock.ls()
    removing.delete(["httpd:2.2", "busybox"])
    removing.execute()
    assert removing.undo.layout.display == ""
    removing.undo.click()
    assert sorted(dock.ls()["reference"]) == sorted(before["reference"])
    assert images.status.text == "Back: httpd:2.2, busybox:latest."
    removing.sweep()
    assert count(dock) == 4


def test_the_next_deletion_sweeps_the_one_before(dock: Dock) -> None:
    _, removing = opened(dock)
    before = dock.store.disk_usage()
    removing.delete(["httpd:2.2"])
    removing.execute()
    removing.delete(["busybox"])
    removing.execute()
    assert dock.store.disk_usage() < before
    removing.undo.click()
    assert "httpd:2.2" not in {f"{row.repository}:{row.tag}" for row in dock.ls().itertuples()}


def test_closing_sweeps(dock: Dock) -> None:
    images, removing = opened(dock)
    before = dock.store.disk_usage()
    removing.delete(["httpd:2.2"])
    removing.execute()
    images.close()
    assert dock.store.disk_usage() < before


def test_the_sweep_comes_by_itself(dock: Dock) -> None:
    images = Images(dock, grace=0.0)
    before = dock.store.disk_usage()
    images.removing.delete(["httpd:2.2"])
    images.removing.execute()
    images.removing.timer.join(30)
    assert dock.store.disk_usage() < before


def test_an_image_in_use_is_refused_in_dockers_words_until_it_is_forced(dock: Dock) -> None:
    dock.container_create("busybox")
    _, removing = opened(dock)
    removing.delete(["busybox:latest"])
    assert "conflict: unable to remove repository reference" in removing.refused.text
    assert "(must force)" in removing.refused.text
    assert removing.agree.disabled
    assert removing.force.layout.display == ""
    removing.force.value = True
    assert not removing.agree.disabled
    assert removing.refused.text == ""
    removing.agree.click()
    assert count(dock) == 3


def test_one_refusal_does_not_keep_the_next(dock: Dock) -> None:
    _, removing = opened(dock)
    removing.delete(["nope", "httpd:2.2"])
    assert "No such image: nope" in removing.refused.text
    assert planned(removing)[0] == "httpd:2.2"
    assert removing.force.layout.display == "none"


def test_a_layer_that_another_image_has_stays(dock: Dock) -> None:
    _, removing = opened(dock)
    removing.delete(["httpd:2.2"])
    removing.execute()
    removing.sweep()
    assert not dock.store.problems
    assert list(dock.history("httpd:2.4")["size_bytes"])


def test_prune_shows_what_is_not_used(dock: Dock) -> None:
    dock.container_create("busybox")
    dock.tag("busybox", "httpd:2.2")
    _, removing = opened(dock)
    removing.prune()
    assert sum(row[2] == "image" for row in removing.table.rows) <= 1
    removing.everything.value = True
    assert any(name == "httpd:2.4" for name in planned(removing))
    assert not any(name.startswith("busybox") for name in planned(removing))
    removing.agree.click()
    assert set(dock.ls()["repository"]) == {"busybox", "httpd"}


def test_a_name_that_another_image_took_meanwhile_stays_there(dock: Dock) -> None:
    _, removing = opened(dock)
    removing.delete(["httpd:2.2"])
    removing.execute()
    dock.tag("busybox", "httpd:2.2")
    removing.undo.click()
    row = dock.ls("httpd:2.2").iloc[0]
    assert row["image_id"] == dock.ls("busybox").iloc[0]["image_id"]


def test_what_was_swept_by_others_cannot_come_back(dock: Dock) -> None:
    images, removing = opened(dock)
    removing.delete(["busybox"])
    removing.execute()
    dock.store.delete(removing.deletion.removal.blobs)
    removing.undo.click()
    assert images.status.tone == "error"
    assert count(dock) == 3
