"""sql and export-tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from nbdock import commands
from nbdock.api import Dock
from nbdock.errors import UsageError
from nbdock.frames.dataset import NAMES, columns
from nbdock.store.tables import Tables
from tests.commands.conftest import Recorder

PAGE = (Path(__file__).parent.parent.parent / "docs" / "tables.md").read_text()


def test_images_layers_and_history_are_those_of_the_frames(dock: Dock) -> None:
    for query, frame in (("images", dock.ls()), ("history", dock.history()), ("layers", dock.layers())):
        rows = dock.sql(f"SELECT * FROM {query}")
        same = [name for name in rows.columns if name in frame.columns]
        key = ["image_id", "reference"] if query == "images" else same
        expected = frame[same].drop_duplicates(subset=[name for name in key if name in same and name != "platforms"])
        assert len(rows) == len(expected if query == "layers" else frame)
        assert set(rows.columns) <= set(frame.columns)
        assert rows.size_bytes.sum() == (expected if query == "layers" else frame).size_bytes.sum()


def test_a_question_across_all_of_them(dock: Dock) -> None:
    query = """
        SELECT DISTINCT reference, instruction, path FROM files
        JOIN history USING (diff_id) WHERE path = $path
    """
    path = dock.sql("SELECT path FROM files WHERE type = 'file' ORDER BY size_bytes DESC LIMIT 1").path[0]
    found = dock.sql(query, variables={"path": path, "other": object()})
    assert set(found.path) == {path} and found.instruction.notna().all()


def test_the_files_of_a_removed_image_are_no_longer_in_the_answer(dock: Dock) -> None:
    count = "SELECT count(*) AS n, count(DISTINCT diff_id) AS layers FROM files"
    before = dock.sql(count)
    dock.rm("nbdock/wasteful")
    after = dock.sql(count)
    assert 0 < after.n[0] < before.n[0] and after.layers[0] == dock.layers().query("entries > 0").diff_id.nunique()


def test_tables_that_are_missing_or_damaged_are_made(dock: Dock, console: Recorder) -> None:
    count = "SELECT count(*) AS n FROM files"
    before, paths = dock.sql(count).n[0], sorted(dock.store.tables.folder.rglob("*.parquet"))
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes()[:-100])
    paths[2].write_bytes(paths[3].read_bytes())
    assert dock.sql(count).n[0] == before and not console.warned
    assert sorted(dock.store.tables.folder.rglob("*.parquet")) == paths


def test_a_store_that_cannot_be_written_answers_too(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    count = "SELECT count(*) AS n FROM files"
    before = dock.sql(count).n[0]
    dock.store.tables.delete_except(list(dock.store.tables.sizes())[:3])
    monkeypatch.setattr(Tables, "save", lambda *given: None)
    assert dock.sql(count).n[0] == before and len(dock.store.tables.sizes()) == 3


def test_an_empty_store_has_empty_tables(tmp_path: Path) -> None:
    dock = Dock(tmp_path / "store")
    for name in NAMES:
        assert dock.sql(f"SELECT count(*) AS n FROM {name}").n[0] == 0
    assert set(dock.sql("SHOW TABLES").name) == set(NAMES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (np.int64(1), 1),
        ("x'; DROP TABLE images; --", "x'; DROP TABLE images; --"),
        (None, None),
        ([1, 2], [1, 2]),
        (pd.Series([1, 2]), [1, 2]),
        ({1}, [1]),
        (pd.Timestamp("2024-01-01", tz="UTC"), datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_variable_is_bound_and_never_pasted_in(value: Any, expected: Any, tmp_path: Path) -> None:
    found = Dock(tmp_path / "store").sql("SELECT $value AS value, 1 AS n", variables={"value": value})
    assert found.value[0] == expected if expected is not None else found.value.isna()[0]


FORBIDDEN = [
    "SELECT * FROM read_text('{}')",
    "SELECT * FROM '{}'",
    "COPY (SELECT 1) TO '{}'",
    "ATTACH '{}'",
    "EXPORT DATABASE '{}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM glob('{}')",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SELECT * FROM secret",
    "SELECT * FROM read_parquet('https://localhost:1/x.parquet')",
]


@pytest.mark.parametrize("query", FORBIDDEN)
def test_nothing_but_the_tables_can_be_read_or_written(query: str, dock: Dock, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"  # noqa: F841 (a name that DuckDB must not find)
    kept = tmp_path / "kept.csv"
    kept.write_text("a\n1\n")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with pytest.raises(UsageError) as error:
        dock.sql(query.format(kept))
    assert "\n" not in str(error.value) and error.value.hint
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_tables_cannot_be_changed(dock: Dock) -> None:
    with pytest.raises(UsageError):
        dock.sql("DELETE FROM files")
    with pytest.raises(UsageError):
        dock.sql("INSERT INTO layers SELECT * FROM layers")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC 1", "Parser Error: syntax error"),
        ("SELECT * FROM image", "Catalog Error: Table with name image does not exist!"),
        ("SELECT $gone", r"\$gone has no value"),
        ("SELECT 1/'a'", "Conversion Error"),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(query: str, message: str, dock: Dock) -> None:
    with pytest.raises(UsageError, match=message) as error:
        dock.sql(query)
    assert "\n" not in str(error.value) and error.value.hint


def test_values_of_every_kind_are_shown(dock: Dock) -> None:
    query = (
        "SELECT 'x' AS name_bytes, 1.5 AS mean_bytes, sum(i.size_bytes) AS size_bytes, timestamp '2024-01-01' AS at,"
        " date '2024-01-01' AS day, {'a': 1} AS pair, NULL AS nothing, 'a'::BLOB AS raw, true AS yes, 1::UBIGINT AS u,"
        " [1] AS list, 1.25::DECIMAL(10, 2) AS exact, i.path, j.path"
        " FROM files i JOIN files j USING (diff_id) GROUP BY ALL LIMIT 2"
    )
    frame = dock.sql(query)
    assert list(frame.columns[-2:]) == ["path", "path_1"] and frame.size_bytes.dtype == "Int64"
    assert "<table" in frame._repr_html_() and repr(frame)
    assert commands.sql(dock, query).text().splitlines()[1].startswith("x ")
    assert len(dock.sql(query, format="json").splitlines()) == 2
    assert "1.5kB" in repr(dock.sql("SELECT 1500 AS size_bytes")) and "1.5kB" not in repr(dock.sql("SELECT 1500 AS n"))


def test_a_format_has_the_columns_as_its_fields(dock: Dock) -> None:
    query = "SELECT reference, size_bytes, created FROM images ORDER BY reference LIMIT 1"
    lines = dock.sql(query, format=r"table {{.reference}}\t{{.size_bytes}}").splitlines()
    assert lines[0].split() == ["REFERENCE", "SIZE"] and lines[1].startswith("docker.io/")
    assert dock.sql(f"{query} OFFSET 100", format="table {{.reference}}") == "REFERENCE"
    assert json.loads(dock.sql(query, format="json"))["created"].endswith("+00:00")


def test_what_returns_no_rows_is_an_empty_frame(dock: Dock) -> None:
    assert dock.sql("CREATE TABLE mine AS SELECT 1 AS a; SELECT * FROM mine WHERE a = 2").columns.tolist() == ["a"]
    assert dock.sql("SELECT * FROM files WHERE false").dtypes.equals(dock.sql("SELECT * FROM files LIMIT 1").dtypes)
    assert dock.sql("").shape == (0, 0)


def test_without_duckdb_a_line_says_what_to_install(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match="sql requires duckdb") as error:
        dock.sql("SELECT 1")
    assert error.value.hint == "pip install duckdb"


def state(folder: Path) -> dict[Path, tuple[int, int, int]]:
    found = ((path, path.stat()) for path in folder.rglob("*"))
    return {path: (seen.st_ino, seen.st_mtime_ns, seen.st_size) for path, seen in found}


def test_duckdb_alone_opens_the_exported_set(dock: Dock, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    made = dock.export_tables(folder)
    code = f"""if True:
        import sys, duckdb
        for name in {NAMES!r}:
            duckdb.sql(f"CREATE VIEW {{name}} AS FROM read_parquet('{folder}/{{name}}/**/*.parquet')")
            print(name, *duckdb.sql(f"SELECT count(*) FROM {{name}}").fetchall()[0])
        query = "FROM files JOIN image_layers USING (diff_id) JOIN images USING (image_id) JOIN layers USING (diff_id)"
        print(*duckdb.sql("SELECT sum(files.size_bytes) FROM files").fetchall()[0])
        assert duckdb.sql(f"SELECT 1 {{query}} LIMIT 1").fetchall()
        assert not any(name.split(".")[0] in ("nbdock", "pandas") for name in sys.modules)
    """
    *counts, total = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path).splitlines()
    assert counts == [f"{row.table_name} {row.rows}" for row in made.itertuples()]
    assert int(total) == dock.layers().drop_duplicates("diff_id").size_bytes.sum()


def test_a_second_export_changes_nothing(dock: Dock, tmp_path: Path) -> None:
    dock.export_tables(tmp_path / "set")
    before = state(tmp_path / "set")
    dock.export_tables(tmp_path / "set")
    assert state(tmp_path / "set") == before and not list(tmp_path.rglob("*.part"))


def test_an_export_has_only_what_is_in_the_store_and_leaves_other_files_alone(dock: Dock, tmp_path: Path) -> None:
    dock.export_tables(tmp_path / "set")
    (tmp_path / "set" / "files" / "00").mkdir(exist_ok=True)
    (tmp_path / "set" / "files" / "00" / "mine.parquet").write_text("mine")
    dock.rm("nbdock/wasteful")
    made = dock.export_tables(tmp_path / "set").set_index("table_name")
    paths = list((tmp_path / "set" / "files").rglob("*.parquet"))
    assert len(paths) == made["files"]["files"] + 1 == dock.layers().diff_id.nunique() + 1


def test_a_folder_that_cannot_be_written_is_an_error(dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "set").write_text("a file")
    with pytest.raises(UsageError, match="cannot write") as error:
        dock.export_tables(tmp_path / "set")
    assert error.value.hint and os.path.isfile(tmp_path / "set")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_describes_each_column_of_a_table(name: str) -> None:
    section = PAGE.partition(f"## {name}\n")[2].partition("\n## ")[0]
    described = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert described == columns(name).names


def test_every_exported_file_says_its_version(dock: Dock, tmp_path: Path) -> None:
    dock.export_tables(tmp_path / "set")
    files = f"parquet_kv_metadata('{tmp_path}/set/**/*.parquet')"
    query = f"SELECT DISTINCT decode(value) FROM {files} WHERE decode(key) = 'nbdock.tables'"
    assert duckdb.sql(query).fetchall() == [("1",)]
    assert "`nbdock.tables`" in PAGE
