"""What instructions do to a config, to the history and to the file system, as BuildKit v0.32.2 does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nbdock.dockerfile import checks
from nbdock.dockerfile.ignore import Ignore
from nbdock.dockerfile.stages import read
from nbdock.dockerfile.state import State
from nbdock.dockerfile.steps import Copy, MakeFolder, Run, Step
from nbdock.errors import DockerfileError, UsageError
from nbdock.oci.platform import Platform

AMD64 = Platform.parse("linux/amd64")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def built(text: str, base: Mapping[str, Any] | None = None, **arguments: str) -> tuple[State, list[Step]]:
    """The last stage of a Dockerfile, built on the stages that it names."""
    dockerfile = read(text, arguments, AMD64, AMD64)
    states: dict[int, State] = {}
    for stage in dockerfile.needed(dockerfile.target("")):
        parent = dockerfile.parent(stage)
        state = states[parent.index].child() if parent else State(base or {}, dockerfile, arguments)
        steps = [state.apply(step) for step in (*state.triggers(stage.line), *stage.steps)]
        states[stage.index] = state
    return state, steps


def step(text: str, base: Mapping[str, Any] | None = None, **arguments: str) -> Step:
    """The last step of a stage with this text."""
    return built(f"FROM base\n{text}", base, **arguments)[1][-1]


@pytest.mark.parametrize(
    ("text", "created_by"),
    [
        ("ENV a=1 b='x y'", "ENV a=1 b=x y"),
        ("ENV a b c", "ENV a=b c"),
        ("LABEL a=1", "LABEL a=1"),
        ("MAINTAINER me <me@example.com>", "MAINTAINER me <me@example.com>"),
        ("EXPOSE 80 443/UDP 22-23", "EXPOSE [22/tcp 23/tcp 443/udp 80/tcp]"),
        ("VOLUME /a /b", "VOLUME [/a /b]"),
        ('VOLUME ["/a b"]', "VOLUME [/a b]"),
        ("USER me:us", "USER me:us"),
        ("WORKDIR /app", "WORKDIR /app"),
        ("WORKDIR /a\nWORKDIR b/../c", "WORKDIR /a/c"),
        ("STOPSIGNAL 9", "STOPSIGNAL 9"),
        ('SHELL ["/bin/bash", "-c"]', "SHELL [/bin/bash -c]"),
        ('CMD ["a", "b\\"c\\n\\u0001é"]', 'CMD ["a" "b\\"c\\n\\x01é"]'),
        ("CMD a b", 'CMD ["/bin/sh" "-c" "a b"]'),
        ('SHELL ["/bin/bash", "-c"]\nENTRYPOINT a', 'ENTRYPOINT ["/bin/bash" "-c" "a"]'),
        ("ENTRYPOINT []", "ENTRYPOINT []"),
        (
            "HEALTHCHECK --interval=90s --timeout=1.5s --start-period=1h --start-interval=10ms --retries=3 CMD a b",
            "HEALTHCHECK {Test:[CMD-SHELL a b] Interval:1m30s Timeout:1.5s StartPeriod:1h0m0s StartInterval:10ms"
            " Retries:3}",
        ),
        (
            "HEALTHCHECK NONE",
            "HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}",
        ),
        ("ARG a", "ARG a"),
        ("ARG a=1 b c='x y'", "ARG a=1 b c=x y"),
        ("ARG TARGETARCH", "ARG TARGETARCH=amd64"),
        ("ONBUILD RUN x", ""),
        ("COPY a b /c/", "COPY a b /c/ # buildkit"),
        (
            "COPY --link --chmod=755 --chown=me --parents --exclude=*.c --from=x a b",
            "COPY --parents --chown=me --chmod=755 a b # buildkit",
        ),
        ('COPY ["a b", "c d"]', "COPY a b c d # buildkit"),
        ("COPY <<A x <<B /c/\nA\nB", "COPY x <<A <<B /c/ # buildkit"),
        ("ADD https://example.com/a.tar /", "ADD https://example.com/a.tar / # buildkit"),
        ("RUN make", "RUN /bin/sh -c make # buildkit"),
        ('RUN ["make", "all"]', "RUN make all # buildkit"),
        ("ARG a=1\nARG b\nENV a=2\nRUN make", "RUN |2 a=2 b= /bin/sh -c make # buildkit"),
        ("RUN <<A\necho\nA", "RUN /bin/sh -c echo\n # buildkit"),
        ("RUN <<A cat\necho\nA", "RUN /bin/sh -c <<A cat\necho\nA # buildkit"),
        ("RUN <<A\n#!/bin/awk\nA", "RUN /bin/sh -c /dev/pipes/A # buildkit"),
    ],
)
def test_history(text: str, created_by: str) -> None:
    assert step(text).created_by == created_by


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CMD a", {"Cmd": ["/bin/sh", "-c", "a"], "ArgsEscaped": True}),
        ("ENTRYPOINT a", {"Entrypoint": ["/bin/sh", "-c", "a"]}),
        ('CMD a\nENTRYPOINT ["b"]', {"Entrypoint": ["b"], "Cmd": ["/bin/sh", "-c", "a"], "ArgsEscaped": True}),
        ("ENTRYPOINT []", {}),
        ("ENV A=2 B=1", {"Cmd": ["old"], "Env": ["A=2", PATH, "B=1"]}),
        ("EXPOSE 80", {"Cmd": ["old"], "ExposedPorts": {"22/tcp": {}, "80/tcp": {}}}),
        ("LABEL b=1 a=2", {"Cmd": ["old"], "Labels": {"a": "2", "b": "1", "z": "z"}}),
        ("WORKDIR sub", {"Cmd": ["old"], "WorkingDir": "/srv/sub"}),
        ("WORKDIR $NO", {"Cmd": ["old"], "WorkingDir": "/srv"}),
        ("ARG a=1", {"Cmd": ["old"]}),
        ("ONBUILD COPY <<A /x\ny\nA", {"Cmd": ["old"], "OnBuild": ["COPY <<A /x\ny\nA"]}),
        ('SHELL ["a"]', {"Cmd": ["old"], "Shell": ["a"]}),
    ],
)
def test_config_of_a_stage_on_an_image(text: str, expected: dict[str, Any]) -> None:
    base = {"Cmd": ["old"], "Env": ["A=1"], "ExposedPorts": {"22/tcp": {}}, "Labels": {"z": "z"}, "WorkingDir": "srv"}
    kept = {"Env": ["A=1", PATH], "ExposedPorts": {"22/tcp": {}}, "Labels": {"z": "z"}, "WorkingDir": "/srv"}
    before = repr(base)
    config = built(f"FROM base\n{text}", base)[0].config
    assert config == {**kept, **expected} and repr(base) == before
    assert list(config) == [
        key
        for key in "ExposedPorts Env Entrypoint Cmd WorkingDir Labels ArgsEscaped OnBuild Shell".split()
        if key in config
    ]


def test_a_stage_on_nothing_has_a_path_and_a_folder() -> None:
    assert built("FROM scratch")[0].config == {"Env": [PATH], "WorkingDir": "/"}


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("ARG a=1\nUSER $a", {}, "1"),
        ("ARG a=1\nUSER $a", {"a": "2"}, "2"),
        ("ARG a\nUSER u$a", {}, "u"),
        ("USER u$a", {"a": "2"}, "u"),
        ("USER u$G", {}, "u"),
        ("ARG G\nUSER $G", {}, "global"),
        ("ARG G=own\nUSER $G", {}, "own"),
        ("ARG G\nUSER $G", {"G": "given"}, "given"),
        ("ENV a=1\nARG a=2\nUSER $a", {}, "2"),
        ("ARG a=2\nENV a=1\nUSER $a", {}, "1"),
        ("ARG a=1\nARG b=${a}2\nUSER $b", {}, "12"),
        ("ARG a=1 b=$a\nUSER $b", {}, "1"),
        ("ENV a=1 b=u$a\nUSER $b", {}, "u"),
        ("ARG TARGETOS\nUSER $TARGETOS", {}, "linux"),
        ("USER u$TARGETOS", {}, "u"),
        ("ARG http_proxy\nUSER $http_proxy", {"http_proxy": "p"}, "p"),
        ("USER $HOME", {}, "/home/of/base"),
        ("ARG a=1\nFROM s\nUSER $a", {}, "1"),
        ("ARG a=1\nFROM other\nUSER u$a", {}, "u"),
    ],
)
def test_arguments(text: str, arguments: dict[str, str], expected: str) -> None:
    state, _ = built(f"ARG G=global\nFROM base AS s\n{text}", {"Env": ["HOME=/home/of/base"]}, **arguments)
    assert state.config["User"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WORKDIR /app", MakeFolder("/app", "")),
        ("USER me\nWORKDIR app", MakeFolder("/app", "me")),
        ("WORKDIR /", None),
        ("RUN make", Run("/bin/sh -c make")),
        ("CMD make", None),
    ],
)
def test_effects(text: str, expected: object) -> None:
    assert step(text).effect == expected


def copy(text: str) -> Copy:
    found = step(f"WORKDIR /srv\nENV v=value\n{text}").effect
    assert isinstance(found, Copy)
    return found


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("a", "/srv/a"),
        ("a/", "/srv/a/"),
        (".", "/srv/"),
        ("./", "/srv/"),
        ("..", "/"),
        ("../", "/"),
        ("a/../b/.", "/srv/b/."),
        ("$v", "/srv/value"),
        ('""', "/srv/"),
    ],
)
def test_targets(target: str, expected: str) -> None:
    assert copy(f"COPY x {target}").target == expected


def test_a_copy_with_every_flag() -> None:
    found = copy("COPY --from=x --chown=$v:0 --chmod=u=rwX,go=rX --link --parents --exclude=*.$v --exclude=b x $v* /")
    assert (found.stage, found.chown, found.chmod) == ("x", "value:0", "u=rwX,go=rX")
    assert (found.link, found.parents, found.exclude) == (True, True, ("*.$v", "b"))
    assert (found.sources, found.unpack, found.line) == (("x", "value*"), False, 4)


def test_an_add_with_every_flag() -> None:
    found = copy("ADD --checksum=sha256:$v --keep-git-dir --unpack=false https://example.com/x /")
    assert (found.checksum, found.keep_git_dir, found.unpack) == ("sha256:value", True, False)
    assert [
        (each.unpack, each.unpack_downloads) for each in map(copy, ("ADD x /", "ADD --unpack x /", "COPY x /"))
    ] == [
        (True, False),
        (True, True),
        (False, False),
    ]


def test_files_in_the_dockerfile() -> None:
    found = copy("COPY <<a <<'b' <<-c /x/\n$v \"q\" \\$v\na\n$v\nb\n\t$v\n\tc")
    assert [(each.name, each.content) for each in found.inline] == [
        ("a", 'value "q" $v\n'),
        ("b", "$v\n"),
        ("c", "value\n"),
    ]
    assert found.sources == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("COPY --chmod=9 a b", "invalid chmod parameter: '9'"),
        ("COPY --chmod=17777 a b", "invalid chmod parameter"),
        ("COPY https://example.com/a b", "source can't be a URL for COPY"),
        ("COPY git@github.com:a/b.git b", "source can't be a git ref for COPY"),
        ("COPY https://github.com/a/b.git#main b", "source can't be a git ref for COPY"),
        ("ADD --checksum=sha256:1 a b", "checksum requires"),
        ("ADD --checksum=sha256:1 a b c", "multiple sources"),
        ("USER ${a:?say who}", "a: say who"),
        ("ENV $a=b", "ENV names can not be blank"),
        ("STOPSIGNAL FOO", "Invalid signal"),
        ("EXPOSE x", "Invalid containerPort"),
        ("VOLUME $a", "can not be an empty string"),
        ("COPY 'a b", "single-quote"),
    ],
)
def test_a_mistake_has_a_line(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=f"^Dockerfile:2: .*{message}") as raised:
        step(text)
    assert raised.value.hint


def test_triggers_of_the_base_are_done_first_and_are_not_kept() -> None:
    base = {"OnBuild": ["ENV a=1", "COPY <<E /x\n$a\nE"]}
    state, steps = built("FROM base\nENV b=$a", base)
    assert [each.created_by for each in steps] == ["ENV a=1", "COPY <<E /x # buildkit", "ENV b=1"]
    assert [each.instruction.line for each in steps] == [1, 1, 2] and "OnBuild" not in state.config


@pytest.mark.parametrize("trigger", ["FROM x", "NOPE x", "ENV a", "COPY <<A /x"])
def test_a_wrong_trigger_of_the_base_is_an_error_in_its_from(trigger: str) -> None:
    with pytest.raises(DockerfileError, match=r"^Dockerfile:1: ") as raised:
        built("FROM base\nENV a=1", {"OnBuild": [trigger]})
    assert raised.value.hint


def test_triggers_are_bounded() -> None:
    with pytest.raises(UsageError, match="too many ONBUILD"):
        built("FROM base", {"OnBuild": ["RUN a"] * 101})


def test_triggers_of_an_earlier_stage() -> None:
    state, steps = built("FROM base AS x\nONBUILD ENV a=1\nONBUILD USER me\nFROM x AS y\nFROM y")
    assert state.config["User"] == "me" and steps == [] and "OnBuild" not in state.config


def test_a_stage_on_a_stage_has_its_config_and_its_author() -> None:
    state, _ = built('FROM base AS x\nMAINTAINER me\nWORKDIR /a\nCMD ["c"]\nFROM x\nWORKDIR b\nENTRYPOINT ["e"]')
    assert state.author == "me" and state.config["WorkingDir"] == "/a/b" and "Cmd" not in state.config


def test_the_escape_character_is_that_of_the_dockerfile() -> None:
    state, _ = built("# escape=`\nFROM base\nENV a=`$x b=c`d\nLABEL e=f` g")
    assert state.config["Env"][1:] == ["a=$x", "b=cd"] and state.config["Labels"] == {"e": "f g"}


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("ENV a b", ["LegacyKeyValueFormat"]),
        ("LABEL a b", ["LegacyKeyValueFormat"]),
        ("ENV API_KEY=1 AUTH_FILE=x monkey=1", ["SecretsUsedInArgOrEnv"]),
        ("ARG db_password", ["SecretsUsedInArgOrEnv"]),
        ("CMD a", ["JSONArgsRecommended"]),
        ('CMD ["a"]', []),
        ('SHELL ["a"]\nENTRYPOINT a', []),
        ("WORKDIR a", ["WorkdirRelativePath"]),
        ("WORKDIR /a\nWORKDIR b", []),
        ("USER $x", ["UndefinedVar"]),
        ("ARG x\nUSER u$x", []),
        ("USER u$PATH", []),
        ('CMD ["a"]\nCMD ["b"]', ["MultipleInstructionsDisallowed"]),
        ("HEALTHCHECK NONE\nHEALTHCHECK CMD a", ["MultipleInstructionsDisallowed"]),
        ("EXPOSE 80/TCP", ["ExposeProtoCasing"]),
        ("EXPOSE 80:80", ["ExposeInvalidFormat"]),
        ("EXPOSE ${x:-80}", ["UndefinedVar"]),
        ("# check=skip=JSONArgsRecommended\nCMD a", []),
    ],
)
def test_warnings(text: str, rules: list[str]) -> None:
    assert [each.rule for each in step(text).warnings] == rules


def test_a_warning_has_the_line_that_is_to_blame() -> None:
    (warning,) = step('CMD ["a"]\n\nCMD ["b"]').warnings
    assert warning.line == 2
    (warning,) = step("ENV version=1\nUSER $verson").warnings
    assert warning.message == "Usage of undefined variable '$verson' (did you mean $version?)" and warning.line == 3


@pytest.mark.parametrize(
    ("text", "ignored", "expected"),
    [
        ("COPY a.md /", "*.md", ['Attempting to Copy file "a.md" that is excluded by .dockerignore']),
        ("ADD ./docs/x /", "docs", ['Attempting to Add file "./docs/x" that is excluded by .dockerignore']),
        ("COPY a.md /", "*.md\n!b.md", []),
        ("COPY . /", "*.md", []),
        ("COPY . /", "*", ['Attempting to Copy file "." that is excluded by .dockerignore']),
    ],
)
def test_sources_that_are_left_out(text: str, ignored: str, expected: list[str]) -> None:
    done = step(text)
    assert isinstance(done.effect, Copy)
    assert [each.message for each in checks.ignored(done.instruction, done.effect.sources, Ignore(ignored))] == expected


@pytest.mark.parametrize(
    "text",
    [
        "ENV a=aaaaaaaaaa\n" + ("ENV a=" + "$a" * 10 + "\n") * 10,
        "ARG a=" + "a" * 100_000 + "\n" + "RUN b\n" * 100,
        "ENV a=" + "a" * 100_000 + "\n" + "COPY <<E /\n$a\nE\n" * 100,
        "WORKDIR folder\n" * 9_000,
        "EXPOSE " + "1-65535 " * 1000,
    ],
    ids=["variables", "arguments", "heredocs", "folders", "ports"],
)
def test_few_lines_make_no_huge_image(text: str) -> None:
    with pytest.raises(DockerfileError, match="too long"):
        step(text)
