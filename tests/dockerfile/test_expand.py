"""Variables. The cases are those of BuildKit's frontend/dockerfile/shell, rewritten."""

from __future__ import annotations

import pytest

from nbdock.dockerfile.expand import Scope, expand
from nbdock.errors import UsageError

VARIABLES = {"HOME": "/home", "SHELL": "bash", "NULL": "", "KOREAN": "한국어", "FILE": "a/b.tar.gz"}


def expanded(word: str, escape: str = "\\", keep_quotes: bool = False) -> str:
    return expand(word, Scope(VARIABLES), 1000, escape=escape, keep_quotes=keep_quotes)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("he'll'o", "hello"),
        (r"he\'llo", "he'llo"),
        (r"abc\tdef", "abctdef"),
        (r'"abc\tdef"', r"abc\tdef"),
        (r"'hello\\there'", r"hello\\there"),
        ("hello\\", "hello"),
        ("$.", "$."),
        ("he$1x", "hex"),
        (r"he\\$HOME", r"he\/home"),
        (r"he\${}xx", "he${}xx"),
        ("he${XXX:-${YYY:-yyy}}xx", "heyyyxx"),
        (r"he${XXX:-\$HOME:}xx", "he$HOME:xx"),
        (r"he${XXX:-\${HOME}z}xx", "he${HOMEz}xx"),
        ("he${HOME:+${SHELL}}xx", "hebashxx"),
        ("he${NULL?}", "he"),
        ("\"he'$HOME'\"", "he'/home'"),
        ("안녕$KOREAN", "안녕한국어"),
        ("${aaa:-bbb {foo}", "bbb {foo"),
        ("${1:-bbb}", "bbb"),
        ("$999aaa", "aaa"),
        ("$@@@", "@@"),
        ("${-:-bbb}", "bbb"),
        ("${#}", ""),
        ("${FILE#*.}", "tar.gz"),
        ("${FILE##*.}", "gz"),
        ("${FILE%.*}", "a/b.tar"),
        ("${FILE%%.*}", "a/b"),
        ("${FILE#x}", "a/b.tar.gz"),
        ("${FILE##*}", ""),
        ("${FILE#a?b}", ".tar.gz"),
        (r"${FILE/\//_}", "a_b.tar.gz"),
        ("${FILE//./-}", "a/b-tar-gz"),
        ("${FILE/.*r/}", "a/b.gz"),
        ("${FILE//*/x}", "x"),
        ("${FILE/x/y}", "a/b.tar.gz"),
        (r"${FILE/\*/y}", "a/b.tar.gz"),
        ("${XXX#a}", ""),
        ("${FILE/${SHELL}/y}", "a/b.tar.gz"),
    ],
)
def test_words(word: str, expected: str) -> None:
    assert expanded(word) == expected


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("he'llo", "single-quote"),
        ('"hello\\"', "double-quote"),
        ("${", "missing '}'"),
        ("${}", "bad substitution"),
        ("${:-b}", "bad substitution"),
        ("${{a}", "bad substitution"),
        ("${HOME", "missing '}'"),
        ("${HOME:=0}", r"unsupported modifier \(:\)"),
        ("${XXX:Y}", "unsupported modifier"),
        ("${XXX?}", "XXX: is not allowed to be unset"),
        ("${NULL:?}", "NULL: is not allowed to be empty"),
        ("${XXX:?give it}", "XXX: give it"),
        ("${FILE/a}", "missing '/'"),
        (r"${FILE#\x}", r"invalid escape"),
        (f"${{FILE#{'a' * 300}}}", "255 characters are the most"),
        ("${HOME}" * 201, "too long"),
        (f"${{FILE//?/{'x' * 200}}}", "too long"),
    ],
)
def test_wrong_words(word: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        expanded(word)
    assert raised.value.hint


def test_another_escape_character() -> None:
    assert expanded("`$HOME\\$HOME`", "`") == "$HOME\\/home"
    assert expanded('"`$HOME"', "`") == "$HOME"


def test_quotes_stay_in_heredocs() -> None:
    assert expanded("\"$HOME\" '$HOME' \\$HOME", keep_quotes=True) == "\"/home\" '/home' $HOME"


def test_a_scope_knows_what_it_was_asked_for() -> None:
    scope = Scope({"a": "1"})
    expand("$a ${b:-$c}", scope, 100)
    assert (list(scope.used), list(scope.missing)) == (["a"], ["c", "b"])


@pytest.mark.parametrize("pattern", ["*a" * 120 + "b", "?" * 250, "a*" * 120])
def test_no_pattern_takes_long(pattern: str) -> None:
    scope = Scope({"x": "a" * 200_000})
    for modifier in ("#", "##", "%", "%%", "/", "//"):
        end = "/y" if "/" in modifier else ""
        assert expand(f"${{x{modifier}{pattern}{end}}}", scope, 1 << 20) is not None
