"""build: commands, cells, names, outputs, and what they return."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbdock
from nbdock.errors import ImageNotFound, NotFound, Refused, UsageError
from nbdock.grammar import Invocation, table
from tests.builder.answers import answer
from tests.builder.cases import Case, fill
from tests.builder.conftest import Context
from tests.commands.conftest import Recorder
from tests.parts.programs import skopeo
from tests.parts.registries import Registry

DOCKERFILE = """\
ARG VERSION=1
FROM scratch AS files
COPY a.txt /made/
FROM scratch
LABEL version=$VERSION
WORKDIR /app
COPY --from=files /made/a.txt .
CMD ["/app/run"]
"""


def run(context: Context, line: str, cell: str | None = None) -> object:
    words = line.split()
    call = table.read(words, "nbdock") if cell is None else table.read_cell(words, cell, "image")
    assert isinstance(call, Invocation)
    return call(context.dock)


def inspected(context: Context, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(context.dock.inspect(name, format="json"))[0]
    return found


def test_one_row_for_each_instruction(context: Context) -> None:
    context.file("a.txt", "hello")
    frame = context.dock.build(context.folder, dockerfile=DOCKERFILE, tags="app:1.0")
    assert frame.line.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert frame.stage.tolist() == ["files", "files", "1", "1", "1", "1", "1"]
    assert frame.instruction.tolist() == ["FROM", "COPY", "FROM", "LABEL", "WORKDIR", "COPY", "CMD"]
    assert frame.text.tolist() == DOCKERFILE.splitlines()[1:]
    assert frame.size_bytes.fillna(-1).tolist() == [0, 5, 0, -1, 0, 5, -1]
    assert frame.cached.tolist()[:2] == [True, False] and frame.cached.isna().tolist()[3]
    assert frame.diff_id.dropna().tolist()[1:] == context.dock.layers("app:1.0").diff_id.tolist()
    assert set(frame.reference) == {"docker.io/library/app:1.0"} and len(set(frame.image_id)) == 1
    assert (frame.seconds >= 0).all()


def test_what_was_built_before_is_cached(context: Context) -> None:
    context.file("a.txt", "hello")
    context.file("b.txt", "other")
    dockerfile = "FROM scratch\nCOPY a.txt /\nCOPY b.txt /"
    first = context.dock.build(context.folder, dockerfile=dockerfile, tags="app:1.0")
    context.file("b.txt", "changed")
    second = context.dock.build(context.folder, dockerfile=dockerfile, tags="app:2.0")
    assert first.cached.tolist() == [True, False, False] and second.cached.tolist() == [True, True, False]
    assert first.diff_id.tolist()[1] == second.diff_id.tolist()[1]


def test_the_dockerfile_is_found_in_the_context(context: Context) -> None:
    context.file("a.txt", "hello")
    context.file("Dockerfile", DOCKERFILE)
    context.file("other/Web", "FROM scratch\nLABEL a=web")
    run(context, f"build -t app:1.0 -t app:latest {context.folder}")
    assert sorted(context.dock.ls().tag) == ["1.0", "latest"]
    run(context, f"build -t web -f {context.folder}/other/Web {context.folder}")
    assert inspected(context, "web")["Config"]["Labels"] == {"a": "web"}
    with pytest.raises(NotFound, match="failed to read dockerfile"):
        run(context, f"build {context.folder}/other")
    with pytest.raises(UsageError, match="requires 1 argument"):
        run(context, "build -t app")


def test_a_dockerfile_from_standard_input(context: Context, console: Recorder) -> None:
    console.piped = "FROM scratch\nLABEL a=piped"
    run(context, f"build -t app -f - {context.folder}")
    assert inspected(context, "app")["Config"]["Labels"] == {"a": "piped"}


def test_a_cell_is_the_dockerfile(context: Context) -> None:
    context.file("a.txt", "hello")
    run(context, f"build -t app:1.0 {context.folder}", DOCKERFILE)
    assert context.dock.cat("app:1.0", "/app/a.txt") == "hello"
    with pytest.raises(Refused, match=r"Dockerfile:3: COPY a\.txt /made/: there is no build context") as caught:
        run(context, "build -t app:1.0", DOCKERFILE)
    assert "." in caught.value.hint
    with pytest.raises(UsageError, match="in the cell, and in -f too"):
        run(context, f"build -f x {context.folder}", DOCKERFILE)
    with pytest.raises(UsageError, match="takes a cell with a Dockerfile"):
        run(context, "ls", DOCKERFILE)


def test_the_name_of_a_dockerfile_is_not_its_text(context: Context) -> None:
    with pytest.raises(UsageError, match=r"^Web\.Dockerfile is no text of a Dockerfile$") as caught:
        context.dock.build(context.folder, dockerfile="Web.Dockerfile")
    assert "file=" in caught.value.hint
    with pytest.raises(UsageError, match="FROM requires"):
        context.dock.build(context.folder, dockerfile="FROM")


def test_a_dockerfile_may_be_in_lower_case(context: Context) -> None:
    context.file("dockerfile", "FROM scratch\nLABEL case=lower")
    run(context, f"build -t lower {context.folder}")
    assert inspected(context, "lower")["Config"]["Labels"] == {"case": "lower"}
    context.file("Dockerfile", "FROM scratch\nLABEL case=title")
    run(context, f"build -t title {context.folder}")
    assert inspected(context, "title")["Config"]["Labels"] == {"case": "title"}


def test_arguments_labels_and_targets(context: Context) -> None:
    context.file("a.txt", "hello")
    run(context, f"build -t app --build-arg VERSION=2 --label by=hand {context.folder} --target files -q", DOCKERFILE)
    assert set(context.tree("app")) == {"/made", "/made/a.txt"}
    dockerfile = "ARG VERSION=1\nFROM scratch\nARG VERSION\nLABEL version=$VERSION"
    run(context, "build -t app --build-arg VERSION=2 --label by=hand", dockerfile)
    assert inspected(context, "app")["Config"]["Labels"] == {"by": "hand", "version": "2"}
    with pytest.raises(UsageError, match="has no value"):
        run(context, "build --build-arg VERSION", dockerfile)


def test_quiet_is_the_image_id(context: Context, console: Recorder, tmp_path: Path) -> None:
    found = run(context, f"build -q --iidfile {tmp_path}/id", "FROM scratch\nLABEL a=b")
    assert found == (tmp_path / "id").read_text() and str(found).startswith("sha256:")
    assert console.said == []
    assert context.dock.ls().dangling.tolist() == [True]


def test_what_is_begun_is_said_before_it_is_done(context: Context, console: Recorder) -> None:
    context.file("a.txt")
    dockerfile = "FROM scratch AS app\nCOPY a.txt /"
    context.build(dockerfile)
    console.said.clear()
    with pytest.raises(NotFound):
        context.build(f"{dockerfile}\nCOPY gone /\nLABEL a=b")
    assert console.said == ["[app] FROM scratch AS app", "[app] COPY a.txt /", " => CACHED", "[app] COPY gone /"]


def test_a_progress_that_is_not_there_is_refused(context: Context) -> None:
    with pytest.raises(Refused, match="--progress rawjson is not supported") as caught:
        run(context, "build --progress rawjson", "FROM scratch\nLABEL a=b")
    assert caught.value.hint == "the kinds are auto, plain, quiet, tty"


@pytest.mark.parametrize("dry_run", [True, False])
def test_rows_of_several_platforms_are_told_apart(context: Context, console: Recorder, dry_run: bool) -> None:
    platforms = ["linux/amd64", "linux/arm64"]
    shown = {}
    for wanted in (platforms[:1], platforms):
        frame = context.dock.build(dockerfile="FROM scratch\nLABEL a=b", platforms=wanted, dry_run=dry_run)
        shown[len(wanted)] = [each for each in platforms if each in repr(frame)]
    assert shown == {1: [], 2: platforms}
    if not dry_run:
        assert [line for line in console.said if line.startswith("building for")] == [
            f"building for {each}" for each in platforms
        ]


def test_a_base_of_another_platform_is_warned_of(registry: Registry, context: Context, console: Recorder) -> None:
    for platform in ("linux/amd64", "linux/arm64"):
        context.dock.build(dockerfile="FROM httpd:2.4\nLABEL a=b", platforms=platform)
    assert console.warned == [
        'WARNING: InvalidBaseImagePlatform: Base image httpd:2.4 was pulled with platform "linux/amd64", '
        'expected "linux/arm64" for current build (line 1)'
    ]


def test_several_platforms_make_an_index(context: Context) -> None:
    dockerfile = "FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH"
    frame = context.dock.build(dockerfile=dockerfile, tags="app:1.0", platforms="linux/amd64,linux/arm64/v8")
    assert frame.platform.unique().tolist() == ["linux/amd64", "linux/arm64"]
    row = context.dock.ls().iloc[0]
    assert row.platforms == ["linux/amd64", "linux/arm64"]


def test_a_base_is_pulled_unless_it_is_here(registry: Registry, context: Context) -> None:
    context.file("a.txt")
    frame = context.dock.build(context.folder, dockerfile="FROM httpd:2.4\nCOPY a.txt /", tags="app:1.0")
    assert frame.cached.tolist() == [False, False]
    base = context.dock.layers("httpd:2.4")
    assert context.dock.layers("app:1.0").diff_id.tolist()[:-1] == base.diff_id.tolist()
    again = context.dock.build(context.folder, dockerfile="FROM httpd:2.4\nCOPY a.txt /", tags="app:1.0")
    assert again.cached.tolist() == [True, True]
    pulled = context.dock.build(context.folder, dockerfile="FROM httpd:2.4\nCOPY a.txt /", pull=True)
    assert pulled.cached.tolist() == [False, True]
    with pytest.raises(ImageNotFound, match="Dockerfile:1"):
        context.dock.build(dockerfile="FROM nothing-there:1.0")


def test_run_is_refused_unless_the_target_does_not_need_it(context: Context) -> None:
    dockerfile = "FROM scratch AS a\nRUN make\nFROM scratch AS b\nLABEL x=y"
    context.build(dockerfile)
    with pytest.raises(Refused, match="Dockerfile:2: RUN make: nbdock runs nothing"):
        context.build(dockerfile, target="a")


def test_a_run_is_refused_before_a_base_is_pulled(registry: Registry, context: Context) -> None:
    with pytest.raises(Refused, match="Dockerfile:2: RUN make"):
        context.build("FROM httpd:2.4\nRUN make")
    assert context.dock.ls(all=True).empty


def test_a_copy_without_a_build_context_is_refused_before_a_base_is_pulled(
    registry: Registry, context: Context
) -> None:
    with pytest.raises(Refused, match=r"Dockerfile:2: COPY a\.txt /: there is no build context"):
        run(context, "build", "FROM httpd:2.4\nCOPY a.txt /")
    assert context.dock.ls(all=True).empty


@pytest.mark.parametrize("copy", ["COPY <<EOF /x", "ADD <<EOF /x"])
def test_what_stands_in_the_dockerfile_needs_no_build_context(context: Context, copy: str) -> None:
    run(context, "build -t app", f"FROM scratch\n{copy}\nhello\nEOF")
    assert context.dock.cat("app", "/x") == "hello"


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("nowhere", "the build context nowhere cannot be read: No such file or directory"),
        ("-", "no build context is read from standard input"),
        ("https://github.com/a/b.git", "https://github.com/a/b.git is no folder"),
        ("https://me:secret@example.com/b", r"https://\*\*\*@example.com/b is no folder"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git is no folder"),
    ],
)
@pytest.mark.parametrize("cell", [None, "FROM scratch\nLABEL a=b"])
def test_a_build_context_is_a_folder(context: Context, folder: str, message: str, cell: str | None) -> None:
    with pytest.raises((UsageError, Refused), match=f"^{message}$"):
        run(context, f"build {folder}", cell)


def test_nothing_is_named_after_an_error(context: Context) -> None:
    context.file("a.txt")
    with pytest.raises(NotFound):
        context.build("FROM scratch\nCOPY a.txt /\nCOPY gone /")
    assert context.dock.ls(all=True).empty


def test_secrets_that_go_in_are_named(context: Context, console: Recorder) -> None:
    for name in (".env", "key/id_rsa", ".git/config", ".git/HEAD", "main.py"):
        context.file(name)
    context.build("FROM scratch\nCOPY . /")
    assert [line.split(" goes ")[0] for line in console.warned if " goes " in line] == [
        "WARNING: .env",
        "WARNING: .git",
        "WARNING: key/id_rsa",
    ]


def test_a_plan_warns_as_a_build_does(context: Context, console: Recorder) -> None:
    for path in ("app/main.py", "app/.env", "app/.git/HEAD"):
        context.file(path)
    dockerfile = "FROM scratch AS Base\nCOPY app /\nENV A_TOKEN=x\nMAINTAINER me"
    warned = []
    for dry_run in (True, False):
        console.warned.clear()
        context.dock.build(context.folder, dockerfile=dockerfile, dry_run=dry_run)
        warned.append(list(console.warned))
    assert warned[0] == warned[1]
    for what in (".env goes", ".git goes", "StageNameCasing", "SecretsUsedInArgOrEnv", "MaintainerDeprecated"):
        assert any(what in line for line in warned[0]), what


def test_a_plan_whose_warnings_are_errors_is_refused(context: Context) -> None:
    with pytest.raises(UsageError, match="lint violation found for rules: StageNameCasing"):
        context.dock.build(dockerfile="# check=error=true\nFROM scratch AS Base", dry_run=True)


def test_a_plan_builds_nothing(context: Context) -> None:
    context.file("a.txt", "hello")
    frame = context.dock.build(context.folder, dockerfile=f"{DOCKERFILE}RUN make", dry_run=True)
    assert frame.does.tolist() == [
        "begins with nothing",
        "copies 1 file to /made/",
        "begins with nothing",
        "changes the config",
        "makes the folder /app if it is not there",
        "copies from files to /app/",
        "changes the config",
        "is refused: nbdock runs nothing",
    ]
    assert frame.copied_bytes.fillna(-1).tolist()[1] == 5
    assert context.dock.ls(all=True).empty and not context.dock.store.root.exists()


@pytest.mark.parametrize("kind", ["oci", "docker", "tar"])
def test_where_an_output_goes_is_checked_before_a_build(
    context: Context, console: Recorder, tmp_path: Path, kind: str
) -> None:
    build = partial(context.dock.build, dockerfile="FROM scratch\nADD <<EOF /x\nEOF")
    with pytest.raises(UsageError, match='gone" does not exist'):
        build(outputs=f"type={kind},dest={tmp_path}/gone/app.tar")
    assert console.said == []
    build(outputs=f"type={kind},dest={tmp_path}/app.tar")
    assert f"writing {tmp_path}/app.tar" in console.said


@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_an_archive_in_place_of_the_store(context: Context, tmp_path: Path, kind: str) -> None:
    context.file("a.txt", "hello")
    path = tmp_path / "app.tar"
    context.dock.build(context.folder, dockerfile=DOCKERFILE, tags="app:1.0", outputs=f"type={kind},dest={path}")
    assert context.dock.ls(all=True).empty
    place = "docker-archive" if kind == "docker" else "oci-archive"
    assert json.loads(skopeo("inspect", f"{place}:{path}"))["Labels"] == {"version": ""}
    context.dock.load(path)
    assert context.dock.cat("app:1.0", "/app/a.txt") == "hello"


def test_the_root_in_place_of_the_store(context: Context, tmp_path: Path) -> None:
    context.file("a.txt", "hello")
    context.file("b.txt", "other")
    dockerfile = "FROM scratch\nCOPY a.txt b.txt /app/\nCOPY b.txt /app/a.txt"
    run(context, f"build -o type=tar,dest={tmp_path}/root.tar -o {tmp_path}/root {context.folder}", dockerfile)
    with tarfile.open(tmp_path / "root.tar") as root:
        assert root.getnames() == ["app", "app/a.txt", "app/b.txt"]
        content = root.extractfile("app/a.txt")
        assert content is not None and content.read() == b"other"
    assert (tmp_path / "root" / "app" / "a.txt").read_text() == "other"
    assert context.dock.ls(all=True).empty


@pytest.mark.parametrize("text", ["type=zip,dest=x", "type=oci", "-", "type=oci,dest=-", "dest=x", "type=oci,dset=x"])
def test_outputs_that_are_none(context: Context, text: str) -> None:
    with pytest.raises(UsageError):
        run(context, f"build -o {text}", "FROM scratch\nLABEL a=b")


def test_push(empty_registry: Registry, context: Context) -> None:
    name = f"{empty_registry.host}/app:1.0"
    run(context, f"build -t {name} --push", "FROM scratch\nLABEL a=b")
    inspected = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{name}"))
    assert inspected["Labels"] == {"a": "b"}
    with pytest.raises(UsageError, match="no name to push"):
        run(context, "build --push", "FROM scratch\nLABEL a=b")


@pytest.mark.parametrize(
    "flag", ["--ssh default", "--secret id=x", "--network host", "--cache-from x", "--squash", "--run"]
)
def test_flags_that_cannot_be_are_refused_with_the_reason(context: Context, flag: str) -> None:
    with pytest.raises((Refused, UsageError), match=flag.split()[0]):
        run(context, f"build {flag}", "FROM scratch\nLABEL a=b")


def test_without_source_date_epoch_it_is_1970(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    dock = nbdock.Dock(context.dock.store.root, console=context.console)
    dock.build(dockerfile="FROM scratch\nLABEL a=b", tags="app")
    assert dock.ls().created.iloc[0] == pd.Timestamp(0, tz="UTC")
    assert [line[:5] for line in context.console.said] == ["[0] F", "[0] L", "The i", "writi", "namin"]


def test_nothing_is_said_of_the_date_where_nothing_is_built(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    dock = nbdock.Dock(context.dock.store.root, console=context.console)
    dock.build(dockerfile="FROM scratch\nLABEL a=b", dry_run=True)
    with pytest.raises(UsageError):
        dock.build(dockerfile="FORM scratch")
    assert not context.console.said and not context.console.warned


_SCRIPT = """
import os, sys
os.umask(int(sys.argv[1], 8))
import nbdock
frame = nbdock.build(sys.argv[2], tags="app:1.0")
print(frame.image_id.iloc[0], *frame.diff_id.dropna())
"""
_MADE = "sha256:ad6ea8ab19bdff9e22ffd7b8ab2c5d48448150f32516eea48649fc8d7dd71e8d"


def test_the_same_files_make_the_same_image(context: Context, tmp_path: Path) -> None:
    """In other folders, in another order, under other umasks, of other owners. scripts/versions tries other Pythons."""
    names = ["a/one", "a/two", "b/three", "c"]
    found = set()
    for number, (umask, owner) in enumerate([("022", 0), ("077", 0), ("002", 65534)]):
        folder = tmp_path / f"copy{number}"
        for name in names if number % 2 else reversed(names):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            path.chmod(0o644)
            path.parent.chmod(0o755)
            os.utime(path, (number, number))
            os.chown(path, owner, owner)
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /app\nWORKDIR /srv\nCOPY --chown=5 a /srv")
        (folder / "Dockerfile").chmod(0o644)
        environment = {**os.environ, "NBDOCK_STORE": str(tmp_path / f"store{number}")}
        arguments = [sys.executable, "-c", _SCRIPT, umask, str(folder)]
        found.add(subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True).stdout)
    assert len(found) == 1
    # The promise, over versions of Python and of nbdock: with another id everyone has another image.
    assert found.pop().split()[0] == _MADE


def test_what_is_built_is_pulled_from_the_served_store(context: Context, tmp_path: Path) -> None:
    fill(context.folder)
    ours, pulled = (
        context.answer(Case("FROM scratch\nCOPY site /www\nADD data.tar.gz /x\nWORKDIR /www")),
        tmp_path / "dir",
    )
    address = context.dock.serve(port=0).address[0]
    try:
        skopeo("copy", "--quiet", "--src-tls-verify=false", f"docker://{address}/library/built:1.0", f"dir:{pulled}")
    finally:
        context.dock.serve(stop=True)
    assert answer("manifest.json", {file.name: file.read_bytes() for file in pulled.iterdir()}) == ours
