"""Stages, their bases and arguments, what a target needs, and the warnings of a whole Dockerfile."""

from __future__ import annotations

import pytest

from nbdock.dockerfile.stages import Dockerfile, read
from nbdock.errors import DockerfileError, UsageError
from nbdock.oci.platform import Platform

AMD64, ARM64 = Platform.parse("linux/amd64"), Platform.parse("linux/arm64")


def dockerfile(text: str, **arguments: str) -> Dockerfile:
    return read(text, arguments, ARM64, AMD64)


def bases(text: str, **arguments: str) -> list[str]:
    return [stage.base for stage in dockerfile(text, **arguments).stages]


def test_a_stage_is_a_from_and_what_is_below_it() -> None:
    found = dockerfile("FROM a AS One\nRUN b\nFROM scratch\nCOPY --from=one / /\nCMD c")
    assert [(each.index, each.name, each.base, each.line, len(each.steps)) for each in found.stages] == [
        (0, "one", "a", 1, 1),
        (1, "", "scratch", 3, 2),
    ]


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("ARG V=1\nFROM a:$V", {}, "a:1"),
        ("ARG V=1\nFROM a:$V", {"V": "2"}, "a:2"),
        ("ARG V\nFROM a${V:+:$V}", {}, "a"),
        ("ARG V=1 W=b\nARG X=$W:$V\nFROM $X", {}, "b:1"),
        ("ARG V=1\nARG V=${V}2\nFROM a:$V", {}, "a:12"),
        ("FROM a:$TARGETARCH-$BUILDARCH$TARGETVARIANT", {}, "a:arm64-amd64"),
        ("FROM a:$TARGETARCH", {"TARGETARCH": "x"}, "a:x"),
        ("FROM a AS b\nFROM x:$TARGETSTAGE", {}, "x:default"),
        ("FROM a:$TARGETSTAGE AS b", {}, "a:b"),
        ('ARG V="1.0"\nFROM a:${V%.*}', {}, "a:1"),
        ("FROM a:${V:-3}", {}, "a:3"),
    ],
)
def test_arguments_above_the_first_stage(text: str, arguments: dict[str, str], expected: str) -> None:
    assert bases(text, **arguments)[-1] == expected


def test_platforms() -> None:
    found = dockerfile("FROM --platform=$BUILDPLATFORM a\nFROM --platform=linux/arm64/v8 b\nFROM c")
    assert [each.platform for each in found.stages] == ["linux/amd64", "linux/arm64", ""]


def test_targets_are_names_and_numbers() -> None:
    found = dockerfile("FROM a AS one\nFROM b AS two\nFROM c")
    assert [found.target(each).index for each in ("", "one", "TWO", "0")] == [2, 0, 1, 0]
    with pytest.raises(UsageError, match='"three" could not be found') as raised:
        found.target("three")
    assert raised.value.hint == "the stages: one, two"


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("FROM a\nFROM b", "", [1]),
        ("FROM a AS x\nFROM b\nFROM x", "", [0, 2]),
        ("FROM a AS x\nFROM b AS y\nFROM x\nCOPY --from=y / /", "", [0, 1, 2]),
        ("FROM a AS x\nFROM x AS y\nFROM c\nCOPY --from=1 / /", "", [0, 1, 2]),
        ("FROM a AS x\nFROM b\nCOPY --from=image / /", "", [1]),
        ("FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x / /\nFROM y", "", [0, 1, 2]),
        ("FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x / /", "", [1]),
        ("FROM a AS x\nFROM b AS y\nFROM x", "y", [1]),
        ("FROM a AS x\nFROM x AS x\nFROM x", "", [0, 1, 2]),
        ("FROM a AS x\nFROM 0", "", [1]),
    ],
)
def test_what_a_target_needs(text: str, target: str, expected: list[int]) -> None:
    found = dockerfile(text)
    assert [each.index for each in found.needed(found.target(target))] == expected


@pytest.mark.parametrize("name", ["later", "self", "1", "2", "9"])
def test_a_stage_is_copied_from_only_above(name: str) -> None:
    found = dockerfile(f"FROM a\nFROM b AS self\nCOPY --from={name} / /\nFROM c AS later")
    with pytest.raises(DockerfileError, match=r"Dockerfile:3: .*needs to be defined before"):
        found.needed(found.stages[1])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("FROM a\nRUNN b", 2, "unknown instruction: RUNN"),
        ("FROM a\n\nfoo", 3, "unknown instruction: foo"),
        ("RUN a", 1, "no build stage in current context"),
        ("FROM", 1, "either one or three arguments"),
        ("FROM a b", 1, "either one or three arguments"),
        ("FROM a IS b", 1, "either one or three arguments"),
        ("FROM a AS 1b", 1, 'invalid name for build stage: "1b"'),
        ("FROM --platform a", 1, "Missing a value on flag: platform"),
        ("FROM --platform=x/y/z/q a", 1, "cannot parse platform"),
        ("FROM --platform=$NO a", 1, "cannot parse platform"),
        ("FROM $NO", 1, r"base name \(\$NO\) should not be blank"),
        ("ARG =a\nFROM b", 1, "ARG names can not be blank"),
        ("FROM a\nFROM b\nCOPY x", 3, "requires at least two arguments"),
        ("FROM a\nCOPY --from=$b x y", 2, "variable expansion is not supported for --from"),
        ("FROM a\nCOPY --nope x y", 2, "Unknown flag: nope"),
        ("FROM a\nCOPY --link=maybe x y", 2, "expecting boolean value"),
        ("FROM a\nCOPY --link= x y", 2, "Missing a value on flag: link"),
        ("FROM a\nCOPY --chown=a --chown=b x y", 2, "Duplicate flag specified: chown"),
        ("FROM a\nCOPY x <<EOF\nEOF", 2, "cannot accept a heredoc as a destination"),
        ("FROM a\nSHELL bash", 2, "SHELL requires the arguments to be in JSON form"),
        ("FROM a\nSHELL []", 2, "SHELL requires at least one argument"),
        ("FROM a\nMAINTAINER", 2, "MAINTAINER requires exactly one argument"),
        ("FROM a\nONBUILD FROM b", 2, "FROM isn't allowed as an ONBUILD trigger"),
        ("FROM a\nENV b", 2, "ENV must have two arguments"),
        ("FROM a\nRUN --mount=type=cache --nope x", 2, "Unknown flag: nope"),
        ("FROM a\nRUN a \\\n b\nENVY a=b", 4, "unknown instruction: ENVY"),
    ],
)
def test_a_mistake_is_found_in_any_stage(text: str, line: int, message: str) -> None:
    with pytest.raises(DockerfileError, match=f"^Dockerfile:{line}: .*{message}") as raised:
        dockerfile(text)
    assert raised.value.line == line and raised.value.hint and "\n" not in str(raised.value)


def test_an_unknown_instruction_suggests_the_nearest() -> None:
    with pytest.raises(DockerfileError) as raised:
        dockerfile("FROM a\nENTRYPIONT b")
    assert str(raised.value) == "Dockerfile:2: ENTRYPIONT b: unknown instruction: ENTRYPIONT"
    assert raised.value.hint == "did you mean ENTRYPOINT?"


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no instructions"), ("# a", "no instructions"), ("ARG a", "no stages"), ("# check=nope=1\nFROM a", "nope")],
)
def test_a_dockerfile_has_a_stage(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        dockerfile(text)
    assert raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\n" * 1001,
        "FROM a\n" + "ONBUILD RUN b\n" * 101,
        "FROM a\n" + "ENV b=c\n" * 10_000,
        "FROM a\nRUN " + "b" * (1 << 20),
        "ARG a=aaaaaaaaaa\n" + ("ARG a=" + "$a" * 10 + "\n") * 10 + "FROM b",
        "ARG a=" + "a" * 5000 + "\nFROM $a",
        "FROM ${a:-" + "${a:-" * 100,
    ],
    ids=["stages", "triggers", "instructions", "long", "growing", "name", "nested"],
)
def test_few_lines_ask_for_no_huge_work(text: str) -> None:
    with pytest.raises(UsageError, match=r"too (many|long|deep)"):
        dockerfile(text)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("FROM a AS b\nRUN c", []),
        ("FROM a AS B", ["StageNameCasing"]),
        ("FROM a as b", ["FromAsCasing"]),
        ("from a as b", []),
        ("FROM a AS scratch", ["ReservedStageName"]),
        ("FROM a AS b\nFROM a AS b", ["DuplicateStageName"]),
        ("FROM a\nRun b\nCMD c", ["ConsistentInstructionCasing"]),
        ("from a\nRUN b\ncmd c", ["ConsistentInstructionCasing"]),
        ("FROM a\nRUN b \\\n\n c", ["NoEmptyContinuation"]),
        ("FROM a\nMAINTAINER b", ["MaintainerDeprecated"]),
        ("FROM a:${V:-1}", ["UndefinedArgInFrom"]),
        ("ARG W\nFROM a:${W:-1}", []),
        ("ARG V\nFROM a:$V", ["InvalidDefaultArgInFrom"]),
        ("FROM --platform=$TARGETPLATFORM a", ["RedundantTargetPlatform"]),
        ("FROM --platform=linux/amd64 a", ["FromPlatformFlagConstDisallowed"]),
        ("FROM --platform=linux/amd64 a AS b-amd64", []),
        ("FROM --platform=$BUILDPLATFORM a", []),
        ("# check=skip=StageNameCasing\nFROM a AS B", []),
        ("# check=skip=all\nFROM a as B", []),
        ("# check=skip=FromAsCasing, StageNameCasing; error=true\nFROM a as B", []),
        ("ARG x\n# check=skip=StageNameCasing\nFROM a AS B\nFROM a AS C", ["StageNameCasing"]),
    ],
)
def test_warnings(text: str, rules: list[str]) -> None:
    arguments = {"V": "1"} if "ARG V" in text else {}
    found = dockerfile(text, **arguments).warnings
    assert [each.rule for each in found if each.rule not in rules] == [] and {each.rule for each in found} == set(rules)


def test_a_warning_says_what_was_meant() -> None:
    (warning,) = dockerfile("ARG VERSION=1\nFROM a:1$VERSIN").warnings
    assert warning.message == "FROM argument 'VERSIN' is not declared (did you mean VERSION?)" and warning.line == 2


def test_warnings_are_errors_if_the_dockerfile_says_so() -> None:
    found = dockerfile("# check=error=true\nFROM a AS B")
    with pytest.raises(UsageError, match="lint violation found for rules: StageNameCasing") as raised:
        found.checks.enforce(found.warnings)
    assert raised.value.hint
    found.checks.enforce([])
    dockerfile("FROM a AS B").checks.enforce(found.warnings)


def test_a_malformed_check_above_an_instruction_is_a_comment() -> None:
    assert [each.rule for each in dockerfile("ARG x\n# check=nope\nFROM a AS B").warnings] == ["StageNameCasing"]


def test_text_that_no_file_can_have_is_replaced() -> None:
    assert dockerfile("FROM a\nENV x=\ud800").stages[0].steps[0].text == "x=?"


def test_a_syntax_is_read() -> None:
    assert dockerfile("# syntax=docker/dockerfile:1\nFROM a").syntax == "docker/dockerfile:1"
