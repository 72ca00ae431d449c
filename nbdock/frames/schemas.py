"""The schema of every frame. Columns of the same name have the same meaning and dtype in all of them.

The meanings below go into `docs/commands.md`.
"""

from __future__ import annotations

from dataclasses import replace

from nbdock.frames import claimed, columns, inside, surveys
from nbdock.frames.schema import Column, Schema

IMAGES = Schema(
    "images",
    (
        columns.REPOSITORY,
        columns.TAG,
        replace(columns.IMAGE_ID, main=True),
        columns.CREATED,
        replace(columns.PULLED_AT, main=True),
        columns.SIZE,
        columns.COMPRESSED,
        columns.LAYERS,
        columns.CONTAINERS,
        Column("dangling", "bool", "whether the image has no tag"),
        columns.READ_ONLY,
        columns.PLATFORM,
        columns.KIND,
        columns.PLATFORMS,
        columns.USER,
        Column("runs_as_root", "bool", "whether `user` is root, user id 0 or none"),
        columns.EXPOSED_PORTS,
        columns.DIGEST,
        Column("manifest_digest", "string", "the digest of this platform's manifest"),
        columns.REGISTRY,
        columns.REFERENCE,
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

LAYERS = Schema("layers", (columns.LAYER, *columns.OF_LAYER, replace(columns.REFERENCE, main=True)))

COPIED = Schema(
    "copied",
    (
        columns.LAYER,
        columns.STATE,
        *columns.OF_LAYER,
        columns.REFERENCE,
        columns.KIND,
        columns.ERROR,
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
        columns.CREATED,
        columns.CREATED_BY,
        columns.SIZE,
        Column("empty_layer", "bool", "whether the step made no layer; a layer can also have 0 bytes", main=True),
        columns.LAYER,
        replace(columns.COMMENT, main=True),
        columns.INSTRUCTION,
        columns.COMPRESSED,
        columns.DIFF_ID,
        columns.AUTHOR,
        columns.STEP,
        columns.IMAGE_ID,
        columns.REFERENCE,
    ),
)

_INSTRUCTIONS = (
    Column("line", "Int64", "line of the Dockerfile; NA without one", main=True),
    Column("stage", "string", "name of the stage, or its number", main=True),
    columns.INSTRUCTION,
    Column("text", "string", "the instruction as it is written", main=True),
)

BUILT = Schema(
    "built",
    (
        *_INSTRUCTIONS,
        columns.LAYER,
        columns.SIZE,
        Column("cached", "boolean", "whether the layer, or the base, was here already; NA if there is none", main=True),
        Column("seconds", "float64", "how long it took", main=True),
        replace(columns.CREATED_BY, main=False),
        next(column for column in columns.OF_LAYER if column.name == "entries"),
        columns.DIFF_ID,
        replace(columns.PLATFORM, varying=True),
        columns.IMAGE_ID,
        columns.REFERENCE,
    ),
)

BUILD_PLAN = Schema(
    "build plan",
    (
        *_INSTRUCTIONS,
        Column("does", "string", "what it would do", main=True),
        Column("copied_files", "Int64", "number of files that it would copy from the build context", main=True),
        Column("copied_bytes", "Int64", "bytes of those files", main=True),
        replace(columns.PLATFORM, varying=True),
    ),
)

REMOVED = Schema(
    "removed",
    (
        Column("action", "string", "untagged or deleted", main=True),
        Column(
            "object",
            "string",
            "name, image, layer, content that no image needs, or manifest (of a registry)",
            main=True,
        ),
        Column("what", "string", "the name, the image id, or the digest of the layer, content or manifest", main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        Column("done", "bool", "False in a plan", main=True),
        replace(columns.CREATED, main=False),
        columns.PULLED_AT,
        columns.REFERENCE,
        columns.IMAGE_ID,
        replace(columns.LAYER, main=False),
        columns.DIFF_ID,
        Column("chain_id", "string", "chain id of the layer, as docker prints it: identifies it with all layers below"),
        columns.DIGEST,
        Column(
            "kept_by",
            "object",
            "list of the names at the registry that have the digest too, or an index with it, so that it stays",
        ),
    ),
)

_FIRST_AT_REGISTRY = ("action", "object", "what", "kept_by", "digest", "done")

REMOVED_AT_REGISTRY = Schema(
    REMOVED.entity,
    tuple(
        replace(column, main=column.name in _FIRST_AT_REGISTRY)
        for column in sorted(REMOVED.columns, key=lambda column: column.name not in _FIRST_AT_REGISTRY)
    ),
)

FOUND = Schema(
    "search",
    (
        columns.NAME,
        Column("description", "string", "the publisher's description", main=True),
        Column("stars", "int64", "number of stars", main=True),
        Column("official", "bool", "whether it is one of Docker's official images", main=True),
        Column("pulls", "Int64", "number of pulls; NA if the registry does not report it", main=True),
        columns.REGISTRY,
    ),
)

TAGS = Schema(
    "tags",
    (
        columns.REPOSITORY,
        columns.TAG,
        columns.CREATED,
        Column("pushed_at", columns.TIME, "when the tag was last pushed; NA if the registry does not say", main=True),
        replace(columns.COMPRESSED, main=True),
        columns.SIZE,
        replace(columns.PLATFORMS, main=True),
        Column("same_as", "object", "list of the other tags here that have the same digest", main=True),
        columns.PLATFORM,
        columns.DIGEST,
        columns.KIND,
        columns.REFERENCE,
        columns.ERROR,
    ),
)

PLAN = Schema(
    "plan",
    (
        columns.LAYER,
        replace(columns.COMPRESSED, main=True),
        columns.STATE,
        replace(columns.REFERENCE, main=True),
        columns.POSITION,
        columns.MEDIA_TYPE,
        columns.ERROR,
    ),
)

OUTDATED = Schema(
    "outdated",
    (
        replace(columns.REFERENCE, main=True),
        columns.STATE,
        Column("here", "string", "digest that the name has in the store", main=True),
        Column("there", "string", "digest that the name has at its registry now; NA if it has none", main=True),
        replace(columns.PULLED_AT, main=True),
        columns.ERROR,
    ),
)

INSPECTED = Schema(
    "image",
    (
        columns.IMAGE_ID,
        Column("repo_tags", "object", "list of the image's names with a tag"),
        Column("repo_digests", "object", "list of the image's names with a digest"),
        columns.CREATED,
        Column("docker_version", "string", "version of docker that built it"),
        columns.AUTHOR,
        columns.COMMENT,
        columns.ARCHITECTURE,
        Column("variant", "string", "the processor's variant"),
        Column("os", "string", "the operating system"),
        columns.SIZE,
        columns.COMPRESSED,
        Column("graph_driver", "object", "the storage driver and the folder of the layers, a dict"),
        Column("root_fs", "object", "list of the layers' diff ids, lowest first"),
        columns.LAYERS,
        columns.USER,
        Column("env", "object", "list of environment variables, NAME=value"),
        Column("entrypoint", "object", "list: the program that a container runs"),
        Column("cmd", "object", "list: the program's default arguments, or the program"),
        Column("working_dir", "string", "folder that the program runs in"),
        columns.EXPOSED_PORTS,
        Column("volumes", "object", "list of folders that are volumes"),
        columns.LABELS,
        Column("stop_signal", "string", "signal that stops a container"),
        columns.PULLED_AT,
        columns.REFERENCE,
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
        columns.CREATED,
        Column("status", "string", "always Created: nbdock does not run containers", main=True),
        Column("names", "string", "the container's name", main=True),
        columns.IMAGE_ID,
        columns.REFERENCE,
        columns.LABELS,
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
        columns.DISK,
        Column("reclaimable_bytes", "int64", "bytes that `prune -a` would free", main=True),
    ),
)

IMAGE_USAGE = Schema(
    "image usage",
    (
        columns.REPOSITORY,
        columns.TAG,
        replace(columns.IMAGE_ID, main=True),
        columns.CREATED,
        columns.DISK,
        Column("shared_bytes", "int64", "bytes on disk that other images need too", main=True, heading="SHARED SIZE"),
        Column("unique_bytes", "int64", "bytes on disk that only this image needs", main=True, heading="UNIQUE SIZE"),
        replace(columns.CONTAINERS, main=True),
        columns.REFERENCE,
    ),
)

INFO = Schema(
    "info",
    (
        columns.STORE,
        Column("base_store", "string", "folder of the store below it, which is only read; NA if there is none"),
        Column("storage_driver", "string", "format of the store"),
        Column("images", "int64", "number of images"),
        columns.CONTAINERS,
        columns.DISK,
        columns.PLATFORM,
        columns.REGISTRY,
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
        columns.PLATFORM,
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
        replace(columns.STORE, main=True),
        Column("writable", "bool", "whether the server accepts pushes and deletions", main=True),
        Column("proxy", "string", "registry that the server is a cache of", main=True),
    ),
)

NAMED_IMAGES = Schema("named images", tuple(column for column in IMAGES.columns if column.name != "containers"))
"""The images of the data set, which has no containers."""

_OTHERS = (*inside.ALL, *claimed.ALL, *surveys.ALL)
ALL = (*(value for value in vars().copy().values() if isinstance(value, Schema)), *_OTHERS)
"""Every schema."""
COLUMNS = {column.name: column for schema in ALL for column in schema.columns}
"""Every column by its name."""
