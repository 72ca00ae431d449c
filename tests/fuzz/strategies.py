"""Bytes, text and JSON that are nearly right."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

from nbdock.errors import NbdockError

ODD = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "\\",
        '"',
        "/",
        "//",
        "..",
        ":",
        "@",
        "%",
        "[::::]",
        "~nobody",
        "\x1b[31m",
        "\u202e",
        "\ufeff",
    ),
    *("\ud800", "ǅ", "٣", "²", "-1", "NaN", "9" * 5000, "a" * 300, "https://[", "xn--", "1970-01-01T00:00:00Z"),
)
texts = st.sampled_from(ODD) | st.text(max_size=20) | st.text(st.characters(), max_size=5)
numbers = st.sampled_from((0, 1, -1, 2**31, 2**63, 10**30, 0.5, 1e300)) | st.integers() | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@contextmanager
def own_errors() -> Iterator[None]:
    """Within this context errors of nbdock's own are what must come out; any other is a fall."""
    try:
        yield
    except NbdockError as error:
        f"{error}{error.hint}".encode()  # can be printed anywhere


def of_words(*words: str) -> st.SearchStrategy[str]:
    """Text of a grammar's words in any order, with odd ones among them."""
    return st.lists(st.sampled_from(words) | texts, max_size=12).map("".join)


@st.composite
def changed(draw: st.DrawFn, *valid: Any) -> Any:
    """A JSON value, some of whose parts are others or gone."""
    value = copy.deepcopy(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(0, 3))):
        owner, key = draw(st.sampled_from(list(_parts({"": value}))))
        if owner.get(key) if isinstance(owner, dict) else key < len(owner):
            if key != "" and draw(st.booleans()) and draw(st.booleans()):
                del owner[key]
            else:
                owner[key] = draw(values)
                value = owner[""] if key == "" else value
    return value


@st.composite
def spliced(draw: st.DrawFn, *valid: bytes) -> bytes:
    """Bytes, some of which are others, gone, or there twice."""
    content = draw(st.sampled_from(valid))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 16)))
        content = content[:start] + draw(st.binary(max_size=16)) * draw(st.integers(0, 2)) + content[end:]
    return content


def documents(*valid: Any) -> st.SearchStrategy[bytes]:
    """JSON like one of these."""
    printed = changed(*valid).map(lambda value: json.dumps(value).encode())
    return printed | spliced(*(json.dumps(value).encode() for value in valid))


def chunked(content: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """The bytes in chunks of these sizes, again and again."""
    start = number = 0
    while start < len(content):
        yield content[start : start + sizes[number % len(sizes)]]
        start, number = start + sizes[number % len(sizes)], number + 1


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each part of a JSON value, as the object or list that has it and its key there."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _parts(value[key])
