from __future__ import annotations

import pytest

from nbdock.server.pages import Page, page
from nbdock.server.refusal import Refusal

NAMES = ["b", "a", "c", "A"]


def test_names_are_in_the_order_of_their_characters() -> None:
    assert page(NAMES, "", "", 10) == Page(["A", "a", "b", "c"])


def test_a_page_says_how_to_ask_for_the_next() -> None:
    assert page(NAMES, "2", "", 10) == Page(["A", "a"], {"n": "2", "last": "a"})
    assert page(NAMES, "2", "a", 10) == Page(["b", "c"])


def test_a_page_is_never_longer_than_the_most() -> None:
    assert page(NAMES, "", "", 3) == page(NAMES, "100", "", 3) == Page(["A", "a", "b"], {"n": "3", "last": "b"})


def test_none_are_none_and_no_next() -> None:
    assert page(NAMES, "0", "", 10) == Page([])


def test_a_last_that_is_not_there_is_a_place_all_the_same() -> None:
    assert page(NAMES, "", "aa", 10) == Page(["b", "c"])


@pytest.mark.parametrize("n", ["-1", "x", "1.5", "٣", "9" * 20])
def test_what_is_no_number_is_refused(n: str) -> None:
    with pytest.raises(Refusal):
        page(NAMES, n, "", 10)
