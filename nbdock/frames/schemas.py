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
_KIND = Column("kind", "string", "image, or what kind of artifact it is")
_PULLED_AT = Column("pulled_at", TIME, "when the image was pulled; NA if it was not pulled")
_SIZE = Column(
    "size_bytes", "Int64", "docker's size, unpacked: bytes of files (hard links once) and of symlink targets", main=True
)
_COMPRESSED = Column("compressed_bytes", "Int64", "compressed size in bytes, as a registry sends it")
_DISK = Column("disk_bytes", "int64", "bytes on disk of all content that it needs", main=True, heading="SIZE")
_PLATFORM = Column("platform", "string", "os/architecture[/variant]")
_LAYER = Column("layer", "string", "digest of the layer's blob", main=True)
_LAYERS = Column("layers", "int64", "number of layers")
_POSITION = Column("position", "Int64", "position among the image's layers; 0 is the lowest")
_CREATED_BY = Column("created_by", "string", "the instruction as the builder recorded it", main=True)
_INSTRUCTION = Column("instruction", "string", "the Dockerfile instruction: RUN, COPY, …; NA if not recorded")
_DIFF_ID = Column("diff_id", "string", "digest of the layer's tar, as the config names it")
_CONTAINERS = Column("containers", "int64", "number of containers")
_USER = Column("user", "string", "user that the image's processes run as; NA (root) if none is set")
_EXPOSED_PORTS = Column("exposed_ports", "object", "list of ports that the image exposes, such as 80/tcp")
_COMMENT = Column("comment", "string", "the builder's comment")
_AUTHOR = Column("author", "string", "the author")
_LABELS = Column("labels", "object", "the labels, a dict")
_ARCHITECTURE = Column("architecture", "string", "the processor's architecture")
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
        _KIND,
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
    _POSITION,
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
        _KIND,
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
        _CREATED_BY,
        _SIZE,
        Column("empty_layer", "bool", "whether the step made no layer; a layer can also have 0 bytes", main=True),
        _LAYER,
        replace(_COMMENT, main=True),
        _INSTRUCTION,
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
        replace(_CREATED, main=False),
        _PULLED_AT,
        _REFERENCE,
        _IMAGE_ID,
        replace(_LAYER, main=False),
        _DIFF_ID,
        Column("chain_id", "string", "chain id of the layer, as docker prints it: identifies it with all layers below"),
    ),
)

_NAME = Column("name", "string", "what it is called: a repository to pull, or a package", main=True)

FOUND = Schema(
    "search",
    (
        _NAME,
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
        _ARCHITECTURE,
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
            "category", "string", "what is counted: Images, Containers, Downloads left over", main=True, heading="TYPE"
        ),
        Column("total", "int64", "number of them", main=True),
        Column("active", "int64", "number of images that a container uses", main=True),
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

_PATH = Column("path", "string", "absolute path in the image", main=True)
_TYPE = Column("type", "string", "file, directory, symlink, hardlink, char, block, fifo, whiteout or opaque", main=True)
_FATE = Column(
    "fate", "string", "what became of the entry: visible, overwritten, deleted, hidden; marker of a whiteout itself"
)
_OF_FILE = (
    _SIZE,
    Column("mode", "int64", "permissions as a number, with setuid, setgid and sticky; shown in octal", main=True),
    Column("uid", "int64", "the owner's number"),
    Column("gid", "int64", "the group's number"),
    Column("mtime", TIME, "when the file was modified; NA if the layer does not say"),
    Column("link", "string", "target of a symlink as it is written, path that a hard link shares"),
    Column("hides", "string", "path that a whiteout deletes, folder that an opaque marker empties"),
    Column("content", "string", "BLAKE3 of the file's bytes, as b3sum prints it; NA for what is no file"),
    replace(_LAYER, main=False),
    _POSITION,
    replace(_INSTRUCTION, main=True),
    replace(_CREATED_BY, main=False),
    _IMAGE_ID,
)

FILES = Schema("files", (_PATH, _TYPE, *_OF_FILE, _FATE, _REFERENCE))
LAYER_FILES = Schema("files", (replace(_FATE, main=True), _PATH, _TYPE, *_OF_FILE, _REFERENCE))
FOUND_FILES = Schema("files", (replace(_REFERENCE, main=True), _PATH, replace(_FATE, main=True), _TYPE, *_OF_FILE))

EXTRACTED = Schema(
    "extracted",
    (
        _PATH,
        Column("target", "string", "path on this machine", main=True),
        _TYPE,
        _SIZE,
        Column("note", "string", "what was left out or not kept, and why; NA if nothing was", main=True),
    ),
)

_STEP = {column.name: replace(column, main=False) for column in HISTORY.columns}
_WRITTEN_BY = (
    replace(_STEP["instruction"], main=True),
    replace(_STEP["created_by"], main=True),
    _STEP["step"],
    _STEP["layer"],
    _IMAGE_ID,
    _REFERENCE,
)
"""The step that something comes from."""
_FOLDER = Column("folder", "string", "folder in the image", main=True)
_WASTED = Column("wasted_bytes", "int64", "bytes of `size_bytes` that no path of the image shows", main=True)
_HOW = Column(
    "how", "string", "overwritten, deleted, hidden, metadata changed (mode or owner) or same again", main=True
)
_DIVE_SCORE = Column("dive_score", "float64", "what dive 0.13 calls the efficiency", main=True)
_DIVE_WASTED = Column("dive_wasted_bytes", "int64", "what dive 0.13 calls wasted bytes", main=True)
_REMEDY = Column("remedy", "string", "what to change in the Dockerfile", main=True)
_CHANGE = Column("change", "string", "added, removed or changed", main=True)
_BEFORE = Column("before_bytes", "Int64", "unpacked bytes in the first image", main=True)
_AFTER = Column("after_bytes", "Int64", "unpacked bytes in the second image", main=True)

SHARES = Schema("why", (_FOLDER, _SIZE, _WASTED, *_WRITTEN_BY))

WASTED = Schema(
    "waste",
    (
        _PATH,
        _WASTED,
        _HOW,
        *_WRITTEN_BY,
        Column("ended_by", "string", "the instruction that ended it, as the builder recorded it", main=True),
        Column("ended_step", "int64", "position of that instruction in the image's history"),
        Column("ended_layer", "string", "digest of the blob of the layer that ended it"),
        _REMEDY,
    ),
)

SCORES = Schema(
    "scores",
    (
        replace(_REFERENCE, main=True),
        _SIZE,
        _WASTED,
        Column("score", "float64", "share of the bytes that the image shows; 1 if nothing is wasted", main=True),
        _DIVE_SCORE,
        _DIVE_WASTED,
        _IMAGE_ID,
    ),
)

DIFFERENCES = Schema(
    "differences",
    (
        Column("compared", "string", "what is compared: the value of `--show` that lists it", main=True),
        Column("added", "int64", "number of those that only the second image has", main=True),
        Column("removed", "int64", "number of those that only the first image has", main=True),
        Column("changed", "int64", "number of those that differ", main=True),
        _BEFORE,
        _AFTER,
    ),
)

CHANGED_FILES = Schema(
    "changed files",
    (
        _CHANGE,
        _PATH,
        Column("differs", "string", "what differs: type, content, mode, owner, link, xattrs, device", main=True),
        _BEFORE,
        _AFTER,
        *_WRITTEN_BY,
    ),
)

CHANGED_SETTINGS = Schema(
    "changed settings",
    (
        _CHANGE,
        Column("setting", "string", "name of the variable, label or field", main=True),
        Column("before", "string", "the value in the first image", main=True),
        Column("after", "string", "the value in the second image", main=True),
    ),
)

CHANGED_LAYERS = Schema(
    "changed layers", (_CHANGE, _STEP["layer"], _SIZE, _STEP["diff_id"], *_WRITTEN_BY[:3], *_WRITTEN_BY[4:])
)

ADVICE = Schema(
    "advice",
    (
        Column("rule", "string", "name of the rule", main=True),
        Column("saved_bytes", "Int64", "unpacked bytes that the change saves; NA if it saves none", main=True),
        _PATH,
        Column("file_count", "Int64", "number of files that the rule found; `path` is the largest", main=True),
        _REMEDY,
        replace(_STEP["instruction"], main=True),
        Column("at_step", "Int64", "position in the image's history of the instruction to change; NA if it is none"),
        _STEP["layer"],
        _IMAGE_ID,
        _REFERENCE,
    ),
)

PACKAGES = Schema(
    "packages",
    (
        _NAME,
        Column("version", "string", "the version, as the package's own tools write it; NA if not recorded", main=True),
        Column("ecosystem", "string", "deb, apk, rpm, pypi, conda, npm, maven, golang, cargo, gem or opkg", main=True),
        Column("license", "string", "the licence, as the package says it; NA if it does not", main=True),
        Column("installed_bytes", "Int64", "installed size, as the package's database says it", main=True),
        replace(_INSTRUCTION, main=True),
        _PATH,
        Column("removed", "bool", "whether a later layer removed it: its bytes are still in the image", main=True),
        Column("inner_path", "string", "where it is in the archive at `path`"),
        Column("purl", "string", "the package URL, which scanners know it by"),
        Column("source", "string", "the source package that it was built from, if that has another name"),
        _ARCHITECTURE,
        replace(_CREATED_BY, main=False),
        replace(_LAYER, main=False),
        _DIFF_ID,
        _POSITION,
        Column("removed_by", "string", "the instruction that removed it, as the builder recorded it"),
        _IMAGE_ID,
        replace(_REFERENCE, main=True),
    ),
)

ALL = tuple(value for value in vars().copy().values() if isinstance(value, Schema))
"""Every schema."""
COLUMNS = {column.name: column for schema in ALL for column in schema.columns}
"""Every column by its name."""
