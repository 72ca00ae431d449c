"""Bases that say odd things, are damaged, or are no images: what is built is valid, or one line says what is wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nbdock.errors import NbdockError
from tests.builder.conftest import Context
from tests.contents.tars import END, member

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker.image.rootfs."
PASSWD = member(b"etc/passwd", b"app:x:5:6::/:/bin/sh\n") + END
ADDED = "COPY a /b\nENV x=y\nLABEL q=r\nEXPOSE 80\nVOLUME /v\nCMD echo"
ODD: tuple[Any, ...] = (None, 5, "text", [], {}, [1], {"a": 1}, {"a": None}, ["a=b", "a=c", "=", ""], True)


def base(
    context: Context,
    config: Mapping[str, Any],
    layer: bytes = PASSWD,
    kind: str = f"{OCI}layer.v1.tar",
    of_config: str = f"{OCI}config.v1+json",
) -> str:
    """Where the layout of an image with this config and layer is; as a base it need not be honest."""
    folder = context.folder.parent / "base"
    tar = gzip.decompress(layer) if kind.endswith("gzip") else layer
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]}
    platform = {"os": "linux", "architecture": "amd64"}
    written = _blob(folder, json.dumps({**platform, "rootfs": rootfs, **config}).encode())
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}manifest.v1+json",
        "config": {"mediaType": of_config, **written},
        "layers": [{"mediaType": kind, **_blob(folder, layer)}],
    }
    entry = {"mediaType": manifest["mediaType"], **_blob(folder, json.dumps(manifest).encode())}
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return f"oci:{folder}"


def _blob(folder: Path, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / "blobs" / "sha256" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return {"digest": f"sha256:{digest}", "size": len(content)}


def built(context: Context, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of what is built on a base."""
    context.file("a")
    context.build(f"FROM {base(context, config)}\n{ADDED}", platforms="linux/amd64")
    raw = context.dock.store.images().by_id[context.dock.ls().image_id[0]].config.raw
    made: dict[str, Any] = json.loads(raw)
    return made


def accepted(context: Context) -> None:
    """Skopeo reads the config with Go's types, as docker does."""
    archive = context.folder.parent / "out.tar"
    context.dock.copy("built:1.0", f"oci-archive:{archive}")
    subprocess.run(["skopeo", "inspect", "--config", f"oci-archive:{archive}"], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_fields_of_wrong_types(context: Context, odd: Any) -> None:
    names = "Env Labels ExposedPorts Volumes Cmd Entrypoint Shell StopSignal Healthcheck ArgsEscaped Memory"
    made = built(context, {"config": dict.fromkeys(names.split(), odd), "os.features": odd, "author": odd})
    accepted(context)
    config = made["config"]
    assert "Memory" not in config and "x=y" in config["Env"] and config["Labels"]["q"] == "r"
    assert all(isinstance(each, str) for each in config["Labels"].values())
    assert all(each == {} for name in ("ExposedPorts", "Volumes") for each in config[name].values())
    assert not config.get("Healthcheck", {}).get("Test")


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "text",
        [1, None, "x"],
        [{"created": 5, "created_by": [1], "author": {}, "comment": None, "empty_layer": "yes"}],
        [{"created": "yesterday"}],
        [{"created_by": "one"}, {"created_by": "two"}, {"created_by": "three"}],
        [{"created_by": "ENV a=b", "empty_layer": True}],
    ],
)
def test_histories(context: Context, rows: Any) -> None:
    """Each layer has its row, whatever the base says: `history` and `why` read on from there."""
    made = built(context, {"history": rows})
    accepted(context)
    assert sum(not row.get("empty_layer") for row in made["history"]) == len(made["rootfs"]["diff_ids"]) == 2
    history = context.dock.history("built:1.0").dropna(subset="layer")
    assert history.created_by.iloc[0] == "COPY a /b # buildkit"
    assert history.layer.iloc[0] == context.dock.layers("built:1.0").layer.iloc[-1]


def test_a_history_stays_as_it_is(context: Context) -> None:
    row = {"created": "0001-01-01T00:00:00Z", "created_by": "bazel build ...", "author": "Bazel", "comment": "c"}
    assert built(context, {"history": [row]})["history"][0] == row


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (f"{DOCKER}diff.tar.gzip", f"{OCI}layer.v1.tar+gzip"),
        (f"{DOCKER}foreign.diff.tar.gzip", f"{OCI}layer.nondistributable.v1.tar+gzip"),
        (f"{OCI}layer.v1.tar+gzip", f"{OCI}layer.v1.tar+gzip"),
    ],
)
def test_layers_have_oci_types(context: Context, kind: str, wanted: str) -> None:
    """An OCI manifest has no types of docker's, which umoci and others do not read."""
    context.file("a")
    name = base(context, {}, gzip.compress(PASSWD), kind)
    context.build(f"FROM {name}\nCOPY --chown=app a /b", platforms="linux/amd64")
    image = context.dock.store.images().by_id[context.dock.ls().image_id[0]]
    assert image.manifest.layers[0].media_type == wanted
    assert context.tree()["/b"].owner == (5, 6)


@pytest.mark.parametrize("line", ["COPY a /b", "COPY --chown=app a /b"])
@pytest.mark.parametrize("harm", [lambda path: os.truncate(path, 100), Path.unlink], ids=["cut short", "lost"])
def test_a_damaged_base_is_brought_again(context: Context, line: str, harm: Any) -> None:
    context.file("a")
    dockerfile = f"FROM {base(context, {})}\n{line}"
    context.build(dockerfile, platforms="linux/amd64")
    context.dock.tag("built:1.0", "base:1.0")
    harm(context.layers("base:1.0")[0])
    with pytest.raises(NbdockError, match=r"Dockerfile:1: FROM base:1\.0"):
        context.build("FROM base:1.0\nLABEL a=b", platforms="linux/amd64")
    assert any("base:1.0 is damaged" in line for line in context.console.warned)
    context.build(dockerfile, platforms="linux/amd64")
    assert context.tree()["/b"].content == b"x"


def test_what_is_no_image(context: Context) -> None:
    encrypted = base(context, {}, kind=f"{OCI}layer.v1.tar+encrypted")
    assert "unsupported layer media type" in refused(context, f"FROM {encrypted}\nLABEL a=b")
    artifact = base(context, {}, of_config="application/vnd.unknown+json")
    assert "not a container image" in refused(context, f"FROM {artifact}\nLABEL a=b")


@pytest.mark.parametrize("where", ["docker-archive:", "oci-archive:"])
@pytest.mark.parametrize("line", ["FROM {}\nLABEL a=b", "FROM scratch\nCOPY --from={} / /"])
def test_archives_that_have_no_end(context: Context, where: str, line: str) -> None:
    os.mkfifo(context.folder / "fifo")
    assert "is a FIFO, not a file" in refused(context, line.format(f"{where}{context.folder}/fifo"))
    assert "is a device, not a file" in refused(context, line.format(f"{where}/dev/zero"))


def test_a_layout_that_is_not_there(context: Context) -> None:
    assert f"there is no folder {context.folder}/no" in refused(context, f"FROM oci:{context.folder}/no\nLABEL a=b")


def test_a_user_of_many_lines(context: Context) -> None:
    name = base(context, {"config": {"User": "app\nRUN x"}})
    assert "no user app RUN x in /etc/passwd" in refused(context, f"FROM {name}\nWORKDIR /srv")


def test_a_base_that_is_in_the_store_alone(context: Context) -> None:
    """What is said to be in the store is asked of no registry, with --pull neither."""
    context.build("FROM scratch\nLABEL a=b")
    context.build("FROM store:built:1.0\nLABEL c=d", pull=True)
    assert "No such image: other" in refused(context, "FROM store:other\nLABEL a=b")


def test_scratch_has_nothing(context: Context) -> None:
    assert set(context.build("FROM scratch\nCOPY --from=scratch / /x/")) == {"/x"}
    assert '"/a": not found' in refused(context, "FROM scratch\nCOPY --from=scratch /a /")


def refused(context: Context, dockerfile: str) -> str:
    """Why it is not built, in one line."""
    with pytest.raises(NbdockError) as caught:
        context.build(dockerfile, platforms="linux/amd64")
    assert "\n" not in str(caught.value) and "Dockerfile:" in str(caught.value)
    return str(caught.value)
