"""Every frame's schema: one entity, one set of columns, whichever command it comes from, so that results concatenate.

Bytes are int64 (Int64 where they may be unknown), times are UTC to the microsecond, digests are whole.
The meanings below go into `docs/commands.md`.
"""

from __future__ import annotations

from dataclasses import replace

from nbdock.frames.frame import Column, Schema

TIME = "datetime64[us, UTC]"

IMAGES = Schema(
    "images",
    (
        Column("repository", "string", "the name without its tag; <none> where it has none", main=True),
        Column("tag", "string", "the tag; <none> where it has none", main=True),
        Column("image_id", "string", "the image's identity: the digest of its config", main=True),
        Column("created", TIME, "when it was built", main=True),
        Column("pulled_at", TIME, "when it came here; missing where it was made here", main=True),
        Column("size_bytes", "int64", "docker's size: file bytes of all layers, hard links once", main=True),
        Column("compressed_bytes", "int64", "its layers as the registry sends them"),
        Column("layers", "int64", "how many layers it has"),
        Column("containers", "int64", "how many containers refer to it"),
        Column("dangling", "bool", "no tag points at it"),
        Column("platform", "string", "os/architecture[/variant]"),
        Column("digest", "string", "what the registry calls it: of the index where there is one"),
        Column("manifest_digest", "string", "of the manifest of this platform"),
        Column("reference", "string", "the whole name, registry included"),
    ),
)

IMAGES_WITH_DIGESTS = Schema(
    IMAGES.entity,
    tuple(
        replace(column, main=column.main or column.name == "digest")
        for column in sorted(
            IMAGES.columns,
            key=lambda column: (
                ("repository", "tag", "digest").index(column.name)
                if column.name in ("repository", "tag", "digest")
                else 3
            ),
        )
    ),
)

LAYERS = Schema(
    "layers",
    (
        Column("layer", "string", "digest of the layer as the registry has it", main=True),
        Column("state", "string", "what the command did with it, in docker's words", main=True),
        Column("compressed_bytes", "int64", "as the registry sends it", main=True),
        Column("size_bytes", "Int64", "docker's size: file bytes, hard links once, symlink targets", main=True),
        Column("tar_bytes", "Int64", "length of the tar in it"),
        Column("entries", "Int64", "how many files, folders and links the tar has"),
        Column("diff_id", "string", "digest of the tar: the layer's name in the config"),
        Column("media_type", "string", "what the blob is"),
        Column("position", "int64", "0 is the lowest"),
        Column("image_id", "string", "the image it belongs to"),
        Column("reference", "string", "the name it was pulled or pushed by"),
    ),
)

HISTORY = Schema(
    "history",
    (
        Column("image", "string", "the image's id in the newest row; <missing> below, as docker has it", main=True),
        Column("created", TIME, "when the instruction ran", main=True),
        Column("created_by", "string", "the instruction", main=True),
        Column("size_bytes", "int64", "docker's size of the layer it made; 0 where it made none", main=True),
        Column("empty_layer", "bool", "it made no layer (a layer of 0 bytes is a layer)", main=True),
        Column("layer", "string", "digest of the layer it made", main=True),
        Column("comment", "string", "what the builder noted", main=True),
        Column("compressed_bytes", "int64", "the layer as the registry sends it; 0 where it made none"),
        Column("diff_id", "string", "digest of the layer's tar"),
        Column("author", "string", "who made it"),
        Column("position", "int64", "0 is the oldest"),
        Column("image_id", "string", "the image"),
    ),
)

REMOVED = Schema(
    "removed",
    (
        Column("action", "string", "untagged or deleted", main=True),
        Column("object", "string", "name, image, layer, content that no image needs, or container", main=True),
        Column("what", "string", "the name, or the digest: of an image its id, of a layer its blob's", main=True),
        Column("reclaimed_bytes", "int64", "bytes on disk that this row frees", main=True),
        Column("done", "bool", "False in a plan", main=True),
        Column("reference", "string", "the name in full"),
        Column("image_id", "string", "the image, or the image that a layer was deleted with"),
        Column("layer", "string", "digest of the layer"),
        Column("diff_id", "string", "digest of the layer's tar"),
        Column("chain_id", "string", "what docker prints for the layer: its id together with all below it"),
    ),
)

FOUND = Schema(
    "search",
    (
        Column("name", "string", "what to pull", main=True),
        Column("description", "string", "the publisher's words", main=True),
        Column("stars", "int64", "how many people starred it", main=True),
        Column("official", "bool", "kept by Docker", main=True),
        Column("pulls", "Int64", "how often it was pulled, where the registry says", main=True),
        Column("registry", "string", "where it was found"),
    ),
)

TAGS = Schema(
    "tags",
    (
        Column("repository", "string", "the repository", main=True),
        Column("tag", "string", "one of its tags", main=True),
        Column("reference", "string", "the whole name", main=True),
    ),
)

INSPECTED = Schema(
    "image",
    (
        Column("id", "string", "the image's identity: the digest of its config"),
        Column("repo_tags", "object", "its names by tag"),
        Column("repo_digests", "object", "its names by digest: the registry's identity of it"),
        Column("created", TIME, "when it was built"),
        Column("docker_version", "string", "the docker that built it, where the config says"),
        Column("author", "string", "who made it"),
        Column("comment", "string", "what the builder noted"),
        Column("architecture", "string", "the processor it is for"),
        Column("variant", "string", "of the processor"),
        Column("os", "string", "the operating system it is for"),
        Column("size_bytes", "int64", "docker's size: file bytes of all layers"),
        Column("compressed_bytes", "int64", "its layers as the registry sends them"),
        Column("graph_driver", "object", "where its layers are kept"),
        Column("root_fs", "object", "its layers by diff id, lowest first"),
        Column("layer_count", "int64", "how many layers"),
        Column("user", "string", "who runs what runs in it"),
        Column("env", "object", "its environment"),
        Column("entrypoint", "object", "what runs when a container starts"),
        Column("cmd", "object", "what runs, or its arguments, when a container starts"),
        Column("working_dir", "string", "where it runs"),
        Column("exposed_ports", "object", "the ports it listens on"),
        Column("volumes", "object", "the folders kept outside"),
        Column("labels", "object", "its labels"),
        Column("stop_signal", "string", "how a container is ended"),
        Column("pulled_at", TIME, "when it came here"),
    ),
    vertical=True,
)

CONTAINERS = Schema(
    "containers",
    (
        Column("container_id", "string", "its identity", main=True),
        Column("image", "string", "the image's name, or its id once the name moved away", main=True),
        Column("command", "string", "what it would run", main=True),
        Column("created", TIME, "when it was made", main=True),
        Column("status", "string", "Created: nbdock keeps the record and runs nothing", main=True),
        Column("names", "string", "its name", main=True),
        Column("image_id", "string", "the image it holds"),
        Column("labels", "object", "its labels"),
    ),
)

USAGE = Schema(
    "usage",
    (
        Column("type", "string", "what is counted", main=True),
        Column("total", "int64", "how many", main=True),
        Column("active", "int64", "how many a container refers to", main=True),
        Column("size_bytes", "int64", "bytes on disk, what is shared counted once", main=True),
        Column("reclaimable_bytes", "int64", "bytes that `prune -a` would free", main=True),
    ),
)

IMAGE_USAGE = Schema(
    "image usage",
    (
        Column("repository", "string", "the name without its tag", main=True),
        Column("tag", "string", "the tag", main=True),
        Column("image_id", "string", "the image", main=True),
        Column("created", TIME, "when it was built", main=True),
        Column("size_bytes", "int64", "bytes on disk of all it needs", main=True),
        Column("shared_bytes", "int64", "of these, what other images need too", main=True, heading="SHARED SIZE"),
        Column("unique_bytes", "int64", "of these, what only it needs", main=True, heading="UNIQUE SIZE"),
        Column("containers", "int64", "how many containers refer to it", main=True),
    ),
)

INFO = Schema(
    "info",
    (
        Column("store", "string", "where images are kept"),
        Column("storage_driver", "string", "in what form"),
        Column("images", "int64", "how many"),
        Column("containers", "int64", "how many records"),
        Column("size_bytes", "int64", "bytes on disk"),
        Column("platform", "string", "what is pulled where nothing else is said"),
        Column("registry", "string", "the registry of names without one"),
        Column("registry_mirrors", "object", "asked before it"),
        Column("username", "string", "who is logged in there; missing after logout"),
        Column("config", "string", "docker's client configuration that is read"),
        Column("pulls_remaining", "Int64", "what the registry's pull limit has left, as it last said"),
        Column("problems", "object", "what in the store is damaged"),
    ),
    vertical=True,
)

VERSIONS = Schema(
    "version",
    (
        Column("nbdock", "string", "this program"),
        Column("python", "string", "what runs it"),
        Column("platform", "string", "os/architecture"),
        Column("httpx", "string", "speaks to registries"),
        Column("pandas", "string", "makes the frames"),
    ),
    vertical=True,
)

SERVERS = Schema(
    "servers",
    (
        Column("address", "string", "its name as a registry: what goes before an image's name", main=True),
        Column("url", "string", "where it is asked", main=True),
        Column("store", "string", "what it serves", main=True),
        Column("writable", "bool", "it takes pushes and deletions", main=True),
        Column("proxy", "string", "the registry that it fetches from what is missing", main=True),
    ),
)
