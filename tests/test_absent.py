import tomllib
from pathlib import Path

import pytest

from nbdock.docker.unsupported import ABSENT

FLAGS = tomllib.loads((Path(__file__).parent.parent / "docs" / "docker-flags.toml").read_text())
PRESENT = {*FLAGS, *(alias for command in FLAGS.values() for alias in command["aliases"])}

TOP = """
attach bake build builder checkpoint commit config container context cp create diff events exec export history image
images import info inspect kill load login logout logs manifest network node pause plugin port ps pull push rename
restart rm rmi run save search secret service stack start stats stop swarm system tag top trust unpause update version
volume wait
""".split()
GROUPS = {
    "image": "build history import inspect list load ls prune pull push remove rm save tag",
    "container": """attach commit cp create diff exec export inspect kill list logs ls pause port prune ps remove rename
        restart rm run start stats stop top unpause update wait""",
    "system": "df dial-stdio events info prune",
    "manifest": "annotate create inspect push rm",
}
DOCKERS = [name for name in TOP if name not in GROUPS]
DOCKERS += [f"{group} {name}" for group, names in GROUPS.items() for name in names.split()]


@pytest.mark.parametrize("name", DOCKERS)
def test_each_docker_command_is_there_or_has_a_line_that_says_what_to_do(name: str) -> None:
    assert name in PRESENT or name in ABSENT


@pytest.mark.parametrize(("name", "line"), ABSENT.items())
def test_a_line_is_short_and_plain(name: str, line: str) -> None:
    assert line.isprintable() and not line.endswith(".") and len(line) <= 100
