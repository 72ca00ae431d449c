"""A base below a store: what is in it is here, costs nothing, and is never changed; whatever becomes of it is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from nbdock.errors import StoreError
from nbdock.oci.reference import Reference
from nbdock.places import Image
from nbdock.store import Store
from tests.parts.layers import file
from tests.places import Shelf, pull, pull_from
from tests.store.audit import audit, entries, files, pass_time
from tests.store.forks import alone, at_changes

HELLO, OLD, NEW = "hello-world:latest", "httpd:2.2", "httpd:2.4"
OTHER_USER = 65534


@pytest.fixture
def below(tmp_path: Path) -> Store:
    """The base, with two images."""
    base = Store(tmp_path / "base")
    pull(base, HELLO)
    pull(base, NEW)
    return base


@pytest.fixture
def above(below: Store, root: Path) -> Store:
    return Store(root, base=below)


def image(store: Store, text: str) -> Image:
    return next(each for each in store.images() if Reference.parse(text).tagged in each.tags)


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in sorted((root, *root.rglob("*")))}


def tags(store: Store) -> dict[str, bool]:
    """Each tag, and whether it is read-only."""
    named = ((name.reference, name.read_only) for name in store.names())
    return {reference.familiar: read_only for reference, read_only in named if reference and reference.tag}


def prune(store: Store) -> int:
    pass_time(store.root)
    return store.removal((), orphans=True).execute().reclaimed


def test_what_is_in_the_base_is_here(above: Store, below: Store, root: Path) -> None:
    assert tags(above) == {"hello-world:latest": True, "httpd:2.4": True}
    found, there = image(above, NEW), image(below, NEW)
    assert found == there and found.read_only and not there.read_only
    assert [layer.facts for layer in found.layers] == [layer.facts for layer in there.layers]
    assert above.resolve(Reference.parse(NEW)) == below.resolve(Reference.parse(NEW))
    assert b"".join(found.layers[0].open()) == b"".join(there.layers[0].open())
    assert found.config == there.config and found.size == there.size
    assert above.problems == () and above.disk_usage() == 0
    assert not root.exists()


def test_a_pull_of_what_the_base_has_brings_nothing_but_names(root: Path, below: Store) -> None:
    shelf, above = Shelf(), Store(root, base=below)
    layer = shelf.layer(file("common", b"1"))
    target = shelf.image(layer)
    pull_from(shelf, target, below)
    shelf.opened.clear()
    pull_from(shelf, target, above)
    assert layer.digest not in dict(shelf.opened)
    assert files(root) == {"blobs": set(), "ingest": set(), "nbdock": set(), "layers": set()}
    assert not tags(above)["shelf:latest"] and above.disk_usage() == 0


def test_a_pull_brings_only_the_layers_that_the_base_has_not(below: Store, root: Path) -> None:
    shelf, above = Shelf(), Store(root, base=below)
    common, other = shelf.layer(file("common", b"1")), shelf.layer(file("other", b"2"))
    pull_from(shelf, shelf.image(common), below)
    pull_from(shelf, shelf.image(common, other), above)
    assert other.digest.hex in files(root)["blobs"] and common.digest.hex not in files(root)["blobs"]
    assert above.problems == ()


def test_a_name_of_one_s_own_wins_until_it_is_removed(below: Store, above: Store) -> None:
    shelf = Shelf()
    mine = shelf.image(shelf.layer(file("mine", b"1")))
    pull_from(shelf, mine, above, NEW)
    assert above.resolve(Reference.parse(NEW)) == mine
    assert below.resolve(Reference.parse(NEW)) != mine
    above.removal(image(above, NEW).own_names).execute()
    assert above.resolve(Reference.parse(NEW)) == below.resolve(Reference.parse(NEW))
    assert tags(above) == {"hello-world:latest": True, "httpd:2.4": True}


def test_a_tag_of_a_base_s_image_is_one_s_own(above: Store, below: Store) -> None:
    before = snapshot(below.root)
    above.tag_image(Reference.parse("mine:1"), image(above, NEW))
    assert tags(above) == {"mine:1": False, "hello-world:latest": True, "httpd:2.4": True}
    assert not image(above, NEW).read_only
    assert tags(below) == {"hello-world:latest": False, "httpd:2.4": False}
    assert snapshot(below.root) == before


def test_a_tag_that_moves_leaves_no_dangling_copy_of_what_the_base_names(above: Store, root: Path) -> None:
    above.tag_image(Reference.parse("mine:1"), image(above, NEW))
    above.tag_image(Reference.parse("mine:1"), image(above, HELLO))
    assert [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in entries(root)] == [
        "docker.io/library/mine:1"
    ]


def test_a_prune_frees_what_is_one_s_own(above: Store, below: Store, root: Path) -> None:
    before = snapshot(below.root)
    pull(above, OLD)
    above.removal(image(above, OLD).names).execute()
    prune(above)
    assert files(root)["blobs"] == set() and above.disk_usage() == 0
    assert tags(above) == {"hello-world:latest": True, "httpd:2.4": True}
    assert snapshot(below.root) == before


def test_a_copy_that_the_base_has_got_meanwhile_is_freed_with_its_own_name(root: Path, below: Store) -> None:
    """Pulled before the base had it: the bytes here are needed by no name of the base, which has its own."""
    above = Store(root, base=below)
    pull(above, OLD)
    held = above.disk_usage()
    pull(below, OLD)
    plan = above.removal(image(above, OLD).own_names)
    assert plan.deleted == () and plan.reclaimed == held > 0
    plan.execute()
    assert above.disk_usage() == 0 and image(above, OLD).read_only
    assert b"".join(image(above, OLD).layers[0].open())


def test_tables_of_the_base_are_used_and_missing_ones_made_in_one_s_own(above: Store, below: Store, root: Path) -> None:
    layer = image(above, NEW).layers[0]
    there = below.tables.path("files", layer.facts.diff_id) if layer.facts else Path()
    assert layer.facts and above.tables.found("files", layer.facts.diff_id) == there
    table, _ = layer.table("files", lambda: pytest.fail("the layer was read"))
    shutil.rmtree(below.tables.folder)
    again, _ = layer.table("files", layer.open)
    assert again == table
    assert above.tables.found("files", layer.facts.diff_id) == above.tables.path("files", layer.facts.diff_id)
    assert not below.tables.folder.exists()
    prune(above)
    assert above.tables.path("files", layer.facts.diff_id).exists()


def test_a_base_that_changes_is_noticed(above: Store, below: Store) -> None:
    before, held = above.names(), above.state
    assert above.names() is before
    pull(below, OLD)
    assert above.state != held
    assert tags(above)[OLD]
    below.removal(image(below, NEW).names).execute()
    assert NEW not in tags(above)


def test_an_own_name_whose_image_left_the_base_says_what_to_do(above: Store, below: Store) -> None:
    above.tag_image(Reference.parse("mine:1"), image(above, NEW))
    below.removal(image(below, NEW).names).execute()
    (problem,) = above.problems
    assert problem.startswith("mine:1: ") and problem.endswith("is not in the store: pull the image again")
    pull(above, NEW)
    assert above.problems == () and not above.images().by_id[str(image(above, NEW).id)].read_only


def test_content_that_is_damaged_in_the_base_is_replaced_in_one_s_own(above: Store, below: Store) -> None:
    config = image(below, NEW).manifest.config
    path = below.root / "blobs" / "sha256" / config.digest.hex
    path.write_bytes(b" " * config.size)
    assert not above.has(config)
    pull(above, NEW)
    assert above.has(config) and not Store(below.root).has(config)
    assert Store(above.root, base=below).problems == ()


def test_nothing_is_written_and_no_lock_taken_in_a_base(above: Store, below: Store) -> None:
    shutil.rmtree(below.root / "nbdock")

    def work() -> None:
        at_changes(below.root, partial(pytest.fail, "the base was changed"))
        assert [each.size for each in above.images()]
        pull(above, OLD)
        above.tag_image(Reference.parse("mine:1"), image(above, NEW))
        image(above, NEW).layers[0].table("packages", image(above, NEW).layers[0].open)
        above.removal(above.names(), orphans=True).execute()

    alone(work)
    assert tags(above) == {"hello-world:latest": True, "httpd:2.4": True}


def test_a_store_above_another_s_base_sees_all_of_them(above: Store, below: Store, tmp_path: Path) -> None:
    """As a build has it: a store for a moment, above the user's own."""
    pull(above, OLD)
    before = snapshot(above.root), snapshot(below.root)
    top = Store(tmp_path / "top", base=above)
    assert tags(top) == {"hello-world:latest": True, "httpd:2.4": True, "httpd:2.2": True}
    top.tag_image(Reference.parse("made:1"), image(top, OLD))
    assert all(layer.facts for each in top.images() for layer in each.layers)
    assert top.disk_usage() == 0 and (snapshot(above.root), snapshot(below.root)) == before


def test_a_base_that_was_filled_above_another_says_what_is_missing(above: Store, tmp_path: Path) -> None:
    pull(above, NEW)
    (problem,) = {each.partition(": ")[2] for each in Store(tmp_path / "top", base=Store(above.root)).problems}
    assert problem.endswith("is not in the store: pull the image again")


def test_a_store_that_another_made_for_all_is_read_by_all(tmp_path: Path) -> None:
    """The umask of who fills it does not matter, the mode of the folder does."""
    base = tmp_path / "base"
    base.mkdir()
    base.chmod(0o755)
    old = os.umask(0o077)
    try:
        pull(Store(base), NEW)
    finally:
        os.umask(old)
    given_away(base)
    assert seen_by_another(base, tmp_path / "own") == ["httpd:2.4 551"]
    audit(base)


def test_a_store_that_is_its_owner_s_alone_says_how_it_is_opened(tmp_path: Path) -> None:
    pull(Store(tmp_path / "base"), NEW)
    given_away(tmp_path / "base")
    assert seen_by_another(tmp_path / "base", tmp_path / "own") == [
        f"cannot use the base store {tmp_path / 'base'}: permission denied",
        f"its owner opens it with `chmod -R a+rX {tmp_path / 'base'}`",
    ]


def test_content_that_may_not_be_read_counts_as_missing(tmp_path: Path) -> None:
    base = Store(tmp_path / "base")
    base.root.mkdir()
    pull(base, NEW)
    (base.root / "blobs" / "sha256" / image(base, NEW).manifest.config.digest.hex).chmod(0o600)
    given_away(base.root)
    lines = seen_by_another(base.root, tmp_path / "own")
    assert lines == [f"{image(base, NEW).manifest.config.digest} is not in the store", "pull the image again"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (shutil.rmtree, "it is not there"),
        (
            lambda root: (root / "oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}'),
            "its layout is version 2.0.0",
        ),
        (lambda root: (root / "index.json").write_text("{"), "index.json cannot be read: "),
    ],
)
def test_a_base_that_cannot_be_used_is_one_line_with_its_remedy(spoil: object, why: str, above: Store) -> None:
    assert above.base and callable(spoil)
    spoil(above.base.root)
    for ask in (above.names, above.images, partial(above.resolve, Reference.parse(NEW))):
        with pytest.raises(StoreError) as failure:
            ask()
        assert str(failure.value).startswith(f"cannot use the base store {above.base.root}: ")
        assert why in str(failure.value) and "\n" not in str(failure.value)
        assert failure.value.hint


def test_an_empty_base_is_one_that_is_not_filled_yet(tmp_path: Path, root: Path) -> None:
    (tmp_path / "base").mkdir()
    above = Store(root, base=Store(tmp_path / "base"))
    assert above.names() == () and above.problems == ()
    pull(Store(tmp_path / "base"), HELLO)
    assert tags(above) == {HELLO: True}


LOOK = """
import sys
from nbdock.errors import NbdockError
from nbdock.oci.reference import Reference
from nbdock.store import Store
base, own = sys.argv[1:]
store = Store(own, base=Store(base))
try:
    for image in store.images():
        assert b"".join(image.layers[0].open())
        store.tag_image(Reference.parse("mine:1"), image)
        print(image.tags[0].familiar, image.size // 1000)
    for problem in dict.fromkeys(each.partition(": ")[2] for each in store.problems):
        print(problem)
except NbdockError as error:
    print(error, error.hint, sep="\\n")
"""


def given_away(root: Path) -> None:
    """To someone else where that can be done; nobody can write it any more."""
    for path in (root, *root.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, OTHER_USER, OTHER_USER)
        path.chmod(path.stat().st_mode & (0o555 if os.geteuid() == 0 else 0o055))


def seen_by_another(base: Path, own: Path) -> list[str]:
    """What a user sees of the base who has none of root's rights to other people's files."""
    without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown"] if os.geteuid() == 0 else []
    command = [*without, sys.executable, "-c", LOOK, str(base), str(own)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()
