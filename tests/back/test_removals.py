"""Removals: the plan, Undo, and the end of the time for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.errors import BlobNotFound, UsageError

Ask = Callable[..., Any]


def id_of(dock: Dock, name: str) -> str:
    return str(dock.ls(name).iloc[0]["image_id"])


def test_the_plan_says_what_is_freed_and_what_is_kept_for_whom(dock: Dock, ask: Ask) -> None:
    before = dock.store.disk_usage()
    plan = ask("plan", images=[id_of(dock, "httpd:2.4"), id_of(dock, "busybox")])
    rows = {row["name"]: row for row in plan["rows"]}
    httpd, busybox = rows["httpd:2.4"], rows["busybox:latest"]
    assert {"httpd:2.4", "httpd:latest"} <= set(httpd["names"]) and httpd["deleted"]
    assert httpd["for"] == ["httpd:2.2"] and httpd["kept"] > 0 and busybox["kept"] == 0
    assert httpd["frees"] + busybox["frees"] == plan["frees"] and plan["others"] == 0
    assert dock.store.disk_usage() == before


def test_the_bytes_of_a_plan_are_those_that_are_freed(dock: Dock, ask: Ask) -> None:
    ids = [row["id"] for row in ask("images")["images"]]
    plan, before = ask("plan", images=ids), dock.store.disk_usage()
    ask("finish", number=ask("remove", images=ids))
    assert before - dock.store.disk_usage() >= plan["frees"] == sum(row["frees"] for row in plan["rows"]) > 0


def test_names_are_removed_at_once_and_content_later(dock: Dock, ask: Ask, told: list[dict[str, Any]]) -> None:
    before = dock.store.disk_usage()
    number = ask("remove", images=[id_of(dock, "httpd:2.2")])
    assert "2.2" not in set(dock.ls()["tag"])
    assert dock.store.disk_usage() == before
    ask("finish", number=number)
    assert dock.store.disk_usage() < before
    about = [message for message in told if message["about"] == f"removal {number}"]
    assert about[-1] == {"about": f"removal {number}", "gone": True}
    assert about[-2]["freed"] > 0 and about[-2]["names"] == ["httpd:2.2"]
    assert not dock.store.problems and list(dock.history("httpd:2.4")["size_bytes"])


def test_undo_restores_everything(dock: Dock, ask: Ask) -> None:
    before = sorted(dock.ls()["reference"])
    number = ask("remove", images=[id_of(dock, "httpd:2.2"), id_of(dock, "busybox")])
    assert len(dock.ls()) == 2
    assert ask("undo", number=number) > 0
    assert sorted(dock.ls()["reference"]) == before
    assert ask("undo", number=number) == 0


def test_it_ends_by_itself_and_says_how_long_it_can_be_undone(
    dock: Dock, ask: Ask, back: Backend, told: list[dict[str, Any]]
) -> None:
    back.grace = 0.05
    before = dock.store.disk_usage()
    number = ask("remove", images=[id_of(dock, "busybox")])
    while back.removals.get(number):
        back.removals[number].timer.join(0.01)
    assert dock.store.disk_usage() < before
    assert [each["left"] for each in told if each["about"] == f"removal {number}" and "left" in each] == [1, 0]


def test_a_single_name_is_removed(dock: Dock, ask: Ask) -> None:
    [row] = ask("plan", images=["httpd:2.4"])["rows"]
    assert row["names"] == ["httpd:2.4"] and not row["deleted"] and row["frees"] == 0
    ask("remove", images=["httpd:2.4"])
    assert "httpd:latest" in ask("image", name="httpd")["tags"]


def test_an_image_in_use_is_refused_until_it_is_forced(dock: Dock, ask: Ask) -> None:
    dock.container_create("busybox", name="box")
    wanted = [id_of(dock, "busybox"), id_of(dock, "httpd:2.2"), "nope"]
    plan = ask("plan", images=wanted)
    used, nope = plan["refused"]
    assert used["message"] == "busybox:latest is in use by 1 container: box" and used["in_use"]
    assert "No such image: nope" in nope["message"] and not nope["in_use"]
    assert [row["name"] for row in plan["rows"]] == ["httpd:2.2"]
    assert len(ask("plan", images=wanted, force=True)["rows"]) == 2


def test_what_prune_finds(dock: Dock, ask: Ask) -> None:
    assert ask("prune_plan")["rows"] == []
    dock.container_create("busybox")
    dock.tag("httpd:2.4", "httpd:2.2")
    [dangling] = ask("prune_plan")["rows"]
    assert dangling["deleted"]
    assert {row["name"].partition(":")[0] for row in ask("prune_plan", everything=True)["rows"]} == {
        "httpd",
        dangling["name"],
    }
    ask("prune", everything=True)
    assert set(dock.ls()["repository"]) == {"busybox"}
    with pytest.raises(UsageError):
        ask("remove", images=[])


def test_the_fewest_images_that_free_so_much(dock: Dock, ask: Ask) -> None:
    plan = ask("prune_plan", free=1)
    assert len(plan["rows"]) == 1
    with pytest.raises(UsageError, match="frees"):
        ask("prune_plan", free=10**12)


def test_undo_leaves_a_name_that_was_given_to_another_image(dock: Dock, ask: Ask) -> None:
    number = ask("remove", images=[id_of(dock, "httpd:2.2")])
    dock.tag("busybox", "httpd:2.2")
    ask("undo", number=number)
    assert id_of(dock, "httpd:2.2") == id_of(dock, "busybox")


def test_content_that_others_deleted_cannot_be_restored(dock: Dock, ask: Ask, back: Backend) -> None:
    number = ask("remove", images=[id_of(dock, "busybox")])
    dock.store.delete(back.removals[number].removal.removal.blobs)
    with pytest.raises(BlobNotFound):
        ask("undo", number=number)
    assert len(dock.ls()) == 3
