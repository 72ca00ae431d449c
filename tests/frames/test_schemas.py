"""Schemas, and tables without pandas."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

import pytest

from nbdock.frames import schemas
from tests.frames.test_frame import DIGEST, image


def test_a_name_means_the_same_in_every_frame() -> None:
    kinds = defaultdict(set)
    for schema in schemas.ALL:
        for column in schema.columns:
            kinds[column.name].add((column.dtype, column.meaning, column.absent))
    assert [name for name, found in kinds.items() if len(found) > 1] == []


def test_bytes_are_whole_numbers() -> None:
    for column in schemas.COLUMNS.values():
        assert column.name.endswith("_bytes") <= (column.dtype in ("int64", "Int64"))


@pytest.mark.parametrize("schema", [schemas.IMAGES, schemas.LAYERS, schemas.HISTORY, schemas.INSPECTED])
def test_frames_of_images_join(schema: schemas.Schema) -> None:
    assert {"image_id", "reference"} <= set(schema.names)


def test_a_table_has_docker_s_headings_and_look() -> None:
    table = schemas.IMAGES.table([image(), image(tag=None, size_bytes=0)])
    head, first, second = table.text().splitlines()
    assert head.split() == ["REPOSITORY", "TAG", "IMAGE", "ID", "CREATED", "PULLED", "AT", "SIZE"]
    assert first.split() == ["httpd", "2.4", "abababababab", "3", "weeks", "ago", "148MB"]
    assert second.split()[1] == "<none>" and len(table) == 2
    assert DIGEST in schemas.IMAGES.table([image()], no_trunc=True).text()
    assert "148123456" in schemas.IMAGES.table([image()], exact=True).text()


def test_a_frame_is_a_table_again() -> None:
    table = schemas.IMAGES.table([image(), image(tag=None)], exact=True)
    assert table.frame().table().text() == table.text()
    with pytest.raises(ValueError, match="no table"):
        table.frame()[["tag"]].table()


def test_a_table_needs_no_pandas() -> None:
    code = (
        "import sys; from nbdock.frames import schemas\n"
        "assert schemas.IMAGES.table([{'repository': 'x', 'size_bytes': 1}]).text()\n"
        "assert schemas.INSPECTED.table([{'env': ['A=1']}]).text()\n"
        "assert not {'pandas', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
