"""`--format` prints what docker prints: a script reads it."""

from __future__ import annotations

import json
import re

import pytest

from nbdock import human
from nbdock.__main__ import main
from nbdock.api import Dock
from tests.docker.answers import ANSWERS, CONFIG, CREATE, SIZES
from tests.parts.layers import file
from tests.places import Shelf, pull_from

NEVER_TWICE = (
    (r"\b[0-9a-f]{64}", "CONTAINER"),
    (r'"ID":"[0-9a-f]{12}"', '"ID":"CONTAINER"'),
    (r"(\d+ \w+|About an? \w+|Less than a second) ago", "AGO"),
    (r'(?<="CreatedAt":")20[^ "]+ [^ ]+(?= \+0000 UTC","ID":"CONTAINER")', "NOW"),
)


@pytest.fixture
def image_id() -> str:
    """The id of the odd image, which is in the store."""
    dock, shelf = Dock(), Shelf()
    layers = (shelf.layer(file(name, b"x" * size)) for name, size in SIZES.items())
    pull_from(shelf, shelf.image(*layers, **CONFIG), dock.store, "pulled:1")
    dock.tag("pulled:1", "odd:1")
    dock.rm("pulled:1")
    assert main(CREATE) == 0
    return str(dock.ls("odd").image_id[0])


@pytest.mark.parametrize(("words", "answer"), ANSWERS, ids=[" ".join(words) for words, _ in ANSWERS])
def test_a_format_prints_what_docker_printed(
    words: list[str], answer: str, image_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(words) == 0
    printed = capsys.readouterr().out.removesuffix("\n")
    printed = printed.replace(image_id, "sha256:IMAGE").replace(image_id[7:19], "IMAGE")
    for pattern, word in NEVER_TWICE:
        printed = re.sub(pattern, word, printed)
    assert printed == human.harmless(answer)


@pytest.mark.parametrize(("format", "printed"), [((), "[]\n"), (("-f", "json"), "[]\n"), (("-f", "{{.Id}}"), "\n")])
def test_an_inspect_of_nothing_prints_an_empty_document_and_the_error(
    format: tuple[str, ...], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", *format, "nosuch", "other:1"]) == 1
    out, err = capsys.readouterr()
    assert out == printed and "No such image: nosuch:latest\nNo such image: other:1" in err


def test_the_document_has_docker_s_fields_in_docker_s_order(image_id: str) -> None:
    (document,) = json.loads(Dock().inspect("odd:1", format="json"))
    assert document["Id"] == image_id
    assert " ".join(document) == (
        "Id RepoTags RepoDigests Parent Comment Created DockerVersion Author Config Architecture Variant Os OsVersion "
        "Size GraphDriver RootFS Metadata"
    )
