"""Odd fields of a config: each costs itself, never the image."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbdock.errors import InvalidContent
from nbdock.oci.config import ImageConfig

GOOD: dict[str, Any] = {
    "os": "linux",
    "architecture": "amd64",
    "author": "me",
    "config": {"User": "www", "Env": ["A=1"]},
}


def parsed(**more: Any) -> ImageConfig:
    return ImageConfig.parse(json.dumps(GOOD | more).encode())


@pytest.mark.parametrize("key", ["author", "created", "docker_version", "os.version", "comment", "variant"])
@pytest.mark.parametrize("odd", [1, [], {}, True])
def test_an_odd_field_costs_itself(key: str, odd: object) -> None:
    config = parsed(**{key: odd})
    assert key not in config.json
    assert config.user == "www" and config.created is None and str(config.platform) == "linux/amd64"


@pytest.mark.parametrize("key", ["User", "Env", "Entrypoint", "ExposedPorts", "Labels", "WorkingDir", "ArgsEscaped"])
@pytest.mark.parametrize("odd", [1, [1], [["a"]]])
def test_an_odd_field_of_config_costs_itself(key: str, odd: object) -> None:
    config = parsed(config={"StopSignal": "TERM", key: odd})
    assert config.config == {"StopSignal": "TERM"}
    assert (config.user, config.exposed_ports, config.labels) == ("", (), {})


@pytest.mark.parametrize("odd", [None, 1, "text", []])
def test_no_object_as_config_is_an_empty_one(odd: object) -> None:
    assert parsed(config=odd).config == {}


def test_a_command_may_be_one_string() -> None:
    assert parsed(config={"Entrypoint": "/bin/sh", "Env": "A=1"}).config == {"Entrypoint": ["/bin/sh"]}


@pytest.mark.parametrize("created", ["yesterday", "2024-13-01T00:00:00Z", "9999-12-31T23:59:59-23:59", 1, None, ""])
def test_a_time_that_is_none_is_absent(created: object) -> None:
    config = parsed(created=created, history=[{"created": created, "created_by": "RUN"}])
    assert config.created is None
    assert [(each.created, each.created_by) for each in config.history] == [(None, "RUN")]


def test_odd_rows_of_the_history_stay_rows() -> None:
    history = parsed(history=[1, None, {"created_by": 1, "comment": "here"}, {"empty_layer": "yes"}]).history
    assert [(each.created_by, each.comment, each.empty_layer) for each in history] == [
        ("", "", False),
        ("", "", False),
        ("", "here", False),
        ("", "", False),
    ]
    assert parsed(history={"a": 1}).history == parsed(history=None).history == ()


def test_a_history_has_a_bound() -> None:
    assert len(parsed(history=[{}] * 20_000).history) == 10_000


def test_diff_ids_are_not_for_people() -> None:
    with pytest.raises(InvalidContent, match="diff_ids"):
        parsed(rootfs={"diff_ids": [1]})


def test_millions_of_values_are_not_made() -> None:
    with pytest.raises(InvalidContent, match="more than 500000 values"):
        ImageConfig.parse(b'{"history":[' + b"{}," * 600_000 + b"{}]}")


@pytest.mark.parametrize("depth", [101, 900, 100_000])
@pytest.mark.parametrize(("begin", "end"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_no_value_is_nested_too_deep_for_whoever_walks_it(depth: int, begin: bytes, end: bytes) -> None:
    with pytest.raises(InvalidContent, match=r"deep|not JSON"):
        ImageConfig.parse(b'{"config":' + begin * depth + b"1" + end * depth + b"}")
