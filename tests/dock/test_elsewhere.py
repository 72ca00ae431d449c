"""Questions about images that are in no store: the same answers, and nothing is written but a cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.errors import ImageNotFound, NbdockError, PlatformNotFound, UsageError
from nbdock.store.cache import Cache
from tests.commands.conftest import Recorder
from tests.parts import archives
from tests.parts.archives import BASE, COMPRESSIONS, TOP, Image, both, docker, oci, packed, platforms
from tests.parts.layers import Entry, file
from tests.parts.registries import Registry
from tests.store.forks import alone, at_reads, together

APP = Image()
OTHER = Image(("other:1.0",), (TOP,))
PLACES = ("docker-archive:{0}", "{0}", "oci-archive:{0}", "docker-archive:{0}:app:1.0", "{0}:app:1.0", "{0}:@0")
QUESTIONS: dict[str, Callable[[Dock, str], Any]] = {
    "files": lambda dock, name: dock.files(name),
    "cat": lambda dock, name: dock.cat(name, "/etc/motd"),
    "why": lambda dock, name: dock.why(name),
    "waste": lambda dock, name: dock.waste(name),
    "packages": lambda dock, name: dock.packages(name),
    "lint": lambda dock, name: dock.lint(name),
    "history": lambda dock, name: dock.history(name),
    "layers": lambda dock, name: dock.layers(name),
    "inspect": lambda dock, name: dock.inspect(name, format="{{json .RootFS}} {{json .Config}} {{.Id}}"),
    "diff": lambda dock, name: dock.diff(name, name),
}
ANYWHERE = ["reference", "name", "image", "pulled_at", "tagged_at", "digest", "manifest_digest", "compressed_bytes"]


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    return Dock(tmp_path / "store", console=Recorder())


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return written(tmp_path / "in" / "app.tar", both(APP))


def written(path: Path, files: archives.Files, compress: Callable[[bytes], bytes] = bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(compress(packed(files)))
    return path


def unpacked(folder: Path, files: dict[str, bytes | Entry]) -> Path:
    for path, each in files.items():
        assert isinstance(each, bytes)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(each)
    return folder


def told(answer: Any) -> Any:
    """What does not depend on where the image is."""
    if not isinstance(answer, pd.DataFrame):
        return answer
    return answer.drop(columns=[each for each in answer if each in ANYWHERE]).to_dict("records")


def state(folder: Path) -> dict[Path, int]:
    return {each: each.stat().st_mtime_ns for each in (folder, *folder.rglob("*"))}


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_those_of_the_loaded_image(question: str, dock: Dock, archive: Path, tmp_path: Path) -> None:
    ask = QUESTIONS[question]
    folder = unpacked(tmp_path / "layout", oci(APP))
    loaded = Dock(tmp_path / "loaded", console=Recorder())
    loaded.load(archive)
    expected = str(told(ask(loaded, "app:1.0")))
    before = state(archive.parent), state(folder)
    for place in (*(each.format(archive) for each in PLACES), f"oci:{folder}", f"{folder}", f"oci:{folder}:app:1.0"):
        assert str(told(ask(dock, place))) == expected, place
    assert (state(archive.parent), state(folder)) == before
    assert dock.ls().empty and not (dock.store.root / "blobs").exists()


@pytest.mark.parametrize("end", COMPRESSIONS)
def test_archives_of_every_compression(end: str, dock: Dock, tmp_path: Path) -> None:
    path = written(tmp_path / f"app.{end}", docker(APP), COMPRESSIONS[end])
    assert dock.files(str(path)).path.tolist() == ["/bin/ash", "/bin/sh", "/etc/motd"]
    assert dock.cat(str(path), "/bin/sh") == "#!"


def test_an_image_of_a_registry_is_as_the_pulled_one(registry: Registry, dock: Dock) -> None:
    name = f"{registry.host}/library/httpd:2.4"
    streamed = told(dock.files(f"docker://{name}"))
    assert dock.ls().empty
    dock.pull(name)
    assert streamed == told(dock.files(name))


@pytest.mark.parametrize("end", ["tar", "tar.xz"])
def test_the_second_question_reads_nothing_of_the_archive(end: str, dock: Dock, tmp_path: Path) -> None:
    """Not even in another process: layers that were exchanged in place are not noticed; only `cat` reads."""
    path = written(tmp_path / f"app.{end}", docker(APP), COMPRESSIONS[end])
    answer = told(dock.files(str(path)))

    def ask_again() -> None:
        if end != "tar":  # of a plain one the headers are read
            at_reads(path, lambda: os._exit(1))
        again = Dock(dock.store.root, console=Recorder())
        assert told(again.files(str(path))) == answer

    known = path.stat()
    if end == "tar":
        content = path.read_bytes()
        assert content.count(BASE) == 1
        with path.open("r+b") as opened:
            opened.write(content.replace(BASE, bytes(len(BASE))))
        os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    alone(ask_again)


def test_a_file_that_changed_is_read_anew(dock: Dock, tmp_path: Path) -> None:
    path = written(tmp_path / "app.tar", docker(APP))
    assert "/bin/sh" in set(dock.files(str(path)).path)
    written(path, docker(OTHER))
    assert "/bin/sh" not in set(dock.files(str(path)).path)


def test_what_a_file_claims_is_not_taken_from_another(dock: Dock, tmp_path: Path) -> None:
    honest, liar = written(tmp_path / "a.tar", docker(APP)), docker(APP)
    liar[f"{archives.hexed(BASE)}/layer.tar"] = TOP
    dock.files(str(honest))
    with pytest.raises(NbdockError, match="verification failed"):
        dock.files(str(written(tmp_path / "b.tar", liar)))


def test_names_of_the_archive_and_numbers(dock: Dock, tmp_path: Path) -> None:
    path = written(tmp_path / "app.tar", docker(APP, OTHER))
    for name, image in (("app:1.0", APP), ("docker.io/library/app:1.0", APP), ("@1", OTHER), ("other:1.0", OTHER)):
        assert dock.inspect(f"{path}:{name}").image_id.tolist() == [image.id]
    for name, message in (
        ("", "2 images"),
        (":nosuch", "no image nosuch"),
        (":@2", "no image @2"),
        (f":@{'9' * 5000}", "no image @999"),
    ):
        with pytest.raises(ImageNotFound, match=f"the archive has {message}") as raised:
            dock.inspect(f"{path}{name}")
        assert raised.value.hint == "add one of the names that it has: app:1.0, other:1.0"


def test_references_in_frames_lead_back(dock: Dock, archive: Path) -> None:
    place = f"docker-archive:{archive}:app:1.0"
    found = dock.files(place)
    assert set(found.reference) == {place}
    assert dock.cat(found.reference.iloc[0], "/etc/motd") == "good bye"


def test_a_file_that_is_called_like_an_image_is_asked_about(
    dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "app.tar", docker(OTHER))
    dock.load("app.tar")
    assert dock.inspect("app.tar").image_id.tolist() == [OTHER.id]
    dock.tag("other:1.0", "app.tar")
    with pytest.raises(UsageError, match=r"app\.tar is a file and the name of an image") as raised:
        dock.inspect("app.tar")
    assert raised.value.hint == "write docker-archive:app.tar for the file, store:app.tar for the image"
    assert dock.inspect("store:app.tar").image_id.tolist() == [OTHER.id]


def test_the_platform_is_this_one_or_the_first_that_is_complete(dock: Dock, tmp_path: Path) -> None:
    arm = Image(layers=(TOP,), architecture="arm64")
    files = platforms("app:1.0", arm, APP)
    path = written(tmp_path / "app.tar", files)
    assert dock.inspect(str(path), platform="linux/arm64").image_id.tolist() == [arm.id]
    assert dock.inspect(str(path), platform="linux/amd64").image_id.tolist() == [APP.id]
    with pytest.raises(PlatformNotFound):
        dock.inspect(str(path), platform="linux/s390x")
    del files[archives.blob(BASE)]
    assert dock.inspect(str(written(path, files))).image_id.tolist() == [arm.id]


def test_the_cache_may_be_deleted_at_any_time(dock: Dock, archive: Path) -> None:
    before = told(dock.files(str(archive)))
    shutil.rmtree(dock.store.root / "nbdock")
    assert told(dock.files(str(archive))) == before
    assert told(Dock(dock.store.root, console=Recorder()).files(str(archive))) == before


def test_several_processes_at_once(dock: Dock, archive: Path) -> None:
    def ask() -> None:
        assert len(Dock(dock.store.root, console=Recorder()).files(str(archive))) == 3

    together([ask] * 4)


def test_the_cache_is_bounded_whatever_was_looked_into(
    dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbdock.store.cache._MAX_BYTES", 40_000)
    for number in range(12):
        layer = archives.tar(*(file(f"{number}/{each}", b"") for each in range(200)))
        dock.files(str(written(tmp_path / f"{number}.tar", docker(Image(layers=(layer,))))))
    assert 0 < sum(Cache(dock.store.root).sizes) <= 40_000


def test_disk_usage_shows_the_cache_and_prune_frees_it(dock: Dock, archive: Path) -> None:
    dock.files(str(archive))
    row = dock.df().set_index("category").loc["Cache"]
    assert row.disk_bytes == row.reclaimable_bytes == sum(dock.store.cache.sizes) > 0
    dock.prune(force=True)
    assert not dock.store.cache.sizes and "Cache" not in set(dock.df().category)
