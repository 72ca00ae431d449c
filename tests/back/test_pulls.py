"""Pulls by a page. A gate holds them in the middle of a layer."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from tests.parts.gate import LARGE, Gate, half_here

Message = dict[str, Any]


class Heard:
    """What a page is told of pulls."""

    def __init__(self, back: Backend) -> None:
        self.back, self.messages = back, queue.SimpleQueue[Message]()

    def ask(self, name: str, **asked: Any) -> Any:
        return self.back.ask(name, asked, Job())

    def wait(self, passes: Callable[[Message], bool]) -> Message:
        while not passes(message := self.messages.get(timeout=30)):
            pass
        return message

    def state(self, number: int, *states: str) -> Message:
        return self.wait(lambda told: told.get("number") == number and told["state"] in states)

    def held(self, gate: Gate) -> None:
        """Wait until a pull is in the middle of a layer, part of which is in the store."""
        assert gate.held.wait(30)
        while not half_here(Dock().store.root):
            self.messages.get(timeout=30)


@contextmanager
def page(back: Backend) -> Iterator[Heard]:
    heard = Heard(back)
    leave = back.join(heard.messages.put)
    yield heard
    leave()


def test_a_pull_that_is_done_leaves_the_list(gated: Gate, back: Backend) -> None:
    Dock().pull("httpd:2.2")
    with page(back) as heard:
        number = heard.ask("pull", reference="httpd:2.4")
        done = heard.state(number, "done")
        assert done["newer"] and done["reference"] == "httpd:2.4"
        assert done["done"] == done["total"] > 0
        texts = [text for _, _, _, text, _ in done["layers"]]
        assert texts.count("Already exists") == 4 and texts.count("Pull complete") == 1
        heard.wait(lambda told: told == {"about": f"pull {number}", "gone": True})
    with page(back) as later:
        assert later.messages.empty()


def test_cancel_keeps_what_came_and_resume_asks_for_the_rest(large: Gate, back: Backend) -> None:
    with page(back) as heard:
        number = heard.ask("pull", reference="large:1")
        heard.held(large)
        assert heard.ask("pull", reference="docker.io/library/large:1") == number
        heard.ask("cancel", number=number)
        heard.state(number, "cancelled")
        assert len(Dock().ls()) == 0
        large.opened.set()
        heard.ask("resume", number=number)
        heard.state(number, "done")
    (asked,) = large.ranges
    assert int(asked.removeprefix("bytes=").removesuffix("-")) > LARGE


def test_a_cancelled_pull_that_ends_late_leaves_the_resumed_one_alone(large: Gate, back: Backend) -> None:
    with page(back) as heard:
        number = heard.ask("pull", reference="large:1")
        heard.held(large)
        late = back.pulls[number].job
        heard.ask("cancel", number=number)
        heard.ask("resume", number=number)
        late.join(30)
        assert back.pulls[number].state == "pulling"
        large.opened.set()
        heard.state(number, "done")


def test_a_failed_pull_says_why_and_can_be_dismissed(gated: Gate, back: Backend) -> None:
    with page(back) as heard:
        number = heard.ask("pull", reference="httpd:nope")
        error = heard.state(number, "failed")["error"]
        assert error["kind"] == "ImageNotFound" and "nope" in error["message"]
        heard.ask("dismiss", number=number)
        heard.wait(lambda told: bool(told.get("gone")))
        assert back.pulls == {}


def test_thirty_pulls_take_their_turns(large: Gate, back: Backend) -> None:
    with page(back) as heard:
        first = heard.ask("pull", reference="large:1")
        heard.held(large)
        others = {heard.ask("pull", reference=f"large:none{number}") for number in range(30)}
        assert len(others) == 30
        while others:
            others.discard(heard.wait(lambda told: told.get("state") == "failed")["number"])
        large.opened.set()
        heard.state(first, "done")


def test_no_more_than_so_many_go_on_at_once(large: Gate, back: Backend) -> None:
    back.at_once = 1
    with page(back) as heard:
        first = heard.ask("pull", reference="large:1")
        second, third = (heard.ask("pull", reference="large:1", platform=f"linux/{each}") for each in ("amd64", "386"))
        heard.held(large)
        assert [back.pulls[each].state for each in (first, second, third)] == ["pulling", "waiting", "waiting"]
        heard.ask("cancel", number=third)
        large.opened.set()
        heard.state(first, "done")
        heard.state(second, "done")
        assert back.pulls[third].state == "cancelled"


def test_two_images_that_share_a_layer_fetch_it_once(gated: Gate, back: Backend) -> None:
    with page(back) as heard:
        numbers = {heard.ask("pull", reference=f"httpd:{tag}") for tag in ("2.2", "2.4")}
        while numbers:
            numbers.discard(heard.wait(lambda told: told.get("state") == "done")["number"])
    assert len(gated.blobs) == len(set(gated.blobs)) > 5


def test_a_registry_that_sends_nothing_is_said_in_seconds(
    large: Gate, back: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbdock.progress._SILENCE", 0.0)
    with page(back) as heard:
        number = heard.ask("pull", reference="large:1")
        heard.held(large)
        heard.wait(lambda told: told.get("silent") is not None and told["done"] > LARGE)
        large.opened.set()
        assert heard.state(number, "done")["silent"] is None
