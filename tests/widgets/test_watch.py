"""Changes by others are seen, at the price of two stats."""

from __future__ import annotations

import threading
from pathlib import Path

from nbdock.api import Dock
from nbdock.store import Store
from nbdock.widgets.watch import Watch


def tag_elsewhere(name: str) -> None:
    """As another kernel does: by a store object of its own."""
    store = Store(Dock().store.root)
    image = store.images()[0]
    store.tag_image(type(image.tags[0])("docker.io", f"library/{name}", "1"), image)


def test_what_another_kernel_does_is_told_once(dock: Dock) -> None:
    told: list[str] = []
    watch = Watch()
    leave = watch.follow(dock.store, lambda: told.append("changed"))
    watch.look()
    assert told == []
    tag_elsewhere("mine")
    watch.look()
    watch.look()
    assert told == ["changed"]
    leave()


def test_containers_are_followed_too(dock: Dock) -> None:
    told: list[str] = []
    watch = Watch()
    leave = watch.follow(dock.store, lambda: told.append("changed"))
    dock.container_create("busybox")
    watch.look()
    assert told == ["changed"]
    leave()


def test_it_looks_by_itself(dock: Dock) -> None:
    told = threading.Event()
    watch = Watch()
    leave = watch.follow(dock.store, told.set)
    tag_elsewhere("mine")
    assert told.wait(30)
    leave()


def test_one_thread_serves_all_and_ends_with_the_last(dock: Dock, tmp_path: Path) -> None:
    watch = Watch()
    before = threading.active_count()
    leaving = [watch.follow(store, lambda: None) for store in (dock.store, dock.store, Store(tmp_path))]
    assert threading.active_count() == before + 1
    (thread,) = (each for each in threading.enumerate() if each.name == "nbdock-watch")
    for leave in (*leaving, *leaving):
        leave()
    thread.join(30)
    assert not thread.is_alive()


def test_a_widget_that_cannot_be_drawn_does_not_keep_the_others_from_it(dock: Dock) -> None:
    told: list[str] = []
    watch = Watch()
    leaving = [watch.follow(dock.store, lambda: 1 / 0), watch.follow(dock.store, lambda: told.append("changed"))]
    tag_elsewhere("mine")
    watch.look()
    assert told == ["changed"]
    for leave in leaving:
        leave()
