"""append: an image that stands on another, without a Dockerfile."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from nbdock.errors import NotFound, UsageError
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
    ("files", "config"),
    [
        ({"relative": b""}, {}),
        ({"/": b""}, {}),
        ({"/a": 5}, {}),
        ({}, {"Command": []}),
        ({}, {"Env": ["A"]}),
        ({}, {"Cmd": 5}),
        ({}, {"User": ["a"]}),
    ],
)
def test_what_it_does_not_take(context: Context, files: dict[str, object], config: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        context.dock.append("scratch", files, config=config)  # type: ignore[arg-type]


def test_a_path_that_is_not_there(context: Context) -> None:
    with pytest.raises(NotFound):
        context.dock.append("scratch", {"/a": Path("nowhere")})
