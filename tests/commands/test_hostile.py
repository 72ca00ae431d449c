"""Images whose makers mean ill, or were careless: every command shows them, as text, and none of them hides another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock import human
from nbdock.api import Dock
from nbdock.errors import NbdockError
from nbdock.oci import media
from tests.commands.conftest import Recorder
from tests.parts.layers import directory, file
from tests.places import Shelf, pull_from
from tests.registry.faults import Reply, Server

EVIL = '<script>alert("x")</script>\x1b[31m\x1b]0;title\x07\x9b31m\x7f\u202e\u2066\u200e\ud800\r\n\t\0' + "x" * 10_000
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
RUNTIME: dict[str, Any] = {
    **{key: [EVIL] for key in ("Env", "Cmd", "Entrypoint", "OnBuild", "Shell")},
    **dict.fromkeys(("WorkingDir", "User", "StopSignal"), EVIL),
    **{key: {EVIL: {}} for key in ("ExposedPorts", "Volumes")},
    "Labels": {EVIL: EVIL},
}
HISTORY = [
    {"created": "9999-12-31T23:59:59Z", "created_by": EVIL, "comment": EVIL, "author": EVIL},
    {"created": "0001-01-01T00:00:00Z", "created_by": EVIL},
    {"created": EVIL, "created_by": EVIL, "empty_layer": True},
    {"created": None, "created_by": None, "comment": None, "empty_layer": True},
]


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    """One with an image that has the worst in every field."""
    dock, shelf = Dock(tmp_path / "store", console=console), Shelf()
    layers = shelf.layer(file("a", b"1")), shelf.layer(directory("b"))
    image = shelf.image(
        *layers, author=EVIL, comment=EVIL, docker_version=EVIL, variant=EVIL, config=RUNTIME, history=HISTORY
    )
    pull_from(shelf, image, dock.store, "evil:1")
    return dock


def keep(dock: Dock, name: str, layers: int = 1, **config: Any) -> None:
    shelf = Shelf()
    pull_from(shelf, shelf.image(*(shelf.layer(file(f"{n}", b"1")) for n in range(layers)), **config), dock.store, name)


def ps(dock: Dock, **flags: Any) -> Any:
    dock.container_create("evil:1")
    return dock.container_ls(all=True, **flags)


SHOWN: dict[str, Callable[[Dock], Any]] = {
    "ls": lambda dock: dock.ls(),
    "ls --no-trunc": lambda dock: dock.ls(no_trunc=True),
    "ls --format json": lambda dock: dock.ls(format="json"),
    "history": lambda dock: dock.history("evil:1"),
    "history --no-trunc": lambda dock: dock.history("evil:1", no_trunc=True),
    "history --human=false": lambda dock: dock.history("evil:1", human=False),
    "history --format": lambda dock: dock.history("evil:1", format="{{.CreatedBy}} {{.Comment}}", no_trunc=True),
    "inspect": lambda dock: dock.inspect("evil:1"),
    "inspect --format json": lambda dock: dock.inspect("evil:1", format="json"),
    "inspect --format": lambda dock: dock.inspect("evil:1", format="{{.Author}} {{.Config}} {{json .Config}}"),
    "df -v": lambda dock: dock.df(verbose=True),
    "create": lambda dock: dock.container_create("evil:1", EVIL, label=(EVIL,)),
    "ps": lambda dock: ps(dock),
    "ps --format": lambda dock: ps(dock, format="{{.Command}}", no_trunc=True),
}


@pytest.mark.parametrize("command", SHOWN)
def test_what_an_image_says_is_shown_as_text(dock: Dock, command: str) -> None:
    result = SHOWN[command](dock)
    texts = [str(result)] if isinstance(result, str) else [repr(result), result.table().text()]
    html = getattr(result, "_repr_html_", str)() if not isinstance(result, str) else ""
    assert not any(map(UNSAFE.search, [*texts, html])) and "<script" not in html
    assert "\n".join(texts).encode()  # no half of a pair is left, which no terminal can print


def test_json_stays_json(dock: Dock) -> None:
    document = json.loads(dock.inspect("evil:1", format="json"))[0]
    assert document["Author"] == EVIL and document["Config"]["Labels"] == {EVIL: EVIL}
    in_go = EVIL.replace("\ud800", "\ufffd")
    assert json.loads(dock.inspect("evil:1", format="{{json .Config.Env}}")) == [in_go]


def test_the_data_are_what_the_image_says_with_control_characters_escaped(dock: Dock) -> None:
    harmless = human.harmless(EVIL.replace("\r\n", "\n"))
    assert not UNSAFE.search(harmless)
    assert dock.history("evil:1").created_by[2] == harmless
    assert dock.inspect("evil:1").labels[0] == {harmless: harmless}


@pytest.mark.parametrize(
    ("created", "year", "shown"),
    [
        ("9999-12-31T23:59:59.999999999Z", 9999, "Less than a second ago"),
        ("0001-01-01T00:00:00Z", None, "N/A"),
        ("0001-01-01T00:00:01Z", 1, " years ago"),
        ("10000-01-01T00:00:00Z", None, "N/A"),
        ("0001-01-01T00:00:00+10:00", None, "N/A"),
        ("yesterday", None, "N/A"),
        (None, None, "N/A"),
    ],
)
def test_times_that_no_calendar_has_are_no_times(dock: Dock, created: str | None, year: int | None, shown: str) -> None:
    keep(dock, "odd:1", created=created, history=[{"created": created, "created_by": "RUN x"}])
    images, history = dock.ls("odd"), dock.history("odd:1")
    for moment in (images.created[0], history.created[0], dock.inspect("odd:1").created[0]):
        assert (None if moment != moment else moment.year) == year
    assert dock.ls("odd", format="{{.CreatedSince}}").endswith(shown if year else "")
    assert dock.history("odd:1", format="{{.CreatedSince}}").endswith(shown if year != 1 else "N/A")
    assert repr(images) and images._repr_html_() and repr(history)


@pytest.mark.parametrize("told", [{}, {"history": None}, {"history": []}])
def test_without_a_history_there_is_a_row_for_each_layer(dock: Dock, told: dict[str, Any]) -> None:
    keep(dock, "silent:1", layers=2, **told)
    history = dock.history("silent:1")
    assert len(history) == 2 and not history.empty_layer.any() and history.layer.notna().all()


def test_a_history_may_be_shorter_or_longer_than_the_image(dock: Dock) -> None:
    keep(dock, "short:1", layers=2, history=[{"created_by": "RUN one"}])
    newest, oldest = dock.history("short:1").created_by
    assert newest is pd.NA and oldest == "RUN one"
    keep(dock, "long:1", history=[{"created_by": "RUN one"}, {"created_by": "RUN two"}])
    assert list(dock.history("long:1").layer.isna()) == [True, False]


def test_an_image_without_layers_is_an_image(dock: Dock) -> None:
    keep(dock, "empty:1", layers=0, history=[{"created_by": "CMD x", "empty_layer": True}])
    row = dock.ls("empty").iloc[0]
    assert (row.size_bytes, row.layers) == (0, 0)
    assert list(dock.history("empty:1").empty_layer) == [True] and dock.inspect("empty:1").root_fs[0] == []
    assert "empty:1" in list(dock.rm("empty:1").what)


def test_a_careless_config_hides_no_other_image(dock: Dock) -> None:
    keep(dock, "careless:1", config={"Env": "A=1", "Labels": ["a"], "Cmd": 7})
    assert len(dock.ls()) == 2 and len(dock.ls(filter=("label=a",))) == 0
    assert len(dock.prune(all=True, filter=("label=a",), dry_run=True)) == 0
    assert dock.inspect("careless:1")[["env", "cmd", "labels"]].isna().all(axis=None)


def test_a_tag_that_is_none_is_left_out(dock: Dock) -> None:
    with Server() as server:
        tags = ["1.0", "../../secret", "a b", "\x1b[31m", "1\nimport os", "", "x" * 129]
        server.on("GET /v2/x/tags/list", Reply(200, json.dumps({"tags": tags}).encode()))
        assert list(dock.tags(f"{server.host}/x").tag) == ["1.0"]


def test_platforms_that_a_registry_makes_up_are_told_as_text(dock: Dock) -> None:
    with Server() as server:
        child = server.holds("x", b"{}", media.OCI_MANIFEST).json() | {"platform": {"os": EVIL, "architecture": EVIL}}
        index = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": [child]}).encode()
        server.holds("x", index, media.OCI_INDEX, tag="1")
        with pytest.raises(NbdockError) as refusal:
            dock.pull(f"{server.host}/x:1")
    assert not UNSAFE.search(f"{refusal.value}{refusal.value.hint}") and len(refusal.value.hint) < 5000


def test_what_a_registry_says_of_a_find_is_text(dock: Dock) -> None:
    with Server() as index:
        found = [{"name": EVIL, "description": EVIL, "star_count": 10**18}]
        index.on("GET /v1/search", Reply(200, json.dumps({"results": found}).encode()))
        result = dock.search(f"{index.host}/x", no_trunc=True)
    assert not UNSAFE.search(repr(result) + result._repr_html_()) and "<script" not in result._repr_html_()


def test_a_page_in_the_place_of_an_answer_is_one_line(dock: Dock) -> None:
    page = Reply(200, b"<html><body>\x1b[31mSign in to the hotel's network", {"Content-Type": "text/html"})
    with Server() as server:
        for line in ("GET /v2/x/tags/list", "HEAD /v2/x/manifests/1", "GET /v2/x/manifests/1", "GET /v1/search"):
            server.on(line, page)
        for ask in (
            lambda: dock.tags(f"{server.host}/x"),
            lambda: dock.pull(f"{server.host}/x:1"),
            lambda: dock.search(f"{server.host}/x"),
        ):
            with pytest.raises(NbdockError) as refusal:
                ask()
            assert "\n" not in str(refusal.value) and not UNSAFE.search(str(refusal.value)) and refusal.value.hint
