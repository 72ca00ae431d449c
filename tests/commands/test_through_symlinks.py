"""Images whose layers write through symlinks, as `bin/tool` on top of a base whose `/bin` leads to `/usr/bin`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import Refused
from tests.commands.conftest import Recorder
from tests.commands.test_inside import made
from tests.parts.layers import directory, file, hard_link, layer, symlink, whiteout

BASE = layer(
    directory("usr"),
    directory("usr/bin"),
    file("usr/bin/sh", b"old shell"),
    file("usr/bin/gone", b"gone"),
    symlink("bin", "usr/bin"),
    symlink("circle", "circle"),
)
UPPER = layer(
    file("bin/sh", b"new"),
    file("bin/tool", b"tool"),
    hard_link("tool", "bin/tool"),
    whiteout("bin/gone"),
    file("circle/x", b"x"),
)
PLAIN = layer(directory("usr/bin"), file("usr/bin/sh", b"new"), file("usr/bin/tool", b"tool"), whiteout("usr/bin/gone"))


@pytest.fixture
def through(tmp_path: Path, console: Recorder) -> Dock:
    """A dock with an image, `through`, and `plain`, whose upper layer writes to where the symlink leads."""
    return made(tmp_path / "store", console, through=(BASE, UPPER), plain=(BASE, PLAIN))


def test_a_file_is_listed_as_it_is_written_and_beside_it_where_it_is(through: Dock) -> None:
    frame = through.files("through").set_index("path")
    assert frame.real_path.dropna().to_dict() == {"/bin/sh": "/usr/bin/sh", "/bin/tool": "/usr/bin/tool"}
    assert sorted(frame.index) == ["/bin", "/bin/sh", "/bin/tool", "/circle/x", "/tool", "/usr", "/usr/bin"]


@pytest.mark.parametrize("glob", ["/usr/bin/*", "/bin/*", "bin/sh"])
def test_a_pattern_matches_either_path(through: Dock, glob: str) -> None:
    assert "/bin/sh" in list(through.files("through", glob).path)


@pytest.mark.parametrize("path", ["/bin/sh", "/usr/bin/sh"])
def test_either_path_opens_it(through: Dock, path: str) -> None:
    with through.open("through", path) as opened:
        assert opened.read() == b"new"


def test_what_is_written_through_a_symlink_ends_what_is_there(through: Dock) -> None:
    waste = through.waste("through").set_index("path")
    assert waste.loc["/usr/bin/sh", ["wasted_bytes", "how"]].tolist() == [9, "overwritten"]
    assert waste.loc["/usr/bin/gone", "how"] == "deleted"
    fates = through.files("through", layers=True).set_index(["position", "path"]).fate
    assert fates[0, "/circle"] == fates[0, "/usr/bin/sh"] == "overwritten"
    assert through.why("through")["size_bytes"].sum() == through.inspect("through").size_bytes[0]


def test_a_copy_of_the_folder_has_it(through: Dock, tmp_path: Path) -> None:
    through.cp("through", "/usr/bin", str(tmp_path))
    assert {path.name: path.read_bytes() for path in (tmp_path / "bin").iterdir()} == {"sh": b"new", "tool": b"tool"}


def test_a_hard_link_to_a_symlink_is_followed_too(tmp_path: Path, console: Recorder) -> None:
    dock = made(tmp_path / "store", console, linked=(BASE, layer(hard_link("also", "bin"))))
    with dock.open("linked", "/also/sh") as opened:
        assert opened.read() == b"old shell"


def test_the_same_file_by_another_way_is_no_difference(through: Dock) -> None:
    found = through.diff("through", "plain", show="files").set_index("path").change
    assert found.to_dict() == {"/circle": "added", "/circle/x": "removed", "/tool": "removed"}


def test_where_says_what_a_later_layer_did_through_a_symlink(through: Dock) -> None:
    for pattern in ("/usr/bin/sh", "/bin/sh", "sh", "gone"):
        found = through.where(pattern, "through").set_index(["position", "path"])
        every = through.files("through", layers=True).set_index(["position", "path"]).loc[found.index]
        assert found[["fate", "real_path"]].equals(every[["fate", "real_path"]]), pattern


def test_a_circle_is_told(through: Dock, tmp_path: Path, console: Recorder) -> None:
    dock = made(tmp_path / "circle", console, circle=(BASE,))
    with pytest.raises(Refused, match="/circle -> /circle"):
        dock.open("circle", "/circle/x")
