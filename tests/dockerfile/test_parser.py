"""Lines, heredocs and directives. The cases are those of BuildKit's frontend/dockerfile/parser, rewritten."""

from __future__ import annotations

from typing import Any

import pytest

from nbdock.dockerfile.parser import parse, strings
from nbdock.errors import DockerfileError, UsageError


def texts(dockerfile: str) -> list[tuple[str, str]]:
    return [(each.keyword, each.text) for each in parse(dockerfile).instructions]


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("#escape = `\n\nFROM image\nENV A `\n\\go", [("FROM", "image"), ("ENV", "A \\go")]),
        ("# text\n# escape = `\nENV A \\\n\\go", [("ENV", "A \\go")]),
        ("# escape = `\n# text\nENV A `\n\\go", [("ENV", "A \\go")]),
        ("# syntax = docker/dockerfile\n# escape = `\nFROM `\n  image", [("FROM", "image")]),
        ("# Escape=`\nFROM `\nimage", [("FROM", "image")]),
        ("\n# escape=`\nFROM a`\nRUN b", [("FROM", "a`"), ("RUN", "b")]),
        ("\ufeff# escape=`\nFROM `\na", [("FROM", "a")]),
        ('RUN a \\update && \\\n  b \\"c', [("RUN", 'a \\update &&   b \\"c')]),
        ("RUN foo \\\n\nbar \\\n\nbaz", [("RUN", "foo bar baz")]),
        ("RUN hello\\\n  world  \\\n  good\\\nnight", [("RUN", "hello  world    goodnight")]),
        ("RUN hello  \\  \nworld", [("RUN", "hello  world")]),
        ("RUN hi \\\n \\\n world \\\n\\\n good\\\n\\\nnight", [("RUN", "hi   world  goodnight")]),
        ("RUN a \\\n# c\n\n# d \\\n\nb", [("RUN", "a b")]),
        ("ENV C x\\\\\nENV D y", [("ENV", "C x\\\\"), ("ENV", "D y")]),
        ("ENV E hello\\\n\\\nworld", [("ENV", "E helloworld")]),
        ("ENV a=b \\\n  c=d \\\n", [("ENV", "a=b   c=d")]),
        ("FROM a \\", [("FROM", "a")]),
        ("\\\nFROM a", [("FROM", "a")]),
        ("FROM\ta\r\nCOPY\t.\t/b\r\n", [("FROM", "a"), ("COPY", ".\t/b")]),
        ("RUN a \\\r\n  b\r\n", [("RUN", "a   b")]),
        ("  from  a  ", [("FROM", "a")]),
        ("RUN echo '# no comment'", [("RUN", "echo '# no comment'")]),
        ("# RUN a \\\nRUN b", [("RUN", "b")]),
        ("", []),
        ("# only\n\n# comments", []),
    ],
)
def test_lines(dockerfile: str, expected: list[tuple[str, str]]) -> None:
    assert texts(dockerfile) == expected


@pytest.mark.parametrize(
    ("line", "flags", "text"),
    [
        ("COPY --user=me foo /tmp/", ("user=me",), "foo /tmp/"),
        ("COPY --doit=true -- foo /tmp/", ("doit=true",), "foo /tmp/"),
        ("COPY -- --foo /tmp/", (), "--foo /tmp/"),
        ('CMD --doit [ "a", "b" ]', ("doit",), '[ "a", "b" ]'),
        ('COPY --chown="a b":c x y', ("chown=a b:c",), "x y"),
        ("COPY --chown='a\"b' --link x y", ('chown=a"b', "link"), "x y"),
        ("COPY --chown=a\\ b x y", ("chown=a b",), "x y"),
        ("COPY -x y", (), "-x y"),
        ("HEALTHCHECK --interval=5s\t--retries=3  CMD x", ("interval=5s", "retries=3"), "CMD x"),
    ],
)
def test_flags(line: str, flags: tuple[str, ...], text: str) -> None:
    found = parse(line).instructions[0]
    assert (found.flags, found.text) == (flags, text)


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("RUN <<EMPTY\nEMPTY", [("EMPTY", "", True)]),
        ("RUN 3<<A\nA", [("A", "", True)]),
        ("RUN <<A\n\tfoo\n\tbar\nA", [("A", "\tfoo\n\tbar\n", True)]),
        ("RUN <<-A\n\tfoo\n\t\tbar\n\tA", [("A", "foo\nbar\n", True)]),
        ("RUN <<-'A'\n\tdon't $B\nA", [("A", "don't $B\n", False)]),
        ('RUN <<"A"\nA', [("A", "", False)]),
        ("RUN <<A\n# kept\nx \\\nA", [("A", "# kept\nx \\\n", True)]),
        ("RUN --mount=type=cache,target=/a <<A\nb\nA", [("A", "b\n", True)]),
        ("COPY <<F1 <<F2 /dest\n1\nF1\n2\nF2", [("F1", "1\n", True), ("F2", "2\n", True)]),
        ("COPY <<X <<Y /d\nY\nX\nX\nY", [("X", "Y\n", True), ("Y", "X\n", True)]),
        ("RUN <<A python3\nprint()\nA", [("A", "print()\n", True)]),
        ("COPY <<file.txt /d\nx\nfile.txt", [("file.txt", "x\n", True)]),
        ("RUN <<eo'f'\nx\neof", [("eof", "x\n", False)]),
        ("RUN <<eo\\'f\nx\neo'f", [("eo'f", "x\n", True)]),
        ("RUN <<'one two'\nx\none two", [("one two", "x\n", False)]),
        ("RUN <<$A\n$A", [("$A", "", True)]),
        ("RUN <<  A  > foo\nA", [("A", "", True)]),
        ("ONBUILD COPY <<A /x\ny\nA", [("A", "y\n", True)]),
        ("COPY <<A /x\r\ny\r\nA\r\n", [("A", "y\r\n", True)]),
        ('RUN "<<A"', []),
        ("RUN echo 'it <<A", []),
        ("RUN a <<< b", []),
        ("ENV a=<<A", []),
        ('COPY ["<<A", "/x"]', []),
        ("RUN echo $((1<<2))", []),
    ],
)
def test_heredocs(dockerfile: str, expected: list[Any]) -> None:
    (found, *others) = parse(dockerfile).instructions
    assert list(map(tuple, found.heredocs)) == expected and not others


def test_an_instruction_knows_its_lines() -> None:
    found = parse("# a\n\nFROM a\nRUN b \\\n\n c\nCOPY <<X /\ny\nX\nCMD d").instructions
    assert [(each.line, each.end) for each in found] == [(3, 3), (4, 6), (7, 9), (10, 10)]
    assert parse("RUN b \\\n\n c").gaps == (3,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        ('[ "a",\t"b" ]\t', ["a", "b"]),
        ('["abc 123", "♥", "\\" \\\\ \\/ \\n \\u0000"]', ["abc 123", "♥", '" \\ / \n \0']),
        ("['a']", None),
        ('["a"', None),
        ('["a]', None),
        ('"[\\"a\\"]"', None),
        ('["a"] b', None),
        ("a", None),
        ('["\\ud800"]', ["\ufffd"]),
    ],
)
def test_json_form(text: str, expected: list[str] | None) -> None:
    assert strings(text) == expected


@pytest.mark.parametrize("text", ["[1]", '["a", ["b"]]', "[null]"])
def test_json_form_is_strings_only(text: str) -> None:
    with pytest.raises(UsageError, match="comprised of strings only"):
        strings(text)


@pytest.mark.parametrize(
    ("dockerfile", "line", "message"),
    [
        ("# escape=`\n# escape=`\nFROM a", 2, "only one escape parser directive"),
        ("# escape=x\nFROM a", 1, "invalid escape token 'x'"),
        ("FROM a\nRUN b\n\nCOPY <<A /x\nb", 4, "unterminated heredoc"),
        ('FROM a\nRUN ["<<A", 1]', 2, "comprised of strings only"),
    ],
)
def test_a_mistake_has_a_line(dockerfile: str, line: int, message: str) -> None:
    with pytest.raises(DockerfileError, match=f"^Dockerfile:{line}: .*{message}") as raised:
        parse(dockerfile)
    assert raised.value.line == line and raised.value.hint


def test_directives() -> None:
    found = parse("# syntax=docker/dockerfile:1\n# check = skip=all;error=true \n# other=x\n# escape=`").directives
    assert found == {"syntax": "docker/dockerfile:1", "check": "skip=all;error=true"}
