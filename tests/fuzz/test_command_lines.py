"""What people type, and paste from strangers: command lines, magics, templates, filters, times, Dockerfiles."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

import nbdock.commands  # noqa: F401 (fills the table)
from nbdock.dock.find import Wanted
from nbdock.docker.filters import _KINDS, Filters, moment
from nbdock.docker.listings import IMAGE_HEADINGS, Listing
from nbdock.docker.template import Template
from nbdock.docker.values import Record
from nbdock.dockerfile.changes import changed
from nbdock.dockerfile.settings import CHANGES
from nbdock.grammar import Invocation, table
from nbdock.grammar.complete import complete
from nbdock.grammar.values import _READINGS, convert, several
from nbdock.jupyter import line
from tests.fuzz.strategies import changed as nearly
from tests.fuzz.strategies import of_words, own_errors, texts, values
from tests.fuzz.test_oci import CONFIG

ACTIONS = "{{ }} {{- -}} . .config .config.Env $ $x := = , | ( ) if else end with range /* */".split()
FUNCTIONS = "json split join title lower upper pad truncate print printf len index slice eq lt and or not".split()
LITERALS = (
    '"%s"',
    '"%5.2f"',
    "'a'",
    "`raw`",
    "0xfffffffff",
    "0x" + "f" * 5000,
    "1e999",
    "-1",
    "99999999999",
    "true",
    "nil",
)
TEMPLATE = of_words(*(f" {each} " for each in (*FUNCTIONS, *LITERALS)), *ACTIONS, *ACTIONS)
WORDS = (
    "pull images rm rmi image prune system df inspect --format -f -q -a --filter label=a -- --help httpd -n 3 =".split()
)
MOMENTS = of_words(
    "2015-10-31", "T", "22", ":22", ":56", ".9", "Z", "+01:00", "1h", "30m", "10", "ms", "-", "9999", "0001-01-01"
)


CHANGE = of_words(
    *(f"{each} " for each in (*CHANGES, "ONBUILD RUN", "FROM", "--interval=1s", "--retries=3", "CMD", "NONE")),
    *(
        "\\\n",
        "\n",
        "# ",
        "a=",
        "$a",
        "${a",
        ":-",
        ":?",
        "}",
        "'",
        '["a"]',
        "[",
        "80",
        "80-90",
        "/udp",
        "1m",
        "SIGTERM",
    ),
)


@given(st.lists(CHANGE, max_size=4))
def test_changes(changes: list[str]) -> None:
    with own_errors():
        assert json.loads(json.dumps(changed(changes))) == changed(changes)


@given(TEMPLATE, nearly(CONFIG))
def test_templates(text: str, dot: object) -> None:
    with own_errors():
        Template(text).render(Record(dot) if isinstance(dot, dict) else dot).encode()


@given(
    st.builds(
        "{{{{{0} {1}}}}}".format,
        st.sampled_from(FUNCTIONS),
        st.lists(st.sampled_from((*LITERALS, ".", ".config", ".os", ".history"))).map(" ".join),
    )
)
def test_functions_of_templates(text: str) -> None:
    with own_errors():
        Template(text).render(CONFIG).encode()


@given(st.sampled_from(("", "table ", "json")), TEMPLATE)
def test_formats(start: str, text: str) -> None:
    with own_errors():
        Listing(start + text).print([dict.fromkeys(IMAGE_HEADINGS, "x\\ty")], IMAGE_HEADINGS)


@given(
    st.sampled_from(sorted(_KINDS)),
    of_words("true", "a", "=", "1h", "2015-10-31", "3", "created", "*", "[a-z]") | values,
)
def test_filters(key: str, value: object) -> None:
    for given_ in (f"{key}={value}", {key: value}, value):
        with own_errors():
            bool(Filters.read(given_, _KINDS))


@given(MOMENTS)
def test_moments(text: str) -> None:
    with own_errors():
        assert moment(text, datetime(2026, 1, 1, tzinfo=UTC)).tzinfo is UTC


@given(of_words("httpd", ":", "@", "sha256:", "52" * 32, "*", "["))
def test_names(text: str) -> None:
    with own_errors():
        Wanted.parse(text)


@given(
    st.lists(st.sampled_from(WORDS) | texts, max_size=6), st.sampled_from(("docker", "image", "container", "nbdock"))
)
def test_command_lines(words: list[str], root: str) -> None:
    with own_errors():
        assert isinstance(table.read(words, root), Invocation | str)
    complete(table, words[:-1], words[-1] if words else "", root, lambda kind, fragment: [fragment])


@given(st.sampled_from(sorted(_READINGS, key=str)), texts | values)
def test_values_of_arguments(type_: object, value: object) -> None:
    with own_errors():
        convert(value, type_, "the argument", lambda remark: None)
    with own_errors():
        list(several([value], type_))


@given(of_words("pull ", "{x}", "$x", "{{.ID}}", "'", '"', "#", ";", " ", "{", "}", "|"), values)
def test_lines_of_magics(text: str, value: object) -> None:
    with own_errors():
        line.read(text, {"x": value})
