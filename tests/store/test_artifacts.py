"""What is pushed to a served store and is no image: signatures, indexes of nothing."""

from __future__ import annotations

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.store import Store
from tests.server.parts import described, index, keep, manifest

NAME = "localhost:5000/team/app:signature"


def test_an_artifact_is_no_image_and_no_problem(store: Store) -> None:
    keep(store, NAME, b"signature")
    assert store.images() == store.problems == ()
    assert str(store.resolve(Reference.parse(NAME)).digest) == described(manifest(b"signature"))["digest"]


def test_an_artifact_goes_with_its_name(store: Store) -> None:
    keep(store, NAME, b"signature")
    store.removal(store.names()).execute()
    assert not list((store.root / "blobs/sha256").iterdir())


def test_the_subject_and_the_type_of_an_index_are_read(store: Store) -> None:
    subject = described(b"subject", media.OCI_MANIFEST)
    raw = index(subject=subject, artifactType="application/one")
    descriptor = Descriptor.of(media.OCI_INDEX, raw)
    store.write(descriptor, [raw])
    manifest = store.manifest(descriptor)
    assert manifest and manifest.subject
    assert (str(manifest.subject.digest), manifest.artifact_type) == (subject["digest"], "application/one")


def test_names_are_let_go_of_and_their_content_stays(store: Store) -> None:
    kept = Descriptor.of(media.OCI_MANIFEST, keep(store, NAME, b"signature"))
    store.untag(store.names())
    assert not store.names() and store.has(kept)


def test_only_content_without_a_name_is_deleted(store: Store) -> None:
    named = Descriptor.of("", b"signature")
    keep(store, NAME, b"signature")
    store.write(alone := Descriptor.of("", b"alone"), [b"alone"])
    assert store.delete([named.digest, alone.digest]) == {alone.digest: 5}
    assert store.has(named) and not store.has(alone)
