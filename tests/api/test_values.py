"""Names, platforms and filters as text and as values; a wrong type is one clear line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbdock
from nbdock.api import Dock
from nbdock.errors import UsageError
from tests.commands.conftest import console, dock, sample_store

__all__ = ["console", "dock", "sample_store"]


def tags(frame: Any) -> set[str]:
    return set(frame["reference"].dropna().map(lambda name: nbdock.Reference.parse(name).familiar))


def test_a_name_is_text_or_a_reference(dock: Dock) -> None:
    reference = nbdock.Reference.parse("httpd:2.4")
    assert dock.inspect(reference).equals(dock.inspect("httpd:2.4"))
    assert dock.history(reference).equals(dock.history("httpd:2.4"))
    assert len(dock.ls(reference)) == 1
    assert "mine:1.0" in tags(dock.tag(reference, nbdock.Reference.parse("mine:1.0")))


def test_an_image_is_found_by_its_digest(dock: Dock) -> None:
    image_id = dock.ls("httpd:2.4").image_id[0]
    assert dock.history(nbdock.Digest.parse(image_id)).image_id[0] == image_id


def test_a_platform_is_text_or_a_platform(dock: Dock) -> None:
    amd64 = nbdock.Platform.parse("linux/amd64")
    assert dock.inspect("httpd", platform=amd64).equals(dock.inspect("httpd", platform="linux/amd64"))


def several(dock: Dock) -> list[Any]:
    frame = dock.ls("httpd")
    names = frame.reference.tolist()
    return [names, tuple(names), frame.reference, frame, frame.image_id.drop_duplicates(), frame.reference.to_numpy()]


@pytest.mark.parametrize("number", range(6), ids=["list", "tuple", "Series", "frame", "ids", "array"])
def test_several_names_are_whatever_holds_them(dock: Dock, number: int) -> None:
    given = several(dock)[number]
    assert set(dock.history(given).image_id) == set(dock.ls("httpd").image_id)
    assert set(dock.layers(given).image_id) == set(dock.ls("httpd").image_id)


HOLDERS: dict[str, Callable[[pd.Series[str]], object]] = {
    "set": set,
    "generator": lambda names: (name for name in names),
    "keys": lambda names: dict.fromkeys(names).keys(),
    "deque": deque,
    "Index": pd.Index,
    "Categorical": pd.Categorical,
    "a column of an array": lambda names: names.to_numpy(dtype="U").reshape(-1, 1),
    "numpy text": lambda names: list(map(np.str_, names)),
    "digests": lambda names: map(nbdock.Digest.parse, names),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_several_names_are_any_iterable(dock: Dock, holder: str) -> None:
    ids = dock.ls("httpd").image_id
    assert set(dock.layers(HOLDERS[holder](ids)).image_id) == set(ids)


@pytest.mark.parametrize("scalar", [np.str_, np.array])
def test_a_numpy_scalar_is_one_name(dock: Dock, scalar: Callable[[str], Any]) -> None:
    assert dock.inspect(scalar("httpd")).equals(dock.inspect("httpd"))
    assert dock.container_create("httpd", label=scalar("a=b"))["labels"][0]["a"] == "b"


def test_flags_and_filters_take_numpy_scalars(dock: Dock) -> None:
    assert len(dock.ps(all=np.True_, last=np.int64(1))) == 0
    assert dock.ls(filter={"dangling": np.True_}).equals(dock.ls(filter={"dangling": True}))


def test_a_filter_takes_several_values_of_any_kind(dock: Dock) -> None:
    for several in ({"httpd", "busybox"}, pd.Series(["httpd", "busybox"])):
        assert set(dock.ls(filter={"reference": several}).repository) == {"httpd", "busybox"}
    newest = dock.ls().image_id[0]
    assert newest not in set(dock.ls(filter={"before": nbdock.Digest.parse(newest)}).image_id)


def test_a_row_of_a_frame_names_its_image(dock: Dock) -> None:
    row = next(dock.ls("httpd:2.4").itertuples())
    for each in (row, dock.ls("httpd:2.4").iloc[0]):
        assert dock.inspect(each).equals(dock.inspect(row.reference))


def test_a_frame_that_is_indexed_by_names_still_names_them(dock: Dock) -> None:
    images = dock.ls("httpd")
    assert dock.inspect(images.set_index("reference")).equals(dock.inspect(images))
    assert dock.inspect(images.set_index(["repository", "reference"])).equals(dock.inspect(images))


def test_a_frame_with_a_column_twice_is_refused(dock: Dock) -> None:
    with pytest.raises(UsageError, match="the frame names no images"):
        dock.rm(pd.concat([dock.ls(), dock.ls()], axis=1))


def test_containers_are_removed_by_the_frame_that_ps_returned(dock: Dock) -> None:
    dock.create("httpd", name="web")
    assert dock.container_rm(dock.ps(all=True)).names.tolist() == ["web"]
    with pytest.raises(UsageError, match="the frame names no containers: it has no column container_id"):
        dock.container_rm(dock.ls())


def test_what_is_pulled_needs_a_name(dock: Dock) -> None:
    with pytest.raises(UsageError, match="a row of the frame has no reference") as refusal:
        dock.pull(dock.ls().assign(reference=pd.NA))
    assert "dropna" in refusal.value.hint


def test_a_missing_name_is_refused_with_advice(dock: Dock) -> None:
    for missing in (None, pd.NA, float("nan")):
        with pytest.raises(UsageError, match="IMAGE must be") as refusal:
            dock.rm(pd.Series(["httpd", missing], dtype=object))
        assert "dropna" in refusal.value.hint


def test_nothing_selected_is_not_everything(dock: Dock) -> None:
    nothing = dock.ls("nosuch")
    for empty in (nothing, nothing.reference, [], iter(())):
        assert [len(dock.inspect(empty)), len(dock.history(empty)), len(dock.layers(empty))] == [0, 0, 0]


def test_commands_that_change_something_need_an_argument(dock: Dock) -> None:
    for call in (dock.rm, dock.pull, dock.container_rm):
        with pytest.raises(UsageError, match=r"\(\) requires at least 1 argument"):
            call()


def test_without_names_a_platform_is_checked_too(dock: Dock) -> None:
    with pytest.raises(nbdock.errors.PlatformNotFound):
        dock.history(platform="linux/s390x")


def test_without_names_everything_is_looked_at(dock: Dock) -> None:
    every = set(dock.ls().image_id)
    assert set(dock.history().image_id) == set(dock.layers().image_id) == every


def test_rm_takes_the_frame_that_ls_returned(dock: Dock) -> None:
    dock.tag("busybox", "hello-world")
    images = dock.ls()
    dangling = images.query("dangling")
    assert dangling.reference.isna().any() or len(dangling)
    dock.rm(dangling)
    assert not dock.ls().dangling.any()
    dock.rm(images[images.repository == "httpd"])
    assert not (dock.ls().repository == "httpd").any()


def test_a_frame_of_nothing_removes_nothing(dock: Dock) -> None:
    assert len(dock.rm(dock.ls("nosuch"))) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda dock: dock.inspect(5), "IMAGE must be str, Reference, Digest or PathLike, not int"),
        (lambda dock: dock.rm([None]), "IMAGE must be str, Reference, Digest or PathLike, not NoneType"),
        (lambda dock: dock.ls(no_trunc="yes"), "--no-trunc must be bool, not str"),
        (lambda dock: dock.ls(format=b"json"), "--format must be str, not bytes"),
        (lambda dock: dock.pull({"httpd": 1}), "must be str, Reference or PathLike, not dict"),
        (
            lambda dock: dock.inspect("httpd", platform=("linux", "amd64")),
            "must be str or Platform, not tuple",
        ),
        (lambda dock: dock.search("x", limit="5"), "--limit must be int, not str"),
        (lambda dock: dock.search("x", limit=True), "--limit must be int, not bool"),
        (lambda dock: dock.tag("httpd", 1.5), "must be str or Reference, not float"),
        (lambda dock: dock.rm(dock.df()), "the frame names no images"),
        (lambda dock: dock.container_create("httpd", label=[1]), "--label must be str, not int"),
        (lambda dock: dock.container_create("httpd", label={"a": None}), "--label must be str, not NoneType"),
        (lambda dock: dock.rm(np.int64(5)), "IMAGE must be str, Reference, Digest or PathLike, not int"),
        (lambda dock: nbdock.copy(dock.store, dock.store, 5), "reference must be str or Reference, not int"),  # type: ignore[arg-type]
        (lambda dock: nbdock.copy(dock.store, dock.store, "httpd", to=[]), "to must be str or Reference, not list"),  # type: ignore[arg-type]
        (lambda dock: nbdock.copy(dock.store, dock.store, "httpd", platform=5), "platform must be str or Platform"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_type_is_one_clear_error(dock: Dock, call: Callable[[Any], object], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        call(dock)
    assert message in str(refusal.value) and refusal.value.hint


def test_labels_may_be_a_mapping(dock: Dock) -> None:
    made = dock.container_create("httpd", label={"a": "b"}, env={"PORT": "80"})
    assert made["labels"][0]["a"] == "b"
