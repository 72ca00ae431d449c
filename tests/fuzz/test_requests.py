"""What clients send to a served store: headers and queries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nbdock.server.blobs import parse_range
from nbdock.server.errors import APIError
from nbdock.server.listings import paginate
from nbdock.server.origins import Origins
from nbdock.server.uploads import parse_content_range
from nbdock.server.users import _basic
from tests.fuzz.strategies import of_words, texts
from tests.fuzz.test_responses import ADDRESS, NUMBER


@given(NUMBER, texts, st.lists(texts, max_size=5))
def test_numbers(number: str, last: str, names: list[str]) -> None:
    for read in (parse_content_range, lambda text: parse_range(text, 500), lambda text: paginate(names, text, last, 3)):
        try:
            read(number)
        except APIError as error:
            assert error.status in (400, 416)


@given(ADDRESS, ADDRESS, of_words("Basic ", "dXNlcjpwYXNz", "="))
def test_who_asks(host: str, origin: str, authorization: str) -> None:
    assert len(_basic(authorization)) == 2
    try:
        Origins("localhost").check({"Host": host, "Origin": origin})
    except APIError as error:
        assert error.status == 403
