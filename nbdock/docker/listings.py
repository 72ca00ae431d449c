"""docker's `--format` for lists: the fields of each command, all text, and the headings of their tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from nbdock import human
from nbdock.docker.values import Listed, Nil, quoted
from nbdock.oci.fields import rfc3339

Row = Mapping[str, Any]
Fields = Callable[[Row], Listed]

_NEVER = datetime.min.replace(tzinfo=UTC)
# docker's rule: older times are placeholders of reproducible builds
_NO_HISTORY_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
PLAIN = ("", "table")
"""The formats that mean docker's default table, for which nbdock has frames."""


def _headings(fields: str, **others: str) -> dict[str, str]:
    """The heading of each field: its name in capital words, or another one."""
    return {name: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).upper() for name in fields.split()} | others


IMAGE_HEADINGS = _headings(
    "Containers CreatedAt Digest Repository SharedSize Size Tag UniqueSize",
    CreatedSince="CREATED",
    ID="IMAGE ID",
    VirtualSize="SIZE",
)
HISTORY_HEADINGS = _headings("Comment CreatedAt CreatedBy Size", CreatedSince="CREATED", ID="IMAGE")
SEARCH_HEADINGS = _headings("Description Name", IsOfficial="OFFICIAL", StarCount="STARS")
CONTAINER_HEADINGS = _headings(
    "Command CreatedAt Image Labels LocalVolumes Mounts Names Networks Platform Ports Size State Status",
    ID="CONTAINER ID",
    RunningFor="CREATED",
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

    def print(self, rows: Iterable[Listed], headings: Mapping[str, str]) -> str:
        """A line for each row, below a line of headings if it is a table; safe to print in a terminal.

        Raises UsageError, naming the available fields, if the template asks for another.
        """
        lines = [human.harmless(self.template.render(row)) for row in rows]
        if not self.table:
            return "".join(f"{line}\n" for line in lines)
        return human.align("\n".join([self.header(headings), *lines, ""]))

    def header(self, headings: Mapping[str, str]) -> str:
        """The line of headings, with its tabs."""
        from nbdock.docker.functions import HEADINGS, Function
        from nbdock.docker.template import Template

        return Template(self.text, HEADINGS).render({**headings, "Label": Function(_label_heading, "string")})


def text(format: str, rows: Iterable[Row], fields: Fields, headings: Mapping[str, str]) -> str:
    """The rows in a format, safe to print in a terminal; `fields` makes docker's fields of a row.

    Raises UsageError for a bad template or an unknown field.
    """
    return Listing(format).print(map(fields, rows), headings).removesuffix("\n")


def column_fields(row: Row, columns: Iterable[str]) -> Listed:
    """Fields of a list that docker does not have: the columns of its frame, under their own names."""
    known = {name: _plain(row.get(name)) for name in columns}
    absent = {name: None for name, value in known.items() if value is None}
    return Listed({**known, **dict.fromkeys(absent, "")}, encoded=absent)


def _plain(value: Any) -> Any:
    """A value that JSON has: times in ISO 8601, whatever else JSON lacks as text."""
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | list | dict | None) else str(value)


def with_digest(format: str) -> str:
    """What `images --digests` makes of a format: a table has a column of digests."""
    return format + r"\t{{.Digest}}" if format.startswith("table") and "{{.Digest}}" not in format else format


def image_fields(row: Row, no_trunc: bool = False, digests: bool = False) -> Listed:
    """Fields of `images`; docker has `digests` only where they are asked for."""
    no_digest = "<none>" if row["tag"] or not row["repository"] else ""
    return Listed(
        {
            "Containers": "N/A",
            "CreatedAt": _time(row["created"]),
            "CreatedSince": _ago(row["created"], never=""),
            "Digest": row["digest"] or "<none>" if digests else no_digest,
            "ID": row["image_id"] if no_trunc else short(row["image_id"]),
            "Repository": row["repository"] or "<none>",
            "SharedSize": "N/A",
            "Size": _size(row["size_bytes"], exact=False),
            "Tag": row["tag"] or "<none>",
            "UniqueSize": "N/A",
            "VirtualSize": _size(row["size_bytes"], exact=False, digits=4),
        }
    )


def history_fields(row: Row, no_trunc: bool = False, exact: bool = False) -> Listed:
    """Fields of `history`; `exact` sizes are in bytes, and times no ages (`--human=false`)."""
    created_by, image_id = (row["created_by"] or "").replace("\t", " "), row["step_image_id"] or "<missing>"
    created = rfc3339(row["created"] or _NEVER, "seconds")
    return Listed(
        {
            "Comment": row["comment"] or "",
            "CreatedAt": created,
            "CreatedBy": created_by if no_trunc else human.ellipsis(created_by, 45),
            "CreatedSince": created if exact else _ago(row["created"], since=_NO_HISTORY_BEFORE),
            "ID": image_id if no_trunc else short(image_id),
            "Size": _size(row["size_bytes"], exact),
        }
    )


def search_fields(row: Row, no_trunc: bool = False) -> Listed:
    """Fields of `search`: the name without its registry, and in JSON `true` where tables have `[OK]`."""
    description = (row["description"] or "").replace("\n", " ").replace("\r", " ")
    host = row["registry"].removeprefix("catalog of ")
    return Listed(
        {
            "Description": description if no_trunc else human.ellipsis(description, 45),
            "IsOfficial": "[OK]" * row["official"],
            "Name": row["name"].removeprefix(f"{host}/"),
            "StarCount": str(row["stars"]),
        },
        encoded={"IsOfficial": str(row["official"]).lower()},
    )


def container_fields(row: Row, no_trunc: bool = False) -> Listed:
    """Fields of `ps`."""
    from nbdock.docker.functions import Function

    command, labels = row["command"] or "", row["labels"] or {}
    return Listed(
        {
            "Command": quoted(command if no_trunc else human.ellipsis(command, 20)),
            "CreatedAt": _time(row["created"]),
            "ID": row["container_id"] if no_trunc else row["container_id"][:12],
            "Image": row["image"] if no_trunc else row["image"].partition("@")[0],
            "Labels": ",".join(sorted(f"{key}={value}" for key, value in labels.items())),
            "LocalVolumes": "0",
            "Mounts": "",
            "Names": row["names"],
            "Networks": "none",
            "Platform": Nil.POINTER,
            "Ports": "",
            "RunningFor": _ago(row["created"]),
            "Size": "0B",
            "State": "created",
            "Status": row["status"],
        },
        unset={"Label": Function(lambda name: labels.get(name, ""), "string")},
    )


def usage_fields(row: Row) -> Listed:
    """Fields of `system df`."""
    size, reclaimable = row["disk_bytes"], row["reclaimable_bytes"]
    share = f" ({reclaimable * 100 // size}%)" if size else ""
    return Listed(
        {
            "Active": str(row["active"]),
            "Reclaimable": human.size(reclaimable, 4) + share,
            "Size": human.size(size, 4),
            "TotalCount": str(row["total"]),
            "Type": row["category"],
        }
    )


def usage(images: Iterable[Row], containers: Iterable[Row]) -> Listed:
    """What `system df -v` gives to a format, as one value: ids are in full."""
    return Listed(
        {
            "Images": [_used_image(row) for row in images],
            "Containers": [container_fields(row, no_trunc=True) for row in containers],
            "Volumes": [],
            "BuildCache": [],
        }
    )


def _used_image(row: Row) -> Listed:
    own = {
        "Containers": str(row["containers"]),
        "Digest": "",
        "SharedSize": human.size(row["shared_bytes"], 4),
        "UniqueSize": human.size(row["unique_bytes"], 4),
    }
    return Listed(image_fields({**row, "size_bytes": row["disk_bytes"]}, no_trunc=True) | own)


def short(digest: str) -> str:
    """docker's short id: the first 12 hexadecimal digits."""
    return digest.partition(":")[2][:12] or digest


def _size(value: int | None, exact: bool, digits: int = 3) -> str:
    return "N/A" if value is None else str(value) if exact else human.size(value, digits)


def _time(value: datetime | None) -> str:
    return f"{(value or _NEVER).replace(tzinfo=None, microsecond=0)} +0000 UTC"


def _ago(value: datetime | None, since: datetime = _NEVER, never: str = "N/A") -> str:
    return never if value is None or value <= since else human.ago(value, datetime.now(UTC))


def _label_heading(label: str) -> str:
    return re.sub("[-_]", " ", label.rpartition(".")[2])
