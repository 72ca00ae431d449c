"""ls, inspect, history, tag."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import (
    AmbiguousId,
    BlobNotFound,
    ImageNotFound,
    InvalidReference,
    NotFound,
    PlatformNotFound,
    Refused,
    UsageError,
)
from nbdock.oci import media
from nbdock.oci.config import is_root
from tests.commands.conftest import AMD64, Recorder
from tests.places import Shelf, pull_from

HELLO_APP = "gcr.io/google-samples/hello-app"


def names(frame: object) -> list[str]:
    return [f"{row.repository}:{row.tag}" for row in frame.itertuples()]  # type: ignore[attr-defined]


def test_ls_lists_names_newest_built_first(dock: Dock) -> None:
    images = dock.ls()
    assert list(images.created) == sorted(images.created, reverse=True)
    assert len(images) == 15 and images.image_id.nunique() == 12


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("httpd", {"httpd:latest", "httpd:2.4", "httpd:2.2", "httpd:2.0"}),
        ("httpd:2.2", {"httpd:2.2"}),
        ("htt*", {"httpd:latest", "httpd:2.4", "httpd:2.2", "httpd:2.0"}),
        ("*:latest", {"httpd:latest", "busybox:latest", "hello-world:latest", "python:latest"}),
        ("h*d", {"hello-world:latest", "httpd:latest", "httpd:2.4", "httpd:2.2", "httpd:2.0"}),
        ("*/*/hello-app", {f"{HELLO_APP}:1.0", f"{HELLO_APP}:2.0"}),
        ("[p]ython:3.1?", {"python:3.12"}),
        ("nbdock/*", {"nbdock/wasteful:latest", "nbdock/frugal:latest", "nbdock/service:latest"}),
        ("docker.io/library/busybox:1.36", {"busybox:1.36"}),
        ("nosuch", set()),
    ],
)
def test_ls_takes_a_name_or_a_pattern(dock: Dock, pattern: str, expected: set[str]) -> None:
    assert set(names(dock.ls(pattern))) == expected
    assert set(names(dock.ls(filter=(f"reference={pattern}",)))) == expected


@pytest.mark.parametrize("pattern", ["[", "[a", "a\\"])
def test_a_bad_pattern_is_refused_in_docker_s_words(dock: Dock, pattern: str) -> None:
    with pytest.raises(UsageError, match="syntax error in pattern"):
        dock.ls(pattern)


def test_filters_of_one_key_are_or_and_different_keys_are_and(dock: Dock) -> None:
    both = dock.ls(filter=("reference=httpd:2.2", "reference=busybox:1.36"))
    assert set(names(both)) == {"httpd:2.2", "busybox:1.36"}
    assert names(dock.ls(filter=("reference=httpd", "label=nbdock.nosuch"))) == []


def test_before_and_since_compare_when_images_were_built(dock: Dock) -> None:
    old, new = dock.ls("httpd:2.2").created[0], dock.ls("httpd:2.4").created[0]
    assert (dock.ls(filter=("before=httpd:2.4",)).created < new).all()
    assert (dock.ls(filter=("since=httpd:2.2",)).created > old).all()
    with pytest.raises(ImageNotFound, match="No such image: nosuch:latest"):
        dock.ls(filter=("since=nosuch",))


def test_labels_dates_and_dangling_filter(dock: Dock) -> None:
    assert len(dock.ls(filter=("label=dev.nbdock.sample=true",))) == 15
    assert len(dock.ls(filter=("label!=dev.nbdock.sample",))) == 0
    assert len(dock.ls(filter=("until=1990-01-01",))) == 0
    assert len(dock.ls(filter=("dangling=true",))) == 0
    dock.tag("busybox", "hello-world")
    assert list(dock.ls(filter=("dangling=true",)).repository) == ["hello-world"]
    dangling = dock.ls(filter=("dangling=1",))
    assert dangling.tag.isna().all() and "hello-world  <none>" in repr(dangling)


@pytest.mark.parametrize("given", ["bogus=1", "dangling", "dangling=maybe", "until=soon"])
def test_a_bad_filter_is_refused_with_a_hint(dock: Dock, given: str) -> None:
    with pytest.raises(UsageError) as refusal:
        dock.ls(filter=(given,))
    assert refusal.value.hint


def test_a_filter_is_text_a_list_or_a_mapping(dock: Dock) -> None:
    for given in ("reference=httpd:2.2", ["reference=httpd:2.2"], {"reference": "httpd:2.2", "dangling": False}):
        assert names(dock.ls(filter=given)) == ["httpd:2.2"]
    with pytest.raises(UsageError, match='filter "dangling" takes True, False or docker\'s text, not list'):
        dock.ls(filter={"dangling": []})


def test_ls_prints_as_docker_does(dock: Dock) -> None:
    hello = dock.ls("hello-world")
    short = hello.image_id[0][7:19]
    assert dock.ls("hello-world", quiet=True) == short
    assert dock.ls("hello-world", quiet=True, no_trunc=True) == hello.image_id[0]
    assert (
        dock.ls("hello-world", format="{{.Repository}}:{{.Tag}}  {{.ID}} {{.Size}}")
        == f"hello-world:latest  {short} 521B"
    )
    row = json.loads(dock.ls("hello-world", format="json"))
    assert row["Repository"] == "hello-world" and row["Size"] == "521B" and row["Containers"] == "N/A"
    with pytest.raises(UsageError, match="template parsing error"):
        dock.ls(format="{{.Nope}}")


def test_a_format_is_stronger_than_q(dock: Dock) -> None:
    assert dock.ls("hello-world", quiet=True, format="{{.Tag}}") == "latest"
    assert dock.history("hello-world", quiet=True, format="{{.Size}}").split("\n")[0] == "0B"


def test_names_of_an_image_are_in_order(dock: Dock) -> None:
    dock.tag("httpd", "a.example/z:1")
    assert names(dock.ls(filter=("since=httpd:2.2", "reference=*httpd", "reference=*/z"))) == [
        "a.example/z:1",
        "httpd:2.4",
        "httpd:latest",
    ]


@pytest.mark.parametrize("word", ["ls", "list", "prune", "inspect"])
def test_images_ls_may_have_meant_image_ls(dock: Dock, console: Recorder, word: str) -> None:
    assert len(dock.ls(word)) == 0
    assert console.warned == [f'No images found matching "{word}": did you mean "image {word}"?']


def test_no_trunc_and_human_false_hold_for_frames_too(dock: Dock) -> None:
    image_id = dock.ls("httpd").image_id[0]
    assert image_id in repr(dock.ls("httpd", no_trunc=True)) and image_id not in repr(dock.ls("httpd"))
    assert max(dock.history("httpd").created_by, key=len) in repr(dock.history("httpd", no_trunc=True))
    exact = dock.history("httpd", human=False)
    assert str(exact.size_bytes.max()) in repr(exact) and " ago" not in repr(exact)


def test_digests_are_a_column(dock: Dock) -> None:
    shown = dock.ls("httpd", digests=True)
    assert list(shown.columns[:3]) == ["repository", "tag", "digest"]
    assert shown.digest.str.startswith("sha256:").all()
    assert shown.digest[0][7:19] in repr(shown)


def test_a_tag_has_a_row_for_each_digest_of_its_repository(tmp_path: Path) -> None:
    dock, shelf = Dock(tmp_path / "store"), Shelf()
    config = shelf.write(media.OCI_CONFIG, {**AMD64.json(), "rootfs": {"type": "layers", "diff_ids": []}})
    digests = []
    for text in ("one", "two"):
        pull_from(shelf, image := shelf.manifest(config, annotations={"a": text}), dock.store, "twice:1")
        digests.append(str(image.digest))
    assert list(dock.ls().digest) == digests[1:]
    assert list(dock.ls(digests=True).digest) == sorted(digests)
    assert dock.ls(format="{{.Tag}} {{.Digest}}").split("\n") == [f"1 {digest}" for digest in sorted(digests)]
    assert dock.ls(format="{{json .Digest}}") == '"<none>"'


@pytest.mark.parametrize(
    "form", ["{id}", "sha256:{id}", "{short}", "{four}", "{manifest}", "httpd@sha256:{manifest}", "httpd"]
)
def test_an_image_is_found_by_name_id_prefix_or_digest(dock: Dock, form: str) -> None:
    row = dock.ls("httpd:latest").iloc[0]
    image_id, manifest = row.image_id[7:], row.manifest_digest[7:]
    word = form.format(id=image_id, short=image_id[:12], four=image_id[:4], manifest=manifest)
    assert dock.inspect(word).image_id[0] == row.image_id


def test_a_prefix_of_several_ids_is_ambiguous(dock: Dock) -> None:
    starts = dock.ls().image_id.drop_duplicates().str[7:8]
    shared = starts[starts.duplicated()].iloc[0]
    with pytest.raises(AmbiguousId) as refusal:
        dock.inspect(shared)
    assert refusal.value.hint.startswith("type more of ")


def test_a_digest_belongs_to_its_repository(dock: Dock) -> None:
    digest = dock.ls("busybox:latest").digest[0]
    assert len(dock.inspect(f"busybox@{digest}")) == 1
    with pytest.raises(ImageNotFound):
        dock.inspect(f"httpd@{digest}")


def test_inspect_goes_on_after_what_is_not_there(dock: Dock, console: Recorder) -> None:
    with pytest.raises(NotFound, match="No such image: nosuch:latest\nNo such image: other:1"):
        dock.inspect("httpd", "nosuch", "other:1", format="{{.Id}}")
    assert console.shown == [dock.ls("httpd:latest").image_id[0]]
    with pytest.raises(NotFound):
        dock.inspect("nosuch", "httpd")
    assert list(console.shown[1].image_id) == [dock.ls("httpd:latest").image_id[0]]  # type: ignore[attr-defined]
    with pytest.raises(InvalidReference, match="must be lowercase"):
        dock.inspect("Httpd")


def test_inspect_gives_docker_s_document(dock: Dock) -> None:
    document = json.loads(dock.inspect("httpd", format="json"))[0]
    assert document["RepoTags"] == ["httpd:2.4", "httpd:latest"]
    assert document["RepoDigests"][0].startswith("httpd@sha256:")
    assert document["GraphDriver"] == {"Name": "oci-layout", "Data": {"Dir": str(dock.store.layers_folder)}}
    assert list(document)[:3] == ["Id", "RepoTags", "RepoDigests"]
    assert dock.inspect("httpd", format="{{.Config.Cmd}}") == "[httpd-foreground]"
    assert dock.inspect("httpd", format="{{.Config.Entrypoint}}") == "[]"
    assert dock.inspect("httpd", format="{{len .RootFS.Layers}}") == "6"
    assert dock.inspect(f"{HELLO_APP}:1.0", format="{{.DockerVersion}}") != ""
    assert dock.inspect("httpd", format="{{.Comment}}") == "buildkit.dockerfile.v0"  # its last instruction's
    assert dock.inspect("httpd").comment[0] == "buildkit.dockerfile.v0"


@pytest.mark.parametrize("command", ["inspect", "history"])
def test_another_platform_is_refused(dock: Dock, command: str) -> None:
    with pytest.raises(PlatformNotFound) as refusal:
        getattr(dock, command)("httpd", platform="linux/arm64")
    assert refusal.value.available == ("linux/amd64",)
    assert len(getattr(dock, command)("httpd", platform="linux/amd64"))


def test_history_says_which_layer_each_instruction_made(dock: Dock) -> None:
    history = dock.history("httpd")
    layers = dock.inspect("httpd").root_fs[0]
    assert list(history.diff_id.dropna()) == layers[::-1]
    assert (history.empty_layer == history.layer.isna()).all()
    assert ((history.size_bytes == 0) & ~history.empty_layer).sum() == 2
    assert history.step_image_id.notna().sum() == 1 and history.step_image_id[0] == history.image_id[0]
    assert repr(history).count("<missing>") == len(history) - 1


def test_history_prints_as_docker_does(dock: Dock) -> None:
    ids = dock.history("httpd", quiet=True).split("\n")
    assert ids == [dock.ls("httpd:latest").image_id[0][7:19]] + ["<missing>"] * 13
    sizes = dock.history("httpd", format="{{.Size}}", human=False).split("\n")
    assert sum(map(int, sizes)) == dock.ls("httpd:latest").size_bytes[0]
    assert all(len(line) <= 45 for line in dock.history("httpd", format="{{.CreatedBy}}").split("\n"))
    assert max(map(len, dock.history("httpd", format="{{.CreatedBy}}", no_trunc=True).split("\n"))) > 45


def test_the_history_of_an_image_made_to_be_reproducible_has_no_age(dock: Dock) -> None:
    shelf = Shelf()
    for built, aged in (("1980-01-01T00:00:01Z", False), ("2000-01-02T00:00:00Z", True)):
        image = shelf.image(created=built, history=[{"created": built, "empty_layer": True}])
        pull_from(shelf, image, dock.store)
        assert dock.history("shelf", format="{{.CreatedAt}}") == built
        assert dock.history("shelf", format="{{.CreatedSince}}").endswith(" years ago") == aged


def test_tag_copies_nothing(dock: Dock) -> None:
    def content() -> dict[Path, int]:
        blobs = dock.settings.store / "blobs"
        return {path: path.stat().st_mtime_ns for path in blobs.rglob("*")}

    before = content()
    assert set(names(dock.tag("httpd", "me/app"))) == {"httpd:latest", "httpd:2.4", "me/app:latest"}
    assert content() == before
    assert dock.ls("me/app").digest.isna().all()  # no registry knows it by that name


def test_a_tag_moves_silently_and_may_leave_an_image_dangling(dock: Dock) -> None:
    dock.tag("httpd", "mine:1")
    dock.tag("busybox", "mine:1")
    assert dock.ls("mine").image_id[0] == dock.ls("busybox:latest").image_id[0]
    digest = dock.ls("hello-world").image_id[0]
    dock.tag("httpd", "hello-world")
    assert dock.inspect(digest).repo_tags[0] == []
    assert dock.ls(filter=("dangling=true",)).image_id[0] == digest


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ("x@sha256:" + "a" * 64, Refused, "refusing to create a tag with a digest reference"),
        ("sha256:1", Refused, "refusing to create an ambiguous tag using digest algorithm as name"),
        ("scratch", Refused, "'scratch' is a reserved name"),
        ("Mine:1", InvalidReference, "must be lowercase"),
    ],
)
def test_tag_refuses_what_docker_refuses(dock: Dock, target: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        dock.tag("httpd", target)
    with pytest.raises(ImageNotFound, match="No such image: nosuch:latest"):
        dock.tag("nosuch", "mine")


def test_a_layer_that_is_gone_is_named(dock: Dock) -> None:
    for path in dock.store.layers_folder.iterdir():
        if path.stat().st_size > 100_000:
            path.unlink()
    with pytest.raises(BlobNotFound) as refusal:
        dock.tag("python", "mine")
    assert refusal.value.hint == "pull the image again"


def test_hostile_text_prints_as_text(dock: Dock) -> None:
    assert "\x1b" not in repr(dock.history("httpd")) and "<script" not in (dock.ls()._repr_html_() or "")


def test_images_say_who_runs_in_them_and_where_they_come_from(dock: Dock) -> None:
    images = dock.ls()
    assert images.runs_as_root.dtype == bool and set(images.registry) == {"docker.io", "gcr.io"}
    assert images.set_index("reference").exposed_ports["docker.io/library/httpd:latest"] == ["80/tcp"]


@pytest.mark.parametrize(
    ("user", "root"),
    [
        *((user, True) for user in (None, "", "root", "0", "0:0", "root:root", "0:1000", "00", "0" * 5000)),
        *((user, False) for user in ("www-data", "1000", "1000:0", "rooty", "nobody:root", "9" * 5000, "٠")),
    ],
    ids=lambda value: str(value)[:20],
)
def test_root_is_recognised(user: str | None, root: bool) -> None:
    assert is_root(user) is root


def test_history_says_the_instruction_and_joins_the_images(dock: Dock) -> None:
    history = dock.history("httpd")
    assert {"RUN", "COPY", "ENV"} <= set(history.instruction.dropna()) and history.reference.nunique() == 1
    joined = history.merge(dock.ls("httpd:latest"), on=["image_id", "reference"])
    assert len(joined) == len(history)
    inspected = dock.inspect("httpd:latest")
    assert list(inspected.merge(dock.ls(), on=["image_id", "reference"]).reference) == list(inspected.reference)
