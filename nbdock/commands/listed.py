"""The rows of a command as a table, or as text in docker's `--format`; and the flags of such commands."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from nbdock.docker import listings
from nbdock.frames.schema import Table
from nbdock.grammar import Opt, Text

Format = Annotated[str, Opt('"table", "json" or a Go template', metavar="string")]
NoTrunc = Annotated[bool, Opt("do not truncate output")]
Quiet = Annotated[bool, Opt("only show ids", "-q")]


def listed(made: Table, format: str, fields: listings.Fields, headings: dict[str, str]) -> Table | Text:
    """The table, or its rows in docker's `--format`. Raises UsageError if the template is invalid."""
    return made if format in listings.PLAIN else Text(listings.text(format, made.rows, fields, headings))


def in_columns(made: Table, format: str) -> Table | Text:
    """As `listed`, for what docker has no list of: the fields are the columns."""
    headings = {column.name: column.title for column in made.schema.columns}
    return listed(made, format, partial(listings.column_fields, columns=made.schema.names), headings)
