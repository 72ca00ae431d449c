"""Many pulls at once, against a real registry."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nbdock.copying import Copier
from nbdock.dock.dock import Dock
from nbdock.dock.transfer import pulling
from nbdock.dock.transfer.pulling import Pulled, pull, tags
from nbdock.errors import BlobNotFound, Cancelled, DigestMismatch, ImageNotFound
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Name
from nbdock.store import Batch, Store, disk
from nbdock.store.other_tools import Has
from nbdock.task import State
from tests.parts.layers import file
from tests.parts.registries import Registry
from tests.places import Shelf, copy


def references(*names: str) -> list[Reference]:
    return [Reference.parse(name).tagged for name in names]


def test_layers_that_images_share_come_once(registry: Registry) -> None:
    before = len(registry.requests())
    pulled = pull(Dock(), references("httpd:2.4", "httpd:2.2", "busybox"))
    assert [str(each.reference.familiar) for each in pulled] == ["httpd:2.4", "httpd:2.2", "busybox:latest"]
    fetched = [line for line in registry.requests()[before:] if line.startswith("GET") and "/blobs/" in line]
    assert len(fetched) == len(set(fetched))
    states = [state for each in pulled if each.copied for _, state in each.copied.image.layers]
    assert states.count(State.EXISTS) == 4
    assert len(Dock().store.images()) == 3


def test_one_that_fails_keeps_the_others(registry: Registry) -> None:
    pulled = pull(Dock(), references("httpd:2.4", "httpd:nope", "busybox"))
    assert [each.copied is not None for each in pulled] == [True, False, True]
    assert [type(each.error) for each in pulled] == [type(None), ImageNotFound, type(None)]
    assert [each.newer for each in pulled] == [True, False, True]
    assert {str(tag.familiar) for image in Dock().store.images() for tag in image.tags} == {
        "httpd:2.4",
        "busybox:latest",
    }


def test_a_layer_that_is_wrong_fails_its_image_alone(empty_registry: Registry) -> None:
    shelf, dock = Shelf(), Dock()
    base, other = shelf.layer(file("base", b"base")), shelf.layer(file("other", b"other"))
    images = {"good": shelf.image(base, other), "bad": shelf.image(base, rootfs={"diff_ids": [str(base.digest)]})}
    names = {tag: Reference.parse(f"{empty_registry.host}/app:{tag}") for tag in images}
    for tag, image in images.items():
        copy(shelf, dock.registry.repository(names[tag], push=True)).everything(image, names[tag])
    bad, good = pull(dock, [names["bad"], names["good"]])
    assert isinstance(bad.error, DigestMismatch) and good.copied
    assert [name.tag for image in dock.store.images() for name in image.tags] == ["good"]


def test_names_are_written_once_and_together(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    replace = disk.replace
    monkeypatch.setattr(disk, "replace", lambda root, path, raw: (written.append(path.name), replace(root, path, raw)))
    pull(Dock(), references("httpd:2.4", "httpd:2.2", "busybox"))
    assert written.count("index.json") == 1


def test_what_another_process_removed_before_it_was_named_is_pulled_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_names = Batch.write_names

    def removing(batch: Batch) -> None:
        for blob in Dock().store.layers_folder.iterdir():
            blob.unlink()
        write_names(batch)

    monkeypatch.setattr(Batch, "write_names", removing)
    pulled = pull(Dock(), references("httpd:2.4", "busybox"))
    assert all(each.copied and not each.error for each in pulled)
    assert len(Dock().store.images()) == 2
    assert {layer.facts is not None for image in Dock().store.images() for layer in image.layers} == {True}


def test_what_cannot_be_named_is_the_error_of_its_image(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = Store._check_complete
    missing = BlobNotFound("it is not in the store")

    def check(store: Store, name: Name) -> list[Descriptor]:
        if not isinstance(store, Batch):
            raise missing
        return checks(store, name)

    def check_kept(batch: Batch, needed: Sequence[Descriptor], has: Has | None = None) -> None:
        if has is None:
            raise missing

    monkeypatch.setattr(Store, "_check_complete", check)
    monkeypatch.setattr(Batch, "_check_kept", check_kept)
    assert [each.error for each in pull(Dock(), references("busybox"))] == [missing]


def test_what_came_before_an_interrupt_is_named(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    pull_one = pulling._pull_one

    def interrupted(dock: Dock, copier: Copier, platform: Platform, reference: Reference) -> Pulled:
        if reference.tag == "2.2":
            raise Cancelled("cancelled")
        return pull_one(dock, copier, platform, reference)

    monkeypatch.setattr(pulling, "_pull_one", interrupted)
    monkeypatch.setattr(pulling, "_IMAGES_AT_ONCE", 1)
    with pytest.raises(Cancelled):
        pull(Dock(), references("busybox", "httpd:2.2"))
    assert [tag.familiar for image in Dock().store.images() for tag in image.tags] == ["busybox:latest"]


def test_what_is_there_is_not_newer(registry: Registry) -> None:
    assert [each.newer for each in pull(Dock(), references("busybox"))] == [True]
    assert [each.newer for each in pull(Dock(), references("busybox", "httpd"))] == [False, True]


@pytest.mark.parametrize("text", ["busybox", "httpd:2.4"])
def test_what_is_up_to_date_costs_one_request_which_no_registry_counts(registry: Registry, text: str) -> None:
    (wanted,) = references(text)
    (first,) = pull(Dock(), [wanted])
    before = len(registry.requests())
    (second,) = pull(Dock(), [wanted])
    assert registry.requests()[before:] == [f"HEAD /v2/{wanted.repository}/manifests/{wanted.tag}"]
    assert first.copied and second.copied and second.copied.target == first.copied.target and not second.newer


def test_a_tag_that_moved_is_fetched(empty_registry: Registry) -> None:
    shelf, dock = Shelf(), Dock()
    name = Reference.parse(f"{empty_registry.host}/app:1")
    repository = dock.registry.repository(name, push=True)
    for text in (b"old", b"new"):
        image = shelf.image(shelf.layer(file("file", text)))
        copy(shelf, repository).everything(image, name)
        (pulled,) = pull(dock, [name])
        assert pulled.copied and pulled.copied.target == image and pulled.newer


def test_a_manifest_that_is_damaged_is_fetched_though_nothing_is_new(registry: Registry) -> None:
    (first,) = pull(Dock(), references("busybox"))
    assert first.copied
    path = Dock().settings.store / "blobs/sha256" / first.copied.target.digest.hex
    path.write_bytes(path.read_bytes().swapcase())
    (second,) = pull(Dock(), references("busybox"))
    assert second.copied and Digest.of(path.read_bytes()) == first.copied.target.digest


def test_every_tag_may_be_pulled(registry: Registry) -> None:
    found = tags(Dock(), Reference.parse("httpd"))
    assert {str(each.tag) for each in found} == {"latest", "2.4", "2.2"}
    assert all(each.copied for each in pull(Dock(), found))


@pytest.mark.parametrize("names", [[], ["busybox", "busybox"]])
def test_a_name_is_pulled_once(names: list[str], registry: Registry) -> None:
    assert len(pull(Dock(), references(*names))) == len(set(names))
