import pytest

from nbdock.docker.template import Listing
from nbdock.errors import UsageError
from tests.docker.seen import HEADINGS, LISTED, ROWS


@pytest.mark.parametrize(("format", "printed"), LISTED)
def test_rows_print_as_docker_printed_them(format: str, printed: str) -> None:
    assert Listing(format).print(ROWS, HEADINGS) == printed


def test_nothing_prints_as_nothing_but_the_headings() -> None:
    assert Listing("{{.ID}}").print([], HEADINGS) == ""
    assert Listing(r"table {{.ID}}\t{{.Tag}}").print([], HEADINGS) == "IMAGE ID   TAG\n"


def test_headings_stay_as_they_are_whatever_the_functions() -> None:
    format = 'table {{lower .ID}} {{title .Tag}} {{truncate .Size 1}} {{join (split .ID " ") "/"}} {{pad .Tag 1 0}}'
    assert Listing(format).header(HEADINGS) == "IMAGE ID TAG SIZE IMAGE ID  TAG"


def test_a_field_that_no_row_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"template parsing error: .* can't evaluate field Foo") as refusal:
        Listing("{{.Foo}}").print(ROWS, HEADINGS)
    assert refusal.value.hint == "fields there are: ID, Repository, Size, Tag"
