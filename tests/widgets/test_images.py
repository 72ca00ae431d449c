from __future__ import annotations

import shutil
from pathlib import Path

from nbdock.api import Dock
from nbdock.back.watch import watch
from nbdock.widgets.image_list import Images
from nbdock.widgets.layer_list import Layers


def keys(images: Images) -> list[str]:
    return [row[0] for row in images.table.rows]


def names(images: Images) -> list[str]:
    """The names that are shown."""
    return [row[1] for row in images.table.rows]


def hub(*names: str) -> list[str]:
    """The keys of images from Docker Hub."""
    return [f"docker.io/library/{name}" for name in names]


def test_the_frame_is_what_ls_returns(dock: Dock) -> None:
    images = Images(dock)
    assert images.frame.equals(dock.ls())
    assert sorted(names(images)) == ["busybox:latest", "httpd:2.2", "httpd:2.4", "httpd:latest"]
    assert keys(images) == list(images.frame["reference"])


def test_the_selection_is_a_frame_that_can_be_observed_and_set(dock: Dock) -> None:
    images = Images(dock)
    seen: list[list[str]] = []
    images.observe(lambda change: seen.append(list(change["new"]["tag"])), "selected")
    images.table.selected = hub("httpd:2.2")
    images.selected = images.frame[images.frame["size_bytes"] > 100_000]
    assert sorted(images.table.selected) == hub("httpd:2.2", "httpd:2.4", "httpd:latest")
    assert [sorted(each) for each in seen] == [["2.2"], ["2.2", "2.4", "latest"]]


def test_the_filter_is_a_trait(dock: Dock) -> None:
    images = Images(dock)
    images.filter = "busy"
    assert images.table.filter == "busy"
    images.table.filter = "httpd"
    assert images.filter == "httpd"


def test_a_change_by_others_is_shown(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = hub("httpd:2.2", "busybox:latest")
    dock.tag("busybox", "mine:1")
    dock.rm("httpd:2.2")
    watch.check()
    assert sorted(names(images)) == ["busybox:latest", "httpd:2.4", "httpd:latest", "mine:1"]
    assert list(images.selected["repository"]) == ["busybox"]


def test_a_closed_widget_is_not_updated(dock: Dock) -> None:
    images = Images(dock)
    images.close()
    dock.tag("busybox", "mine:1")
    watch.check()
    assert len(images.frame) == 4


def test_closing_it_closes_the_layers_it_shows(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = hub("busybox:latest")
    images.history.click()
    layers = images.detail.children[0]
    images.close()
    dock.rm("busybox")
    watch.check()
    assert len(layers.frame) > 0


def test_an_image_in_use_is_marked(dock: Dock) -> None:
    dock.container_create("busybox")
    row = next(row for row in Images(dock).table.rows if row[1] == "busybox:latest")
    assert ("1 container", 1) in row


def test_buttons_are_enabled_for_what_can_be_done(dock: Dock) -> None:
    images = Images(dock)
    assert images.delete.disabled
    images.table.selected = hub("httpd:2.2")
    assert not any(button.disabled for button in (images.delete, images.tag, images.inspect, images.history))
    images.table.selected = hub("httpd:2.2", "httpd:2.4")
    assert not images.delete.disabled
    assert all(button.disabled for button in (images.tag, images.inspect, images.history))


def test_a_tag_can_be_added(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = hub("busybox:latest")
    images.tag.click()
    assert images.tag_dialog.layout.display == ""
    images.tag_dialog.name.value = "not a name"
    images.tag_dialog.execute()
    assert images.status.tone == "error"
    images.tag_dialog.name.value = "mine:1"
    images.tag_dialog.execute()
    assert "mine:1" in names(images)
    assert images.status.text == "Added the tag mine:1."
    assert images.tag_dialog.layout.display == "none"


def test_inspect_shows_the_card(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = hub("httpd:2.4")
    images.inspect.click()
    assert "httpd-foreground" in images.detail.children[0].value
    images.detail.children[1].click()
    assert not images.detail.children


def test_history_shows_the_layers(dock: Dock) -> None:
    images = Images(dock)
    images.table.selected = hub("httpd:2.4")
    images.history.click()
    assert isinstance(images.detail.children[0], Layers)
    assert images.detail.children[0].reference == "docker.io/library/httpd:2.4"
    assert images.detail.children[0].title.value.partition(">")[2].startswith("httpd:2.4: ")


def test_an_image_without_a_tag_can_be_deleted(dock: Dock) -> None:
    dock.tag("busybox", "httpd:2.2")
    images = Images(dock)
    (dangling,) = (key for key in keys(images) if "sha256:" in key)
    images.remove_dialog.delete([dangling])
    images.remove_dialog.execute()
    assert dangling not in keys(images)


def test_an_empty_store_is_not_an_error(home: object) -> None:
    images = Images()
    assert len(images.frame) == 0
    assert images.status.text == ""


def test_a_damaged_image_is_reported(dock: Dock, tmp_path: Path) -> None:
    image = next(image for image in dock.store.images() if image.tags[0].repository == "library/busybox")
    copied = shutil.copytree(dock.store.root, tmp_path / "damaged")
    (copied / "blobs" / "sha256" / image.descriptor.digest.hex).unlink()
    images = Images(Dock(copied))
    assert len(images.frame) == 3
    assert images.status.text.startswith("WARNING: busybox")
