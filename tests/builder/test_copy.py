"""COPY and WORKDIR: what goes where, with which mode and owner, as BuildKit does it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbdock.errors import InvalidContent, NotFound, Refused, UsageError
from tests.builder.conftest import Context

FILE, FOLDER = ("file", 0o644, (0, 0)), ("directory", 0o755, (0, 0))
PASSWD = "root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n"
GROUP = "root:x:0:\nstaff:x:50:\n"


def test_a_file_goes_to_a_path(context: Context) -> None:
    context.file("a.txt", "hello")
    assert context.build("FROM scratch\nCOPY a.txt /etc/motd") == {
        "/etc": (*FOLDER, b""),
        "/etc/motd": (*FILE, b"hello"),
    }


def test_a_file_goes_into_a_folder(context: Context) -> None:
    context.file("sub/a.txt")
    assert list(context.build("FROM scratch\nCOPY sub/a.txt /app/")) == ["/app", "/app/a.txt"]


def test_a_file_goes_into_a_folder_that_is_there(context: Context) -> None:
    context.file("a.txt")
    assert "/app/a.txt" in context.build("FROM scratch\nWORKDIR /app\nWORKDIR /\nCOPY a.txt /app")


def test_of_a_folder_what_is_in_it_is_copied(context: Context) -> None:
    context.file("site/index.html")
    context.file("site/img/logo.png", mode=0o600)
    (context.folder / "site" / "img").chmod(0o700)
    found = context.build("FROM scratch\nCOPY site /www")
    assert set(found) == {"/www", "/www/index.html", "/www/img", "/www/img/logo.png"}
    assert found["/www/img"].mode == 0o700 and found["/www/img/logo.png"].mode == 0o600
    assert found["/www"].mode == 0o755


def test_a_relative_target_is_below_the_workdir(context: Context) -> None:
    context.file("a.txt")
    found = context.build("FROM scratch\nWORKDIR /srv\nWORKDIR app\nCOPY a.txt .")
    assert set(found) == {"/srv", "/srv/app", "/srv/app/a.txt"}


def test_wildcards(context: Context) -> None:
    for name in ("a.txt", "b.txt", "c.md", "x1/d.txt", "x2/d.txt", "[odd].txt"):
        context.file(name)
    assert set(context.build("FROM scratch\nCOPY ?.txt /a/")) == {"/a", "/a/a.txt", "/a/b.txt"}
    assert set(context.build("FROM scratch\nCOPY [^a].* /a/")) == {"/a", "/a/b.txt", "/a/c.md"}
    assert set(context.build("FROM scratch\nCOPY x*/d.txt /a/")) == {"/a", "/a/d.txt"}
    assert set(context.build("FROM scratch\nCOPY [[]odd].txt /a/")) == {"/a", "/a/[odd].txt"}


@pytest.mark.parametrize("line", ["COPY a.txt b.txt /etc/x", "COPY *.txt /etc/x"])
def test_several_files_need_a_folder(context: Context, line: str) -> None:
    context.file("a.txt")
    context.file("b.txt")
    with pytest.raises(UsageError, match=r"Dockerfile:2: COPY .*end with a /"):
        context.build(f"FROM scratch\n{line}")


def test_what_is_not_there_is_named(context: Context) -> None:
    with pytest.raises(NotFound, match=r'Dockerfile:2: COPY gone /x: "/gone": not found') as caught:
        context.build("FROM scratch\nCOPY gone /x")
    assert "build context" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("COPY indx.html /x", "did you mean index.html?"),
        ("COPY site/Style.css /x", "did you mean site/style.css?"),
        ("COPY note.txt /x", "take it out of there, or add the line !note.txt"),
        ("COPY notes.txt /x", "paths are relative to the build context, "),  # note.txt is excluded
        ("COPY ../else /x", "paths cannot lead out of the build context"),
        ("COPY --from=files /madee /x", "did you mean made?"),
        ("COPY --from=files /other/x /x", "paths are those of the stage or image that --from names"),
    ],
)
def test_what_is_not_there_is_named_with_the_remedy(context: Context, line: str, hint: str) -> None:
    for path in ("index.html", "site/style.css", "note.txt"):
        context.file(path)
    context.file(".dockerignore", "note.txt")
    with pytest.raises(NotFound, match="not found") as caught:
        context.build(f"FROM scratch AS files\nCOPY index.html /made\nFROM scratch\n{line}")
    assert caught.value.hint.startswith(hint)


def test_a_wildcard_may_match_nothing(context: Context) -> None:
    context.file("package.json")
    assert set(context.build("FROM scratch\nCOPY package.json yarn.lock* /app/")) == {"/app", "/app/package.json"}
    assert "WARNING: yarn.lock* matches nothing" in context.console.warned


def test_what_is_ignored_is_not_there_and_said_to_be_ignored(context: Context) -> None:
    context.file("a.txt")
    context.file(".dockerignore", "*.txt\n!b.txt\n")
    context.file("b.txt")
    assert set(context.build("FROM scratch\nCOPY . /")) == {"/.dockerignore", "/b.txt"}
    with pytest.raises(NotFound, match=r"excluded by \.dockerignore"):
        context.build("FROM scratch\nCOPY a.txt /")


def test_a_folder_that_is_ignored_is_there_for_what_is_not(context: Context) -> None:
    context.file(".dockerignore", "node\n!node/keep\n.dockerignore\n")
    context.file("node/keep/a")
    context.file("node/big/b")
    assert set(context.build("FROM scratch\nCOPY . /")) == {"/node", "/node/keep", "/node/keep/a"}


def test_a_dockerignore_beside_the_dockerfile_wins(context: Context) -> None:
    context.file(".dockerignore", "b.txt")
    path = context.file("Web.Dockerfile", "FROM scratch\nCOPY *.txt /")
    context.file("Web.Dockerfile.dockerignore", "a.txt")
    context.file("a.txt")
    context.file("b.txt")
    context.dock.build(context.folder, file=path, tags="built:1.0")
    assert set(context.tree()) == {"/b.txt"}


def test_symlinks_are_copied_as_they_are_and_followed_if_they_are_named(context: Context) -> None:
    context.file("real/a.txt", "hello")
    context.link("real/link", "a.txt")
    context.link("to", "real")
    context.link("out", "/etc/passwd")
    found = context.build("FROM scratch\nCOPY real /a\nCOPY to /b\nCOPY real/link /c\nCOPY . /d")
    assert found["/a/link"] == ("symlink", 0o777, (0, 0), "a.txt")
    assert found["/b/a.txt"].content == b"hello"
    assert found["/c"] == (*FILE, b"hello")
    assert found["/d/out"].content == "/etc/passwd"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd"])
def test_no_symlink_leads_out_of_the_context(context: Context, target: str) -> None:
    context.link("out", target)
    with pytest.raises(NotFound):
        context.build("FROM scratch\nCOPY out /x")
    context.file("etc/passwd", "of the context")
    assert context.build("FROM scratch\nCOPY out /x")["/x"].content == b"of the context"


def test_no_source_leads_out_of_the_context(context: Context, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    for source in ("../secret", "/../secret", "a/../../secret"):
        with pytest.raises(NotFound):
            context.build(f"FROM scratch\nCOPY {source} /x")


def test_symlinks_of_the_image_are_followed_inside_it(context: Context) -> None:
    context.file("a.txt")
    context.file("base/usr/bin/sh")
    context.link("base/bin", "usr/bin")
    context.link("base/evil", "../../../../tmp")
    found = context.build("FROM scratch\nCOPY base /\nCOPY a.txt /bin/\nCOPY a.txt /evil/x/")
    assert "/usr/bin/a.txt" in found and found["/bin"].type == "symlink"
    assert context.names(-1) == ["tmp", "tmp/x", "tmp/x/a.txt"]


def test_a_folder_does_not_become_a_file_nor_a_file_a_folder(context: Context) -> None:
    context.file("tree/x/y")
    context.file("flat/x")
    with pytest.raises(Refused, match="Dockerfile:3: COPY flat /: cannot copy /flat/x to /x, which is a folder"):
        context.build("FROM scratch\nCOPY tree /\nCOPY flat /")
    with pytest.raises(Refused, match="which is no folder"):
        context.build("FROM scratch\nCOPY flat /\nCOPY tree /")
    with pytest.raises(Refused, match="no folder"):
        context.build("FROM scratch\nCOPY flat /\nCOPY tree/x/y /x/y")


def test_folders_above_are_entries_as_the_image_has_them(context: Context) -> None:
    context.file("base/etc/a")
    (context.folder / "base" / "etc").chmod(0o750)
    context.file("b")
    found = context.build("FROM scratch\nCOPY --chown=7:8 base /\nCOPY b /etc/")
    assert context.names(-1) == ["etc", "etc/b"]
    assert found["/etc"].mode == 0o750 and found["/etc"].owner == (7, 8)


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("web", (33, 44)),
        ("web:staff", (33, 50)),
        ("33", (33, 33)),
        ("5:6", (5, 6)),
        ("5:staff", (5, 50)),
        ("web:9", (33, 9)),
    ],
)
def test_chown(context: Context, text: str, owner: tuple[int, int]) -> None:
    context.file("base/etc/passwd", PASSWD)
    context.file("base/etc/group", GROUP)
    context.file("a/b")
    found = context.build(f"FROM scratch\nCOPY base /\nCOPY --chown={text} a /new/")
    assert found["/new"].owner == found["/new/b"].owner == owner


@pytest.mark.parametrize("text", ["nobody", "web:nobody", "4294967296", ":5", "5:"])
def test_an_owner_that_is_not_in_the_image(context: Context, text: str) -> None:
    context.file("base/etc/passwd", PASSWD)
    context.file("a")
    with pytest.raises(UsageError, match="Dockerfile:3"):
        context.build(f"FROM scratch\nCOPY base /\nCOPY --chown={text} a /new")


@pytest.mark.parametrize(
    ("text", "folder", "file"),
    [
        ("700", 0o700, 0o700),
        ("0644", 0o644, 0o644),
        ("1777", 0o1777, 0o1777),
        ("u=rwX,go=rX", 0o755, 0o644),
        ("a+x", 0o755, 0o755),
        ("go-r", 0o711, 0o600),
        ("+t", 0o1755, 0o1644),
        ("g=u", 0o775, 0o664),
        ("u+s,g-rx", 0o4705, 0o4604),
    ],
)
def test_chmod(context: Context, text: str, folder: int, file: int) -> None:
    context.file("a/b/c")
    found = context.build(f"FROM scratch\nCOPY --chmod={text} a /new/")
    assert (found["/new/b"].mode, found["/new/b/c"].mode) == (folder, file)


@pytest.mark.parametrize("text", ["888", "rwx", "u=z", "u=rw;x"])
def test_no_mode(context: Context, text: str) -> None:
    context.file("a")
    with pytest.raises(UsageError, match="Dockerfile:2"):
        context.build(f"FROM scratch\nCOPY --chmod={text} a /new/")


def test_link_copies_as_if_nothing_were_below(context: Context) -> None:
    context.file("base/usr/bin/sh")
    context.link("base/bin", "usr/bin")
    context.file("a")
    found = context.build("FROM scratch\nCOPY base /\nCOPY --link a /bin/a")
    assert context.names(-1) == ["bin", "bin/a"] and found["/bin"].type == "directory"


def test_parents(context: Context) -> None:
    context.file("x/a/one.txt")
    context.file("x/b/two.txt")
    (context.folder / "x" / "a").chmod(0o700)
    found = context.build("FROM scratch\nCOPY --parents x/*/*.txt /dst/")
    assert set(found) == {"/dst", "/dst/x", "/dst/x/a", "/dst/x/b", "/dst/x/a/one.txt", "/dst/x/b/two.txt"}
    assert found["/dst/x/a"].mode == 0o700
    assert set(context.build("FROM scratch\nCOPY --parents ./x/./a /dst/")) == {"/dst", "/dst/a", "/dst/a/one.txt"}


def test_exclude(context: Context) -> None:
    for name in ("src/a.py", "src/a.pyc", "src/lib/b.pyc", "src/lib/b.py", "src/test/c.py"):
        context.file(name)
    found = context.build("FROM scratch\nCOPY --exclude=**/*.pyc --exclude=test src /app/")
    assert set(found) == {"/app", "/app/a.py", "/app/lib", "/app/lib/b.py"}


def test_inline_files(context: Context) -> None:
    found = context.build(
        'FROM scratch\nENV NAME=web\nCOPY <<a.txt <<"b.txt" /app/\nhello $NAME\na.txt\nas is $NAME\nb.txt\n'
    )
    assert found["/app/a.txt"] == (*FILE, b"hello web\n") and found["/app/b.txt"].content == b"as is $NAME\n"


def test_from_a_stage_keeps_owners_and_links(context: Context) -> None:
    context.file("a/one", "content")
    os.link(context.folder / "a" / "one", context.folder / "a" / "two")
    context.link("a/three", "one")
    found = context.build(
        "FROM scratch AS made\nCOPY --chown=5:6 a /made/\n"
        "FROM scratch\nCOPY --from=made /made /a\nCOPY --from=0 /made/three /b"
    )
    assert found["/a/one"] == ("file", 0o644, (5, 6), b"content") == found["/a/two"]
    assert found["/a/three"].content == "one" and found["/b"].content == b"content"
    links = context.dock.files("built:1.0").set_index("path").type
    assert sorted((links["/a/one"], links["/a/two"])) == ["file", "hardlink"]


def test_what_a_stage_overwrote_is_not_copied_from_it(context: Context) -> None:
    context.file("a/x", "old")
    context.file("b/x", "new")
    found = context.build("FROM scratch AS made\nCOPY a /d/\nCOPY b /d/\nFROM scratch\nCOPY --from=made /d/x /x")
    assert found == {"/x": (*FILE, b"new")}


def test_from_an_image_that_is_here(context: Context) -> None:
    context.file("a", "hello")
    context.dock.build(context.folder, dockerfile="FROM scratch\nCOPY a /a", tags="other:2.0")
    assert context.build("FROM scratch\nCOPY --from=other:2.0 /a /b")["/b"].content == b"hello"


def test_workdir_makes_a_layer_even_if_the_folder_is_there(context: Context) -> None:
    context.build("FROM scratch\nWORKDIR /app\nWORKDIR /app\nWORKDIR /")
    assert context.names(0) == ["app"] and context.names(1) == []
    history = context.dock.history("built:1.0")
    assert history.created_by.tolist() == ["WORKDIR /", "WORKDIR /app", "WORKDIR /app"]
    assert history.empty_layer.tolist() == [True, False, False]


def test_workdir_belongs_to_the_user(context: Context) -> None:
    context.file("base/etc/passwd", PASSWD)
    found = context.build("FROM scratch\nCOPY base /\nUSER web\nWORKDIR /home/web")
    assert found["/home/web"].owner == (33, 44)


def test_special_files(context: Context) -> None:
    import socket

    os.mkfifo(context.folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(context.folder / "socket"))
        context.file("a")
        found = context.build("FROM scratch\nCOPY . /")
    assert set(found) == {"/a", "/pipe"} and found["/pipe"].type == "fifo"
    assert any("socket" in line for line in context.console.warned)


def test_whiteouts_are_refused(context: Context) -> None:
    context.file("a/.wh.b")
    with pytest.raises(Refused, match=r"/d/\.wh\.b cannot be in an image"):
        context.build("FROM scratch\nCOPY a /d/")


def test_a_file_that_grows_while_it_is_read(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    path = context.file("a", b"x" * 100)
    read = os.read

    def growing(handle: int, count: int) -> bytes:
        found = read(handle, count)
        if found == b"x" * 100:
            path.write_bytes(b"y" * 200)
        return found

    monkeypatch.setattr(os, "read", growing)
    with pytest.raises(InvalidContent, match="/a changed while it was read"):
        context.build("FROM scratch\nCOPY a /a")


def test_names_that_are_no_text(context: Context) -> None:
    with open(os.path.join(os.fsencode(context.folder), b"caf\xe9"), "wb") as file:
        file.write(b"x")
    context.file("ünï\ncode", "y")
    context.build("FROM scratch AS made\nCOPY . /\nFROM scratch\nCOPY --from=made / /")
    assert sorted(os.fsencode(name) for name in context.names()) == [b"caf\xe9", "ünï\ncode".encode()]


def test_long_paths(context: Context) -> None:
    deep = "/".join(["d" * 60] * 6)
    context.file(f"{deep}/f")
    context.link("l", "t" * 300)
    found = context.build("FROM scratch\nCOPY . /")
    assert f"/{deep}/f" in found and found["/l"].content == "t" * 300
