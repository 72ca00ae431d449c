"""Lines as people type and paste them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import pytest

from nbdock.errors import UsageError
from nbdock.grammar import Text
from nbdock.jupyter import line

NAMES: dict[str, Any] = {
    "x": "httpd",
    "spaced": "a b",
    "dollar": "$5 {x} {{.ID}}",
    "number": 3,
    "path": PurePosixPath("/tmp/x y"),
    "images": ["a:1", "b c"],
    "pair": ("a", "b"),
    "frame": pd.DataFrame({"reference": ["a:1", "b:2"], "size": [1, 2]}),
    "ids": Text("1f2e\n3d4c"),
    "empty": [],
    "other": pd.DataFrame({"size": [1]}),
    "keys": {"a:1": 1, "b:2": 2}.keys(),
    "row": pd.DataFrame({"reference": ["a:1"], "size": [1]}).iloc[0],
    "time": pd.Timestamp("2024-01-02 03:04", tz="UTC"),
    "missing": pd.NA,
    "none": None,
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("ls", ["ls"]),
        ("  pull   httpd ", ["pull", "httpd"]),
        ("history 'a b' \"c d\"", ["history", "a b", "c d"]),
        ("--name=\"a b\"'c d'", ["--name=a bc d"]),
        ("ls ''", ["ls", ""]),
        (r"load C:\x\y 'D:\a b'", ["load", r"C:\x\y", r"D:\a b"]),
        ("rm a # rm b", ["rm", "a"]),
        ("rm a#b '#c'", ["rm", "a#b", "#c"]),
        ("login host:5000/x -u 'it\"s'", ["login", "host:5000/x", "-u", 'it"s']),
    ],
)
def test_a_line_is_split_as_a_shell_would(text: str, words: list[str]) -> None:
    assert line.read(text, NAMES).words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{x}", ["httpd"]),
        ("$x", ["httpd"]),
        ("${x}", ["httpd"]),
        ("a{x}b $x:2.4 {x}@$x", ["ahttpdb", "httpd:2.4", "httpd@httpd"]),
        ("{x.upper()} {x[0:2]} {spaced + '!'}", ["HTTPD", "ht", "a b!"]),
        ("{spaced} $spaced", ["a b", "a b"]),
        ("{dollar}", ["$5 {x} {{.ID}}"]),
        ("--limit={number} {path}", ["--limit=3", "/tmp/x y"]),
        ("--filter 'label={x}' \"$x\"", ["--filter", "label=httpd", "httpd"]),
        ('{frame["reference"][0]}', ["a:1"]),
        ("{frame}", ["a:1", "b:2"]),
        ("$5 a$ {", ["$5", "a$", "{"]),
        ("{[x + i for i in images][0]}", ["httpda:1"]),
    ],
)
def test_python_values_are_put_in_and_not_read_again(text: str, words: list[str]) -> None:
    assert line.read(text, NAMES).words == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rm {images}", ["rm", "a:1", "b c"]),
        ("rm $images -f", ["rm", "a:1", "b c", "-f"]),
        ("rm {pair}", ["rm", "a", "b"]),
        ("rm {frame.reference}", ["rm", "a:1", "b:2"]),
        ("rm {frame.reference[frame['size'] > 1]}", ["rm", "b:2"]),
        ("rm {ids}", ["rm", "1f2e", "3d4c"]),
        ("rm {empty}", ["rm"]),
        ("rm {keys}", ["rm", "a:1", "b:2"]),
        ("rm {set(pair[:1])}", ["rm", "a"]),
        ("rm {row}", ["rm", "a:1"]),
    ],
)
def test_a_list_of_names_is_as_many_words(text: str, words: list[str]) -> None:
    assert line.read(text, NAMES).words == words


@pytest.mark.parametrize(
    "template", ["{{.ID}}: {{json .Tag}}", "{{range .Env}}{{println .}}{{end}}", "table {{.ID}}\\t{{.Size}}"]
)
def test_a_go_template_is_left_alone(template: str) -> None:
    assert line.read(f"ls --format '{template}'", NAMES).words == ["ls", "--format", template]


def test_a_time_is_one_word() -> None:
    assert line.read("ls -f until={time}", NAMES).words == ["ls", "-f", "until=2024-01-02T03:04:00+00:00"]


@pytest.mark.parametrize("text", ["rm {missing}", "rm {none}", "rm x{missing}"])
def test_what_is_missing_is_no_word(text: str) -> None:
    with pytest.raises(UsageError, match="is missing") as refusal:
        line.read(text, NAMES)
    assert "dropna" in refusal.value.hint


def test_a_go_template_needs_no_quotes() -> None:
    assert line.read("ls --format {{json .Tag}} {x}", NAMES).words == ["ls", "--format", "{{json .Tag}}", "httpd"]


@pytest.mark.parametrize(
    ("text", "words", "silent"),
    [
        ("ls;", ["ls"], True),
        ("ls ;", ["ls"], True),
        ("ls {x}; # note", ["ls", "httpd"], True),
        ("ls 'a;'", ["ls", "a;"], False),
        (";", [], True),
    ],
)
def test_a_semicolon_at_the_end_silences(text: str, words: list[str], silent: bool) -> None:
    assert line.read(text, NAMES) == line.Line(words, silent)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rm {nope}", "cannot expand '{nope}': NameError: name 'nope' is not defined"),
        ("rm a$nope", "cannot expand '$nope': NameError: name 'nope' is not defined"),
        ("rm {}", "cannot expand '{}': SyntaxError"),
        ("rm 'open", "no closing quotation: 'open"),
        ('rm a"b', 'no closing quotation: "b'),
        ("rm a{images}", "'{images}' is not one word"),
        ("rm '{images}'", "'{images}' is not one word"),
        ("rm a{frame}", "'{frame}' is not one word"),
        ("rm {other}", "the frame names no images"),
        ("rmi $(docker images -q)", "this line is not read by a shell: $(docker"),
        ("images | grep x", "this line is not read by a shell: |"),
        ("images > x", "this line is not read by a shell: >"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        line.read(text, NAMES)
    assert str(caught.value).startswith(message)
    assert caught.value.hint
    assert caught.value.__context__ is None
