"""docker's `--format` for lists of things: `json`, a template, or `table` and a template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbdock import human
from nbdock.docker.template.functions import HEADINGS
from nbdock.docker.template.template import Template
from nbdock.docker.template.values import Record

_TABLE = "table"


class Listing:
    r"""`Listing("{{.ID}}\t{{.Tag}}")`: one line for each row. `\t` and `\n` may be typed as such.

    Raises UsageError for a template that is not understood. A bare `table` is the default look: no listing.
    """

    def __init__(self, format: str) -> None:
        self.table = format.startswith(_TABLE)
        text = "{{json .}}" if format == "json" else format.removeprefix(_TABLE)
        self.template = Template(text.strip(" ").replace(r"\t", "\t").replace(r"\n", "\n"))

    def print(self, rows: Iterable[Mapping[str, Any]], headings: Mapping[str, str]) -> str:
        """The text that docker prints: a line for each row, under the headings of the fields where it is a table.

        Raises UsageError, naming the fields there are, for one that no row has.
        """
        lines = [self.template.render(Record(dict(sorted(row.items())))) for row in rows]
        if not self.table:
            return "".join(f"{line}\n" for line in lines)
        return human.align("\n".join([self.header(headings), *lines, ""]))

    def header(self, headings: Mapping[str, str]) -> str:
        """The template over the fields' headings, tabs and all."""
        return self.template.render(headings, HEADINGS)
