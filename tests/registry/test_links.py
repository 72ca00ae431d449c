"""RFC 8288's Link header, by its own examples and by what registries send."""

import pytest

from nbdock.registry.links import next_page


@pytest.mark.parametrize(
    "header",
    [
        '</p>; rel="next"',
        "</p>; rel=next",
        '</p>;rel="next"',
        "</p> ; REL = NEXT",
        '</p>; rel="last next"',
        '</p>; title="more"; rel="next"',
        '</p>; title="a, <x>; rel=\\"no\\""; rel=next',
        "</p>; crossorigin; rel=next",
        '</a>; rel="prev", </p>; rel="next", </c>; rel="next"',
        ' , </a>; rel=first,, </p>; rel="next"',
        "</p>; rel=next; rel=prev",
        '</a>; rel="next"; anchor="/elsewhere", </p>; rel=next',
    ],
)
def test_the_next_page_is_found(header: str) -> None:
    assert next_page(header) == "/p"


@pytest.mark.parametrize(
    "header",
    [
        *(
            "",
            "/p",
            "</p>",
            '</p>; rel="prev"',
            "</p>; rel=nextish",
            "</p>; rev=next",
            "</p>; rel=prev; rel=next",
            "</p",
        ),
        *('<p>; title="' + "\\" * 9999, "<p>" + " " * 99_999, "<p>;" * 9999),
    ],
)
def test_nothing_else_is_taken_for_it(header: str) -> None:
    assert next_page(header) is None
