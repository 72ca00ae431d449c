"""The schemas of what is inside images: files, packages, waste, differences, and the tables of the data set."""

from __future__ import annotations

from dataclasses import replace

from nbdock.frames import columns
from nbdock.frames.columns import TIME
from nbdock.frames.schema import Column, Schema

_OF_FILE = (
    columns.SIZE,
    Column("mode", "int64", "permissions as a number, with setuid, setgid and sticky; shown in octal", main=True),
    Column("uid", "int64", "the owner's number"),
    Column("gid", "int64", "the group's number"),
    Column("mtime", TIME, "when the file was modified; NA if the layer does not say"),
    Column("link", "string", "target of a symlink as it is written, path that a hard link shares"),
    Column("hides", "string", "path that a whiteout deletes, folder that an opaque marker empties"),
    Column("real_path", "string", "path at which it is in the image, where `path` passes a symlink"),
    Column("content", "string", "BLAKE3 of the file's bytes, as b3sum prints it; NA for what is no file"),
    replace(columns.LAYER, main=False),
    columns.POSITION,
    Column("verified", "bool", "whether the layer was read; if not, the row is what its table of contents says"),
    replace(columns.INSTRUCTION, main=True),
    replace(columns.CREATED_BY, main=False),
    columns.IMAGE_ID,
)

FILES = Schema("files", (columns.PATH, columns.TYPE, *_OF_FILE, columns.FATE, columns.REFERENCE))

LAYER_FILES = Schema(
    "files", (replace(columns.FATE, main=True), columns.PATH, columns.TYPE, *_OF_FILE, columns.REFERENCE)
)

FOUND_FILES = Schema(
    "files",
    (replace(columns.REFERENCE, main=True), columns.PATH, replace(columns.FATE, main=True), columns.TYPE, *_OF_FILE),
)

EXTRACTED = Schema(
    "extracted",
    (
        columns.PATH,
        Column("target", "string", "path on this machine", main=True),
        columns.TYPE,
        columns.SIZE,
        Column("note", "string", "what was left out or not kept, and why; NA if nothing was", main=True),
    ),
)

_WRITTEN_BY = (
    replace(columns.INSTRUCTION, main=True),
    replace(columns.CREATED_BY, main=True),
    columns.STEP,
    replace(columns.LAYER, main=False),
    columns.IMAGE_ID,
    columns.REFERENCE,
)
"""The step that something comes from."""

SHARES = Schema("why", (columns.FOLDER, columns.SIZE, columns.WASTED, *_WRITTEN_BY))

WASTED = Schema(
    "waste",
    (
        columns.PATH,
        columns.WASTED,
        columns.HOW,
        *_WRITTEN_BY,
        Column("ended_by", "string", "the instruction that ended it, as the builder recorded it", main=True),
        Column("ended_step", "int64", "position of that instruction in the image's history"),
        Column("ended_layer", "string", "digest of the blob of the layer that ended it"),
        columns.REMEDY,
    ),
)

SCORES = Schema(
    "scores",
    (
        replace(columns.REFERENCE, main=True),
        columns.SIZE,
        columns.WASTED,
        Column("score", "float64", "share of the bytes that the image shows; 1 if nothing is wasted", main=True),
        columns.DIVE_SCORE,
        columns.DIVE_WASTED,
        columns.IMAGE_ID,
    ),
)

DIFFERENCES = Schema(
    "differences",
    (
        Column("compared", "string", "what is compared: the value of `--show` that lists it", main=True),
        Column("added", "int64", "number of those that only the second image has", main=True),
        Column("removed", "int64", "number of those that only the first image has", main=True),
        Column("changed", "int64", "number of those that differ", main=True),
        columns.BEFORE,
        columns.AFTER,
    ),
)

CHANGED_FILES = Schema(
    "changed files",
    (
        columns.CHANGE,
        columns.PATH,
        Column("differs", "string", "what differs: type, content, mode, owner, link, xattrs, device", main=True),
        columns.BEFORE,
        columns.AFTER,
        *_WRITTEN_BY,
    ),
)

_VALUES = (
    Column("before", "string", "the value or version in the first image", main=True),
    Column("after", "string", "the value or version in the second image", main=True),
)

CHANGED_PACKAGES = Schema(
    "changed packages",
    (
        columns.CHANGE,
        columns.NAME,
        *_VALUES,
        Column("direction", "string", "up or down: where the version went; NA if the two have no order", main=True),
        columns.ECOSYSTEM,
        columns.ARCHITECTURE,
        replace(columns.PATH, main=False),
        columns.PURL,
        *_WRITTEN_BY,
    ),
)

CHANGED_SETTINGS = Schema(
    "changed settings",
    (columns.CHANGE, Column("setting", "string", "name of the variable, label or field", main=True), *_VALUES),
)

_OF_LAYER = (replace(columns.LAYER, main=False), columns.SIZE, columns.DIFF_ID)
CHANGED_LAYERS = Schema("changed layers", (columns.CHANGE, *_OF_LAYER, *_WRITTEN_BY[:3], *_WRITTEN_BY[4:]))

ADVICE = Schema(
    "advice",
    (
        Column("rule", "string", "name of the rule", main=True),
        Column("saved_bytes", "Int64", "unpacked bytes that the change saves; NA if it saves none", main=True),
        columns.PATH,
        Column("file_count", "Int64", "number of files that the rule found; `path` is the largest", main=True),
        columns.REMEDY,
        replace(columns.INSTRUCTION, main=True),
        Column("at_step", "Int64", "position in the image's history of the instruction to change; NA if it is none"),
        replace(columns.LAYER, main=False),
        columns.IMAGE_ID,
        columns.REFERENCE,
    ),
)

PACKAGES = Schema(
    "packages",
    (
        columns.NAME,
        columns.VERSION,
        columns.ECOSYSTEM,
        columns.LICENSE,
        Column("installed_bytes", "Int64", "installed size, as the package's database says it", main=True),
        replace(columns.INSTRUCTION, main=True),
        columns.PATH,
        Column("deleted", "bool", "whether a later layer deleted it: its bytes are still in the image", main=True),
        Column("inner_path", "string", "where it is in the archive at `path`"),
        columns.PURL,
        Column("source", "string", "the source package that it was built from, if that has another name"),
        columns.ARCHITECTURE,
        replace(columns.CREATED_BY, main=False),
        replace(columns.LAYER, main=False),
        columns.DIFF_ID,
        columns.POSITION,
        Column("deleted_by", "string", "the instruction that deleted it, as the builder recorded it"),
        columns.IMAGE_ID,
        replace(columns.REFERENCE, main=True),
    ),
)

IMAGE_LAYERS = Schema("image layers", (columns.IMAGE_ID, columns.POSITION, columns.LAYER, columns.DIFF_ID))

_OF_IMAGE = ("position", "image_id")
STORED_LAYERS = Schema(
    "stored layers", (columns.LAYER, *(each for each in columns.OF_LAYER if each.name not in _OF_IMAGE))
)

EXPORTED = Schema(
    "exported",
    (
        Column("table_name", "string", "name of the table", main=True),
        Column("rows", "int64", "number of its rows", main=True),
        Column("files", "int64", "number of its Parquet files", main=True),
        replace(columns.DISK, main=True),
        Column("target", "string", "path on this machine", main=True),
    ),
)

SAVED = Schema(
    "saved",
    (
        replace(columns.REFERENCE, main=True),
        replace(columns.IMAGE_ID, main=True),
        replace(columns.PLATFORM, main=True),
        columns.LAYERS,
        columns.COMPRESSED,
        columns.SIZE,
        Column("target", "string", "path on this machine", main=True),
    ),
)

BASES = Schema(
    "bases",
    (
        replace(columns.REFERENCE, main=True),
        replace(columns.IMAGE_ID, main=True),
        columns.CREATED,
        replace(columns.LAYERS, main=True),
        columns.SIZE,
        Column("newer_reference", "string", "the name that a newer image has since; NA if there is none", main=True),
        Column("newer_image_id", "string", "id of the newer image"),
        Column("newer_layers", "Int64", "number of its layers that the image has not", main=True),
        Column("newer_days", "Int64", "number of days that it is newer by", main=True),
    ),
)

SHARED = Schema(
    "shared",
    (
        replace(columns.REFERENCE, main=True),
        columns.OTHER_REFERENCE,
        Column("common_layers", "int64", "number of layers that both have", main=True),
        Column("common_bytes", "int64", "bytes on disk that both need", main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        columns.IMAGE_ID,
        Column("other_image_id", "string", "id of the image that it is compared with"),
    ),
)

FREEING = Schema(
    "freeing",
    (
        replace(columns.REFERENCE, main=True),
        replace(columns.IMAGE_ID, main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        Column("exact", "bool", "whether no fewer images would do; beyond twenty images it is a good guess"),
    ),
)

SHOWN = {
    "files": CHANGED_FILES,
    "packages": CHANGED_PACKAGES,
    **dict.fromkeys(("env", "labels", "config"), CHANGED_SETTINGS),
    "layers": CHANGED_LAYERS,
}
"""What `diff` compares, and the frame that lists it."""

ALL = tuple(value for value in vars().copy().values() if isinstance(value, Schema))
"""Every schema of this file."""
