"""Content against its digest and size, whole and as it passes."""

from __future__ import annotations

import hashlib

import pytest

from nbdock.errors import DigestMismatch, InvalidContent, SizeMismatch
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.verify import Verifier, check, check_digest, verified

CONTENT = b"0123456789" * 10
BLOB = Descriptor.of(media.OCI_LAYER, CONTENT)
EMPTY = Descriptor.of(media.OCI_LAYER, b"")


def chunks(content: bytes, size: int = 30) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def test_right_content_passes_unchanged() -> None:
    assert list(verified(BLOB, chunks(CONTENT))) == chunks(CONTENT)
    assert list(verified(EMPTY, [])) == []
    assert check(CONTENT, BLOB) == CONTENT


def test_another_algorithm_is_used_where_the_digest_names_it() -> None:
    blob = Descriptor(media.OCI_LAYER, Digest("sha512", hashlib.sha512(CONTENT).hexdigest()), len(CONTENT))
    assert b"".join(verified(blob, chunks(CONTENT))) == CONTENT
    assert check(CONTENT, blob) == CONTENT


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (CONTENT[:-1] + b"x", DigestMismatch, "filesystem layer verification failed for digest sha256:"),
        (CONTENT[:-1], SizeMismatch, "size verification failed for sha256:.*: expected 100 bytes"),
        (CONTENT + b"x", SizeMismatch, "size verification failed"),
        (b"", SizeMismatch, "size verification failed"),
    ],
    ids=["changed", "short", "long", "empty"],
)
def test_the_last_chunk_of_wrong_content_is_not_given(content: bytes, error: type[Exception], words: str) -> None:
    passed: list[bytes] = []
    with pytest.raises(error, match=words):
        passed.extend(verified(BLOB, chunks(content)))
    assert b"".join(passed) != content or len(content) < BLOB.size


def test_endless_content_is_left_once_it_is_too_long() -> None:
    verifier = Verifier(BLOB)
    with pytest.raises(SizeMismatch) as failure:
        while True:
            verifier.feed(b"x" * 30)
    assert (failure.value.expected, failure.value.actual) == (100, 120)


def test_a_manifest_that_is_wrong_is_told_with_what_it_is() -> None:
    with pytest.raises(DigestMismatch, match=f"content of {BLOB.digest} hashes to {Digest.of(CONTENT[::-1])}"):
        check(CONTENT[::-1], BLOB)
    with pytest.raises(SizeMismatch, match=f"{BLOB.digest} is not of 100 bytes"):
        check(b"", BLOB)
    with pytest.raises(InvalidContent, match="claims 100 bytes; at most 99 are read"):
        check(CONTENT, BLOB, limit=99)


def test_two_digests_are_compared_in_the_callers_words() -> None:
    check_digest(BLOB.digest, BLOB.digest)
    with pytest.raises(DigestMismatch, match="not what I asked for") as failure:
        check_digest(EMPTY.digest, BLOB.digest, "not what I asked for", hint="ask again")
    assert (failure.value.expected, failure.value.actual) == (str(BLOB.digest), str(EMPTY.digest))
    assert failure.value.hint == "ask again"
