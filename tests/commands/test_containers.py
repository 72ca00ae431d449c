"""Records of containers: docker's create, ps, rm and container prune, for what they mean to images."""

from __future__ import annotations

import json

import pytest

from nbdock.api import Dock
from nbdock.errors import ContainerNotFound, ImageNotFound, InvalidContent, Refused, UsageError
from nbdock.grammar import table
from tests.commands.conftest import Recorder


def test_create_records_what_would_run(dock: Dock, console: Recorder) -> None:
    made = dock.container_create("httpd:2.4", name="web", label=("env=dev",)).iloc[0]
    assert console.said == [made.container_id] and len(made.container_id) == 64
    assert (made.image, made.command, made.names, made.status) == ("httpd:2.4", "httpd-foreground", "web", "Created")
    assert made.labels == {**dock.inspect("httpd:2.4").labels[0], "env": "dev"}


def test_a_command_takes_the_place_of_the_image_s_own(dock: Dock) -> None:
    assert dock.container_create("busybox", "ls", "-l", "/").command[0] == "ls -l /"


def test_what_people_paste_is_read_and_what_would_run_it_ignored(dock: Dock) -> None:
    pasted = "create -it -d -p 80:80 -v /srv:/www -e A=1 -w / --rm --network host --restart always httpd".split()
    call = table.read(pasted, "docker")
    assert call(dock).rows[0]["image"] == "httpd"  # type: ignore[operator]


def test_names_are_made_up_and_never_twice(dock: Dock) -> None:
    names = {dock.container_create("busybox").names[0] for _ in range(20)}
    assert len(names) == 20


def test_a_name_is_taken_once(dock: Dock) -> None:
    first = dock.container_create("busybox", name="web").container_id[0]
    with pytest.raises(Refused) as refusal:
        dock.container_create("busybox", name="web")
    assert str(refusal.value) == f'Conflict. The container name "/web" is already in use by container "{first}".'
    with pytest.raises(UsageError, match="Invalid container name"):
        dock.container_create("busybox", name="../x")


def test_ps_shows_what_runs_which_is_nothing(dock: Dock) -> None:
    dock.container_create("busybox", name="one")
    dock.container_create("httpd", name="two")
    assert len(dock.container_ls()) == 0
    assert list(dock.container_ls(all=True).names) == ["two", "one"]
    assert list(dock.container_ls(latest=True).names) == ["two"]
    assert list(dock.container_ls(last=5).names) == ["two", "one"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("name=on", ["one"]),
        ("label=a=1", ["one"]),
        ("label=b", ["two"]),
        ("ancestor=httpd", ["two"]),
        ("status=created", ["two", "one"]),
        ("status=running", []),
        ("ancestor=nosuch", []),
    ],
)
def test_ps_filters(dock: Dock, given: str, expected: list[str]) -> None:
    dock.container_create("busybox", name="one", label=("a=1",))
    dock.container_create("httpd", name="two", label=("b=2",))
    assert list(dock.container_ls(all=True, filter=(given,)).names) == expected


def test_ps_refuses_a_state_there_is_not(dock: Dock) -> None:
    with pytest.raises(UsageError, match="invalid filter 'status=foo'") as refusal:
        dock.container_ls(filter=("status=foo",))
    assert "created" in refusal.value.hint


@pytest.mark.parametrize("typed", ["busybox", "busybox:latest", "docker.io/library/busybox", "library/busybox:1.36"])
def test_a_container_shows_its_image_as_it_was_typed(dock: Dock, typed: str) -> None:
    assert dock.container_create(typed).image[0] == typed
    assert list(dock.container_ls(all=True).image) == [typed]


def test_ps_prints_as_docker_does(dock: Dock) -> None:
    made = dock.container_create("busybox", name="one").container_id[0]
    assert dock.container_ls(all=True, quiet=True) == made[:12]
    assert dock.container_ls(all=True, quiet=True, no_trunc=True) == made
    assert dock.container_ls(all=True, format="{{.Names}} {{.Command}} {{.Status}}") == 'one "sh" Created'
    assert json.loads(dock.container_ls(all=True, format="json"))["ID"] == made[:12]


def test_a_container_shows_the_id_once_the_name_moved_away(dock: Dock) -> None:
    dock.container_create("busybox", name="one")
    image_id = dock.ls("busybox:latest").image_id[0]
    dock.tag("httpd", "busybox")
    assert dock.container_ls(all=True).image[0] == image_id[7:19]


def test_rm_takes_names_ids_and_beginnings(dock: Dock, console: Recorder) -> None:
    for name in ("one", "two", "three"):
        dock.container_create("busybox", name=name)
    ids = dict(zip(dock.container_ls(all=True).names, dock.container_ls(all=True).container_id, strict=True))
    assert list(dock.container_rm("one", ids["two"], ids["three"][:12]).names) == ["one", "two", "three"]
    assert len(dock.container_ls(all=True)) == 0
    with pytest.raises(ContainerNotFound, match="No such container: one"):
        dock.container_rm("one")
    assert len(dock.container_rm("one", force=True)) == 0
    assert console.warned == ["Error: No such container: one"]


def test_what_went_is_shown_though_one_is_not_there(dock: Dock, console: Recorder) -> None:
    dock.container_create("busybox", name="one")
    with pytest.raises(ContainerNotFound, match="No such container: nosuch"):
        dock.container_rm("one", "nosuch")
    assert list(console.shown[0].names) == ["one"] and console.echoed == ["one"]  # type: ignore[attr-defined]


def test_prune_asks_before_records_go(dock: Dock, console: Recorder) -> None:
    dock.container_create("busybox")
    assert len(dock.container_prune()) == 0 and len(dock.container_ls(all=True)) == 1
    assert "there is nobody to confirm it" in console.warned[-1]
    console.answer = False
    assert len(dock.container_prune()) == 0 and console.warned[-1].startswith("WARNING!")
    console.answer = True
    assert len(dock.container_prune()) == 1 and len(dock.container_ls(all=True)) == 0


def test_an_image_that_is_not_here_may_not_be_pulled(dock: Dock) -> None:
    with pytest.raises(ImageNotFound):
        dock.container_create("nosuch", pull="never")
    with pytest.raises(UsageError, match="invalid pull option"):
        dock.container_create("busybox", pull="sometimes")


def test_a_record_that_is_none_is_damage_that_is_named(dock: Dock) -> None:
    dock.store.containers._path.write_text('{"records": [{"name": ["a", "list"]}]}')
    for act in (dock.container_ls, lambda: dock.container_create("busybox"), lambda: dock.container_rm("one")):
        with pytest.raises(InvalidContent, match="invalid name"):
            act()
