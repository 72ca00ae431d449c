"""Columns that several frames have: a name means the same in all of them."""

from __future__ import annotations

from dataclasses import replace

from nbdock.frames.schema import Column

TIME = "datetime64[us, UTC]"

REPOSITORY = Column("repository", "string", "the name without its tag", main=True, absent="<none>")
TAG = Column("tag", "string", "the tag", main=True, absent="<none>")
REFERENCE = Column("reference", "string", "the full name, with registry and tag or digest")
DIGEST = Column("digest", "string", "the digest in the registry: the index's if there is one", absent="<none>")
MEDIA_TYPE = Column("media_type", "string", "media type of the content")
REGISTRY = Column("registry", "string", "the registry's host")
IMAGE_ID = Column("image_id", "string", "the image's identity: the digest of its config")
CREATED = Column("created", TIME, "when the image, step or container was created", main=True)
KIND = Column("kind", "string", "image, or what kind of artifact it is")
PULLED_AT = Column("pulled_at", TIME, "when the image was pulled; NA if it was not pulled")
READ_ONLY = Column("read_only", "bool", "whether it is in the base store, which only its owner changes")
SIZE = Column(
    "size_bytes", "Int64", "docker's size, unpacked: bytes of files (hard links once) and of symlink targets", main=True
)
COMPRESSED = Column("compressed_bytes", "Int64", "compressed size in bytes, as a registry sends it; NA for plain tars")
DISK = Column("disk_bytes", "int64", "bytes on disk of all content that it needs", main=True, heading="SIZE")
PLATFORM = Column("platform", "string", "os/architecture[/variant]")
PLATFORMS = Column(
    "platforms", "object", "list of the platforms that belong to the name: all of them if its index does"
)
STATE = Column(
    "state",
    "string",
    "what was done with the layer, in docker's words, or where it is; of a name, whether it is current",
    main=True,
)
ERROR = Column("error", "string", "why the image or tag could not be read or copied; NA if it was", main=True)
LAYER = Column("layer", "string", "digest of the layer's blob", main=True)
LAYERS = Column("layers", "int64", "number of layers")
POSITION = Column("position", "Int64", "position among the image's layers; 0 is the lowest")
CREATED_BY = Column("created_by", "string", "the instruction as the builder recorded it", main=True)
INSTRUCTION = Column("instruction", "string", "the Dockerfile instruction: RUN, COPY, …; NA if not recorded")
DIFF_ID = Column("diff_id", "string", "digest of the layer's tar, as the config names it")
CONTAINERS = Column("containers", "int64", "number of containers")
USER = Column("user", "string", "user that the image's processes run as; NA (root) if none is set")
EXPOSED_PORTS = Column("exposed_ports", "object", "list of ports that the image exposes, such as 80/tcp")
COMMENT = Column("comment", "string", "the builder's comment")
AUTHOR = Column("author", "string", "the author")
LABELS = Column("labels", "object", "the labels, a dict")
ARCHITECTURE = Column("architecture", "string", "the processor's architecture")
STORE = Column("store", "string", "folder of the store")
OF_LAYER = (
    replace(COMPRESSED, main=True),
    SIZE,
    Column("tar_bytes", "Int64", "length of the layer's tar"),
    Column("entries", "Int64", "number of files, folders and links in the tar"),
    DIFF_ID,
    MEDIA_TYPE,
    POSITION,
    IMAGE_ID,
)
NAME = Column("name", "string", "what it is called: a repository to pull, or a package", main=True)
PATH = Column("path", "string", "absolute path in the image", main=True)
TYPE = Column("type", "string", "file, directory, symlink, hardlink, char, block, fifo, whiteout or opaque", main=True)
FATE = Column(
    "fate", "string", "what became of the entry: visible, overwritten, deleted, hidden; marker of a whiteout itself"
)
FOLDER = Column("folder", "string", "folder in the image", main=True)
WASTED = Column("wasted_bytes", "int64", "bytes of `size_bytes` that no path of the image shows", main=True)
HOW = Column("how", "string", "overwritten, deleted, hidden, metadata changed (mode or owner) or same again", main=True)
DIVE_SCORE = Column("dive_score", "float64", "what dive 0.13 calls the efficiency", main=True)
DIVE_WASTED = Column("dive_wasted_bytes", "int64", "what dive 0.13 calls wasted bytes", main=True)
REMEDY = Column("remedy", "string", "what to change in the Dockerfile", main=True)
CHANGE = Column("change", "string", "added, removed or changed", main=True)
BEFORE = Column("before_bytes", "Int64", "unpacked bytes in the first image", main=True)
AFTER = Column("after_bytes", "Int64", "unpacked bytes in the second image", main=True)
VERSION = Column("version", "string", "the version, as the package's own tools write it; NA if not recorded", main=True)
LICENSE = Column("license", "string", "the licence, as the package says it; NA if it does not", main=True)
ECOSYSTEM = Column(
    "ecosystem", "string", "deb, apk, rpm, pypi, conda, npm, maven, golang, cargo, gem or opkg", main=True
)
PURL = Column("purl", "string", "the package URL, which scanners know it by")
OTHER_REFERENCE = Column("other_reference", "string", "the full name of the image that it is compared with", main=True)
STEP = Column("step", "int64", "position in the image's history; 0 is the oldest step")
