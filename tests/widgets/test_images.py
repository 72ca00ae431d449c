from __future__ import annotations

import shutil
from pathlib import Path

from nbdock import commands
from nbdock.dock.dock import Dock
from nbdock.widgets.image_list import Images
from nbdock.widgets.layer_list import Layers
from nbdock.widgets.watch import watch


def names(images: Images) -> list[str]:
    return [row[0] for row in images.table.rows]


def test_the_frame_is_what_ls_returns(dock: Dock) -> None:
    images = Images(dock)
    assert images.frame.equals(commands.ls(dock))
    assert sorted(names(images)) == ["busybox:latest", "httpd:2.2", "httpd:2.4", "httpd:latest"]


def test_what_is_selected_is_a_frame_to_observe_and_to_set(dock: Dock) -> None:
    images = Images(dock)
    seen: list[list[str]] = []
    images.observe(lambda change: seen.append(list(change["new"]["tag"])), "selected")
    images.table.selected = ["httpd:2.2"]
    images.selected = images.frame[images.frame["size_bytes"] > 100_000]
    assert sorted(images.table.selected) == ["httpd:2.2", "httpd:2.4", "httpd:latest"]
    assert [sorted(each) for each in seen] == [["2.2"], ["2.2", "2.4", "latest"]]


def test_the_filter_is_a_trait(dock: Dock) -> None:
    images = Images(dock)
    images.filter = "busy"
    assert images.table.filter == "busy"
    images.table.filter = "httpd"
    assert images.filter == "httpd"


def test_a_change_by_others_shows(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = ["httpd:2.2", "busybox:latest"]
    commands.tag(dock, "busybox", "mine:1")
    commands.rm(dock, "httpd:2.2")
    watch.look()
    assert sorted(names(images)) == ["busybox:latest", "httpd:2.4", "httpd:latest", "mine:1"]
    assert list(images.selected["repository"]) == ["busybox"]


def test_a_closed_widget_follows_no_more(dock: Dock) -> None:
    images = Images(dock)
    images.close()
    commands.tag(dock, "busybox", "mine:1")
    watch.look()
    assert len(images.frame) == 4


def test_an_image_in_use_says_so(dock: Dock) -> None:
    commands.container_create(dock, "busybox")
    row = next(row for row in Images(dock).table.rows if row[0] == "busybox:latest")
    assert ("1 container", 1) in row


def test_buttons_are_there_for_what_can_be_done(dock: Dock) -> None:
    images = Images(dock)
    assert images.delete.disabled
    images.table.selected = ["httpd:2.2"]
    assert not any(button.disabled for button in (images.delete, images.tag, images.inspect, images.history))
    images.table.selected = ["httpd:2.2", "httpd:2.4"]
    assert not images.delete.disabled
    assert all(button.disabled for button in (images.tag, images.inspect, images.history))


def test_a_further_name(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = ["busybox:latest"]
    images.tag.click()
    assert images.naming.layout.display == ""
    images.naming.name.value = "not a name"
    images.naming.execute()
    assert images.status.tone == "error"
    images.naming.name.value = "mine:1"
    images.naming.execute()
    assert "mine:1" in names(images)
    assert images.status.text == "busybox:latest is mine:1 too."
    assert images.naming.layout.display == "none"


def test_inspect_shows_the_card(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = ["httpd:2.4"]
    images.inspect.click()
    assert "httpd-foreground" in images.detail.children[0].value
    images.detail.children[1].click()
    assert not images.detail.children


def test_history_shows_the_layers(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = ["httpd:2.4"]
    images.history.click()
    assert isinstance(images.detail.children[0], Layers)
    assert images.detail.children[0].reference == "httpd:2.4"


def test_an_image_without_a_name_is_known_by_its_id(dock: Dock) -> None:
    commands.tag(dock, "busybox", "httpd:2.2")
    images = Images(dock)
    (dangling,) = (name for name in names(images) if name.startswith(("sha256:", "httpd@")))
    images.removing.delete([dangling])
    images.removing.execute()
    assert dangling not in names(images)


def test_an_empty_store_is_no_error(home: object) -> None:
    images = Images()
    assert len(images.frame) == 0
    assert images.status.text == ""


def test_a_damaged_image_is_told_of(dock: Dock, tmp_path: Path) -> None:
    image = next(image for image in dock.store.images() if image.tags[0].repository == "library/busybox")
    copied = shutil.copytree(dock.store.root, tmp_path / "damaged")
    (copied / "blobs" / "sha256" / image.descriptor.digest.hex).unlink()
    images = Images(Dock(copied))
    assert len(images.frame) == 3
    assert images.status.text.startswith("WARNING: busybox")
