import pytest

from nbdock.docker import listings
from nbdock.docker.listings import Listing
from nbdock.docker.values import Listed
from nbdock.errors import UsageError
from tests.docker.seen import HEADINGS, LISTED, ROWS


@pytest.mark.parametrize(("format", "printed"), LISTED)
def test_rows_print_as_docker_printed_them(format: str, printed: str) -> None:
    assert Listing(format).print(map(Listed, ROWS), HEADINGS) == printed


def test_nothing_prints_as_nothing_but_the_headings() -> None:
    assert Listing("{{.ID}}").print([], HEADINGS) == ""
    assert Listing(r"table {{.ID}}\t{{.Tag}}").print([], HEADINGS) == "IMAGE ID   TAG\n"


def test_headings_stay_as_they_are_whatever_the_functions() -> None:
    format = 'table {{lower .ID}} {{title .Tag}} {{truncate .Size 1}} {{join (split .ID " ") "/"}} {{pad .Tag 1 0}}'
    assert Listing(format).header(HEADINGS) == "IMAGE ID TAG SIZE IMAGE ID  TAG"


def test_a_field_that_no_row_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"template parsing error: .* can't evaluate field Foo") as refusal:
        Listing("{{.Foo}}").print(map(Listed, ROWS), HEADINGS)
    assert refusal.value.hint == "available fields: ID, Repository, Size, Tag"


def test_what_is_missing_has_docker_s_words() -> None:
    image = {"containers": 0, "created": None, "digest": None, "image_id": "sha256:" + "a" * 64, "size_bytes": 0}
    fields = listings.image_fields(image | {"repository": None, "tag": None})
    assert [fields[name] for name in ("Repository", "Tag", "Digest")] == ["<none>"] * 3
    assert [fields[name] for name in ("CreatedAt", "CreatedSince")] == ["0001-01-01 00:00:00 +0000 UTC", ""]
    step = {"step_image_id": None, "created": None, "created_by": None, "comment": None, "size_bytes": 0}
    for no_trunc in (False, True):
        fields = listings.history_fields(step, no_trunc)
        assert [fields[name] for name in ("ID", "CreatedBy", "Comment")] == ["<missing>", "", ""]
    found = {"name": "httpd", "description": None, "official": False, "stars": 0, "registry": "x"}
    assert listings.search_fields(found)["Description"] == ""
