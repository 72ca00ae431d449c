from __future__ import annotations

from http import HTTPStatus

import pytest

from nbdock.server import ranges
from nbdock.server.refusal import Refusal


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", range(10)),
        ("bytes=90-", range(90, 100)),
        ("bytes=-10", range(90, 100)),
        ("bytes=-1000", range(100)),
        ("bytes=90-1000", range(90, 100)),
        (" bytes=0-0 ", range(1)),
    ],
)
def test_a_range_is_cut_to_what_there_is(header: str, part: range) -> None:
    assert ranges.requested(header, 100) == part


@pytest.mark.parametrize(
    "header", ["", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=٣-٤", "bytes=0-9\n1"]
)
def test_what_is_not_one_range_of_bytes_is_the_whole(header: str) -> None:
    assert ranges.requested(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=5-4", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_of_nothing_says_how_much_there_is(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        ranges.requested(header, 100)
    assert refused.value.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert refused.value.headers == {"Content-Range": "bytes */100"}


@pytest.mark.parametrize("header", ["0-9", "bytes 0-9/*", "bytes=0-9", "0-9/100"])
def test_a_chunk_says_its_first_and_last_byte(header: str) -> None:
    assert ranges.chunk(header) == range(10)


@pytest.mark.parametrize("header", ["", "9-0", "-9", "0-", "a-b", "0 - 9", "1" * 30 + "-" + "2" * 30])
def test_a_chunk_that_says_nothing_is_refused(header: str) -> None:
    with pytest.raises(Refusal):
        ranges.chunk(header)
