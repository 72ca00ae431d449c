"""The pages that are made from the code are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbdock.api import table
from nbdock.docker.unsupported import UNSUPPORTED, UNSUPPORTED_FLAGS
from nbdock.grammar import Command, FlagError
from scripts.pages import Docker, docker, pages

COMMANDS = list(table)
THEIRS = docker()
OURS = [each for each in THEIRS if each.command]


def path(each: Command | Docker) -> str:
    return each.path


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_is_what_scripts_docs_makes(page: Path) -> None:
    assert page.read_text() == pages()[page], "run scripts/docs"


@pytest.mark.parametrize("command", COMMANDS, ids=path)
def test_every_command_argument_and_flag_has_help(command: Command) -> None:
    assert command.summary
    assert all(part.help for part in (*command.arguments, *command.flags))


@pytest.mark.parametrize("command", COMMANDS, ids=path)
def test_no_two_flags_share_a_name(command: Command) -> None:
    names = [name for flag in command.flags for name in flag.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("theirs", THEIRS, ids=path)
def test_every_command_of_dockers_is_there_or_has_a_line_instead(theirs: Docker) -> None:
    spellings = (theirs.path, *theirs.aliases)
    if theirs.command:
        assert all(table.find(each.split(), "docker") == (theirs.command, []) for each in spellings)
    else:
        assert all(each in UNSUPPORTED or each.split()[0] in UNSUPPORTED for each in spellings)


@pytest.mark.parametrize("theirs", OURS, ids=path)
def test_every_flag_of_dockers_is_taken_or_has_a_reason(theirs: Docker) -> None:
    assert [flag for flag in theirs.flags if theirs.verdict(flag) == ("✗", "")] == []


@pytest.mark.parametrize("theirs", OURS, ids=path)
def test_a_flag_that_only_docker_has_is_refused_by_name_with_the_reason(theirs: Docker) -> None:
    refused = {flag: theirs.verdict(flag)[1] for flag in theirs.flags if theirs.verdict(flag)[0] == "✗"}
    names = {name: reason for flag, reason in refused.items() for name in (flag, theirs.flags[flag])}
    for name, reason in names.items():
        if name in ("", "-h"):  # -h is help
            continue
        with pytest.raises(FlagError, match=rf"^nbdock does not support {name}$") as caught:
            table.read([*theirs.path.split(), name, "value"], "docker")
        assert caught.value.hint.startswith(f"leave it out: {reason}. See ")


@pytest.mark.parametrize("theirs", OURS, ids=path)
def test_a_flag_has_dockers_letter(theirs: Docker) -> None:
    taken = {name: theirs.command.flag(name) for name in theirs.flags if theirs.command}
    assert {name: flag.short for name, flag in taken.items() if flag} == {
        name: short for name, short in theirs.flags.items() if taken[name]
    }


@pytest.mark.parametrize("theirs", THEIRS, ids=path)
def test_a_reason_is_for_a_flag_that_docker_has(theirs: Docker) -> None:
    assert set(theirs.reasons) <= set(theirs.flags)


@pytest.mark.parametrize("command", COMMANDS, ids=path)
def test_an_unsupported_flag_is_one_that_docker_has(command: Command) -> None:
    flags = {pair for theirs in THEIRS if theirs.command == command for pair in theirs.flags.items()}
    known = {name for pair in flags for name in pair}
    unsupported = set(UNSUPPORTED_FLAGS.get(command.path, {}))
    assert unsupported <= known and not any(command.flag(flag) for flag in unsupported)
