"""Pulls with progress, Cancel and Resume. A gate holds them in the middle of a layer."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from nbdock.api import Dock
from nbdock.widgets.pulls import Pull, Pulls
from tests.parts.gate import LARGE, Gate, half_here


@pytest.fixture
def pulls() -> Pulls:
    return Pulls(Dock(), lambda: None)


def held(gate: Gate, pull: Pull) -> None:
    """Wait until the pull is in the middle of a layer, part of which is in the store."""
    assert gate.held.wait(30)
    while not half_here(Dock().store.root):
        pull.job.join(0.01)


def test_a_pull_shows_every_layer_and_the_total(gated: Gate, pulls: Pulls) -> None:
    pull = pulls.start("httpd:2.4")
    pull.job.join()
    assert pull.bars.value.count("<progress") == 6
    assert pull.bars.value.count("Pull complete") == 5
    assert pull.status.text == "Status: Downloaded newer image for httpd:2.4"
    assert (pull.cancel.layout.display, pull.dismiss.layout.display) == ("none", "")


def test_the_kernel_stays_usable_and_cancel_keeps_the_data(large: Gate, pulls: Pulls) -> None:
    pull = pulls.start("large:1")
    held(large, pull)
    assert len(Dock().ls()) == 0
    pull.cancel.click()
    pull.job.join()
    assert pull.status.text.startswith("Cancelled. Downloaded data is kept")
    large.opened.set()
    pull.resume.click()
    pull.job.join()
    (asked,) = large.ranges
    assert int(asked.removeprefix("bytes=").removesuffix("-")) > LARGE
    assert len(Dock().ls()) == 1


def test_several_pulls_at_once(large: Gate, pulls: Pulls) -> None:
    first, second = pulls.start("large:1"), pulls.start("large:nope")
    second.job.join()
    held(large, first)
    assert second.status.tone == "error"
    assert pulls.children == (second, first)
    large.opened.set()
    first.job.join()
    assert len(Dock().ls()) == 1


def test_two_pulls_of_one_image_are_one(large: Gate, pulls: Pulls) -> None:
    first = pulls.start("large:1")
    held(large, first)
    assert pulls.start("large:1") is first
    assert pulls.start("large:1", "linux/arm64") is not first
    first.cancel.click()
    assert pulls.start("large:1") is not first
    started = pulls.children
    pulls.close()
    for pull in started:
        pull.job.join()


def test_a_registry_that_stalls_is_said(large: Gate, pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbdock.progress._SILENCE", 0.0)
    pull = pulls.start("large:1")
    held(large, pull)
    while not (pull.status.text.startswith("Waiting: no data for ") and "no data for " in pull.bars.value):
        pull.job.join(0.01)
    large.opened.set()
    pull.job.join()
    assert "no data" not in pull.bars.value + pull.status.text


def test_a_failure_is_shown(gated: Gate, pulls: Pulls) -> None:
    pull = pulls.start("httpd:nope")
    pull.job.join()
    assert pull.status.tone == "error"
    assert "nope" in pull.status.text
    pull.dismiss.click()
    assert pulls.children == ()


def test_closing_cancels_the_pulls(large: Gate, pulls: Pulls) -> None:
    pull = pulls.start("large:1")
    held(large, pull)
    pulls.close()
    pull.job.join()
    assert pull.job.cancelled
    assert len(Dock().ls()) == 0


def test_it_runs_in_the_context_of_the_click(gated: Gate, pulls: Pulls) -> None:
    """ipykernel 7.0 looks up where a widget's messages go in a context variable; a bare thread has none."""
    shell = ContextVar[str]("shell")
    shell.set("main")
    seen: list[tuple[str, bool]] = []
    pull = pulls.start("hello-world")
    pull.bars.observe(lambda _: seen.append((shell.get(), threading.current_thread().name == "nbdock-job")), "value")
    pull.job.join()
    assert seen
    assert set(seen) == {("main", True)}
