"""What BuildKit makes of Dockerfiles, nbdock makes too, entry for entry: buildkit.json has what BuildKit made.

`version` there names the release; record.py asks it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest

from tests.builder.answers import Answer, tree
from tests.builder.cases import CASES, fill
from tests.builder.conftest import Context
from tests.builder.record import ANSWERS

BUILDKIT: Mapping[str, Answer] = json.loads(ANSWERS.read_text())["answers"]
COPIED_AGAIN = {"copy over folders": 2, "copy a folder with links onto folders": 2, "copy nothing new": 1}
"""The layer that differs: BuildKit leaves out what was there already, by its time; nbdock has no times to tell by."""
REFUSED = {
    "several to a file": "the destination must be a folder",  # BuildKit keeps the last
    "a glob to a file": "the destination must be a folder",
    "a glob to a folder": "the destination must be a folder",
    "no user": "no user nobody",  # BuildKit takes root
    "no group": "no group nobody",  # BuildKit takes the group of the user
}
"""What BuildKit builds to no one's use, and nbdock refuses."""
_ITS_OWN = re.compile(
    r"failed to solve: (?:dockerfile parse error on line \d+: |.* of ref REF: )?| \(did you mean .*\)"
)
"""What BuildKit says around an error."""
REWORDED = {
    "ignored": "excluded by .dockerignore",
    "no passwd": "no user web in /etc/passwd",
    "no user of workdir": "no user nobody in /etc/passwd",
    "no mode by letters": "invalid chmod parameter: 'u=z'",
    "a file onto a folder": "is no folder",
    "a folder onto a file": "is no folder",
    "a folder onto a file inside": "is no folder",
    "a file onto a folder inside": "which is a folder",
    "below a file": "is no folder",
    "workdir on a file": "is no folder",
    "unknown flag": "unknown flag: chwon",
    "unknown stage": "it needs to be defined before",
}
"""What nbdock says in words of its own where BuildKit's speak of its insides."""


def test_the_answers_are_of_these_cases() -> None:
    assert list(BUILDKIT) == list(CASES)


@pytest.mark.parametrize(
    "name", [name for name, each in BUILDKIT.items() if "error" not in each and name not in REFUSED]
)
def test_nbdock_builds_what_buildkit_builds(context: Context, name: str) -> None:
    fill(context.folder)
    ours, theirs = context.answer(CASES[name]), BUILDKIT[name]
    assert ours.get("error") is None
    assert ours["config"] == theirs["config"]
    assert ours["history"] == theirs["history"]
    same = COPIED_AGAIN.get(name, len(theirs["layers"]))
    assert ours["layers"][:same] == theirs["layers"][:same]
    assert len(ours["layers"]) == len(theirs["layers"]) and tree(ours) == tree(theirs)


@pytest.mark.parametrize("name", REFUSED)
def test_nbdock_refuses_what_serves_no_one(context: Context, name: str) -> None:
    fill(context.folder)
    assert "error" not in BUILDKIT[name]
    assert REFUSED[name] in context.answer(CASES[name])["error"]


@pytest.mark.parametrize("name", [name for name, each in BUILDKIT.items() if "error" in each])
def test_nbdock_refuses_what_buildkit_refuses(context: Context, name: str) -> None:
    fill(context.folder)
    theirs = REWORDED.get(name) or _ITS_OWN.sub("", BUILDKIT[name]["error"])
    assert theirs.lower() in context.answer(CASES[name])["error"].lower()
