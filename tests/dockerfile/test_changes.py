"""Changes of a config. What is expected is what dockerd 20.10 makes of `docker import -c`, unless it says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from nbdock.dockerfile.changes import changed
from nbdock.errors import UsageError

SHELL = ["/bin/sh", "-c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CMD a b", {"Cmd": [*SHELL, "a b"]}),
        ('CMD ["a", "b"]', {"Cmd": ["a", "b"]}),
        ("CMD", {"Cmd": SHELL}),
        ("CMD []", {"Cmd": []}),
        ('CMD ["a"] x', {"Cmd": [*SHELL, '["a"] x']}),  # as BuildKit; dockerd 20.10 ignores what follows the array
        ("CMD ['a']", {"Cmd": [*SHELL, "['a']"]}),
        ("cmd   a   b  ", {"Cmd": [*SHELL, "a   b"]}),
        ('CMD a "b  c" $X', {"Cmd": [*SHELL, 'a "b  c" $X']}),
        ("CMD -- a", {"Cmd": [*SHELL, "a"]}),
        ("CMD a\nCMD b", {"Cmd": [*SHELL, "b"]}),
        ("ENTRYPOINT x", {"Entrypoint": [*SHELL, "x"]}),
        ('ENTRYPOINT ["x"]', {"Entrypoint": ["x"]}),
        ("ENTRYPOINT x\nENTRYPOINT []", {}),
        ("ENTRYPOINT", {}),
        ("CMD a\nENTRYPOINT b", {"Cmd": [*SHELL, "a"], "Entrypoint": [*SHELL, "b"]}),
    ],
)
def test_commands(text: str, expected: dict[str, Any]) -> None:
    assert changed([text]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", ["a=b"]),
        ("a b c=d", ["a=b c=d"]),
        ('a=b c="d e"', ["a=b", "c=d e"]),
        (r"a='b c' d=e\ f g=h", ["a=b c", "d=e f", "g=h"]),
        ("a=", ["a="]),
        ("a=b\tc=d", ["a=b", "c=d"]),
        ('a="\\"q\\" \\n \\$a"', ['a="q" \\n $a']),
        ('a=x"y"z', ["a=xyz"]),
        ("a 'b' \"c\"", ["a=b c"]),
        ('"a b"=c', ["a b=c"]),
        (r"a='it'\''s'", ["a=it's"]),
        (r"a=a\\b", ["a=a\\b"]),
        (r'a="a\\b"', ["a=a\\b"]),
        (r"a='a\b'", ["a=a\\b"]),
        ("a=b\\", ["a=b"]),
        ("a b\\\\", ["a=b\\"]),
        ("a=é", ["a=é"]),
        ("a=1 a=2", ["a=2"]),
    ],
)
def test_names_and_values(text: str, expected: list[str]) -> None:
    assert changed([f"ENV {text}"]) == {"Env": expected}
    labels = dict(each.split("=", 1) for each in expected)
    assert changed([f"LABEL {text}"]) == {"Labels": labels}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$v", "1"),
        ("${v}x", "1x"),
        ("$vx", ""),
        ("$v}", "1}"),
        (r"\$v", "$v"),
        ("'$v'", "$v"),
        ('"$v"', "1"),
        ("a$", "a$"),
        ("$(x)", "$(x)"),
        ("$1$@$$v", "v"),
        ("${1}", ""),
        ("${q:-z}", "z"),
        ("${q:-${r:-$v}}", "1"),
        ("${q:-'x y'}", "x y"),
        ('"${q:-a b}"', "a b"),
        ("${v:+y}", "y"),
        ("${q:+y}", ""),
        ("${e:-z}", "z"),
        ("${v:?missing}", "1"),
        ("${e-z}", ""),  # this and what follows: as BuildKit; dockerd 20.10 wants the colon
        ("${q-z}", "z"),
        ("${e+y}", "y"),
        ("${e?missing}", ""),
    ],
)
def test_variables_are_those_of_env_in_the_instructions_above(text: str, expected: str) -> None:
    assert changed(["ENV v=1 e=", f"USER {text}"])["User"] == expected
    assert changed(["ENV v=1 e=", f"LABEL l={text}"])["Labels"] == {"l": expected}


def test_an_instruction_sees_no_variable_of_its_own() -> None:
    changes = ["ENV abc=hello", "ENV abc=bye def=$abc", "ENV ghi=$abc"]
    assert changed(changes) == {"Env": ["abc=bye", "def=hello", "ghi=bye"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80", ["80/tcp"]),
        ("80 8000-8002/udp", ["80/tcp", "8000/udp", "8001/udp", "8002/udp"]),
        ("80/TCP 80/sctp 81/", ["80/tcp", "80/sctp", "81/tcp"]),
        ("8080:80 127.0.0.1:80:81", ["80/tcp", "81/tcp"]),
        ("0 080", ["0/tcp", "80/tcp"]),
        ("$p", ["80/tcp", "443/tcp"]),
    ],
)
def test_ports(text: str, expected: list[str]) -> None:
    assert changed(["ENV p='80 443'", f"EXPOSE {text}"])["ExposedPorts"] == {port: {} for port in expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", {"Test": ["NONE"]}),
        ("CMD a b", {"Test": ["CMD-SHELL", "a b"]}),
        ('CMD ["a", "b"]', {"Test": ["CMD", "a", "b"]}),
        (
            "--interval=1m30s --timeout=500ms --start-period=1.5h --retries=3 CMD x",
            {
                "Test": ["CMD-SHELL", "x"],
                "Interval": 90 * 10**9,
                "Timeout": 5 * 10**8,
                "StartPeriod": 5400 * 10**9,
                "Retries": 3,
            },
        ),
        ("--start-interval=1s CMD x", {"Test": ["CMD-SHELL", "x"], "StartInterval": 10**9}),  # since docker 25
        ("--interval= --retries=0 CMD x", {"Test": ["CMD-SHELL", "x"]}),
    ],
)
def test_health_checks(text: str, expected: dict[str, Any]) -> None:
    assert changed(["HEALTHCHECK CMD other", f"HEALTHCHECK {text}"]) == {"Healthcheck": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USER a:b", {"User": "a:b"}),
        ('USER "a b"', {"User": "a b"}),
        ("USER a\\\nb", {"User": "ab"}),
        ("VOLUME /a /b", {"Volumes": {"/a": {}, "/b": {}}}),
        ('VOLUME ["/a", "/b c"]', {"Volumes": {"/a": {}, "/b c": {}}}),
        ("VOLUME /a\nVOLUME /b", {"Volumes": {"/a": {}, "/b": {}}}),
        ("WORKDIR a", {"WorkingDir": "/a"}),
        ("WORKDIR /a\nWORKDIR b/../c", {"WorkingDir": "/a/c"}),
        ("WORKDIR /a b", {"WorkingDir": "/a b"}),
        ("ONBUILD RUN x\nonbuild copy --from=x a $b", {"OnBuild": ["RUN x", "copy --from=x a $b"]}),
        ("STOPSIGNAL SIGTERM", {"StopSignal": "SIGTERM"}),  # dockerd refuses it in an import, but not in a Dockerfile
        ("STOPSIGNAL 9", {"StopSignal": "9"}),
        ("STOPSIGNAL rtmin+3", {"StopSignal": "rtmin+3"}),
        ("  ENV a=b\r", {"Env": ["a=b"]}),
        ("# a comment\nENV a=b \\\n  # another\n\n c=d", {"Env": ["a=b", "c=d"]}),
    ],
)
def test_the_other_instructions(text: str, expected: dict[str, Any]) -> None:
    assert changed([text]) == expected


def test_changes_are_one_text() -> None:
    assert changed([]) == {}
    assert changed(["ENV a=b \\", "c=d"]) == {"Env": ["a=b", "c=d"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "file with no instructions"),
        ("# a comment", "file with no instructions"),
        *((f"{each} x", f"{each.lower()} is not a valid change") for each in ("FROM", "RUN", "COPY", "ADD", "ARG")),
        *((f"{each} x", f"{each.lower()} is not a valid change") for each in ("SHELL", "MAINTAINER", "ENVY")),
        *((each, f"{each} requires at least one") for each in "ENV LABEL EXPOSE HEALTHCHECK ONBUILD VOLUME".split()),
        *((each, f"{each} requires exactly one") for each in "STOPSIGNAL USER WORKDIR".split()),
        *((f"{each} --x=y a=b", "Unknown flag: x") for each in "CMD ENTRYPOINT ENV USER VOLUME".split()),
        ("HEALTHCHECK --x=y CMD a", "Unknown flag: x"),
        ('CMD ["a", 1]', "arrays must be comprised of strings only"),
        ("VOLUME [1]", "arrays must be comprised of strings only"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ('VOLUME [""]', "VOLUME specified can not be an empty string"),
        ("ENV a", "ENV must have two arguments"),
        ("ENV a=b c", 'can\'t find = in "c"'),
        ("LABEL =x", "LABEL names can not be blank"),
        ("USER ${q:?bad}", "q: bad"),
        ("USER ${q:?}", "q: is not allowed to be unset"),
        ("USER ${q=x}", r"unsupported modifier \(=\)"),
        ("USER ${", "missing '}'"),
        ("USER ${q:-x", "missing '}'"),
        ("USER ${}", "bad substitution"),
        ('USER "a\\', "looking for matching double-quote"),
        ("VOLUME '/a b'", "looking for matching single-quote"),
        *((f"EXPOSE {each}", "Invalid containerPort") for each in ("x", "80/foo", "70000", "80-70", "/tcp", "٣")),
        ("HEALTHCHECK NONE x", "takes no arguments"),
        ("HEALTHCHECK CMD", "Missing command"),
        ("HEALTHCHECK CMD []", "Missing command"),
        ("HEALTHCHECK FOO x", "Unknown type"),
        ("HEALTHCHECK --interval CMD x", "Missing a value on flag: interval"),
        ("HEALTHCHECK --interval=1s --interval=2s CMD x", "Duplicate flag specified: interval"),
        ("HEALTHCHECK --interval=1ns CMD x", "cannot be less than 1ms"),
        *((f"HEALTHCHECK --interval={each} CMD x", "invalid duration") for each in ("x", "-5s", "9999999h", "1")),
        *((f"HEALTHCHECK --retries={each} CMD x", "no number") for each in ("x", "-1", "²", "9" * 5000)),
        ("ONBUILD ONBUILD RUN x", "isn't allowed"),
        ("ONBUILD from x", "FROM isn't allowed as an ONBUILD trigger"),
        *((f"STOPSIGNAL {each}", "Invalid signal") for each in ("FOO", "0", "999", "-1", "SIGTERM x")),
        ("WORKDIR $nope", "WORKDIR is empty"),
    ],
)
def test_what_is_refused_is_said_in_a_line_with_a_hint(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        changed([text])
    assert "\n" not in str(raised.value) and raised.value.hint


@pytest.mark.parametrize(
    "changes",
    [
        ["ENV a=aaaaaaaaaa", *["ENV a=" + "$a" * 10] * 30],
        ["EXPOSE " + "1-65535 " * 1000],
        ["USER " + "${a:-" * 1000],
        ["WORKDIR folder\n" * 10_000],
        ["LABEL a=" + "a" * (1 << 21)],
    ],
    ids=["variables", "ports", "nested", "folders", "long"],
)
def test_few_lines_make_no_huge_config(changes: list[str]) -> None:
    with pytest.raises(UsageError, match=r"too (long|deep)"):
        changed(changes)
