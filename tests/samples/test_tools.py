"""skopeo and umoci read the committed samples."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from nbdock import Reference
from nbdock.demo import SAMPLES
from nbdock.store import Store
from tests.parts.programs import skopeo, umoci
from tests.samples.opened import opened

NAMES = ["httpd:latest", "httpd:2.2", "busybox:latest", "hello-world:latest", "nbdock/wasteful:latest"]


@pytest.mark.parametrize("name", NAMES)
def test_skopeo_reads_a_sample(samples: Store, name: str) -> None:
    amd64 = opened(samples, name)[0]
    seen = json.loads(skopeo("inspect", "--override-arch", "amd64", f"oci:{SAMPLES}:{Reference.parse(name)}"))
    assert seen["Layers"] == [str(layer.digest) for layer in amd64.manifest.layers]
    assert seen["Labels"] == amd64.config.labels
    assert seen["Created"] == amd64.config.json["created"]


@pytest.mark.parametrize("name", NAMES)
def test_skopeo_copies_a_sample_with_the_same_digest(samples: Store, name: str, tmp_path: Path) -> None:
    skopeo("copy", "--all", "--preserve-digests", f"oci:{SAMPLES}:{Reference.parse(name)}", f"oci:{tmp_path}:copy")
    (copied,) = json.loads((tmp_path / "index.json").read_text())["manifests"]
    assert copied["digest"] == str(samples.resolve(Reference.parse(name)).digest)


@pytest.mark.parametrize("name", ["httpd:latest", "nbdock/wasteful:latest"])
def test_umoci_unpacks_the_files_of_a_sample(samples: Store, name: str, tmp_path: Path) -> None:
    # umoci takes no reference with a slash or a colon.
    skopeo("copy", f"oci:{SAMPLES}:{Reference.parse(name)}", f"oci:{tmp_path / 'one'}:sample")
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
