"""Search and costs at a real registry, behind a gate that also serves docker's search."""

from __future__ import annotations

from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.watch import watch
from nbdock.widgets.search_form import Search
from tests.parts.gate import Gate
from tests.parts.registries import Registry

HOSTILE = "<script>alert(1)</script> \u202e" + "x" * 10_000


def result(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "", "star_count": 0, "is_official": False, **more}


@pytest.fixture
def search(gated: Gate) -> Search:
    """A search without a pause."""
    gated.results.extend(
        [
            result("library/httpd", description="The Apache HTTP Server", star_count=4900, is_official=True),
            result("someone/httpd", description=HOSTILE, star_count=3),
        ]
    )
    return Search(pause=0.0)


def found(search: Search) -> list[str]:
    return [row[0] for row in search.table.rows]


def test_typing_searches(search: Search) -> None:
    search.query_box.value = "httpd"
    search.join()
    assert found(search) == ["httpd", "someone/httpd"]
    assert search.status.text == "2 found"
    assert list(search.results["stars"]) == [4900, 3]


def test_a_newer_search_cancels_the_older(search: Search, gated: Gate) -> None:
    search._pause = 60.0
    search.query = "h"
    first = search._jobs["search"]
    search._pause = 0.0
    search.query = "httpd"
    search.join()
    first.join()
    assert first.cancelled
    assert found(search) == ["httpd", "someone/httpd"]


def test_hostile_descriptions_are_escaped_and_cut(search: Search) -> None:
    search.query = "httpd"
    search.join()
    description = search.table.rows[1][2]
    assert description.startswith("<script>")
    assert "\u202e" not in description
    assert len(description) == 300


def test_another_registry_is_searched_by_its_catalog(registry: Registry) -> None:
    search = Search(pause=0.0)
    search.registry = registry.host
    search.query = "hello"
    search.join()
    assert f"{registry.host}/library/hello-world" in found(search)
    assert "has names only" in search.status.text


def test_a_failed_search_is_shown(gated: Gate) -> None:
    search = Search(pause=0.0)
    search.registry = "127.0.0.1:1"
    search.query = "httpd"
    search.join()
    assert search.status.tone == "error"


def test_a_click_shows_tags_and_cost(search: Search, registry: Registry) -> None:
    search.query = "httpd"
    search.join()
    search.table.selected = ["httpd"]
    search.join()
    search.join()
    assert (search.name, search.tag, search.reference) == ("httpd", "latest", "httpd:latest")
    assert list(search.selected["name"]) == ["httpd"]
    assert {name for _, name in search.tag_box.options} == {"", "2.2", "2.4", "latest"}
    assert search.cost.to_fetch == search.cost.total > 0
    assert search.pull_status.text.endswith("to download: 0 of 5 layers already exist.")
    assert not search.pull.disabled


def test_finding_the_cost_downloads_no_layer(search: Search, registry: Registry) -> None:
    before = len(registry.requests())
    search.name = "httpd"
    search.join()
    search.join()
    assert search.cost is not None
    assert not [line for line in registry.requests()[before:] if "/blobs/" in line]


def test_existing_layers_cost_nothing(search: Search) -> None:
    Dock().pull("httpd:2.2")
    search.name = "httpd"
    search.join()
    search.join()
    assert 0 < search.cost.to_fetch < search.cost.total
    assert "of 5 layers already exist" in search.pull_status.text
    Dock().pull("httpd:latest")
    watch.check()
    assert search.pull_status.text.startswith("Nothing to download: all 5 layers already exist")


def test_existing_platforms_can_be_chosen(search: Search) -> None:
    search.name = "busybox"
    search.join()
    search.join()
    assert [value for _, value in search.platform_box.options] == ["", "linux/amd64", "linux/arm64"]
    first = search.cost
    search.platform = "linux/arm64"
    search.join()
    assert search.cost != first


def test_a_missing_platform_offers_the_existing_ones(search: Search) -> None:
    search.platform = "windows/amd64"
    search.name = "busybox"
    search.join()
    search.join()
    assert "no matching manifest for windows/amd64" in search.pull_status.text
    assert ("linux/arm64", "linux/arm64") in search.platform_box.options


def test_a_name_can_be_used_without_a_search(search: Search) -> None:
    search._pause = 60.0
    search.query = "gcr.io/google-samples/hello-app"
    search._pause = 0.0
    search.use_name.click()
    search._jobs["tags"].join()
    search._jobs["cost"].join()
    assert search.reference.startswith("gcr.io/google-samples/hello-app:")
    assert search.cost.total > 0
    search.close()


def test_a_name_can_be_used_with_its_tag(search: Search) -> None:
    search._pause = 60.0
    search.query = "httpd:2.2"
    search._pause = 0.0
    search.use_name.click()
    search._jobs["tags"].join()
    search._jobs["cost"].join()
    assert (search.name, search.tag) == ("httpd", "2.2")
    assert search.cost.reference.familiar == "httpd:2.2"
    search.close()


def test_an_invalid_name_is_refused(search: Search) -> None:
    search._pause = 60.0
    search.query = "not a name"
    search.use_name.click()
    assert search.status.text.startswith("invalid reference format")
    search.close()


def test_another_tag_has_another_cost(search: Search) -> None:
    search.name = "httpd"
    search.join()
    search.join()
    asked: list[object] = []
    search.observe(lambda change: asked.append(change["new"]), "cost")
    search.tag_box.value = "2.2"
    search.join()
    assert asked[0] is None
    assert asked[-1].reference.tag == "2.2"


def test_the_button_pulls(search: Search) -> None:
    search.name = "hello-world"
    search.join()
    search.join()
    search.pull.click()
    (pull,) = search.pulls.children
    pull.job.join()
    assert pull.status.text == "Status: Downloaded newer image for hello-world:latest"
    assert list(Dock().ls()["repository"]) == ["hello-world"]
    assert search.pull_status.text.startswith("Nothing to download")
