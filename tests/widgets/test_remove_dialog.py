"""Deletions: the plan, Undo, and the end of the time for it."""

from __future__ import annotations

from nbdock.api import Dock
from nbdock.widgets.dialogs import RemoveDialog
from nbdock.widgets.image_list import Images


def opened(dock: Dock) -> tuple[Images, RemoveDialog]:
    """The images of the dock, and the dialog, with an hour to undo."""
    images = Images(dock, grace=3600)
    return images, images.remove_dialog


def planned(dialog: RemoveDialog) -> list[str]:
    return [row[0] for row in dialog.table.rows]


def count(dock: Dock) -> int:
    return len(dock.ls())


def test_the_plan_is_shown_first(dock: Dock) -> None:
    images, dialog = opened(dock)
    before = dock.store.disk_usage()
    images.table.selected = ["docker.io/library/httpd:2.2"]
    images.delete.click()
    assert dialog.layout.display == ""
    assert planned(dialog)[0] == "httpd:2.2"
    assert any(row[2] == "image" for row in dialog.table.rows)
    assert dialog.confirm.description.startswith("Delete, freeing ")
    dialog.cancel.click()
    assert dialog.layout.display == "none"
    assert (count(dock), dock.store.disk_usage()) == (4, before)


def test_names_are_removed_at_once_and_content_later(dock: Dock) -> None:
    images, dialog = opened(dock)
    before = dock.store.disk_usage()
    dialog.delete(["httpd:2.2"])
    dialog.confirm.click()
    assert "httpd:2.2" not in [row[1] for row in images.table.rows]
    assert images.status.text.startswith("Deleted httpd:2.2. ")
    assert images.status.text.endswith(" will be freed.")
    assert dock.store.disk_usage() == before
    dialog.finish()
    assert dock.store.disk_usage() < before
    assert images.status.text.endswith(" freed.")
    assert dialog.undo.layout.display == "none"


def test_undo_restores_everything(dock: Dock) -> None:
    images, dialog = opened(dock)
    before = dock.ls()
    dialog.delete(["httpd:2.2", "busybox"])
    dialog.execute()
    assert dialog.undo.layout.display == ""
    dialog.undo.click()
    assert sorted(dock.ls()["reference"]) == sorted(before["reference"])
    assert images.status.text == "Restored httpd:2.2, busybox:latest."
    dialog.finish()
    assert count(dock) == 4


def test_the_next_deletion_finishes_the_one_before(dock: Dock) -> None:
    _, dialog = opened(dock)
    before = dock.store.disk_usage()
    dialog.delete(["httpd:2.2"])
    dialog.execute()
    dialog.delete(["busybox"])
    dialog.execute()
    assert dock.store.disk_usage() < before
    dialog.undo.click()
    assert "httpd:2.2" not in {f"{row.repository}:{row.tag}" for row in dock.ls().itertuples()}


def test_closing_finishes_the_deletion(dock: Dock) -> None:
    images, dialog = opened(dock)
    before = dock.store.disk_usage()
    dialog.delete(["httpd:2.2"])
    dialog.execute()
    images.close()
    assert dock.store.disk_usage() < before


def test_a_deletion_finishes_by_itself(dock: Dock) -> None:
    images = Images(dock, grace=0.0)
    before = dock.store.disk_usage()
    images.remove_dialog.delete(["httpd:2.2"])
    images.remove_dialog.execute()
    images.remove_dialog.timer.join(30)
    assert dock.store.disk_usage() < before


def test_an_image_in_use_is_refused_until_it_is_forced(dock: Dock) -> None:
    dock.container_create("busybox")
    _, dialog = opened(dock)
    dialog.delete(["busybox:latest"])
    assert "conflict: unable to remove repository reference" in dialog.refused.text
    assert "(must force)" in dialog.refused.text
    assert dialog.confirm.disabled
    assert dialog.force.layout.display == ""
    dialog.force.value = True
    assert not dialog.confirm.disabled
    assert dialog.refused.text == ""
    dialog.confirm.click()
    assert count(dock) == 3


def test_a_refusal_shows_the_familiar_name(dock: Dock) -> None:
    dock.tag("busybox", "mine:1")
    dock.rm("busybox")
    dock.container_create("mine:1")
    images, dialog = opened(dock)
    images.table.selected = ["docker.io/library/mine:1"]
    images.delete.click()
    assert 'repository reference "mine:1" (must force)' in dialog.refused.text


def test_one_refusal_does_not_stop_the_others(dock: Dock) -> None:
    _, dialog = opened(dock)
    dialog.delete(["nope", "httpd:2.2"])
    assert "No such image: nope" in dialog.refused.text
    assert planned(dialog)[0] == "httpd:2.2"
    assert dialog.force.layout.display == "none"


def test_a_shared_layer_is_kept(dock: Dock) -> None:
    _, dialog = opened(dock)
    dialog.delete(["httpd:2.2"])
    dialog.execute()
    dialog.finish()
    assert not dock.store.problems
    assert list(dock.history("httpd:2.4")["size_bytes"])


def test_prune_shows_unused_images(dock: Dock) -> None:
    dock.container_create("busybox")
    dock.tag("busybox", "httpd:2.2")
    _, dialog = opened(dock)
    dialog.prune()
    assert sum(row[2] == "image" for row in dialog.table.rows) <= 1
    dialog.everything.value = True
    assert any(name == "httpd:2.4" for name in planned(dialog))
    assert not any(name.startswith("busybox") for name in planned(dialog))
    dialog.confirm.click()
    assert set(dock.ls()["repository"]) == {"busybox", "httpd"}


def test_undo_leaves_a_name_that_was_given_to_another_image(dock: Dock) -> None:
    _, dialog = opened(dock)
    dialog.delete(["httpd:2.2"])
    dialog.execute()
    dock.tag("busybox", "httpd:2.2")
    dialog.undo.click()
    row = dock.ls("httpd:2.2").iloc[0]
    assert row["image_id"] == dock.ls("busybox").iloc[0]["image_id"]


def test_content_that_others_deleted_cannot_be_restored(dock: Dock) -> None:
    images, dialog = opened(dock)
    dialog.delete(["busybox"])
    dialog.execute()
    dock.store.delete(dialog.last_removal.removal.blobs)
    dialog.undo.click()
    assert images.status.tone == "error"
    assert count(dock) == 3


def test_undo_says_how_long_it_is_there(dock: Dock) -> None:
    _, dialog = opened(dock)
    dialog.delete(["busybox"])
    dialog.execute()
    while dialog.undo.description == "Undo":
        dialog.timer.join(0.01)
    assert dialog.undo.description == "Undo (3600 s)"
