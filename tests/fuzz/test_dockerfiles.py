"""Dockerfiles, and the patterns of `.dockerignore`, of strangers."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from nbdock.dockerfile.forms import FORMS
from nbdock.dockerfile.ignore import Ignore
from nbdock.dockerfile.stages import read
from nbdock.dockerfile.state import State
from nbdock.dockerfile.steps import Copy
from nbdock.oci.platform import Platform
from tests.fuzz.strategies import of_words, own_errors

HERE = Platform.parse("linux/amd64")
LINE = of_words(
    *("$a", "${a", ":-", ":?", "#", "%%", "/", "}", "*", "?", "'", '"', "\\", "`", "<<A", "<<-'B'", "A", "B", "\t"),
    *("--from=", "--chmod=", "--link", "--platform=", "--", "=", ":", ",", '["a"]', "[", "a", "b", "0", "1", " AS "),
    *("\n", "\\\n", "\r\n", "\n# check=skip=all\n", "CMD ", "FROM b", "scratch", "https://a", "80-90", "1m", ".", "/x"),
)
INSTRUCTION = st.builds("{} {}\n".format, st.sampled_from((*FORMS, "ONBUILD COPY", "NOPE", "# escape=`")), LINE)
DOCKERFILE = st.builds(
    "{}FROM {}\n{}".format,
    st.sampled_from(("", "ARG a=1\n", "# escape=`\n", "# check=error=true\n", "\ufeff")),
    st.sampled_from(("b", "scratch", "b AS b", "$a")),
    st.lists(INSTRUCTION, max_size=6).map("".join),
)


@given(DOCKERFILE, st.lists(INSTRUCTION, max_size=2))
def test_dockerfiles(text: str, triggers: list[str]) -> None:
    with own_errors():
        dockerfile = read(text, {"a": "x"}, HERE, HERE)
        stage = dockerfile.target("")
        dockerfile.needed(stage)
        state = State({"OnBuild": triggers}, dockerfile, {"a": "x"})
        for step in (*state.triggers(stage.line), *stage.steps):
            done = state.apply(step)
            assert json.loads(json.dumps(state.config)) == state.config
            assert not isinstance(done.effect, Copy) or done.effect.target.startswith("/")


@given(of_words("*", "**", "**/", "?", "[a-", "]", "[^", "\\", "!", "#", "/", "..", ".", "a", "b", "\n", " "), LINE)
def test_patterns(text: str, path: str) -> None:
    with own_errors():
        ignore = Ignore(text)
        assert ignore.excludes(path) in (True, False)
        ignore.may_include_below(path)
