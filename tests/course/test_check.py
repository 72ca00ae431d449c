"""The checks of the course's exercises: right, wrong, empty and odd answers. None raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbdock
from nbdock.api import Dock
from nbdock.course import check, checking, korean, picture
from nbdock.course.exercises import EXERCISES
from nbdock.demo.session import Session, session

ROOM = Path(checking.__file__).parent
APP = "gcr.io/google-samples/hello-app:1.0"
PLACE = re.compile(r"\{\w+\}")

Say = Callable[..., str]


class Odd:
    """What is not to be looked at."""

    def __repr__(self) -> str:
        raise RuntimeError("odd")

    __eq__ = __len__ = __iter__ = __int__ = __str__ = __repr__  # type: ignore[assignment]


class Shell:
    def __init__(self, names: Mapping[str, Any]) -> None:
        self.user_ns = names


@pytest.fixture(scope="module")
def running() -> Iterator[Session]:
    with session(Dock()) as begun:
        yield begun


@pytest.fixture
def dock(running: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dock:
    """An empty store, and the samples."""
    for name, value in running.environment(tmp_path.name).items():
        monkeypatch.setenv(name, value)
    return Dock()


@pytest.fixture
def says(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> Say:
    """What a check says of these variables."""

    def say(exercise: int, /, **names: object) -> str:
        monkeypatch.setattr(checking, "get_ipython", lambda: Shell(names))
        assert repr(korean.check(exercise))[0] == repr(check(exercise))[0]
        return repr(check(exercise))

    return say


def test_layers_of_a_pull(says: Say, dock: Dock) -> None:
    assert says(1) == "✘ Exercise 1: there is no image httpd in the store."
    layers = dock.pull("httpd", quiet=True)
    assert says(1) == "✘ Exercise 1: there is no variable `count` yet."
    assert says(1, count="6") == "✘ Exercise 1: `count` should be a whole number, and is str."
    assert "`count` is 5: the frame has one row" in says(1, count=5)
    assert "came over the network" in says(1, count=6, total=layers.compressed_bytes.sum())
    assert "not the sum of the column" in says(1, count=6, total=1)
    assert says(1, count=len(layers), total=layers.size_bytes.sum()) == "✔ Exercise 1: solved."


@pytest.mark.parametrize(
    ("full", "wrong"),
    [
        ("busybox", "the registry is missing"),
        ("docker.io/busybox:latest", "the namespace is missing"),
        ("docker.io/library/busybox", "the tag is missing"),
        ("docker.io/library/busybox2:latest", "another image"),
        (5, "should be text, and is int"),
        (" docker.io/library/busybox:latest\n", "solved"),
    ],
)
def test_full_name(says: Say, full: object, wrong: str) -> None:
    assert wrong in says(2, full=full)


def test_pulled_by_tag(says: Say, dock: Dock) -> None:
    assert "no image httpd:2.0 in the store" in says(3, image_id="")
    dock.pull("httpd:2.0", quiet=True)
    row = dock.images("httpd").iloc[0]
    assert "is the digest" in says(3, image_id=row.digest)
    assert "is the digest" in says(3, image_id=row.digest[7:])
    for wrong in ("", "sha256:", row.image_id[7:11], "httpd", "0" * 64):
        assert "and not the id of httpd:2.0" in says(3, image_id=wrong)
    assert "should be text" in says(3, image_id=dock.images("httpd").image_id)
    for right in (row.image_id, row.image_id[7:], row.image_id[7:19]):
        assert says(3, image_id=right) == "✔ Exercise 3: solved."


def test_command_of_a_container(says: Say, dock: Dock) -> None:
    assert f"no image {APP} in the store" in says(4)
    dock.pull(APP, quiet=True)
    for wrong in ("", [], "[httpd-foreground]", [None], 5):
        assert says(4, command=wrong).startswith("✘ ")
    for right in ("[/hello-app]", "/hello-app", ["/hello-app"], ("/hello-app",)):
        assert says(4, command=right) == "✔ Exercise 4: solved."


def test_rows_without_a_layer(says: Say, dock: Dock) -> None:
    dock.pull("httpd", quiet=True)
    history = dock.history("httpd")
    assert "some of them are layers" in says(5, no_layer=(history.size_bytes == 0).sum())
    assert "the history says otherwise" in says(5, no_layer=0)
    assert "should be a whole number" in says(5, no_layer=history)
    assert says(5, no_layer=int(history.empty_layer.sum())) == "✔ Exercise 5: solved."


def test_own_layers(says: Say, dock: Dock) -> None:
    dock.pull("httpd:2.2", quiet=True)
    assert "no image httpd:2.0" in says(6, own=[])
    dock.pull("httpd:2.0", quiet=True)
    new, old = dock.layers("httpd:2.0").layer, dock.layers("httpd:2.2").layer
    own = set(new) - set(old)
    assert "has 5 layers that httpd:2.2 has too" in says(6, own=new)
    assert "has 1 texts that are no digest" in says(6, own=[*own, "sha256:0"])
    assert "lacks 1 layers" in says(6, own=[])
    assert "should be a list of texts" in says(6, own=[1]) and "should be a list of texts" in says(6, own=5)
    for right in (own, list(own), pd.Series(list(own)), next(iter(own))):
        assert says(6, own=right) == "✔ Exercise 6: solved."


def test_second_name_and_its_removal(says: Say, dock: Dock) -> None:
    assert "no image httpd:2.2" in says(7)
    dock.pull(["httpd:2.2", "httpd:2.4"], quiet=True)
    assert "no image yours:1.0" in says(7)
    dock.tag("httpd:2.4", "yours:1.0")
    assert "another image than httpd:2.2" in says(7)
    dock.tag("httpd:2.2", "yours:1.0")
    assert says(7) == "✔ Exercise 7: solved."
    assert "under the name httpd:2.2, yours:1.0" in says(8)
    dock.rm("httpd:2.2")
    assert "under the name yours:1.0" in says(8)
    dock.rm("yours:1.0")
    assert says(8) == "✔ Exercise 8: solved."


def test_empty_store(says: Say, dock: Dock) -> None:
    dock.create("busybox", name="box")
    assert "there is still a container: box" in says(9)
    dock.container_rm("box")
    assert "there are still images: busybox" in says(9)
    dock.rm("busybox")
    assert says(9) == "✔ Exercise 9: solved."


def test_built_image(says: Say, dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "hello.html").write_text("<h1>Hello</h1>")

    def build(*lines: str) -> None:
        dock.build(tmp_path, dockerfile="\n".join(lines), tags="hello:1.0")

    assert says(10) == "✘ Exercise 10: there is no image hello:1.0 in the store."
    build("FROM hello-world")
    assert says(10) == "✘ Exercise 10: there is no image busybox in the store."
    dock.pull("busybox", quiet=True)
    assert "does not begin with busybox" in says(10)
    build("FROM busybox", "COPY hello.html /www/")
    assert "no variable GREETING" in says(10)
    build("FROM busybox", "ENV GREETING=hi")
    assert "no variable GREETING" in says(10)
    build("FROM busybox", "ENV GREETING=hello", "COPY hello.html /www")
    assert "no file /www/hello.html" in says(10)
    build("FROM busybox", "COPY hello.html /www/", "ENV GREETING=hello")
    assert says(10) == "✔ Exercise 10: solved."


@pytest.mark.parametrize("value", [Odd(), float("nan"), pd.DataFrame({"a": [1]}), None, "{0}", "{x.y}", b"\x00", print])
def test_no_check_raises(says: Say, dock: Dock, value: object) -> None:
    dock.pull(["httpd", "httpd:2.0", "httpd:2.2", APP], quiet=True)
    for exercise in range(1, 7):
        names = dict.fromkeys(["count", "total", "full", "image_id", "command", "no_layer", "own"], value)
        assert says(exercise, **names).startswith("✘ ")


def test_a_check_runs_anywhere(dock: Dock) -> None:
    assert "no image httpd" in repr(nbdock.course.check(1))  # without a notebook
    for wrong in (0, 11, "1", None):
        assert "there is none; they are 1 to 10" in repr(check(wrong))  # type: ignore[arg-type]


def test_a_damaged_store_is_no_reason_to_raise(says: Say, dock: Dock) -> None:
    dock.pull("httpd", quiet=True)
    (dock.store.root / "index.json").write_text("{")
    assert "cannot be checked: " in says(1, count=1)


def words() -> Iterator[str]:
    """All that checks and pictures say."""
    yield from (checking._SAID, picture._TITLE, picture._NONE, *picture._OF, *picture._OF.values())
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Wrong":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def test_all_words_are_in_korean_and_no_others() -> None:
    assert set(words()) == set(korean.WORDS)
    for english, translated in korean.WORDS.items():
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(translated))


def test_there_are_six_exercises_at_least() -> None:
    assert len(EXERCISES) >= 6 and all(each.__doc__ for each in EXERCISES)
