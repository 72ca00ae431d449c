"""append: an image that stands on another, without a Dockerfile."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock.errors import NotFound, Refused, UsageError
from tests.builder.conftest import Context
from tests.parts.registries import Registry


def test_files_and_settings(registry: Registry, context: Context) -> None:
    context.file("model/weights.bin", b"\0" * 100)
    context.file("run.sh", "#!/bin/sh", mode=0o755)
    frame = context.dock.append(
        "httpd:2.4",
        {
            "/app/model": context.folder / "model",
            "/run.sh": context.folder / "run.sh",
            "/etc/motd": b"hi",
            "/a": "text",
        },
        config={"Env": {"MODEL": "/app/model"}, "Cmd": ["/run.sh"], "ExposedPorts": 8080, "Labels": {"a": "b"}},
        tags=["app:1.0", "app:latest"],
    )
    assert frame.instruction.tolist() == ["FROM", "COPY", "ENV", "CMD", "EXPOSE", "LABEL"]
    found = context.tree("app:1.0")
    assert found["/run.sh"].mode == 0o755 and found["/etc/motd"].content == b"hi" and found["/a"].content == b"text"
    assert found["/app/model/weights.bin"].content == b"\0" * 100
    config = json.loads(context.dock.inspect("app:1.0", format="json"))[0]["Config"]
    assert config["Cmd"] == ["/run.sh"] and config["ExposedPorts"]["8080/tcp"] == {}
    assert "MODEL=/app/model" in config["Env"] and len(config["Env"]) > 1
    assert context.dock.history("app:1.0").created_by.iloc[0] == 'LABEL a="b" # nbdock'


def test_a_frame_of_files(context: Context) -> None:
    context.dock.append("scratch", pd.DataFrame({"path": ["/a", "/b/c"], "content": [b"1", "2"]}), tags="app:1.0")
    assert set(context.tree("app:1.0")) == {"/a", "/b", "/b/c"}
    with pytest.raises(UsageError, match="columns path and content"):
        context.dock.append("scratch", pd.DataFrame({"x": [1]}))


def test_the_same_again_is_cached(context: Context) -> None:
    first = context.dock.append("scratch", {"/a": b"1"}, tags="app:1.0")
    second = context.dock.append("scratch", {"/a": b"1"}, tags="app:2.0")
    assert first.image_id.tolist() == second.image_id.tolist() and second.cached.tolist() == [True, True]


@pytest.mark.parametrize(
    "files",
    [
        {"relative": b""},
        {"/": b""},
        {"/a": 5},
        {"/a": None},
        {"/a/../../etc/x": b""},
        {"/a/.": b""},
        {"//a": b""},
        {"/a/": b""},
        {"/a\0": b""},
        {"/\ud800": b""},
        {"/a": "\ud800"},
        {b"/a": b""},
        {5: b""},
        ["/a"],
        "/a",
        5,
        pd.DataFrame([["/a", "/b", "x"]], columns=["path", "path", "content"]),
        pd.DataFrame({"path": ["/a", "/a"], "content": ["x", "y"]}),
        pd.DataFrame({"path": ["/a", None], "content": ["x", "y"]}),
        pd.DataFrame({"path": ["/a", "/b"], "content": ["x", float("nan")]}),
    ],
    ids=str,
)
def test_files_that_it_does_not_take(context: Context, files: Any) -> None:
    with pytest.raises(UsageError) as caught:
        context.dock.append("scratch", files)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        {"Command": []},
        {"Env": ["A"]},
        {"Env": {"A=B": "c"}},
        {"Env": {"": "c"}},
        {"Env": {"A": "\ud800"}},
        {"Env": {"A": "\0"}},
        {"Env": {"A": 5}},
        {"Labels": {"": "x"}},
        {"Labels": pd.Series({"a": "b"})},
        {"Cmd": 5},
        {"Cmd": {"a"}},
        {"Cmd": {"a": "b"}},
        {"User": ["a"]},
        {"ExposedPorts": "http"},
        {"ExposedPorts": 99_999},
        {"ExposedPorts": -1},
        {"ExposedPorts": [None]},
        {"Volumes": [""]},
        {"WorkingDir": "relative"},
        {"WorkingDir": ""},
        {"StopSignal": "NOPE"},
        "x",
        [],
    ],
    ids=str,
)
def test_settings_that_it_does_not_take(context: Context, config: Any) -> None:
    with pytest.raises(UsageError, match=r"^config") as caught:
        context.dock.append("scratch", config=config)
    assert "\n" not in str(caught.value)


def test_settings_of_every_kind(context: Context) -> None:
    settings: dict[str, Any] = {
        "Cmd": [],
        "Entrypoint": ("/app", "-v"),
        "ExposedPorts": ["80", "53/UDP", "8000-8001"],
        "Shell": ["/bin/bash", "-c"],
        "StopSignal": "SIGTERM",
        "User": "",
        "Volumes": {"/data": {}},
        "WorkingDir": "/srv",
    }
    context.dock.append("scratch", config=settings, tags="app:1.0")
    config = json.loads(context.dock.inspect("app:1.0", format="json"))[0]["Config"]
    assert set(config["ExposedPorts"]) == {"80/tcp", "53/udp", "8000/tcp", "8001/tcp"}
    assert config["Entrypoint"] == ["/app", "-v"] and config["Shell"] == ["/bin/bash", "-c"]
    assert not config.get("Cmd") and not config.get("User") and set(config["Volumes"]) == {"/data"}


def test_an_entrypoint_has_no_command_of_the_base(context: Context) -> None:
    """As in a Dockerfile: the command was meant for the entrypoint of the base."""
    context.dock.append("scratch", config={"Cmd": ["a"]}, tags="base:1.0")
    context.dock.append("base:1.0", config={"Entrypoint": ["b"]}, tags="app:1.0")
    context.dock.append("base:1.0", config={"Cmd": ["c"], "Entrypoint": ["b"]}, tags="app:2.0")
    first, second = (json.loads(context.dock.inspect(f"app:{each}.0", format="json"))[0]["Config"] for each in (1, 2))
    assert not first.get("Cmd") and second["Cmd"] == ["c"]


def test_the_path_is_where_the_content_is(context: Context) -> None:
    """Whatever the path or the file is called, and never inside a folder that is there."""
    source = context.file("[a]*?.bin", "content")
    context.dock.append("scratch", {"/x*[y]/z?": b"1", "/b": source}, tags="app:1.0")
    assert {path for path, each in context.tree("app:1.0").items() if each.type == "file"} == {"/x*[y]/z?", "/b"}
    wrong: list[dict[str, bytes | Path]] = [
        {"/a/b": b"", "/a": b""},
        {"/a": b"", "/a/b": b""},
        {"/a/b": b"", "/a": source},
    ]
    for files in wrong:
        with pytest.raises(Refused, match="/a"):
            context.dock.append("scratch", files)


def test_paths_that_cannot_be_copied(context: Context) -> None:
    os.mkfifo(context.folder / "fifo")
    context.link("broken", "nowhere")
    for path in ("nowhere", "~/nothing", "a\0b", "broken"):
        with pytest.raises(NotFound, match="cannot be read") as caught:
            context.dock.append("scratch", {"/a": context.folder / path})
        assert "build context" not in f"{caught.value} {caught.value.hint}"
    for special in (context.folder / "fifo", Path("/dev/null")):
        with pytest.raises(Refused, match="not a file"):
            context.dock.append("scratch", {"/a": special})


def test_a_platform_that_is_none(context: Context) -> None:
    with pytest.raises(UsageError):
        context.dock.append("scratch", platform=5)  # type: ignore[arg-type]
