"""skopeo and umoci, which know nothing of nbdock, take the samples for what they are."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from nbdock import Reference
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import parse
from nbdock.places import read
from nbdock.samples.source import Samples
from tests.parts.programs import skopeo, umoci
from tests.samples.opened import opened

NAMES = ["httpd:latest", "httpd:2.2", "busybox:latest", "hello-world:latest", "nbdock/wasteful:latest"]


def write(samples: Samples, descriptor: Descriptor, blobs: Path) -> None:
    """The content and all below it."""
    (blobs / descriptor.digest.hex).write_bytes(b"".join(samples.open(descriptor)))
    if descriptor.media_type.endswith(("index.v1+json", "manifest.v1+json")):
        for child in parse(read(samples, descriptor)).children:
            write(samples, child, blobs)


@pytest.fixture(scope="module")
def layout(samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples as an OCI image layout, each under its familiar name."""
    folder = tmp_path_factory.mktemp("layout")
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    manifests = []
    for name in NAMES:
        descriptor = samples.resolve(Reference.parse(name))
        write(samples, descriptor, blobs)
        manifests.append({**descriptor.json(), "annotations": {"org.opencontainers.image.ref.name": name}})
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_skopeo_reads_what_nbdock_wrote(samples: Samples, layout: Path, name: str) -> None:
    amd64 = opened(samples, name)[0]
    seen = json.loads(skopeo("inspect", "--override-arch", "amd64", f"oci:{layout}:{name}"))
    assert seen["Layers"] == [str(layer.digest) for layer in amd64.manifest.layers]
    assert seen["Labels"] == amd64.config.labels
    assert seen["Created"] == amd64.config.document["created"]


@pytest.mark.parametrize("name", NAMES)
def test_skopeo_copies_a_sample_with_the_same_digest(samples: Samples, layout: Path, name: str, tmp_path: Path) -> None:
    skopeo("copy", "--all", "--preserve-digests", f"oci:{layout}:{name}", f"oci:{tmp_path}:copy")
    (copied,) = json.loads((tmp_path / "index.json").read_text())["manifests"]
    assert copied["digest"] == str(samples.resolve(Reference.parse(name)).digest)


@pytest.mark.parametrize("name", ["httpd:latest", "nbdock/wasteful:latest"])
def test_umoci_unpacks_the_files_of_a_sample(samples: Samples, layout: Path, name: str, tmp_path: Path) -> None:
    # umoci takes a reference that has no slash and no colon.
    skopeo("copy", f"oci:{layout}:{name}", f"oci:{tmp_path / 'one'}:sample")
    umoci("unpack", "--rootless", "--image", f"{tmp_path / 'one'}:sample", tmp_path / "bundle")
    root = tmp_path / "bundle" / "rootfs"
    (image,) = opened(samples, name)
    assert {str(path.relative_to(root)) for path in root.rglob("*")} == set(image.files())
    for path, (kind, mode, _, _, target, content) in image.files().items():
        made = root / path
        if kind == b"2":
            assert str(made.readlink()) == target
        else:
            assert stat.S_IMODE(made.stat().st_mode) == mode
            assert kind == b"5" or made.read_bytes() == content
