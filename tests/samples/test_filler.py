import pytest

from nbdock import Digest
from scripts.samples.filler import Filler


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 100_000])
def test_filler_has_just_the_size_it_was_given(size: int) -> None:
    assert len(bytes(Filler("bin/true", size))) == size


def test_filler_says_what_it_stands_for() -> None:
    text = bytes(Filler("usr/lib/libc.so.6", 1000)).decode("ascii")
    assert text.startswith("Sample text made by nbdock; stands for usr/lib/libc.so.6\n")
    assert max(map(len, text.splitlines())) < 80


def test_a_name_always_has_the_same_text_and_another_name_another() -> None:
    assert bytes(Filler("a", 5000)) == bytes(Filler("a", 5000)) == bytes(Filler("a", 9000))[:5000]
    assert bytes(Filler("a", 5000))[300:] != bytes(Filler("b", 5000))[300:]


def test_the_text_is_pinned() -> None:
    assert Digest.of(bytes(Filler("bin/true", 100_000))).short == "2f86ecb5ae8f"
