"""The list of images, and the questions of a page in general."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend, backend
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


def test_the_first_rows_are_enough_to_begin_with(dock: Dock, ask: Ask) -> None:
    dock.tag("busybox", "httpd:2.2")
    dock.container_create("httpd:2.4")
    whole, first = ask("images"), ask("images", most=2)
    assert first["images"] == whole["images"][:2] and first["left"] == len(whole["images"]) - 2 > 0
    assert first["counts"] == whole["counts"] == {"all": 3, "used": 1, "unused": 2, "dangling": 1}
    assert ask("images", since=first["at"])["images"] == whole["images"]
    assert ask("images", most=3)["left"] == ask("images", most=-1)["left"] == 0


def test_a_page_that_comes_again_is_told_what_changed(dock: Dock, back: Backend, ask: Ask) -> None:
    first = ask("images")
    assert first["whole"] and len(first["images"]) == 3
    at = first["at"]
    same = ask("images", since=at)
    assert (same["at"], same["whole"], same["images"], same["gone"]) == (at, False, [], [])
    dock.tag("busybox", "mine:1")
    [changed] = ask("images", since=at)["images"]
    assert changed["tags"] == ["busybox:latest", "mine:1"]
    dock.rm("busybox", "mine:1")
    later = ask("images", since=at)
    assert later["images"] == [] and later["gone"] == [changed["id"]] and later["counts"]["all"] == 2
    dock.container_create("httpd:2.4", name="box")
    [used] = ask("images", since=later["at"])["images"]
    assert used["containers"] == ["box"]
    for stranger in (Backend(back.dock).ask("images", {}, Job())["at"], "", "x", f"{at.split()[0]} x", f"{at} 1"):
        assert ask("images", since=stranger)["whole"]


def test_what_is_on_disk_and_what_can_be_freed(dock: Dock, ask: Ask) -> None:
    before = ask("usage")
    content = [each for each in dock.store.root.glob("blobs/*/*") if each.is_file()]
    assert before["disk"] == sum(each.stat().st_size for each in content) > 0
    every = [name for image in dock.store.images() for name in image.names]
    assert before["reclaimable"] == dock.store.removal(every).reclaimed == dock.df()["reclaimable_bytes"][0]
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


def test_images_of_the_base_store_are_shown_and_not_removed(
    dock: Dock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NBDOCK_STORE_BASE", str(dock.store.root))
    monkeypatch.setenv("NBDOCK_STORE", str(tmp_path / "own"))
    back = backend()
    rows = back.ask("images", {}, Job())["images"]
    assert rows and all(row["read_only"] for row in rows)
    plan = back.ask("plan", {"images": [row["id"] for row in rows]}, Job())
    assert plan["rows"] == [] and len(plan["refused"]) == len(rows)
    assert all("it is in the base store" in each["message"] for each in plan["refused"])
    assert back.ask("prune_plan", {"everything": True}, Job())["rows"] == []
    assert all(name["read_only"] for name in back.ask("names", {"image": rows[0]["id"]}, Job())["names"])
    back.ask("tag", {"image": rows[0]["id"], "name": "mine:1"}, Job())
    assert back.ask("plan", {"images": [rows[0]["id"]]}, Job())["rows"][0]["names"] == ["mine:1"]
