"""Commands on the data set of the store: sql, export-tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nbdock.commands.choosing import newest_first
from nbdock.commands.listed import in_columns
from nbdock.dock.dock import Dock
from nbdock.frames import inside
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.grammar.values import Variables

if TYPE_CHECKING:
    from nbdock.frames.dataset import Data

OwnFormat = Annotated[str, Opt('"table", "json" or a Go template of the columns', metavar="string")]


@command("image sql", also=("sql",))
def sql(
    dock: Dock,
    query: Annotated[str, Arg("QUERY", "text in DuckDB's SQL, in quotes in a terminal", raw=True)],
    *,
    format: OwnFormat = "",
    variables: Annotated[
        Variables | None,
        Opt("refused: values of $name, from Python", refused="only notebooks and Python have values for $name"),
    ] = None,
) -> Table | Text:
    """Ask a question about the local images in SQL.

    The tables are images, image_layers, layers, history, files and packages, as docs/tables.md describes them. They can
    only be read, and nothing else can be: no file, no network. In a notebook the query is the rest of the line, or the
    cell below `%%image sql`, and `$name` is the value of a variable.
    """
    from nbdock.dock.inside.query import query as ask
    from nbdock.frames.arrow import from_arrow
    from nbdock.frames.dataset import NAMES

    tables = {name: _table(dock, name, is_used=name in query.lower()) for name in NAMES}
    made = from_arrow("rows", dock.run(lambda task: ask(query, tables, variables or {}, task), quiet=True))
    return in_columns(made, format)


@command("image export-tables", also=("export-tables",))
def export_tables(
    dock: Dock,
    folder: Annotated[Path, Arg("FOLDER", "folder to write to")],
) -> Table:
    """Write the tables of all local images as Parquet files.

    docs/tables.md describes them: images, image_layers, layers, history, files and packages. DuckDB, Polars, Spark and
    pandas open them without nbdock. Files are replaced only where something has changed. One row for each table.
    """
    from nbdock.frames.export import export

    return inside.EXPORTED.table(export(dock, newest_first(dock.store.images()), folder or Path()))


def _table(dock: Dock, name: str, is_used: bool) -> Data:
    """A table; without rows if no question names it."""
    from nbdock.frames import dataset

    return dataset.table(dock, name, newest_first(dock.store.images()) if is_used else ())
