"""What TAB offers, from the table alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nbdock.grammar import Completion, complete
from tests.grammar.toys import toys

NAMES = {
    "images": ("httpd:latest", "httpd:2.4", "host:5000/team/app:v1"),
    "containers": ("calm_mole",),
    "registries": ("docker.io", "localhost:5000"),
}


def names(kind: str, fragment: str) -> Iterator[str]:
    yield from NAMES[kind]


def offered(line: str, root: str = "image") -> list[str]:
    *words, fragment = line.split(" ")
    return [completion.text for completion in complete(toys, words, fragment, root, names)]


@pytest.mark.parametrize(
    ("root", "line", "texts"),
    [
        ("image", "", ["rm", "ls", "history", "tag", "create", "cp", "version", "login", "df", "container"]),
        ("image", "h", ["history"]),
        ("image", "im", ["images"]),
        ("docker", "im", ["images", "image"]),
        ("docker", "image re", ["remove"]),
        ("docker", "image r", ["rm"]),
        ("docker", "rm", ["rmi", "rm"]),
        ("container", "", ["create", "rm"]),
        ("image", "rm ht", ["httpd:latest", "httpd:2.4"]),
        ("image", "rm httpd:l", ["httpd:latest"]),
        ("image", "rm httpd:latest host:5000/te", ["host:5000/team/app:v1"]),
        ("image", "rm -", ["--force", "--dry-run"]),
        ("image", "rm -f -", ["--dry-run"]),
        ("image", "rm -- ht", ["httpd:latest", "httpd:2.4"]),
        ("image", "ls --fil", ["--filter"]),
        ("image", "ls --filter x --fil", ["--filter"]),
        ("image", "ls --filter dan", ["dangling="]),
        ("image", "ls --filter=dan", ["--filter=dangling="]),
        ("image", "ls -qf ", ["dangling=", "label="]),
        ("image", "ls -q ht", ["httpd:latest", "httpd:2.4"]),
        ("image", "ls httpd ", []),
        ("image", "ls --limit ", []),
        ("image", "login lo", ["localhost:5000"]),
        ("docker", "rm ", ["calm_mole"]),
        ("image", "nope x", []),
        ("image", "ls --nope=", []),
    ],
)
def test_what_may_come_next(root: str, line: str, texts: list[str]) -> None:
    assert offered(line, root) == texts


def test_each_completion_says_what_it_is() -> None:
    assert complete(toys, [], "his", "image", names) == [Completion("history", "command")]
    assert complete(toys, ["rm"], "--fo", "image", names) == [Completion("--force", "flag")]
    assert complete(toys, ["rm"], "host", "image", names) == [Completion("host:5000/team/app:v1", "images")]
