"""diff: what differs between two images."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import ImageNotFound, UsageError
from tests.parts.layers import Entry, directory, file, hard_link, layer, symlink, whiteout
from tests.parts.layout import Layout, Step
from tests.parts.programs import skopeo

WASTEFUL, FRUGAL = "nbdock/wasteful", "nbdock/frugal"


def owned(entry: Entry, owner: int) -> Entry:
    entry[0].uid = entry[0].gid = owner
    return entry


def stored(dock: Dock, folder: Path, tag: str, *layers: tuple[Entry, ...], **config: object) -> str:
    layout = Layout(folder / tag)
    steps = [Step("2024-11-07T17:20:00Z", "COPY . .", layer(*entries)) for entries in layers]
    layout.write({"x": layout.image(steps, config=config)})
    skopeo("copy", "-q", f"oci:{layout.folder}:x", f"oci:{dock.store.root}:docker.io/library/x:{tag}")
    return f"x:{tag}"


def test_the_wasteful_sample_and_its_twin_show_the_same_files(dock: Dock) -> None:
    summary = dock.diff(WASTEFUL, FRUGAL).set_index("compared")
    assert summary.loc["files", ["added", "removed", "changed"]].tolist() == [0, 0, 0]
    assert summary.loc["layers", ["added", "removed"]].tolist() == [4, 11]
    assert dock.diff(WASTEFUL, FRUGAL, show="files").empty
    assert summary.loc["layers", "before_bytes"] == dock.inspect(WASTEFUL).size_bytes[0]
    assert summary.loc["files", "before_bytes"] == summary.loc["files", "after_bytes"]


def test_files_are_compared_by_content_mode_owner_and_link(dock: Dock, tmp_path: Path) -> None:
    same = (file("same", b"x"), directory("folder"), symlink("s", "same"), hard_link("h", "same"))
    before = stored(
        dock,
        tmp_path,
        "1",
        (
            *same,
            file("gone", b"12"),
            file("content", b"1"),
            file("mode", b"x"),
            file("owner", b"x"),
            symlink("link", "a"),
        ),
        (file("kind", b"x"), file("both", b"1")),
    )
    after = stored(
        dock,
        tmp_path,
        "2",
        (file("gone", b"12"), file("content", b"2"), file("mode", b"x", 0o755), owned(file("owner", b"x"), 7), *same),
        (
            whiteout("gone"),
            file("new", b"123"),
            symlink("link", "bb"),
            directory("kind"),
            owned(file("both", b"22"), 7),
        ),
    )
    files = dock.diff(before, after, show="files")
    assert [tuple(row) for row in files[["change", "path", "differs"]].fillna("").to_numpy()] == [
        ("changed", "/both", "content, owner"),
        ("changed", "/content", "content"),
        ("removed", "/gone", ""),
        ("changed", "/kind", "type"),
        ("changed", "/link", "link"),
        ("changed", "/mode", "mode"),
        ("added", "/new", ""),
        ("changed", "/owner", "owner"),
    ]
    sizes = files.set_index("path")[["before_bytes", "after_bytes"]].fillna(-1)
    assert sizes.loc[["/gone", "/new", "/both"]].to_numpy().tolist() == [[2, -1], [-1, 3], [1, 2]]
    layers = {name: dock.layers(name).layer.tolist() for name in (before, after)}
    written = files.set_index("path").layer
    assert written["/gone"] == layers[before][0] and written["/new"] == layers[after][1]


def test_a_hard_link_is_the_file_that_it_names(dock: Dock, tmp_path: Path) -> None:
    before = stored(dock, tmp_path, "1", (file("a", b"x"), hard_link("b", "a")))
    after = stored(dock, tmp_path, "2", (file("b", b"x"), file("a", b"x")))
    assert dock.diff(before, after, show="files").empty


def test_settings_and_layers_are_listed(dock: Dock, tmp_path: Path) -> None:
    shared = (file("a", b"x"),)
    one = stored(dock, tmp_path, "1", shared, Env=["A=1", "B=2"], Labels={"v": "1"}, Cmd=["a"], User="x")
    two = stored(dock, tmp_path, "2", shared, (file("b", b"x"),), Env=["A=3", "C="], Labels={"v": "2"}, Cmd=["a", "b"])

    def rows(show: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in dock.diff(one, two, show=show).astype(object).fillna("-").to_numpy()]

    assert rows("env") == [("changed", "A", "1", "3"), ("removed", "B", "2", "-"), ("added", "C", "-", "")]
    assert rows("labels") == [("changed", "v", "1", "2")]
    assert rows("config") == [("changed", "Cmd", '["a"]', '["a","b"]'), ("removed", "User", "x", "-")]
    layers = dock.diff(one, two, show="layers")
    assert layers[["change", "layer"]].to_numpy().tolist() == [["added", dock.layers(two).layer[1]]]
    assert dock.diff(one, two).set_index("compared").changed.to_dict() == {
        "files": 0,
        "packages": 0,
        "env": 1,
        "labels": 1,
        "config": 1,
        "layers": 0,
    }


def test_an_image_is_no_different_from_itself(dock: Dock) -> None:
    summary = dock.diff("httpd", "httpd:2.4")
    assert not summary[["added", "removed", "changed"]].to_numpy().any()


def test_what_cannot_be_compared_is_said(dock: Dock) -> None:
    with pytest.raises(UsageError, match="--show everything is unknown") as raised:
        dock.diff(WASTEFUL, FRUGAL, show="everything")
    assert "files, packages, env, labels, config, layers" in raised.value.hint
    with pytest.raises(ImageNotFound):
        dock.diff(WASTEFUL, "nosuch")


def packages_of(*packages: tuple[str, str]) -> Entry:
    stanza = "Package: {}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {}\n"
    return file("var/lib/dpkg/status", "\n".join(stanza.format(*each) for each in packages).encode())


def npm(folder: str, name: str, version: str) -> Entry:
    return file(f"{folder}/node_modules/{name}/package.json", f'{{"name": "{name}", "version": "{version}"}}'.encode())


def python(name: str, version: str) -> Entry:
    return file(f"usr/lib/python3/{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n".encode())


def changed_packages(dock: Dock, before: str, after: str) -> list[tuple[object, ...]]:
    frame = dock.diff(before, after, show="packages")
    shown = frame[["change", "name", "before", "after", "direction"]].astype(object).fillna("-")
    return [tuple(row) for row in shown.to_numpy()]


def test_packages_are_added_removed_up_or_down(dock: Dock, tmp_path: Path) -> None:
    debian, ubuntu = file("etc/os-release", b"ID=debian\n"), file("etc/os-release", b"ID=ubuntu\n")
    old = (("curl", "1"), ("gcc", "12"), ("libc6", "2.36-9~rc1"), ("odd", "1_0"), ("same", "1"), ("zlib", "1:1.2"))
    new = (("curl", "1"), ("libc6", "2.36-9"), ("new", "3"), ("odd", "1-0-~"), ("same", "1"), ("zlib", "1.3"))
    before = stored(dock, tmp_path, "1", (debian, packages_of(*old), python("typing-extensions", "4.9.0")))
    after = stored(
        dock, tmp_path, "2", (ubuntu, packages_of(*old)), (packages_of(*new), python("Typing_Extensions", "4.10"))
    )
    assert changed_packages(dock, before, after) == [
        ("removed", "gcc", "12", "-", "-"),
        ("changed", "libc6", "2.36-9~rc1", "2.36-9", "up"),
        ("added", "new", "-", "3", "-"),
        ("changed", "odd", "1_0", "1-0-~", "-"),
        ("changed", "zlib", "1:1.2", "1.3", "down"),
        ("changed", "Typing_Extensions", "4.9.0", "4.10", "up"),
    ]
    summary = dock.diff(before, after).set_index("compared")
    assert summary.loc["packages", ["added", "removed", "changed"]].tolist() == [1, 1, 4]
    listed = dock.diff(before, after, show="packages").set_index("name")
    assert listed.layer["libc6"] == dock.layers(after).layer[1]
    assert listed.layer["gcc"] == dock.layers(before).layer[0]


def test_what_a_later_layer_removed_is_no_package_of_the_image(dock: Dock, tmp_path: Path) -> None:
    before = stored(dock, tmp_path, "1", (npm("app", "a", "1.0.0"),))
    after = stored(dock, tmp_path, "2", (npm("app", "a", "1.0.0"),), (whiteout("app"),))
    assert changed_packages(dock, before, after) == [("removed", "a", "1.0.0", "-", "-")]


def test_of_several_versions_the_newest_goes_with_the_newest(dock: Dock, tmp_path: Path) -> None:
    def image(tag: str, *versions: str) -> str:
        return stored(dock, tmp_path, tag, tuple(npm(f"app{n}", "a", each) for n, each in enumerate(versions)))

    before, after = image("1", "1.0.0", "1.9.0", "1.10.0", "2.0.0"), image("2", "2.1.0", "1.0.0", "1.10.1", "1.0.0")
    assert changed_packages(dock, before, after) == [
        ("changed", "a", "2.0.0", "2.1.0", "up"),
        ("changed", "a", "1.10.0", "1.10.1", "up"),
        ("removed", "a", "1.9.0", "-", "-"),
    ]
    assert changed_packages(dock, before, before) == []
