"""What a pull would fetch, against a real registry."""

from __future__ import annotations

import pytest

from nbdock.dock import cost as costs
from nbdock.dock.cost import Cost
from nbdock.dock.dock import Dock
from nbdock.dock.transfer import pulling
from nbdock.errors import ImageNotFound, PlatformNotFound
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from tests.parts.registries import Registry


def cost(dock: Dock, name: str, platform: Platform | None = None) -> Cost:
    return costs.cost(dock, Reference.parse(name), platform)


def pull(dock: Dock, name: str) -> None:
    (pulled,) = pulling.pull(dock, [Reference.parse(name)])
    assert pulled.copied


def test_all_of_an_image_is_missing_from_an_empty_store(registry: Registry) -> None:
    price = cost(Dock(), "httpd:2.4")
    assert len(price.missing) == len(price.layers) == 5


def test_layers_that_another_image_brought_cost_nothing(registry: Registry) -> None:
    dock = Dock()
    price = cost(dock, "httpd:2.4")
    assert price.counts
    pull(dock, "httpd:2.2")
    assert len(price.missing) == 1
    pull(dock, "httpd:2.4")
    assert not price.missing and not cost(dock, "httpd:2.4").counts


def test_it_downloads_no_layer_and_brings_no_image(registry: Registry) -> None:
    before = len(registry.requests())
    cost(Dock(), "busybox")
    assert not [line for line in registry.requests()[before:] if "/blobs/" in line]
    assert not Dock().store.images()


def test_each_platform_has_its_price(registry: Registry) -> None:
    arm = cost(Dock(), "busybox", Platform.parse("linux/arm64"))
    assert [str(platform) for platform in arm.platforms] == ["linux/amd64", "linux/arm64"]
    assert arm.manifest != cost(Dock(), "busybox", Platform.parse("linux/amd64")).manifest
    assert cost(Dock(), "httpd").platforms == ()


def test_what_cannot_be_pulled_has_no_price(registry: Registry) -> None:
    with pytest.raises(ImageNotFound):
        cost(Dock(), "httpd:nope")
    with pytest.raises(PlatformNotFound):
        cost(Dock(), "busybox", Platform.parse("windows/amd64"))
