"""What images share, and the fewest to remove to free so many bytes."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.dock import sharing
from nbdock.dock.sharing import Sharing
from nbdock.errors import UsageError
from nbdock.places import Image
from tests.parts.layers import file
from tests.places import Shelf, noise, pull_from

BASE, OTHER = noise(20_000), noise(30_000)


def filled(root: Path, stacks: dict[str, list[bytes]]) -> Dock:
    """A dock with an image of each name, a layer for each content, the lowest first."""
    dock, shelf = Dock(root), Shelf()
    for name, contents in stacks.items():
        image = shelf.image(*(shelf.layer(file("data", content)) for content in contents))
        pull_from(shelf, image, dock.store, name)
    return dock


def on_disk(dock: Dock) -> int:
    return sum(path.stat().st_size for path in dock.store.layers_folder.iterdir())


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    own = [noise(5_000 * number) for number in range(4)]
    stacks = {"alone:1": [OTHER], "base:1": [BASE], "one:1": [BASE, own[1]], "two:1": [BASE, own[2]]}
    return filled(tmp_path / "store", stacks)


def test_the_matrix_says_what_two_images_have_in_common(dock: Dock) -> None:
    pairs = dock.shared().set_index(["reference", "other_reference"])
    one, two, alone = (f"docker.io/library/{name}:1" for name in ("one", "two", "alone"))
    assert 20_000 < pairs.common_bytes[one, two] == pairs.common_bytes[two, one] < 21_000
    assert pairs.common_layers[one, two] == 1 and pairs.common_layers[one, alone] == 0
    assert pairs.common_bytes[one, alone] == 0
    assert len(pairs) == 16 and len(dock.shared("one:1", "two:1")) == 4


@pytest.mark.parametrize("names", [["alone:1"], ["one:1"], ["one:1", "two:1"]])
def test_what_is_said_to_be_freed_is_what_rm_frees(names: list[str], dock: Dock) -> None:
    pairs = dock.shared(names).set_index(["reference", "other_reference"])
    expected = pairs.reclaimed_bytes[f"docker.io/library/{names[0]}", f"docker.io/library/{names[-1]}"]
    before = on_disk(dock)
    dock.rm(*names)
    assert before - on_disk(dock) == expected > 0


@pytest.mark.parametrize(
    ("free", "names"),
    [
        ("4kB", ["one"]),
        ("8kB", ["two"]),
        ("30kB", ["alone"]),
        (33_000, ["alone", "one"]),
        ("44kB", ["alone", "one", "two"]),
        ("60kB", ["alone", "base", "one", "two"]),
    ],
)
def test_the_fewest_images_are_a_plan_that_rm_executes(free: str | int, names: list[str], dock: Dock) -> None:
    plan = dock.shared(free=free)
    before = on_disk(dock)
    dock.rm(plan)
    assert before - on_disk(dock) == plan.reclaimed_bytes.sum()
    assert sorted(plan.reference.str.split("/").str[-1]) == sorted(f"{name}:1" for name in names)
    assert plan.exact.all()


def test_a_name_more_is_a_row_more(dock: Dock) -> None:
    dock.tag("alone:1", "mine:1")
    plan = dock.shared("alone:1", free="30kB")
    assert len(plan) == 2 and plan.reclaimed_bytes[0] == 0 < plan.reclaimed_bytes[1]
    assert set(dock.rm(plan).query("object == 'image'").image_id) == set(plan.image_id)


def test_an_image_without_a_tag_is_in_the_plan_by_its_digest(dock: Dock) -> None:
    image_id = dock.ls("alone:1").image_id[0]
    dock.tag("one:1", "alone:1")
    plan = dock.shared(free="30kB")
    assert plan.image_id.tolist() == [image_id] and "@sha256:" in plan.reference[0]
    assert dock.rm(plan).reclaimed_bytes.sum() == plan.reclaimed_bytes.sum() > 30_000


def test_an_image_that_a_container_uses_is_no_choice(dock: Dock) -> None:
    dock.container_create("alone:1", name="held")
    assert "docker.io/library/alone:1" not in set(dock.shared(free="30kB").reference)
    with pytest.raises(UsageError, match=r"deleting all of these images frees 3\d\.\dkB, not 60kB") as error:
        dock.shared(free="60kB")
    assert "container rm" in error.value.hint


@pytest.mark.parametrize("free", ["much", "-1", "2XB", "", "1e9"])
def test_a_size_that_is_none_is_an_error(free: str, dock: Dock) -> None:
    with pytest.raises(UsageError, match="is no size") as error:
        dock.shared(free=free)
    assert "1.5GB" in error.value.hint


class Kept:
    """A store in which each image needs some content, of a size for each."""

    def __init__(self, needed: dict[str, set[int]], size: dict[int, int]) -> None:
        self.needed, self.size = needed, size

    def sizes(self, names: list[str]) -> dict[int, int]:
        return {each: self.size[each] for name in names for each in self.needed[name]}

    def names(self) -> list[str]:
        return list(self.needed)


class Named:
    def __init__(self, name: str) -> None:
        self.names = [name]


def stocked(chance: random.Random, count: int) -> tuple[Kept, list[Image], dict[str, set[int]]]:
    needed = {str(number): set(chance.sample(range(2 * count), 3)) for number in range(count)}
    store = Kept(needed, {each: chance.randint(1, 50) for each in range(2 * count)})
    return store, [Named(name) for name in list(needed)[1:]], needed  # type: ignore[misc]


@pytest.mark.parametrize("seed", range(30))
def test_no_fewer_images_free_as_much(seed: int) -> None:
    chance = random.Random(seed)
    store, images, _ = stocked(chance, 7)
    known = Sharing(store, images)  # type: ignore[arg-type]
    choices = [choice for count in range(len(images) + 1) for choice in combinations(images, count)]
    wanted = chance.randint(1, known.freed(images) or 1)
    enough = [choice for choice in choices if known.freed(choice) >= wanted]
    if enough:
        best = min(enough, key=lambda choice: (len(choice), known.freed(choice)))
        found = known.fewest(wanted)
        assert (len(found), known.freed(found)) == (len(best), known.freed(best))


@pytest.mark.parametrize("seed", range(10))
def test_a_guess_frees_enough_and_nothing_needlessly(seed: int) -> None:
    chance = random.Random(seed)
    store, images, _ = stocked(chance, 3 * sharing.EXACT)
    known = Sharing(store, images)  # type: ignore[arg-type]
    wanted = known.freed(images) // 2
    found = known.fewest(wanted)
    assert known.freed(found) >= wanted
    assert all(known.freed(set(found) - {image}) < wanted for image in found)


def test_beyond_twenty_images_the_plan_says_that_it_is_a_guess(tmp_path: Path) -> None:
    dock = filled(tmp_path / "store", {f"sample:{number}": [noise(1000 + number)] for number in range(21)})
    plan = dock.shared(free=2000)
    assert not plan.exact.any() and plan.reclaimed_bytes.sum() >= 2000
