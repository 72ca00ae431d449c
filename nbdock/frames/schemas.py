"""The schema of every frame. Columns of the same name have the same meaning and dtype in all of them.

The meanings below go into `docs/commands.md`.
"""

from __future__ import annotations

from dataclasses import replace

from nbdock.frames.schema import Column, Schema

TIME = "datetime64[us, UTC]"

_REPOSITORY = Column("repository", "string", "the name without its tag", main=True, absent="<none>")
_TAG = Column("tag", "string", "the tag", main=True, absent="<none>")
_REFERENCE = Column("reference", "string", "the full name, with registry and tag or digest")
_REGISTRY = Column("registry", "string", "the registry's host")
_IMAGE_ID = Column("image_id", "string", "the image's identity: the digest of its config")
_CREATED = Column("created", TIME, "when the image, step or container was created", main=True)
_PULLED_AT = Column("pulled_at", TIME, "when the image was pulled; NA if it was not pulled")
_SIZE = Column(
    "size_bytes", "Int64", "docker's size, unpacked: bytes of files (hard links once) and of symlink targets", main=True
)
_COMPRESSED = Column("compressed_bytes", "Int64", "compressed size in bytes, as a registry sends it")
_DISK = Column("disk_bytes", "int64", "bytes on disk of all content that it needs", main=True, heading="SIZE")
_PLATFORM = Column("platform", "string", "os/architecture[/variant]")
_LAYER = Column("layer", "string", "digest of the layer's blob", main=True)
_LAYERS = Column("layers", "int64", "number of layers")
_DIFF_ID = Column("diff_id", "string", "digest of the layer's tar, as the config names it")
_CONTAINERS = Column("containers", "int64", "number of containers")
_USER = Column("user", "string", "user that the image's processes run as; NA (root) if none is set")
_EXPOSED_PORTS = Column("exposed_ports", "object", "list of ports that the image exposes, such as 80/tcp")
_COMMENT = Column("comment", "string", "the builder's comment")
_AUTHOR = Column("author", "string", "the author")
_LABELS = Column("labels", "object", "the labels, a dict")
_STORE = Column("store", "string", "folder of the store")

IMAGES = Schema(
    "images",
    (
        _REPOSITORY,
        _TAG,
        replace(_IMAGE_ID, main=True),
        _CREATED,
        replace(_PULLED_AT, main=True),
        _SIZE,
        _COMPRESSED,
        _LAYERS,
        _CONTAINERS,
        Column("dangling", "bool", "whether the image has no tag"),
        _PLATFORM,
        Column(
            "kind", "string", "image, or what kind of artifact it is: only `-a` shows signatures, charts and the like"
        ),
        Column("platforms", "object", "list of the platforms that belong to the name: all of them if its index does"),
        _USER,
        Column("runs_as_root", "bool", "whether `user` is root, user id 0 or none"),
        _EXPOSED_PORTS,
        Column("digest", "string", "the digest in the registry: the index's if there is one", absent="<none>"),
        Column("manifest_digest", "string", "the digest of this platform's manifest"),
        _REGISTRY,
        _REFERENCE,
    ),
)

_FIRST_WITH_DIGESTS = ("repository", "tag", "digest")
IMAGES_WITH_DIGESTS = Schema(
    IMAGES.entity,
    tuple(
        replace(column, main=column.main or column.name == "digest")
        for column in sorted(IMAGES.columns, key=lambda column: column.name not in _FIRST_WITH_DIGESTS)
    ),
)

_OF_LAYER = (
    replace(_COMPRESSED, main=True),
    _SIZE,
    Column("tar_bytes", "Int64", "length of the layer's tar"),
    Column("entries", "Int64", "number of files, folders and links in the tar"),
    _DIFF_ID,
    Column("media_type", "string", "media type of the layer's blob"),
    Column("position", "Int64", "position among the image's layers; 0 is the lowest"),
    _IMAGE_ID,
)

LAYERS = Schema("layers", (_LAYER, *_OF_LAYER, replace(_REFERENCE, main=True)))

COPIED = Schema(
    "copied",
    (
        _LAYER,
        Column(
            "state",
            "string",
            "what was done with the layer, in docker's words",
            main=True,
        ),
        *_OF_LAYER,
        _REFERENCE,
        Column("error", "string", "why the image could not be copied; NA if it was", main=True),
    ),
)

HISTORY = Schema(
    "history",
    (
        Column(
            "step_image_id",
            "string",
            "id of the image after the step; NA except for the newest step",
            main=True,
            heading="IMAGE",
            absent="<missing>",
        ),
        _CREATED,
        Column("created_by", "string", "the instruction as the builder recorded it", main=True),
        _SIZE,
        Column("empty_layer", "bool", "whether the step made no layer; a layer can also have 0 bytes", main=True),
        _LAYER,
        replace(_COMMENT, main=True),
        Column("instruction", "string", "the Dockerfile instruction: RUN, COPY, …; NA if not recorded"),
        _COMPRESSED,
        _DIFF_ID,
        _AUTHOR,
        Column("step", "int64", "position in the image's history; 0 is the oldest step"),
        _IMAGE_ID,
        _REFERENCE,
    ),
)

REMOVED = Schema(
    "removed",
    (
        Column("action", "string", "untagged or deleted", main=True),
        Column("object", "string", "name, image, layer, content that no image needs, or container", main=True),
        Column("what", "string", "the name, the image id, or the digest of the layer or content", main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        Column("done", "bool", "False in a plan", main=True),
        _REFERENCE,
        _IMAGE_ID,
        replace(_LAYER, main=False),
        _DIFF_ID,
        Column("chain_id", "string", "chain id of the layer, as docker prints it: identifies it with all layers below"),
    ),
)

FOUND = Schema(
    "search",
    (
        Column("name", "string", "the name to pull", main=True),
        Column("description", "string", "the publisher's description", main=True),
        Column("stars", "int64", "number of stars", main=True),
        Column("official", "bool", "whether it is one of Docker's official images", main=True),
        Column("pulls", "Int64", "number of pulls; NA if the registry does not report it", main=True),
        _REGISTRY,
    ),
)

TAGS = Schema("tags", (_REPOSITORY, _TAG, replace(_REFERENCE, main=True)))

INSPECTED = Schema(
    "image",
    (
        _IMAGE_ID,
        Column("repo_tags", "object", "list of the image's names with a tag"),
        Column("repo_digests", "object", "list of the image's names with a digest"),
        _CREATED,
        Column("docker_version", "string", "version of docker that built it"),
        _AUTHOR,
        _COMMENT,
        Column("architecture", "string", "the processor's architecture"),
        Column("variant", "string", "the processor's variant"),
        Column("os", "string", "the operating system"),
        _SIZE,
        _COMPRESSED,
        Column("graph_driver", "object", "the storage driver and the folder of the layers, a dict"),
        Column("root_fs", "object", "list of the layers' diff ids, lowest first"),
        _LAYERS,
        _USER,
        Column("env", "object", "list of environment variables, NAME=value"),
        Column("entrypoint", "object", "list: the program that a container runs"),
        Column("cmd", "object", "list: the program's default arguments, or the program"),
        Column("working_dir", "string", "folder that the program runs in"),
        _EXPOSED_PORTS,
        Column("volumes", "object", "list of folders that are volumes"),
        _LABELS,
        Column("stop_signal", "string", "signal that stops a container"),
        _PULLED_AT,
        _REFERENCE,
    ),
    vertical=True,
)

CONTAINERS = Schema(
    "containers",
    (
        Column("container_id", "string", "the container's id", main=True),
        Column(
            "image", "string", "the image's name, or its short id if the name now points to another image", main=True
        ),
        Column("command", "string", "the command it would run", main=True),
        _CREATED,
        Column("status", "string", "always Created: nbdock does not run containers", main=True),
        Column("names", "string", "the container's name", main=True),
        _IMAGE_ID,
        _REFERENCE,
        _LABELS,
    ),
)

USAGE = Schema(
    "usage",
    (
        Column(
            "category",
            "string",
            "what is counted: Images, Containers, Tables (of layers), Downloads left over",
            main=True,
            heading="TYPE",
        ),
        Column("total", "int64", "number of them", main=True),
        Column("active", "int64", "number of those that a container uses, or the image of one", main=True),
        _DISK,
        Column("reclaimable_bytes", "int64", "bytes that `prune -a` would free", main=True),
    ),
)

IMAGE_USAGE = Schema(
    "image usage",
    (
        _REPOSITORY,
        _TAG,
        replace(_IMAGE_ID, main=True),
        _CREATED,
        _DISK,
        Column("shared_bytes", "int64", "bytes on disk that other images need too", main=True, heading="SHARED SIZE"),
        Column("unique_bytes", "int64", "bytes on disk that only this image needs", main=True, heading="UNIQUE SIZE"),
        replace(_CONTAINERS, main=True),
        _REFERENCE,
    ),
)

INFO = Schema(
    "info",
    (
        _STORE,
        Column("storage_driver", "string", "format of the store"),
        Column("images", "int64", "number of images"),
        _CONTAINERS,
        _DISK,
        _PLATFORM,
        _REGISTRY,
        Column("registry_mirrors", "object", "list of mirrors that are tried before the registry"),
        Column("username", "string", "user that is logged in to the registry; NA if logged out"),
        Column("docker_config", "string", "docker's configuration file"),
        Column("pulls_remaining", "Int64", "pulls left in the registry's rate limit, when last reported"),
        Column("problems", "object", "list of images in the store that cannot be read, and why"),
    ),
    vertical=True,
)

VERSIONS = Schema(
    "version",
    (
        Column("nbdock", "string", "version of nbdock"),
        Column("python", "string", "version of Python"),
        _PLATFORM,
        Column("httpx", "string", "version of httpx"),
        Column("pandas", "string", "version of pandas"),
    ),
    vertical=True,
)

SERVERS = Schema(
    "servers",
    (
        Column("address", "string", "the server's host and port, to put before an image's name", main=True),
        Column("url", "string", "the server's URL", main=True),
        replace(_STORE, main=True),
        Column("writable", "bool", "whether the server accepts pushes and deletions", main=True),
        Column("proxy", "string", "registry that the server is a cache of", main=True),
    ),
)

NAMED_IMAGES = Schema("named images", tuple(column for column in IMAGES.columns if column.name != "containers"))

_POSITION = next(column for column in _OF_LAYER if column.name == "position")
IMAGE_LAYERS = Schema("image layers", (_IMAGE_ID, _POSITION, _LAYER, _DIFF_ID))

STORED_LAYERS = Schema(
    "stored layers", (_LAYER, *(column for column in _OF_LAYER if column.name not in ("position", "image_id")))
)

EXPORTED = Schema(
    "exported",
    (
        Column("table_name", "string", "name of the table", main=True),
        Column("rows", "int64", "number of its rows", main=True),
        Column("files", "int64", "number of its Parquet files", main=True),
        replace(_DISK, main=True),
        Column("folder", "string", "folder of its files", main=True),
    ),
)

BASES = Schema(
    "bases",
    (
        replace(_REFERENCE, main=True),
        replace(_IMAGE_ID, main=True),
        _CREATED,
        replace(_LAYERS, main=True),
        _SIZE,
        Column("newer_reference", "string", "the name that a newer image has since; NA if there is none", main=True),
        Column("newer_image_id", "string", "id of the newer image"),
        Column("newer_layers", "Int64", "number of its layers that the image has not", main=True),
        Column("newer_days", "Int64", "number of days that it is newer by", main=True),
    ),
)

_OTHER_REFERENCE = Column("other_reference", "string", "the full name of the image that it is compared with", main=True)
SHARED = Schema(
    "shared",
    (
        replace(_REFERENCE, main=True),
        _OTHER_REFERENCE,
        Column("common_layers", "int64", "number of layers that both have", main=True),
        Column("common_bytes", "int64", "bytes on disk that both need", main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        _IMAGE_ID,
        Column("other_image_id", "string", "id of the image that it is compared with"),
    ),
)

FREEING = Schema(
    "freeing",
    (
        replace(_REFERENCE, main=True),
        replace(_IMAGE_ID, main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        Column("exact", "bool", "whether no fewer images would do; beyond twenty images it is a good guess"),
    ),
)

ALL = tuple(value for value in vars().copy().values() if isinstance(value, Schema))
"""Every schema."""
COLUMNS = {column.name: column for schema in ALL for column in schema.columns}
"""Every column by its name."""
