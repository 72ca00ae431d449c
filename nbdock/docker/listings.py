"""docker's `--format` for lists: the fields of each command, all text, and the headings of their tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from nbdock import human
from nbdock.docker.values import Record

Row = Mapping[str, Any]
Fields = Callable[[Row], dict[str, str]]

# docker's rule: older times are placeholders of reproducible builds
_NO_HISTORY_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
PLAIN = ("", "table")
"""The formats that mean docker's default table, for which nbdock has frames."""


def _headings(fields: str, **others: str) -> dict[str, str]:
    """The heading of each field: its name in capital words, or another one."""
    return {name: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).upper() for name in fields.split()} | others


IMAGE_HEADINGS = _headings(
    "Containers CreatedAt Digest Repository SharedSize Size Tag UniqueSize", CreatedSince="CREATED", ID="IMAGE ID"
)
HISTORY_HEADINGS = _headings("Comment CreatedAt CreatedBy Size", CreatedSince="CREATED", ID="IMAGE")
SEARCH_HEADINGS = _headings("Description Name", IsOfficial="OFFICIAL", StarCount="STARS")
CONTAINER_HEADINGS = _headings(
    "Command CreatedAt Image Labels Names Ports Size State Status", ID="CONTAINER ID", RunningFor="CREATED"
)
USAGE_HEADINGS = _headings("Active Reclaimable Size Type", TotalCount="TOTAL")


class Listing:
    r"""A format for rows: `json`, a template, or `table` and a template, in which `\t` and `\n` are escapes.

    Raises UsageError if the template cannot be parsed.
    """

    def __init__(self, format: str) -> None:
        from nbdock.docker.template import Template

        self.table = format.startswith("table")
        text = "{{json .}}" if format == "json" else format.removeprefix("table")
        self.text = text.strip(" ").replace(r"\t", "\t").replace(r"\n", "\n")
        self.template = Template(self.text)

    def print(self, rows: Iterable[Mapping[str, Any]], headings: Mapping[str, str]) -> str:
        """A line for each row, below a line of headings if it is a table.

        Raises UsageError, naming the available fields, if the template asks for another.
        """
        lines = [self.template.render(Record(dict(sorted(row.items())))) for row in rows]
        if not self.table:
            return "".join(f"{line}\n" for line in lines)
        return human.align("\n".join([self.header(headings), *lines, ""]))

    def header(self, headings: Mapping[str, str]) -> str:
        """The line of headings, with its tabs."""
        from nbdock.docker.functions import HEADINGS
        from nbdock.docker.template import Template

        return Template(self.text, HEADINGS).render(headings)


def text(format: str, rows: Iterable[Row], fields: Fields, headings: Mapping[str, str]) -> str:
    """The rows in a format, safe to print in a terminal; `fields` makes docker's fields of a row.

    Raises UsageError for a bad template or an unknown field.
    """
    safe = ({name: human.printable(value) for name, value in fields(row).items()} for row in rows)
    return Listing(format).print(safe, headings).removesuffix("\n")


def image_fields(row: Row, no_trunc: bool = False) -> dict[str, str]:
    """Fields of `images`."""
    return {
        "Containers": str(row["containers"]),
        "CreatedAt": _time(row["created"]),
        "CreatedSince": _ago(row["created"]),
        "Digest": row["digest"] or "<none>",
        "ID": row["image_id"] if no_trunc else short(row["image_id"]),
        "Repository": row["repository"] or "<none>",
        "SharedSize": "N/A",
        "Size": _size(row["size_bytes"], exact=False),
        "Tag": row["tag"] or "<none>",
        "UniqueSize": "N/A",
    }


def image_usage_fields(row: Row) -> dict[str, str]:
    """Fields of `system df -v`."""
    return image_fields(row) | {
        "SharedSize": human.size(row["shared_bytes"], 4),
        "Size": human.size(row["disk_bytes"], 4),
        "UniqueSize": human.size(row["unique_bytes"], 4),
    }


def history_fields(row: Row, no_trunc: bool = False, exact: bool = False) -> dict[str, str]:
    """Fields of `history`; `exact` sizes are in bytes (`--human=false`)."""
    created_by, image_id = (row["created_by"] or "").replace("\t", " "), row["step_image_id"] or "<missing>"
    return {
        "Comment": row["comment"] or "",
        "CreatedAt": row["created"].isoformat().replace("+00:00", "Z") if row["created"] else "N/A",
        "CreatedBy": created_by if no_trunc else human.ellipsis(created_by, 45),
        "CreatedSince": _ago(row["created"], since=_NO_HISTORY_BEFORE),
        "ID": image_id if no_trunc else short(image_id),
        "Size": _size(row["size_bytes"], exact),
    }


def search_fields(row: Row, no_trunc: bool = False, as_json: bool = False) -> dict[str, str]:
    """Fields of `search`; docker's JSON has `true` where its tables have `[OK]`."""
    description = (row["description"] or "").replace("\n", " ").replace("\r", " ")
    return {
        "Description": description if no_trunc else human.ellipsis(description, 45),
        "IsOfficial": str(row["official"]).lower() if as_json else "[OK]" * row["official"],
        "Name": row["name"],
        "StarCount": str(row["stars"]),
    }


def container_fields(row: Row, no_trunc: bool = False) -> dict[str, str]:
    """Fields of `ps`."""
    command = row["command"] or ""
    return {
        "Command": '"' + (command if no_trunc else human.ellipsis(command, 20)) + '"',
        "CreatedAt": _time(row["created"]),
        "ID": row["container_id"] if no_trunc else row["container_id"][:12],
        "Image": row["image"],
        "Labels": ",".join(f"{key}={value}" for key, value in (row["labels"] or {}).items()),
        "Names": row["names"],
        "Ports": "",
        "RunningFor": _ago(row["created"]),
        "Size": "0B",
        "State": "created",
        "Status": row["status"],
    }


def usage_fields(row: Row) -> dict[str, str]:
    """Fields of `system df`."""
    size, reclaimable = row["disk_bytes"], row["reclaimable_bytes"]
    share = f" ({reclaimable * 100 // size}%)" if size else ""
    return {
        "Active": str(row["active"]),
        "Reclaimable": human.size(reclaimable, 4) + share,
        "Size": human.size(size, 4),
        "TotalCount": str(row["total"]),
        "Type": row["category"],
    }


def short(digest: str) -> str:
    """docker's short id: the first 12 hexadecimal digits."""
    return digest.partition(":")[2][:12] or digest


def _size(value: int | None, exact: bool) -> str:
    return "N/A" if value is None else str(value) if exact else human.size(value)


def _time(value: datetime | None) -> str:
    return f"{value.replace(tzinfo=None, microsecond=0)} +0000 UTC" if value else "N/A"


def _ago(value: datetime | None, since: datetime | None = None) -> str:
    return "N/A" if value is None or (since and value <= since) else human.ago(value, datetime.now(UTC))
