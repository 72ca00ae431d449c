"""The engine is what it says: the other tests lean on it."""

from __future__ import annotations

from tests.parts.engines import NAMES, Podman


def test_podman_has_what_was_put_in(podman: Podman) -> None:
    names = podman.run("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    assert set(names) == set(NAMES)


def test_an_empty_one_has_nothing(empty_podman: Podman) -> None:
    assert not empty_podman.run("images", "--quiet")
