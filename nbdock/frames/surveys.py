"""The schemas of surveys: what a data set has beyond a store's, and what a survey reports."""

from __future__ import annotations

from dataclasses import replace

from nbdock.frames import columns, inside
from nbdock.frames.columns import TIME
from nbdock.frames.schema import Column, Schema

_REFERENCE = replace(columns.REFERENCE, main=True)
_DIGEST = Column("digest", "string", "the digest in the registry: the index's if there is one", absent="<none>")
_ASKED = Column(
    "asked",
    "string",
    "the platform that was asked for, or `all`; NA if the name stands for one image, without an index",
)
_SEEN_AT = Column("seen_at", TIME, "when the survey began that saw it", main=True)

_OF_PACKAGE = "name version ecosystem license installed_bytes path purl architecture".split()

SEEN = Schema(
    "seen",
    (
        _REFERENCE,
        _SEEN_AT,
        replace(columns.IMAGE_ID, main=True),
        _DIGEST,
        Column("manifest_digest", "string", "the digest of this platform's manifest"),
        _ASKED,
    ),
)

PROBLEMS = Schema(
    "problems",
    (
        _REFERENCE,
        columns.LAYER,
        Column("problem", "string", "why it could not be read", main=True),
        Column("lasting", "bool", "whether it is the content's own fault, so that it is not asked for again"),
        _SEEN_AT,
        _DIGEST,
        _ASKED,
    ),
)

SURVEYED = Schema(
    "survey",
    (
        Column("counted", "string", "repositories, names, images or layers", main=True),
        Column("found", "int64", "how many there are", main=True),
        Column("known", "Int64", "how many of them the data set had before", main=True),
        Column("read", "Int64", "how many this survey read", main=True),
        Column("failed", "int64", "how many cannot be read: `Survey(…).problems` says why", main=True),
        Column("left", "int64", "how many another survey would have to read", main=True),
        Column(
            "left_bytes",
            "Int64",
            "bytes to fetch for those that are left; NA if only reading them tells",
            main=True,
            heading="BYTES LEFT",
        ),
        Column("requests", "Int64", "requests that those that are left take", main=True),
    ),
)

WHERE = Schema(
    "surveyed files",
    (
        _REFERENCE,
        columns.PATH,
        replace(columns.FATE, main=True),
        columns.TYPE,
        columns.SIZE,
        *(each for each in inside.FILES.columns if each.name in ("mode", "mtime", "link")),
        columns.LAYER,
        columns.POSITION,
        columns.DIFF_ID,
        columns.IMAGE_ID,
    ),
)

PACKAGES = Schema(
    "surveyed packages",
    (
        _REFERENCE,
        *(each for each in inside.PACKAGES.columns if each.name in _OF_PACKAGE),
        replace(columns.LAYER, main=False),
        columns.POSITION,
        columns.DIFF_ID,
        columns.IMAGE_ID,
    ),
)

SHARED = Schema(
    "shared layers",
    (
        columns.LAYER,
        Column("images", "int64", "number of images", main=True),
        replace(columns.COMPRESSED, main=True),
        Column(
            "deduplicated_bytes",
            "Int64",
            "bytes that a registry saves by keeping it once; NA for a plain tar",
            main=True,
        ),
        columns.SIZE,
        columns.DIFF_ID,
    ),
)

OUTDATED = Schema(
    "outdated bases",
    (
        _REFERENCE,
        Column("base_reference", "string", "the name of the base", main=True),
        Column("base_created", TIME, "when the image was built that it stands on", main=True),
        Column("newer_created", TIME, "when the image was built that the name stands for now", main=True),
        *(each for each in inside.BASES.columns if each.name in ("newer_layers", "newer_days")),
        Column("newer_image_id", "string", "id of the newer image"),
        columns.PLATFORM,
        columns.IMAGE_ID,
    ),
)

ALL = (SEEN, PROBLEMS, SURVEYED, WHERE, PACKAGES, SHARED, OUTDATED)
