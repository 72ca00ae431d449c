"""pflag's reading of flags, and docker's words where it cannot be read."""

from __future__ import annotations

import pytest

from nbdock.errors import UsageError
from nbdock.grammar import FlagError, Invocation
from tests.grammar.toys import Dock, toys

DOCK = Dock()


def run(line: str, root: str = "docker") -> object:
    call = toys.read(line.split(), root)
    assert isinstance(call, Invocation)
    return call(DOCK)


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("rmi a b", (DOCK, "rm", ("a", "b"), False, False)),
        ("rmi a -f b", (DOCK, "rm", ("a", "b"), True, False)),
        ("rmi -f=false a", (DOCK, "rm", ("a",), False, False)),
        ("rmi --force=1 --dry-run a", (DOCK, "rm", ("a",), True, True)),
        ("rmi -- -f", (DOCK, "rm", ("-f",), False, False)),
        ("rmi -", (DOCK, "rm", ("-",), False, False)),
        ("images", (DOCK, "ls", None, (), 25, None)),
        ("images x", (DOCK, "ls", "x", (), 25, None)),
        ("images -f a=b --filter c=d=e --filter=f=", (DOCK, "ls", None, ("a=b", "c=d=e", "f="), 25, None)),
        ("images -fa=b", (DOCK, "ls", None, ("a=b",), 25, None)),
        ("images -f=a=b -n3", (DOCK, "ls", None, ("a=b",), 3, None)),
        ("images -n -1", (DOCK, "ls", None, (), -1, None)),
        ("images --format=", (DOCK, "ls", None, (), 25, "")),
        ("images --format --quiet", (DOCK, "ls", None, (), 25, "--quiet")),
        ("images -qf x=", "a\nb"),
        ("history x --human=false", (DOCK, "history", "x", False)),
        ("history x -H", (DOCK, "history", "x", True)),
        ("create --name n x ls -l --name m", (DOCK, "create", "x", ("ls", "-l", "--name", "m"), "n")),
    ],
)
def test_flags_are_read_as_docker_reads_them(line: str, result: object) -> None:
    assert run(line) == result


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("rmi --forse a", "unknown flag: --forse", "did you mean '--force'? See '%docker rmi --help'."),
        ("rmi --force-it=x a", "unknown flag: --force-it", "did you mean '--force'? See '%docker rmi --help'."),
        ("rmi -fx a", "unknown shorthand flag: 'x' in -x", "See '%docker rmi --help'."),
        ("rmi -forse a", "unknown shorthand flag: 'o' in -orse", "did you mean '--force'?"),
        ("images --filter", "flag needs an argument: --filter", "See '%docker images --help'."),
        ("images -qn", "flag needs an argument: 'n' in -n", "See '%docker images --help'."),
        ("images -n x", 'invalid argument "x" for "-n, --limit" flag', "--limit takes a whole number"),
        (
            "images -f dangling",
            'invalid argument "dangling" for "-f, --filter" flag: bad format of filter (expected name=value)',
            "--filter takes key=value",
        ),
        ("rmi --dry-run=maybe", 'invalid argument "maybe" for "--dry-run" flag', "--dry-run takes true or false"),
    ],
)
def test_a_flag_that_cannot_be_read_is_named(line: str, message: str, hint: str) -> None:
    with pytest.raises(FlagError) as caught:
        run(line)
    assert str(caught.value) == message
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("line", "message", "usage"),
    [
        ("rmi", "'%docker rmi' requires at least 1 argument", "%docker rmi [OPTIONS] IMAGE [IMAGE...]"),
        (
            "image rm -f",
            "'%docker image rm' requires at least 1 argument",
            "%docker image rm [OPTIONS] IMAGE [IMAGE...]",
        ),
        ("history", "'%docker history' requires 1 argument", "%docker history [OPTIONS] IMAGE"),
        ("history a b", "'%docker history' requires 1 argument", "%docker history [OPTIONS] IMAGE"),
        ("tag a", "'%docker tag' requires 2 arguments", "%docker tag SOURCE TARGET"),
        ("images a b", "'%docker images' requires at most 1 argument", "%docker images [OPTIONS] [REPOSITORY[:TAG]]"),
        ("cp", "'%docker cp' requires at least 1 and at most 2 arguments", "%docker cp SOURCE [TARGET]"),
        ("version x", "'%docker version' accepts no arguments", "%docker version"),
    ],
)
def test_a_wrong_number_of_arguments_is_told_in_dockers_words(line: str, message: str, usage: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(line)
    assert str(caught.value) == message
    assert caught.value.hint == f"Usage:  {usage}"
