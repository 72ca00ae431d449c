"""Content whose digest is told at its end."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from nbdock.errors import DigestMismatch, InvalidContent, StoreError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.store import Store
from tests.contents.tars import END, member

CHUNKS = (b"0123", b"4567", b"89")
CONTENT = b"".join(CHUNKS)
TAR = member(b"file", CONTENT) + END


def ingest(store: Store) -> list[Path]:
    return list((store.root / "ingest").iterdir())


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_it_is_found_when_it_is_kept(store: Store, algorithm: str) -> None:
    incoming, digest = store.incoming(), Digest(algorithm, hashlib.new(algorithm, CONTENT).hexdigest())
    for chunk in CHUNKS:
        incoming.append(chunk)
    kept = incoming.keep(digest)
    assert kept == Descriptor(media.OCTETS, digest, len(CONTENT))
    assert b"".join(store.open(kept)) == CONTENT
    assert not ingest(store)


def test_nothing_is_something(store: Store) -> None:
    assert store.has(store.incoming().keep(Digest.of(b"")))


def test_it_is_read_while_it_grows_and_after(store: Store) -> None:
    incoming = store.incoming()
    assert incoming.read(0) == b""
    incoming.append(CHUNKS[0])
    assert (incoming.read(1), incoming.read(1, 2), incoming.read(4), incoming.read(99)) == (b"123", b"12", b"", b"")
    for chunk in CHUNKS[1:]:
        incoming.append(chunk)
    incoming.keep(Digest.of(CONTENT))
    assert incoming.read(8) == b"89"


def test_another_digest_deletes_it(store: Store) -> None:
    incoming = store.incoming()
    incoming.append(CONTENT)
    with pytest.raises(DigestMismatch) as refused:
        incoming.keep(Digest.of(b"other"))
    assert (refused.value.expected, refused.value.actual) == (str(Digest.of(b"other")), str(Digest.of(CONTENT)))
    assert not ingest(store)


def test_what_is_kept_twice_is_there_once(store: Store) -> None:
    for _ in range(2):
        incoming = store.incoming()
        incoming.append(CONTENT)
        kept = incoming.keep(Digest.of(CONTENT))
    assert b"".join(store.open(kept)) == CONTENT


def test_it_is_deleted(store: Store) -> None:
    incoming = store.incoming()
    incoming.append(CONTENT)
    incoming.delete()
    incoming.delete()
    assert not ingest(store)


def test_what_is_kept_is_not_deleted(store: Store) -> None:
    incoming = store.incoming()
    kept = incoming.keep(Digest.of(b""))
    incoming.delete()
    assert store.has(kept)


def test_one_that_was_swept_away_is_not_begun_anew(store: Store) -> None:
    incoming = store.incoming()
    incoming.append(CONTENT)
    for path in ingest(store):
        path.unlink()
    with pytest.raises(StoreError):
        incoming.append(CONTENT)
    with pytest.raises(StoreError):
        incoming.keep(Digest.of(CONTENT))
    assert not ingest(store)


def test_a_layer_is_kept_under_its_own_digest(store: Store) -> None:
    for content, media_type in ((TAR, media.OCI_LAYER), (gzip.compress(TAR), f"{media.OCI_LAYER}+gzip")):
        incoming = store.incoming()
        incoming.append(content)
        layer, facts = incoming.keep_layer()
        assert layer == Descriptor.of(media_type, content) and facts.diff_id == Digest.of(TAR)
        assert store.facts(layer) == facts and store.has(layer)


@pytest.mark.parametrize("content", [b"no tar" * 100, TAR[:600], gzip.compress(TAR)[:-1]], ids=["text", "cut", "gzip"])
def test_what_is_no_layer_is_deleted(store: Store, content: bytes) -> None:
    incoming = store.incoming()
    incoming.append(content)
    with pytest.raises(InvalidContent):
        incoming.keep_layer()
    assert not ingest(store) and not list(store.root.glob("blobs/*/*"))
