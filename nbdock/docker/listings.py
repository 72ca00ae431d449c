"""Docker's `--format` fields: what a template and `json` see of a row. All are text, as docker has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nbdock import human
from nbdock.docker.template import Listing
from nbdock.grammar import Text

if TYPE_CHECKING:
    from pandas import DataFrame

Row = dict[str, Any]
Fields = Callable[[Row], dict[str, str]]

_NO_HISTORY_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)  # docker's rule: what is older was set to be reproducible
PLAIN = ("", "table")
"""The formats that are docker's default look: a frame here."""

IMAGE_HEADINGS = {
    "Containers": "CONTAINERS",
    "CreatedAt": "CREATED AT",
    "CreatedSince": "CREATED",
    "Digest": "DIGEST",
    "ID": "IMAGE ID",
    "Repository": "REPOSITORY",
    "SharedSize": "SHARED SIZE",
    "Size": "SIZE",
    "Tag": "TAG",
    "UniqueSize": "UNIQUE SIZE",
}
HISTORY_HEADINGS = {
    "Comment": "COMMENT",
    "CreatedAt": "CREATED AT",
    "CreatedBy": "CREATED BY",
    "CreatedSince": "CREATED",
    "ID": "IMAGE",
    "Size": "SIZE",
}
SEARCH_HEADINGS = {
    "Description": "DESCRIPTION",
    "IsOfficial": "OFFICIAL",
    "Name": "NAME",
    "StarCount": "STARS",
}
CONTAINER_HEADINGS = {
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Labels": "LABELS",
    "Names": "NAMES",
    "Ports": "PORTS",
    "RunningFor": "CREATED",
    "Size": "SIZE",
    "State": "STATE",
    "Status": "STATUS",
}
USAGE_HEADINGS = {
    "Active": "ACTIVE",
    "Reclaimable": "RECLAIMABLE",
    "Size": "SIZE",
    "TotalCount": "TOTAL",
    "Type": "TYPE",
}


def listed(
    format: str, rows: list[Row], fields: Fields, headings: Mapping[str, str], frame: Callable[[list[Row]], DataFrame]
) -> DataFrame | Text:
    """The rows in that format; docker's plain `table` is the frame of them. Raises UsageError."""
    if format in PLAIN:
        return frame(rows)
    safe = ({name: human.printable(value) for name, value in fields(row).items()} for row in rows)
    return Text(Listing(format).print(safe, headings).removesuffix("\n"))


def image_fields(row: Row, whole: bool = False) -> dict[str, str]:
    return {
        "Containers": str(row["containers"]),
        "CreatedAt": _moment(row["created"]),
        "CreatedSince": _ago(row["created"]),
        "Digest": row["digest"] or "<none>",
        "ID": row["image_id"] if whole else short(row["image_id"]),
        "Repository": row["repository"] or "<none>",
        "SharedSize": "N/A",
        "Size": human.size(row["size_bytes"]),
        "Tag": row["tag"] or "<none>",
        "UniqueSize": "N/A",
    }


def image_usage_fields(row: Row) -> dict[str, str]:
    return image_fields(row) | {
        "SharedSize": human.size(row["shared_bytes"], 4),
        "Size": human.size(row["disk_bytes"], 4),
        "UniqueSize": human.size(row["unique_bytes"], 4),
    }


def history_fields(row: Row, whole: bool = False, people: bool = True) -> dict[str, str]:
    created_by = (row["created_by"] or "").replace("\t", " ")
    return {
        "Comment": row["comment"] or "",
        "CreatedAt": row["created"].isoformat().replace("+00:00", "Z") if row["created"] else "N/A",
        "CreatedBy": created_by if whole else human.ellipsis(created_by, 45),
        "CreatedSince": _ago(row["created"], since=_NO_HISTORY_BEFORE),
        "ID": row["step_image_id"] or "<missing>" if whole else short(row["step_image_id"] or "<missing>"),
        "Size": human.size(row["size_bytes"]) if people else str(row["size_bytes"]),
    }


def search_fields(row: Row, whole: bool = False, as_json: bool = False) -> dict[str, str]:
    description = (row["description"] or "").replace("\n", " ").replace("\r", " ")
    return {
        "Description": description if whole else human.ellipsis(description, 45),
        "IsOfficial": str(row["official"]).lower() if as_json else "[OK]" * row["official"],
        "Name": row["name"],
        "StarCount": str(row["stars"]),
    }


def container_fields(row: Row, whole: bool = False) -> dict[str, str]:
    command = row["command"] or ""
    return {
        "Command": '"' + (command if whole else human.ellipsis(command, 20)) + '"',
        "CreatedAt": _moment(row["created"]),
        "ID": row["container_id"] if whole else row["container_id"][:12],
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
    """Docker's short id."""
    return digest.partition(":")[2][:12] or digest


def _moment(value: datetime | None) -> str:
    return f"{value.replace(tzinfo=None, microsecond=0)} +0000 UTC" if value else "N/A"


def _ago(value: datetime | None, since: datetime | None = None) -> str:
    return "N/A" if value is None or (since and value <= since) else human.ago(value, datetime.now(UTC))
