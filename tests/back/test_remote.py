"""What pages are told of registries: a real one, behind a gate that also serves docker's search."""

from __future__ import annotations

import random
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.errors import Cancelled, ImageNotFound, NbdockError, RateLimited, UsageError
from nbdock.oci.versions import newest_first
from tests.parts.gate import Gate
from tests.parts.registries import Registry
from tests.registry.faults import USED_UP, Reply, Server

ORDER = (
    "latest 3.15.0a2 3.14.0 3.14.0-alpine3.21 3.14.0-alpine3.20 3.14.0rc2 3.14.0rc1 3.14.0b4 3.14 3.14-slim 3.10.1"
    " 3.10 3.9 3 v2.0 20250101 20240101 alpine node10 node9 slim"
).split()


def ask(back: Backend, name: str, **asked: Any) -> Any:
    return back.ask(name, asked, Job())


def test_tags_are_sorted_as_people_look_for_them() -> None:
    shuffled = random.Random(1).sample(ORDER, len(ORDER))
    assert newest_first(shuffled) == ORDER
    assert newest_first(["9" * 128, "latest", "x" * 128])[0] == "latest"


def test_a_search_has_bounded_harmless_text(gated: Gate, back: Backend) -> None:
    hostile = "<b>\u202e\x1b[31m" + "x" * 10_000
    gated.results.append({"name": "library/httpd", "description": "Apache", "star_count": 4900, "is_official": True})
    gated.results.extend({"name": f"them/{n}", "description": hostile, "star_count": n} for n in range(99))
    found = ask(back, "search", words="httpd")
    first, second, *_ = found["found"]
    assert (first["name"], first["stars"], first["official"], first["description"]) == ("httpd", 4900, True, "Apache")
    assert len(found["found"]) == 50
    assert "\u202e" not in second["description"] and "\x1b" not in second["description"]
    assert len(second["description"]) <= 200


def test_a_registry_without_search_has_names(back: Backend, registry: Registry) -> None:
    found = ask(back, "search", words="hello", registry=registry.host)
    assert f"{registry.host}/library/hello-world" in [row["name"] for row in found["found"]]
    assert found["names_only"]
    assert ask(back, "search", words="", registry=registry.host)["found"]


def test_a_price_knows_what_is_here_and_follows_it(back: Backend, registry: Registry) -> None:
    Dock().pull("httpd:2.2")
    found = ask(back, "price", reference="httpd:2.4")
    assert found["reference"] == "httpd:2.4"
    assert found["here"].count(True) == 4 and found["here"].count(False) == 1
    before = len(registry.requests())
    Dock().pull("httpd:2.4")
    asked = len(registry.requests())
    assert all(ask(back, "here", layers=found["layers"]))
    assert len(registry.requests()) == asked > before
    with pytest.raises(NbdockError):
        ask(back, "here", layers=["nonsense"])


def test_a_missing_platform_is_told_with_those_that_are_there(back: Backend, registry: Registry) -> None:
    found = ask(back, "price", reference="busybox", platform="windows/amd64")
    assert found["platforms"] == ["linux/amd64", "linux/arm64"]
    assert "windows/amd64" in found["missing"] and "layers" not in found
    arm, own = ask(back, "price", reference="busybox", platform="linux/arm64"), ask(back, "price", reference="busybox")
    assert arm["layers"] != own["layers"] and arm["platform"] == "linux/arm64" and own["platform"] == own["own"]


def test_tags_and_prices_fail_in_the_registrys_words(back: Backend, registry: Registry) -> None:
    assert ask(back, "tags", reference="httpd:2.4")["tags"] == ["latest", "2.4", "2.2"]
    with pytest.raises(ImageNotFound):
        ask(back, "price", reference="httpd:nope")
    with pytest.raises(UsageError):
        ask(back, "price", reference="not a name")


def test_a_registry_that_is_slow_or_has_enough_can_be_cancelled(back: Backend) -> None:
    with Server() as server:
        server.on("GET /v2/app/tags/list", Reply(silent=True))
        server.on("GET /v2/app/manifests/1", USED_UP)
        job, failed = Job(), list[NbdockError]()
        job.start(lambda: back.ask("tags", {"reference": f"{server.host}/app"}, job), lambda _: None, failed.append)
        assert server.reached.wait(20)
        job.cancel()
        job.join(20)
        assert isinstance(failed[0], Cancelled)
        with pytest.raises(RateLimited):
            ask(back, "price", reference=f"{server.host}/app:1")


def test_samples_come_without_a_network_and_take_no_name(back: Backend, registry: Registry) -> None:
    Dock().pull("busybox")
    ids, before = set(Dock().ls()["image_id"]), len(registry.requests())
    names = ask(back, "samples")
    assert "httpd:2.4" in names and "python:3.12" in names and "busybox:latest" not in names
    assert ids < set(Dock().ls()["image_id"])
    assert len(registry.requests()) == before
    assert ask(back, "samples") == []
