"""The list of images, and the questions of a page in general."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.back.watch import watch
from nbdock.errors import ImageNotFound, InvalidReference, UsageError

Ask = Callable[..., Any]


def test_one_row_an_image(dock: Dock, ask: Ask) -> None:
    dock.container_create("busybox", name="box")
    dock.tag("httpd:2.4", "mine:1")
    rows = {row["name"]: row for row in ask("images")["images"] if "httpd:2.2" not in row["tags"]}
    assert rows["httpd"]["tags"] == ["httpd:2.4", "httpd:latest", "mine:1"]
    assert rows["httpd"]["digests"][0].startswith("httpd@sha256:")
    assert rows["busybox"]["containers"] == ["box"] and rows["httpd"]["containers"] == []
    frame = dock.ls().set_index("repository").loc["busybox"]
    assert rows["busybox"]["size"] == frame["size_bytes"] and rows["busybox"]["id"] == frame["image_id"]
    assert rows["busybox"]["created"] == frame["created"].timestamp()
    assert 0 < rows["httpd"]["shared"] < rows["httpd"]["size"] and rows["busybox"]["shared"] == 0
    assert ask("image", name="mine:1") == rows["httpd"]
    json.dumps(rows)


def test_an_image_without_a_tag_is_dangling(dock: Dock, ask: Ask) -> None:
    dock.tag("busybox", "httpd:2.2")
    [row] = [row for row in ask("images")["images"] if row["dangling"]]
    assert row["tags"] == [] and row["name"] == "httpd"


def test_what_is_on_disk_and_what_can_be_freed(dock: Dock, ask: Ask) -> None:
    before = ask("usage")
    assert before["disk"] == dock.store.disk_usage()
    dock.container_create("httpd:2.4")
    assert ask("usage")["reclaimable"] < before["reclaimable"]


def test_a_tag_is_added(dock: Dock, ask: Ask) -> None:
    assert ask("tag", image="busybox", name="mine") == "mine:latest"
    with pytest.raises(InvalidReference):
        ask("tag", image="busybox", name="UPPER CASE")
    with pytest.raises(ImageNotFound):
        ask("image", name="nope")


def test_pages_are_told_when_the_store_changes(dock: Dock, told: list[dict[str, Any]]) -> None:
    dock.tag("busybox", "mine:1")
    watch.check()
    assert {"about": "store"} in told


def test_a_page_that_joins_is_told_what_is_shown(back: Backend) -> None:
    first: list[Any] = []
    second: list[Any] = []
    leave = back.join(first.append)
    back.show("pull 900", {"done": 1})
    leave_too = back.join(second.append)
    back.hide("pull 900")
    leave()
    leave_too()
    back.tell({"about": "nobody"})
    shown = {"about": "pull 900", "done": 1}
    assert first[-2:] == second[-2:] == [shown, {"about": "pull 900", "gone": True}]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("nope", {}),
        ("__class__", {}),
        ("tag", {"image": "busybox"}),
        ("tag", {"image": 3, "name": "a"}),
        ("tag", {"image": "busybox", "name": "a" * 10_001}),
        ("plan", {"images": ["a", 3]}),
        ("plan", {"images": "busybox"}),
        ("plan", {"images": [], "force": 1}),
        ("images", {"dock": "mine"}),
        ("images", {"backend": "mine"}),
    ],
)
def test_what_is_no_question_is_refused(name: str, asked: dict[str, Any], back: Backend) -> None:
    with pytest.raises(UsageError):
        back.ask(name, asked, Job())
