"""The watch over stores, and work after a delay."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from pathlib import Path

from nbdock.api import Dock
from nbdock.back.jobs import Job
from nbdock.back.watch import Watch
from nbdock.errors import NbdockError, Refused
from nbdock.store import Store


def tag_elsewhere(name: str) -> None:
    """Add a tag as another kernel does, with a store object of its own."""
    store = Store(Dock().store.root)
    image = store.images()[0]
    store.tag_image(type(image.tags[0])("docker.io", f"library/{name}", "1"), image)


def test_a_change_by_another_kernel_is_told_once(dock: Dock) -> None:
    told: list[str] = []
    watch = Watch()
    leave = watch.follow(dock.store, lambda: told.append("changed"))
    watch.check()
    assert told == []
    tag_elsewhere("mine")
    watch.check()
    watch.check()
    assert told == ["changed"]
    leave()


def test_containers_are_followed_too(dock: Dock) -> None:
    told: list[str] = []
    watch = Watch()
    leave = watch.follow(dock.store, lambda: told.append("changed"))
    dock.container_create("busybox")
    watch.check()
    assert told == ["changed"]
    leave()


def test_stores_are_checked_without_being_asked(dock: Dock) -> None:
    told = threading.Event()
    watch = Watch()
    leave = watch.follow(dock.store, told.set)
    tag_elsewhere("mine")
    assert told.wait(30)
    leave()


def test_one_thread_watches_all_stores_and_ends_with_the_last_follower(dock: Dock, tmp_path: Path) -> None:
    watch = Watch()
    before = set(threading.enumerate())  # other tests may have left a watch of their own
    leaving = [watch.follow(store, lambda: None) for store in (dock.store, dock.store, Store(tmp_path))]
    (thread,) = set(threading.enumerate()) - before
    assert thread.name == "nbdock-watch"
    for leave in (*leaving, *leaving):
        leave()
    thread.join(30)
    assert not thread.is_alive()


def test_a_failing_widget_does_not_stop_the_others(dock: Dock) -> None:
    told: list[str] = []
    watch = Watch()
    leaving = [watch.follow(dock.store, lambda: 1 / 0), watch.follow(dock.store, lambda: told.append("changed"))]
    tag_elsewhere("mine")
    watch.check()
    assert told == ["changed"]
    for leave in leaving:
        leave()


def test_a_delayed_job_runs_in_the_callers_context() -> None:
    shell = ContextVar[str]("shell")
    shell.set("main")
    seen: list[str] = []
    job = Job()
    job.start(shell.get, seen.append, lambda error: None, delay=0.01)
    job.join()
    assert seen == ["main"]


def test_a_delayed_job_can_be_cancelled() -> None:
    ran: list[object] = []
    job = Job()
    job.start(lambda: ran.append("work"), ran.append, ran.append, delay=3600)
    job.cancel()
    job.join()
    assert ran == []


def test_an_error_of_a_job_is_passed_on() -> None:
    def refuse() -> None:
        raise Refused("conflict")

    failed: list[NbdockError] = []
    job = Job()
    job.start(refuse, lambda result: None, failed.append)
    job.join()
    assert [str(error) for error in failed] == ["conflict"]
