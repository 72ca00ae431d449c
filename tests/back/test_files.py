"""What the explorer asks: folders, searches, treemaps, previews and differences of the files of an image."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.contents.tree import Fate, merge
from nbdock.dock.inside import reading
from nbdock.dock.inside.contents import Contents
from nbdock.dock.inside.exploring import Choice, Explored, explored
from nbdock.errors import Cancelled, ImageNotFound, UsageError
from tests.parts import stacks
from tests.parts.layers import Entry, directory, file, hard_link, layer, symlink, whiteout
from tests.parts.layout import Layout, Step

Row = dict[str, Any]
Ask = Callable[..., Any]
BUILT = "2024-01-01T00:00:00Z"
BASE = layer(
    directory("etc"),
    file("etc/motd", b"hello\n" * 10),
    file("etc/old.conf", b"x" * 500),
    file("usr/bin/tool", b"\x7fELF\0" + bytes(9995), 0o4755),
    symlink("bin", "usr/bin"),
    directory("tmp", 0o1777),
)
AGAIN = layer(
    file("etc/motd", b"hello\n" * 9 + b"you\n"), whiteout("etc/old.conf"), hard_link("usr/bin/again", "usr/bin/tool")
)
MORE = layer(file("srv/app.py", b"print(1)\n"))


def store(folder: Path, **images: list[bytes]) -> Dock:
    Layout(folder).write(stored(folder, **images))
    return Dock(folder)


def stored(folder: Path, **images: list[bytes]) -> dict[str, Row]:
    """What the tags stand for, which the layout has yet to be told."""
    return {
        f"localhost/files:{tag}": Layout(folder).image(
            [Step(BUILT, f"COPY {n} /", each) for n, each in enumerate(layers)]
        )
        for tag, layers in images.items()
    }


def asking(dock: Dock) -> Ask:
    """Asks about the image of a tag; every answer is what JSON can hold, and short."""
    backend = Backend(dock)

    def ask(name: str, tag: str = "one", **asked: Any) -> Any:
        found = backend.ask(name, {"image": f"localhost/files:{tag}", **asked}, Job())
        assert len(json.dumps(found)) < 1 << 20
        return found

    return ask


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return asking(store(tmp_path / "store", one=[BASE, AGAIN, MORE], two=[BASE]))


def named(answer: Row, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in answer["rows"]]


def node(ask: Ask, path: str, **asked: Any) -> Row:
    """The row at a path, folder by folder."""
    at: Row = {"node": 0}
    for part in path.strip("/").split("/"):
        at = next(row for row in ask("folder", node=at["node"], **asked)["rows"] if row["name"] == part)
    return at


def test_an_overview_tells_layers_and_waste(ask: Ask) -> None:
    told = ask("explore")
    assert [(row["position"], row["size"], row["wasted"], row["colour"]) for row in told["layers"]] == [
        (0, 10_567, 560, 1),
        (1, 58, 0, 2),
        (2, 9, 0, 3),
    ]
    assert told["wasted"] == 560
    assert told["layers"][2]["instruction"] == "COPY 2 /"


def test_a_folder_tells_what_is_in_it_the_largest_first(ask: Ask) -> None:
    root = ask("folder")
    assert named(root, "name", "type", "size", "wasted", "files", "parts") == [
        ("usr", "directory", 10_000, 0, 2, [(0, 10_000)]),
        ("etc", "directory", 58, 560, 1, [(1, 58)]),
        ("srv", "directory", 9, 0, 1, [(2, 9)]),
        ("bin", "symlink", 7, 0, None, None),
        ("tmp", "directory", 0, 0, 0, []),
    ]
    assert (root["files"], root["size"], root["left"]) == (5, 10_074, 0)
    tool = node(ask, "/usr/bin/tool")
    assert (tool["mode"], tool["uid"], tool["layer"], tool["fate"]) == (0o4755, 0, 0, "")
    assert node(ask, "/usr/bin/again")["link"] == "/usr/bin/tool"
    assert node(ask, "/bin")["link"] == "usr/bin"


def test_what_is_overwritten_or_deleted_is_shown_where_it_is_asked_for(ask: Ask) -> None:
    etc = node(ask, "/etc")["node"]
    assert named(ask("folder", node=etc), "name", "fate") == [("motd", "")]
    assert named(ask("folder", node=etc, wasted=True), "name", "size", "fate", "ended") == [
        ("old.conf", 500, "deleted", 1),
        ("motd", 60, "overwritten", 1),
        ("motd", 58, "", -1),
    ]


def test_only_one_layer_is_shown(ask: Ask) -> None:
    digest = ask("explore")["layers"][1]["digest"]
    assert named(ask("folder", layer=digest), "name", "size") == [("etc", 58), ("usr", 0)]
    assert ask("found_files", text="o", layer=digest)["count"] == 1
    with pytest.raises(UsageError, match="no such layer"):
        ask("folder", layer="sha256:" + "0" * 64)


def test_the_bytes_of_a_hard_link_whose_file_is_gone_are_those_of_the_link(tmp_path: Path) -> None:
    ask = asking(
        store(tmp_path / "s", one=[layer(file("a/f", b"x" * 70), hard_link("b/g", "a/f")), layer(whiteout("a/f"))])
    )
    assert named(ask("folder"), "name", "size", "wasted") == [("b", 70, 0)]


def test_a_long_folder_is_told_page_by_page(tmp_path: Path) -> None:
    entries = [file(f"many/{n:04}", b"x" * n) for n in range(1, 451)]
    ask = asking(store(tmp_path / "s", one=[layer(*entries)]))
    many = node(ask, "/many")["node"]
    first = ask("folder", node=many)
    assert (len(first["rows"]), first["next"], first["left"]) == (200, 200, 250)
    second, third = (ask("folder", node=many, start=start) for start in (200, 400))
    names = [row["name"] for page in (first, second, third) for row in page["rows"]]
    assert names == [f"{n:04}" for n in range(450, 0, -1)]
    smallest = third["rows"][-1]["node"]
    with_it = ask("folder", node=many, among=smallest)
    assert (len(with_it["rows"]), with_it["rows"][-1]["name"], with_it["next"]) == (201, "0001", 200)


def test_a_search_finds_parts_of_paths_and_globs(ask: Ask) -> None:
    assert named(ask("found_files", text="TOOL"), "path") == [("/usr/bin/tool",)]
    assert named(ask("found_files", text="*.py"), "path", "way") == [("/srv/app.py", node_way(ask, "/srv"))]
    assert {path for (path,) in named(ask("found_files", text="/usr/**"), "path")} == {
        "/usr/bin/tool",
        "/usr/bin/again",
    }
    assert ask("found_files", text="old.conf")["count"] == 0
    assert named(ask("found_files", text="old.conf", wasted=True), "fate") == [("deleted",)]
    with pytest.raises(UsageError, match="syntax error"):
        ask("found_files", text="[")


def node_way(ask: Ask, path: str) -> list[int]:
    return [0, node(ask, path)["node"]]


def test_a_treemap_has_boxes_that_lead_to_rows(ask: Ask) -> None:
    boxes = ask("boxes", width=400, height=300)
    tool = next(box for box in boxes if box["path"] == "/usr/bin/tool")
    assert tool["node"] == node(ask, "/usr/bin/tool")["node"]
    assert tool["way"] == [0, node(ask, "/usr")["node"], node(ask, "/usr/bin")["node"]]
    assert (tool["group"], tool["size"]) == (0, 10_000)
    for x, y, width, height in (box["area"] for box in boxes):
        assert x >= 0 and y >= 0 and x + width <= 400.2 and y + height <= 300.2
    with pytest.raises(UsageError):
        ask("boxes", width=0, height=10**9)


def test_a_treemap_of_many_files_has_few_boxes(tmp_path: Path) -> None:
    entries = [file(f"d{n % 40}/f{n}", b"x" * (n % 90 + 1)) for n in range(3000)]
    boxes = asking(store(tmp_path / "s", one=[layer(*entries)]))("boxes", width=900, height=900)
    assert 100 < len(boxes) <= 500
    inner = [box for box in boxes if not box["folder"]]
    assert sum(box["files"] for box in inner) == 3000


def test_a_preview_shows_text_bytes_and_what_is_deleted(ask: Ask) -> None:
    motd = ask("preview", node=node(ask, "/etc/motd")["node"])
    assert (motd["kind"], motd["text"], motd["more"]) == ("text", "hello\n" * 9 + "you\n", False)
    tool = ask("preview", node=node(ask, "/usr/bin/tool")["node"])
    assert (tool["kind"], tool["hex"][:10], len(tool["hex"]), tool["more"]) == ("bytes", "7f454c4600", 8192, True)
    rest = ask("preview", node=tool["node"], start=8192)
    assert (len(rest["hex"]) // 2, rest["more"]) == (10_000 - 8192, False)
    assert ask("preview", node=node(ask, "/usr/bin/again")["node"])["hex"] == tool["hex"]
    assert ask("preview", node=node(ask, "/bin")["node"])["kind"] == "none"
    assert ask("preview", node=node(ask, "/etc/old.conf", wasted=True)["node"])["text"] == "x" * 500
    assert ask("preview", node=10**9)["kind"] == "none"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"a\r\nb\tc", "a\nb\tc"),
        ("\u202eevil\x1b[31m".encode(), "\\u202eevil\\u001b[31m"),
        (
            b"caf\xe9 au lait, s'il vous pla\xeet: " + b"plain text, " * 9,
            "caf\\xe9 au lait, s'il vous pla\\xeet: " + "plain text, " * 9,
        ),
        (("ä" * 40_000).encode(), "ä" * 32_768),
    ],
)
def test_text_is_decoded_and_is_safe(tmp_path: Path, content: bytes, shown: str) -> None:
    ask = asking(store(tmp_path / "s", one=[layer(file("f", content))]))
    told = ask("preview", node=node(ask, "/f")["node"])
    assert (told["text"], told["more"]) == (shown, len(content) > 1 << 16)


def test_another_image_is_compared(ask: Ask) -> None:
    against = ask("explore", against="localhost/files:two")["against"]
    assert (against["added"], against["removed"], against["changed"], against["delta"]) == (2, 1, 1, 58 - 60 + 9 - 500)
    other = against["id"]
    assert named(ask("folder", against=other), "name", "delta") == [("etc", -502), ("srv", 9), ("usr", 0)]
    etc = node(ask, "/etc", against=other)["node"]
    assert named(ask("folder", node=etc, against=other), "name", "change", "delta", "differs") == [
        ("old.conf", "removed", -500, None),
        ("motd", "changed", -2, "content"),
    ]
    lines = ask("preview", node=node(ask, "/etc/motd", against=other)["node"], against=other)["lines"]
    assert lines[-2:] == ["-hello", "+you"]
    assert ask("preview", node=node(ask, "/etc/old.conf", against=other)["node"], against=other)["text"] == "x" * 500
    assert ask("preview", node=node(ask, "/srv/app.py", against=other)["node"], against=other)["kind"] == "text"
    assert named(ask("found_files", text="motd", against=other), "change") == [("changed",)]
    assert {box["group"] for box in ask("boxes", against=other, width=300, height=300) if not box["folder"]} >= {1, 2}
    assert ask("comparable") == ["localhost/files:two"]
    with pytest.raises(ImageNotFound):
        ask("explore", against="nothing")


def hostile() -> list[Entry]:
    odd = tarfile.TarInfo("bad\udcff\udcfe")
    return [
        file("../../etc/passwd", b"root"),
        file("a\nb\x1b[31m\u202e", b"1"),
        (odd, b""),
        file("l" * 20_000, b"22"),
        file("/".join("d" * 300) + "/f", b"333"),
        symlink("loop", "loop/loop"),
        file("loop/x", b"4"),
        file(".wh..wh.aufs", b"5"),
        symlink("long", "t" * 20_000),
    ]


def test_hostile_names_are_told_cut_and_escaped(tmp_path: Path) -> None:
    ask = asking(store(tmp_path / "s", one=[layer(*hostile())]))
    names = [row["name"] for row in ask("folder")["rows"]]
    assert "a\\nb\\x1b[31m\\u202e" in names and "etc" in names and max(map(len, names)) == 300
    found = ask("found_files", text="f")
    assert any(row["path"].endswith("d/d/f") and len(row["way"]) == 301 for row in found["rows"])
    assert len(ask("boxes", width=500, height=500)) > 3
    assert [ask("preview", node=row["node"])["kind"] for row in ask("folder")["rows"]]


def test_a_missing_layer_is_one_line_and_the_rest_is_shown(tmp_path: Path) -> None:
    dock = store(tmp_path / "s", one=[BASE, MORE])
    digest = hashlib.sha256(BASE).hexdigest()
    blob, kept = tmp_path / "s/blobs/sha256" / digest, tmp_path / "kept"
    blob.rename(kept)
    ask = asking(dock)
    [problem] = ask("explore")["problems"]
    assert digest in problem and "\n" not in problem
    assert named(ask("folder"), "name") == [("srv",)]
    kept.rename(blob)
    assert ask("explore")["problems"] == []
    assert len(ask("folder")["rows"]) > 1


def test_a_layer_that_breaks_off_is_one_line_and_what_is_before_is_shown(tmp_path: Path) -> None:
    torn = gzip.compress(gzip.decompress(BASE)[:4000], mtime=0)
    ask = asking(store(tmp_path / "s", one=[torn, MORE]))
    assert len(ask("explore")["problems"]) == 1
    assert {name for (name,) in named(ask("folder"), "name")} >= {"etc", "srv"}


def test_reading_layers_tells_how_far_it_is_and_can_be_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LONG", 0)
    monkeypatch.setenv("NBDOCK_TABLES", "0")
    backend = Backend(store(tmp_path / "s", one=[BASE]))
    told: list[Row] = []
    leave = backend.join(told.append)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        backend.ask("explore", {"image": "localhost/files:one"}, job)
    image = backend.ask("explore", {"image": "localhost/files:one"}, Job())["id"]
    leave()
    about = [message for message in told if message["about"] == f"explore {image}"]
    assert about[-1] == {"about": f"explore {image}", "gone": True}
    assert any(message.get("total") for message in about)


@pytest.mark.parametrize("question", ["explore", "images"])
def test_the_first_pass_over_a_layer_tells_how_far_it_is(
    question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LONG", 0)
    dock = store(tmp_path / "s", one=[BASE, MORE], two=[BASE])
    shutil.rmtree(dock.store.root / "nbdock", ignore_errors=True)
    backend = Backend(Dock(dock.store.root))
    told: list[Row] = []
    leave = backend.join(told.append)
    job = Job()
    job.cancel()
    asked = {"image": "localhost/files:two"} if question == "explore" else {}
    with pytest.raises(Cancelled):
        backend.ask(question, asked, job)
    found = backend.ask(question, asked, Job())
    leave()
    about = f"explore {found['id']}" if question == "explore" else "reading store"
    moves = [each for each in told if each["about"] == about]
    assert moves[-1] == {"about": about, "gone": True}
    assert any(each["total"] for each in moves[:-1])
    del told[:]
    assert backend.ask("images", {}, Job())["images"][0]["size"] > 0
    assert not [each for each in told if "reading" in each["about"]]


def test_an_image_with_an_encrypted_layer_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    """It is an artifact, as what else nobody here can unpack: `ls -a` shows it."""
    encrypt(store(tmp_path / "s", one=[BASE, MORE]).store.root)
    Layout(tmp_path / "s").write({**Layout(tmp_path / "s").tags(), **stored(tmp_path / "s", two=[BASE])})
    dock = Dock(tmp_path / "s")
    [row] = Backend(dock).ask("images", {}, Job())["images"]
    assert row["tags"] == ["localhost/files:two"]
    with pytest.raises(ImageNotFound):
        asking(dock)("explore")
    assert asking(dock)("explore", tag="two")["problems"] == []
    assert list(dock.ls(all=True)["tag"]) == ["two", "one"]


def encrypt(root: Path) -> None:
    """Make the lowest layer of the only image one that ocicrypt encrypted: its bytes are noise."""
    layout = Layout(root)
    [(tag, target)] = layout.tags().items()
    manifest = json.loads((root / "blobs" / target["digest"].replace(":", "/")).read_text())
    noise = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256))
    media_type = f"{manifest['layers'][0]['mediaType']}+encrypted"
    annotations = {"org.opencontainers.image.enc.keys.jwe": "e30="}
    manifest["layers"][0] = {**layout._add(noise, media_type), "annotations": annotations}
    layout.write({tag: layout._document(manifest, target["mediaType"])})


@settings(max_examples=60, deadline=None)
@given(stacks.stacks(stacks.linked))
def test_folders_hold_what_the_merged_tables_say(layers: list[stacks.Layer]) -> None:
    inside = Contents(None, tuple(map(stacks.table, layers)))  # type: ignore[arg-type]
    merged = merge(inside.tables)
    found = explored(inside)
    shown, every = found.sums(Choice()), found.sums(Choice(wasted=True))
    whole = shown.size.sum()
    assert whole == shown.bytes[0] == inside.waste.written - inside.waste.wasted
    assert every.bytes[0] == inside.waste.written
    paths = {
        path
        for at in range(len(inside.tables))
        for path, fate in zip(merged.places(at).to_pylist(), merged.fates(at).tolist(), strict=True)
        if fate == Fate.VISIBLE and path != "/"
    }
    assert paths <= set(walked(found, 0)) <= {*paths, *found.outline.folders}


def walked(found: Explored, folder: int) -> list[str]:
    """All paths that folders tell."""
    paths = []
    for number, is_folder in zip(*found.sums(Choice()).inside(folder), strict=True):
        paths.append(found.outline.folders[number] if is_folder else found.outline.paths[number].as_py())
        if is_folder:
            paths += walked(found, number)
    return paths
