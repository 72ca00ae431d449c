"""Every spelling finds its command."""

from __future__ import annotations

from typing import Annotated

import pytest

from nbdock.errors import Refused, UsageError
from nbdock.grammar import Arg, CommandTable, FlagError, Invocation, Opt, Text
from tests.grammar.toys import toys


@pytest.mark.parametrize(
    ("root", "line", "path"),
    [
        ("docker", "image rm x", "image rm"),
        ("docker", "image remove x", "image rm"),
        ("docker", "rmi x", "image rm"),
        ("docker", "rm x", "container rm"),
        ("docker", "images", "image ls"),
        ("docker", "system df", "system df"),
        ("image", "rm x", "image rm"),
        ("image", "image rm x", "image rm"),
        ("image", "rmi x", "image rm"),
        ("image", "ls", "image ls"),
        ("image", "create x", "container create"),
        ("image", "container rm x", "container rm"),
        ("image", "df", "system df"),
        ("image", "login", "login"),
        ("container", "rm x", "container rm"),
        ("nbdock", "rm x", "image rm"),
        ("nbdock", "--version", "version"),
        ("docker", "-v", "version"),
    ],
)
def test_each_spelling_finds_its_command(root: str, line: str, path: str) -> None:
    call = toys.read(line.split(), root)
    assert isinstance(call, Invocation)
    assert call.command.path == path


@pytest.mark.parametrize(
    ("root", "line", "message", "hint"),
    [
        (
            "docker",
            "imagess",
            "unknown command: %docker imagess",
            "did you mean 'images'? Run '%docker --help' for more",
        ),
        (
            "docker",
            "image rmm x",
            "unknown command: %docker image rmm",
            "did you mean 'rm'? Run '%docker image --help'",
        ),
        ("image", "histroy x", "unknown command: %image histroy", "did you mean 'history'? Run '%image --help'"),
        ("container", "login", "unknown command: %container login", "Run '%container --help' for more information"),
        ("nbdock", "qqq", "unknown command: nbdock qqq", "Run 'nbdock --help' for more information"),
        ("docker", "--tls ps", "unknown flag: --tls", "See '%docker --help'."),
        ("nbdock", "-xy ps", "unknown shorthand flag: 'x' in -xy", "See 'nbdock --help'."),
    ],
)
def test_an_unknown_command_is_told_with_what_may_be_meant(root: str, line: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        toys.read(line.split(), root)
    assert str(caught.value) == message
    assert caught.value.hint.startswith(hint)


def test_an_unknown_flag_of_a_group_is_a_flag_error() -> None:
    with pytest.raises(FlagError):
        toys.read(["image", "--foo"], "docker")


@pytest.mark.parametrize(("root", "line"), [("docker", "run httpd"), ("container", "run -d x"), ("image", "run x")])
def test_what_docker_has_and_nbdock_has_not_is_refused_with_another_way(root: str, line: str) -> None:
    with pytest.raises(Refused, match="nbdock runs no containers"):
        toys.read(line.split(), root)


@pytest.mark.parametrize("line", ["rmi --help", "rmi -h", "rmi a -fh", "help rmi"])
def test_help_of_a_command_has_dockers_look(line: str) -> None:
    help_ = toys.read(line.split(), "docker")
    assert isinstance(help_, Text)
    assert help_ == (
        "Usage:  %docker rmi [OPTIONS] IMAGE [IMAGE...]\n"
        "\n"
        "Remove one or more images.\n"
        "\n"
        "The bytes go when nothing else needs them.\n"
        "\n"
        "Aliases:\n"
        "  %docker image rm, %docker image remove, %docker rmi\n"
        "\n"
        "Arguments:\n"
        "  IMAGE   image to remove\n"
        "\n"
        "Options:\n"
        "  -f, --force     untag even when several names point at it\n"
        "      --dry-run   only show what would go"
    )


def test_help_in_a_terminal_names_what_a_terminal_takes() -> None:
    assert "Aliases:\n  nbdock image rm, nbdock image remove, nbdock rmi\n" in toys.read(["rmi", "-h"], "nbdock")


def test_help_tells_what_a_flag_takes_and_its_default() -> None:
    help_ = toys.read(["ls", "--help"], "image")
    assert "  -f, --filter filter   keep what matches\n" in help_
    assert "  -n, --limit int       at most so many (default 25)\n" in help_
    assert "(default true)" in toys.read(["history", "--help"], "image")


@pytest.mark.parametrize("line", ["", "--help", "help"])
def test_help_of_a_root_lists_each_command_once(line: str) -> None:
    assert toys.read(line.split(), "image") == (
        "Usage:  %image COMMAND\n"
        "\n"
        "Commands:\n"
        "  rm        Remove one or more images\n"
        "  ls        List images\n"
        "  history   Show the history of an image\n"
        "  tag       Name an image\n"
        "  create    Create a container\n"
        "  cp        Copy\n"
        "  version   Show the version\n"
        "  login     Log in\n"
        "  df        Show disk usage\n"
        "\n"
        "Groups:\n"
        "  container\n"
        "\n"
        "Run '%image COMMAND --help' for more information on a command."
    )


@pytest.mark.parametrize("line", ["image", "image --help", "image -h", "help image"])
def test_help_of_a_group_lists_its_commands(line: str) -> None:
    help_ = toys.read(line.split(), "docker")
    assert help_.startswith("Usage:  %docker image COMMAND\n\nCommands:\n  rm        Remove one or more images\n")
    assert "login" not in help_


def test_text_is_shown_without_quotes() -> None:
    from IPython.lib.pretty import pretty

    assert pretty(Text("a\nb")) == "a\nb"


def test_help_fits_80_columns() -> None:
    long = CommandTable()

    @long.command("image long", also=("long", "another long name", "a third name that is even longer"))
    def run(
        dock: object,
        *images: Annotated[str, Arg("REPOSITORY[:TAG|@DIGEST]", "many words " * 12, at_least=1)],
        a_flag_with_a_very_long_name_indeed: Annotated[str, Opt("many words " * 12, "-f")] = "",
        short: Annotated[bool, Opt("many words " * 12)] = False,
    ) -> None:
        """Many words in the first line.

        And many more words in a paragraph below it, which is wrapped at a hundred and twenty columns in the source.
        """

    help_ = str(long.read(["long", "--help"], "image"))
    assert max(map(len, help_.splitlines())) <= 80
    assert " ".join(help_.split()).count("many words") == 36 and "is wrapped at" in " ".join(help_.split())
