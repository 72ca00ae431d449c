"""TAB in a real shell: what IPython offers, and the word that it would replace."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from nbdock.dock import containers, find
from nbdock.dock.dock import Dock
from nbdock.errors import ImageNotFound
from nbdock.jupyter.completion import KnownNames, RemoteTags
from tests.jupyter.images import name_an_image

LOCAL = ("httpd:latest", "httpd:2.4", "python:3.12-slim", "localhost:5000/team/app:v1")


def offered(shell: InteractiveShell, code: str) -> tuple[list[str], str]:
    with provisionalcompleter():
        found = list(shell.Completer.completions(code, len(code)))
    return [each.text for each in found], code[found[0].start : found[0].end] if found else ""


@pytest.mark.parametrize("before", ["", "  ", "df = ", "x, y = ", "a[0] = ", "for i in range(2):\n    "])
def test_commands_are_offered_wherever_the_magic_may_stand(before: str, shell: InteractiveShell) -> None:
    assert offered(shell, f"{before}%image hi") == (["history"], "hi")


@pytest.mark.parametrize(
    ("line", "texts", "replaced"),
    [
        ("%image i", ["inspect", "info", "images", "import"], "i"),
        ("%docker image prun", ["prune"], "prun"),
        ("%docker rmi --for", ["--force"], "--for"),
        ("%image ls --no", ["--no-trunc"], "--no"),
        ("%image rm ht", ["httpd:2.4", "httpd:latest"], "ht"),
        ("%image rm httpd:l", ["httpd:latest"], "httpd:l"),
        ("%image history python:3.12-s", ["python:3.12-slim"], "python:3.12-s"),
        ("%image inspect localhost:5000/te", ["localhost:5000/team/app:v1"], "localhost:5000/te"),
        ("%docker rm fas", ["fast_mole"], "fas"),
        ("%image logout lo", ["localhost:5000"], "lo"),
        ("%image pull pyth", ["python:3.12-slim"], "pyth"),
        ("%image rm nothing-begins-so", ["nothing-begins-so"], "nothing-begins-so"),
        ("%image ls httpd ", [""], ""),
    ],
)
def test_names_and_flags_take_the_place_of_the_whole_word(
    line: str, texts: list[str], replaced: str, shell: InteractiveShell
) -> None:
    name_an_image(*LOCAL)
    dock = Dock()
    image = find.find("httpd", dock.store.images()).image
    containers.create(dock, image, "httpd", "fast_mole", (), {})
    found, word = offered(shell, line)
    assert (sorted(found), word) == (sorted(texts), replaced)


def test_a_line_of_python_is_pythons(shell: InteractiveShell) -> None:
    shell.user_ns["histogram"] = 1
    assert "histogram" in offered(shell, "hist")[0]


def test_no_error_reaches_the_cell_that_is_typed(
    shell: InteractiveShell, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "store").mkdir()
    (home / "store" / "index.json").write_text("{")
    capsys.readouterr()
    offered(shell, "%image rm ht")
    assert capsys.readouterr() == ("", "")


def test_a_key_press_never_waits_for_a_registry() -> None:
    answered = threading.Event()
    learned = threading.Event()

    class Tags(RemoteTags):
        def _learn(self, repository: str) -> None:
            super()._learn(repository)
            learned.set()

    def look_up(repository: str) -> Iterable[str]:
        answered.wait()
        return ["2.2", "2.4"]

    names = KnownNames(Dock(), Tags(look_up))
    assert list(names("remote", "httpd:2.")) == []
    answered.set()
    assert learned.wait(10)
    assert list(names("remote", "httpd:2.")) == ["httpd:2.2", "httpd:2.4"]


def test_a_look_up_that_failed_is_tried_again() -> None:
    asked: list[str] = []
    learned = threading.Semaphore(0)

    class Tags(RemoteTags):
        def _learn(self, repository: str) -> None:
            super()._learn(repository)
            learned.release()

    def look_up(repository: str) -> Iterable[str]:
        asked.append(repository)
        raise ImageNotFound("no")

    tags = Tags(look_up)
    for _ in range(2):
        assert tags.of("httpd") == ()
        assert learned.acquire(timeout=10)
    assert asked == ["httpd", "httpd"]


@pytest.mark.parametrize("fragment", ["httpd", "localhost:5000/ap", "httpd@sha256:12", ":x", ""])
def test_no_registry_is_asked_before_a_tag_is_typed(fragment: str) -> None:
    def look_up(repository: str) -> Iterable[str]:
        raise AssertionError

    assert list(KnownNames(Dock(), RemoteTags(look_up))("remote", fragment)) == []
