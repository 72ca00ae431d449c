"""Docker's notions, in a layout: names, digests, dangling images, platforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.errors import BlobNotFound, ImageNotFound
from nbdock.oci.reference import Reference
from nbdock.places import Image
from nbdock.reading import read
from nbdock.store import Store, disk
from tests.places import AMD64, ARM64, pull, target
from tests.store.audit import audit, names

OLD, NEW = "httpd:2.2", "httpd:2.4"


def only(store: Store) -> Image:
    (image,) = store.images()
    return image


def known_as(image: Image) -> list[str]:
    return [str(name.reference.familiar) if name.reference else "<none>" for name in image.names]


def by_digest(text: str, name: str = "httpd") -> str:
    return f"{name}@{target(text).digest}"


def test_what_is_pulled_has_its_tag_and_its_digest(store: Store) -> None:
    pull(store, NEW)
    assert known_as(only(store)) == [NEW, by_digest(NEW)]
    assert not only(store).dangling


def test_what_is_pulled_by_digest_has_no_tag(store: Store) -> None:
    pull(store, NEW, to=by_digest(NEW))
    assert known_as(only(store)) == [by_digest(NEW)]
    assert only(store).dangling


def test_with_tag_and_digest_the_digest_decides(store: Store) -> None:
    pull(store, NEW, to=by_digest(NEW, "httpd:2.4"))
    assert known_as(only(store)) == [by_digest(NEW)]
    assert store.resolve(Reference.parse(by_digest(NEW, "httpd:any"))) == target(NEW)


def test_an_image_has_as_many_names_as_one_likes(store: Store) -> None:
    pull(store, NEW)
    pull(store, NEW, to="example.org/web:1")
    store.tag_image(Reference.parse("mine"), only(store))
    assert known_as(only(store)) == [
        NEW,
        by_digest(NEW),
        "example.org/web:1",
        by_digest(NEW, "example.org/web"),
        "mine:latest",
    ]


def test_a_tag_that_moves_leaves_the_old_image_with_its_digest(store: Store) -> None:
    pull(store, OLD, to="httpd")
    pull(store, NEW, to="httpd")
    old, new = store.images()
    assert (known_as(old), known_as(new)) == ([by_digest(OLD)], ["httpd:latest", by_digest(NEW)])
    assert old.dangling


def test_an_image_that_loses_its_last_name_stays_without_one(store: Store, root: Path) -> None:
    lose_its_name(store, OLD)
    new, old = store.images()
    assert (known_as(old), known_as(new)[-1]) == (["<none>"], "mine:latest")
    audit(root)


def test_an_image_without_a_name_that_gets_one_has_just_that(store: Store) -> None:
    lose_its_name(store, OLD)
    store.tag_image(Reference.parse("found"), store.images()[-1])
    assert ["found:latest"] in [known_as(image) for image in store.images()]


def test_an_image_without_a_name_that_is_pulled_again_has_those_of_the_pull(store: Store) -> None:
    lose_its_name(store, OLD)
    pull(store, OLD)
    assert [OLD, by_digest(OLD)] in [known_as(image) for image in store.images()]


def test_a_further_name_writes_no_content(store: Store, root: Path) -> None:
    pull(store, NEW)
    before = {path: path.stat() for path in root.rglob("blobs/*/*")}
    store.tag_image(Reference.parse("mine"), only(store))
    store.tag_image(Reference.parse("mine:2"), only(store))
    assert {path: path.stat() for path in root.rglob("blobs/*/*")} == before


def test_a_further_name_is_tagged_and_not_pulled(store: Store) -> None:
    pull(store, NEW)
    store.tag_image(Reference.parse("mine"), only(store))
    pulled, _, tagged = only(store).names
    assert (pulled.pulled_at is None, pulled.tagged_at is None) == (False, True)
    assert (tagged.pulled_at is None, tagged.tagged_at is None) == (True, False)
    assert only(store).pulled_at


def test_a_name_for_an_image_that_went_meanwhile_is_refused(store: Store, root: Path) -> None:
    pull(store, NEW)
    image = only(store)
    Store(root).removal(image.names).execute()
    with pytest.raises(BlobNotFound, match="is not in the store") as refusal:
        store.tag_image(Reference.parse("mine"), image)
    assert refusal.value.hint == "pull the image again"
    assert not names(root)


def test_two_platforms_of_an_index_are_two_images(store: Store, root: Path) -> None:
    pull(store, "busybox", to="for-amd64")
    pull(store, "busybox", to="for-arm64", platform=ARM64)
    amd64, arm64 = store.images()
    assert (amd64.config.platform, arm64.config.platform) == (AMD64, ARM64)
    assert amd64.names[0].target == arm64.names[0].target == target("busybox")
    audit(root)


def test_another_platform_under_the_same_tag_takes_its_place(store: Store, root: Path) -> None:
    """As docker has it without its containerd store: a tag stands for one image."""
    pull(store, "busybox")
    pull(store, "busybox", platform=ARM64)
    found, lost = store.images()
    assert (lost.config.platform, known_as(lost)) == (AMD64, ["<none>"])
    assert known_as(found) == ["busybox:latest", by_digest("busybox", "busybox")]
    audit(root)


def test_a_name_is_resolved_to_what_the_registry_has_under_it(store: Store) -> None:
    pull(store, "busybox")
    assert store.resolve(Reference.parse("busybox")) == target("busybox")
    with pytest.raises(ImageNotFound, match=r"No such image: busybox:1\.35"):
        store.resolve(Reference.parse("busybox:1.35"))


def test_an_image_tells_what_its_manifest_and_config_say(store: Store) -> None:
    pull(store, NEW)
    image = only(store)
    assert image.manifest.raw == read(store, image.descriptor)
    assert image.config.raw == read(store, image.manifest.config)
    assert [layer.diff_id for layer in image.layers] == list(image.config.diff_ids)
    assert image.size == sum(found.size for layer in image.layers if (found := store.facts(layer.descriptor)))


def test_disk_usage_is_the_size_of_all_content(store: Store, root: Path) -> None:
    pull(store, NEW)
    pull(store, OLD)
    assert store.disk_usage() == sum(path.stat().st_size for path in root.rglob("blobs/*/*"))


def lose_its_name(store: Store, text: str) -> None:
    """Let the image be called `mine` alone, then let another image be called that."""
    pull(store, text)
    image = only(store)
    store.tag_image(Reference.parse("mine"), image)
    store.removal(image.names).execute()
    pull(store, NEW)
    store.tag_image(Reference.parse("mine"), store.images()[-1])


def test_folders_are_synced_after_the_last_file_and_before_the_first_name(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []

    def follow(name: str) -> None:
        real = getattr(disk, name)
        monkeypatch.setattr(disk, name, lambda *paths: (done.append((name, Path(paths[-1]).name)), real(*paths))[1])

    follow("commit")
    follow("sync")
    pull(store, NEW)
    synced = done.index(("sync", "sha256"))
    named = done.index(("commit", "index.json"))
    last = max(at for at, (name, path) in enumerate(done) if name == "commit" and len(path) == 64)
    assert last < synced < named
    assert ("sync", store.root.name) in done[named:]
