"""rm and prune: docker's rules, refusals and words; plans, and the bytes they free."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.dock.containers import create
from nbdock.errors import ImageInUse, ImageNotFound, NbdockError, UsageError
from nbdock.places import Removal
from nbdock.store import Store
from tests.commands.conftest import Recorder
from tests.parts.layers import file
from tests.places import Shelf, pull_from


def short(dock: Dock, name: str) -> str:
    return str(dock.ls(name).image_id[0])[7:19]


def disk(dock: Dock) -> int:
    return sum(path.stat().st_size for path in dock.store.layers_folder.iterdir())


def test_a_name_goes_and_the_image_stays_while_it_has_another(dock: Dock, console: Recorder) -> None:
    removed = dock.rm("httpd:2.4")
    assert list(removed.action) == ["untagged"] and removed.reclaimed_bytes.sum() == 0
    assert console.echoed == ["Untagged: httpd:2.4"]
    assert list(dock.ls("httpd").tag) == ["latest", "2.2", "2.0"]


def test_the_image_goes_with_its_last_name(dock: Dock, console: Recorder) -> None:
    image_id, digest = dock.ls("hello-world").image_id[0], dock.ls("hello-world").digest[0]
    before = disk(dock)
    removed = dock.rm("hello-world")
    assert console.echoed[:3] == [
        "Untagged: hello-world:latest",
        f"Untagged: hello-world@{digest}",
        f"Deleted: {image_id}",
    ]
    assert list(removed.object) == ["name", "name", "image", "layer"]
    assert before - disk(dock) == removed.reclaimed_bytes.sum() > 0
    assert len(dock.ls("hello-world")) == 0


def test_each_row_says_what_it_frees_and_is_named_as_elsewhere(dock: Dock) -> None:
    history = dock.history("hello-world")
    image_id, reference = dock.ls("hello-world").image_id[0], dock.ls("hello-world").reference[0]
    plan = dock.rm("hello-world", dry_run=True)
    layers = plan[plan.object == "layer"]
    assert set(layers.layer) == set(history.layer.dropna()) and set(layers.diff_id) == set(history.diff_id.dropna())
    assert list(layers.what) == list(layers.layer) and set(layers.image_id) == {image_id}
    assert set(layers.reclaimed_bytes) == set(history.compressed_bytes[~history.empty_layer])
    assert plan.reference[0] == reference and list(plan.image_id[plan.object == "image"]) == [image_id]
    assert (plan.reclaimed_bytes[plan.object == "name"] == 0).all()
    assert (plan.reclaimed_bytes[plan.object == "image"] > 0).all()


def test_what_other_images_share_stays(dock: Dock) -> None:
    removed = dock.rm("httpd:2.2")
    assert (removed.object == "layer").sum() == 2  # of six: three are 2.4's too, and one is 2.0's
    assert len(dock.history("httpd:2.4")) == 14
    assert dock.store.problems == ()


def test_by_id_an_image_of_several_names_is_refused_and_forced(dock: Dock) -> None:
    image_id = short(dock, "httpd:2.4")
    message = (
        f"conflict: unable to delete {image_id} \\(must be forced\\) - image is referenced in multiple repositories"
    )
    with pytest.raises(ImageInUse, match=message) as refusal:
        dock.rm(image_id)
    assert "httpd:latest" in refusal.value.hint
    dock.tag("httpd", "a:1")
    assert list(dock.rm(image_id, force=True).what)[:3] == ["a:1", "httpd:2.4", "httpd:latest"]


def test_by_id_an_image_of_one_name_goes(dock: Dock) -> None:
    assert "hello-world:latest" in list(dock.rm(short(dock, "hello-world")).what)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("hello-world", 'unable to remove repository reference "hello-world" \\(must force\\) - container .* is using'),
        ("{id}", "unable to delete {id} \\(must be forced\\) - image is being used by stopped container"),
    ],
)
def test_a_container_keeps_its_image(dock: Dock, by: str, message: str) -> None:
    dock.container_create("hello-world")
    image_id = short(dock, "hello-world")
    with pytest.raises(ImageInUse, match=message.format(id=image_id)):
        dock.rm(by.format(id=image_id))
    assert len(dock.rm(by.format(id=image_id), force=True)) > 0
    assert dock.container_ls(all=True).image[0] == image_id  # the record stays, the name is gone


def test_a_container_does_not_keep_a_name_beside_others(dock: Dock) -> None:
    dock.container_create("httpd")
    assert list(dock.rm("httpd:latest").action) == ["untagged"]


def test_several_go_though_one_is_not_there(dock: Dock) -> None:
    with pytest.raises(ImageNotFound, match="No such image: nosuch:latest"):
        dock.rm("hello-world", "nosuch", "busybox:1.36")
    assert len(dock.ls("hello-world")) == 0 and list(dock.ls("busybox").tag) == ["latest"]


def test_what_went_is_shown_though_the_rest_was_refused(dock: Dock, console: Recorder) -> None:
    image_id = short(dock, "httpd:2.4")
    with pytest.raises(NbdockError) as refusal:
        dock.rm("hello-world", "nosuch", image_id)
    assert "hello-world:latest" in list(console.shown[0].what)  # type: ignore[attr-defined]
    assert str(refusal.value).split("\n")[0] == "No such image: nosuch:latest" and image_id in str(refusal.value)
    assert len(refusal.value.hint.split("\n")) == 2  # each its own


def test_a_container_s_name_is_no_image_s(dock: Dock) -> None:
    dock.container_create("busybox", name="web")
    with pytest.raises(ImageNotFound, match="No such image: web:latest") as refusal:
        dock.rm("web")
    assert refusal.value.hint == "that is a container: `container rm web`"


def test_with_force_what_is_not_there_is_only_said(dock: Dock, console: Recorder) -> None:
    assert len(dock.rm("nosuch", force=True)) == 0
    assert console.warned == ["Error: No such image: nosuch:latest"]


def test_one_line_may_name_an_image_twice(dock: Dock) -> None:
    removed = dock.rm("httpd:latest", "httpd:2.4")
    assert (removed.object == "image").sum() == 1


def test_patterns_remove_every_name_they_mean(dock: Dock) -> None:
    dock.rm("httpd:2.*")
    assert list(dock.ls("httpd").tag) == ["latest"]
    with pytest.raises(ImageNotFound, match="No such image: nosuch\\*"):
        dock.rm("nosuch*")


def test_a_dry_run_removes_nothing(dock: Dock, console: Recorder) -> None:
    before = disk(dock)
    plan = dock.rm("busybox:latest", "busybox:1.36", dry_run=True)
    assert not plan.done.any() and plan.reclaimed_bytes.sum() > 0
    assert disk(dock) == before and len(dock.ls("busybox")) == 2 and console.echoed == []


def test_prune_takes_dangling_images_only(dock: Dock, console: Recorder) -> None:
    dock.tag("busybox", "hello-world")
    pruned = dock.prune(force=True)
    assert (pruned.object == "image").sum() == 1
    assert console.echoed[0] == "Deleted Images:" and console.said[0].startswith("Total reclaimed space: ")
    assert len(dock.ls()) == 15


def test_prune_of_nothing_reclaims_nothing(dock: Dock, console: Recorder) -> None:
    assert len(dock.prune(force=True)) == 0
    assert console.said == ["Total reclaimed space: 0B"] and console.echoed == []


def test_prune_all_leaves_what_containers_hold(dock: Dock) -> None:
    dock.container_create("httpd:2.4")
    pruned = dock.prune(all=True, force=True)
    assert set(dock.ls().tag) == {"latest", "2.4"} and set(dock.ls().repository) == {"httpd"}
    assert pruned.reclaimed_bytes.sum() > 1_000_000
    assert len(dock.history("httpd")) == 14 and dock.store.problems == ()


@pytest.mark.parametrize(("answer", "left"), [(True, 0), (False, 15), (None, 15)])
def test_prune_asks_and_does_what_is_answered(dock: Dock, console: Recorder, answer: bool | None, left: int) -> None:
    console.answer = answer
    frame = dock.prune(all=True)
    assert console.asked == ["Are you sure you want to continue?"]
    assert console.warned[0] == (
        "WARNING! This will remove all images without at least one container associated to them."
    )
    assert len(dock.ls()) == left
    assert list(frame.done.unique()) == {True: [True], False: [], None: [False]}[answer]


def test_prune_takes_filters(dock: Dock) -> None:
    assert len(dock.prune(all=True, filter=("label!=dev.nbdock.sample",), force=True)) == 0
    assert len(dock.prune(all=True, filter=("until=1990-01-01",), force=True)) == 0
    with pytest.raises(UsageError, match="invalid filter 'reference'"):
        dock.prune(filter=("reference=httpd",))
    with pytest.raises(UsageError, match="more than one until filter specified"):
        dock.prune(filter=("until=1h", "until=2h"))


def test_the_dangling_filter_of_prune_is_the_flag_a(dock: Dock) -> None:
    dock.tag("busybox", "hello-world")
    assert len(dock.prune(filter=("dangling=true",), force=True).query("object == 'image'")) == 1
    for everything, given in ((False, "dangling=false"), (True, "dangling=true")):
        with pytest.raises(UsageError, match=r"invalid filter 'dangling=\[true false\]'") as refusal:
            dock.prune(all=everything, filter=(given,), force=True)
        assert refusal.value.hint
    dock.prune(all=True, filter=("dangling=false",), force=True)
    assert len(dock.ls()) == 0


def test_a_plan_has_the_dates_that_it_was_made_by(dock: Dock) -> None:
    images = dock.ls().set_index("reference")
    plan = dock.prune(all=True, filter=("until=24h",), dry_run=True)
    names = plan[plan.object == "name"].set_index("reference")
    tagged = names.loc[[each for each in names.index if each in images.index]]
    assert len(tagged) == len(images)
    for column in ("created", "pulled_at"):
        assert (tagged[column] == images.loc[tagged.index, column]).all()
    assert plan[plan.object == "image"].created.notna().all() and plan[plan.object == "layer"].created.isna().all()


def test_prune_says_that_until_takes_images_without_a_date(dock: Dock, console: Recorder) -> None:
    shelf = Shelf()
    pull_from(shelf, shelf.image(shelf.layer(file("a", b"a"))), dock.store, "undated:1")
    for filter in ((), ("until=24h",)):
        plan = dock.prune(all=True, filter=filter, dry_run=True)
        assert "docker.io/library/undated:1" in set(plan.reference.dropna())
    assert console.warned == ["1 image with no date of creation: `until` takes them as old"]


def test_a_dry_prune_shows_what_would_go(dock: Dock, console: Recorder) -> None:
    plan = dock.prune(all=True, dry_run=True)
    assert not plan.done.any() and (plan.object == "image").sum() == 12
    assert console.asked == [] and len(dock.ls()) == 15
    assert plan.reclaimed_bytes.sum() == dock.df().reclaimable_bytes[0] == dock.df().disk_bytes[0] == disk(dock)


def test_every_refusal_has_a_hint(dock: Dock) -> None:
    for wanted in ("nosuch", short(dock, "httpd"), "nosuch*"):
        with pytest.raises(NbdockError) as refusal:
            dock.rm(wanted)
        assert refusal.value.hint


class Meanwhile(Recorder):
    """Says yes, after another process has done something."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act

    def ask(self, question: str, plan: object) -> bool:
        self.act()
        return True


def test_what_is_in_use_when_the_question_is_answered_stays(dock: Dock) -> None:
    other = Dock(dock.settings.store)
    asked = Dock(dock.settings.store, console=Meanwhile(lambda: other.container_create("hello-world")))
    removed = asked.prune(all=True)
    assert list(dock.ls().repository) == ["hello-world"] and dock.store.problems == ()
    assert not any("hello-world" in what for what in removed.what)
    assert set(dock.history("hello-world").layer.dropna()).isdisjoint(removed.layer.dropna())


def test_what_gets_a_name_before_the_answer_stays(dock: Dock) -> None:
    image_id = dock.ls("hello-world").image_id[0]
    dock.store.untag([name for name in dock.store.names() if name.reference and name.reference.tag])
    other = Dock(dock.settings.store)
    asked = Dock(dock.settings.store, console=Meanwhile(lambda: other.tag(image_id, "kept:1")))
    removed = asked.prune()
    assert "kept" in list(dock.ls().repository)
    assert image_id not in list(removed.image_id.dropna())


def test_rm_looks_at_containers_again_under_the_lock(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that is created between the plan and its execution keeps the image."""
    plan = Store.removal

    def slow(store: Store, *given: Any, **flags: Any) -> Removal:
        planned = plan(store, *given, **flags)
        if not dock.store.containers.read():
            monkeypatch.undo()
            dock.container_create("hello-world")
        return planned

    monkeypatch.setattr(Store, "removal", slow)
    with pytest.raises(ImageInUse):
        dock.rm("hello-world")
    assert len(dock.ls("hello-world")) == 1


def test_no_container_is_created_of_what_was_just_removed(dock: Dock) -> None:
    image = next(image for image in dock.store.images() if "hello-world" in str(image.tags))
    dock.rm("hello-world")
    with pytest.raises(ImageNotFound, match="No such image: hello-world"):
        create(dock, image, "hello-world", None, (), {})


def test_what_a_killed_pull_left_is_counted_and_pruned(dock: Dock, console: Recorder) -> None:
    left = dock.settings.store / "ingest" / f"sha256-{'0' * 64}.0"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    usage = dock.df().set_index("category").loc["Downloads left over"]
    assert (usage.total, usage.disk_bytes, usage.reclaimable_bytes) == (1, 4, 4)
    assert dock.df(format="{{.Type}}").split("\n") == ["Images", "Containers", "Local Volumes", "Build Cache"]
    dock.prune(force=True)
    assert console.said[-1] == "Total reclaimed space: 4B"
    assert not left.exists() and list(dock.df().category) == ["Images", "Containers", "Tables"]
