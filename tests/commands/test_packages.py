"""packages: what is installed in images, which instruction brought it, and what a later layer removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbdock.api import Dock
from nbdock.errors import UsageError
from nbdock.store import tables
from tests.contents.ecosystems.made import jar, pom
from tests.parts.layers import Entry, file, hard_link, layer, whiteout
from tests.parts.layout import Layout, Step

from .conftest import Recorder

STATUS, NPM = "var/lib/dpkg/status", "app/node_modules/left-pad/package.json"
OS = file("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
PAD = file(NPM, b'{"name": "left-pad", "version": "1.3.0", "license": "WTFPL"}')


def status(**versions: str) -> Entry:
    stanzas = (
        f"Package: {name}\nStatus: install ok installed\nInstalled-Size: 4\nArchitecture: amd64\nVersion: {version}\n"
        for name, version in versions.items()
    )
    return file(STATUS, "\n".join(stanzas).encode())


@pytest.fixture
def packaged(tmp_path: Path, console: Recorder) -> Any:
    """Makes a dock with one image, `app:1`, of these layers."""

    def make(*layers: tuple[str, list[Entry]]) -> Dock:
        root = tmp_path / "packaged"
        layout = Layout(root)
        steps = [Step("2024-11-07T17:20:00Z", words, layer(*entries)) for words, entries in layers]
        image = layout.image(steps)
        layout.write({"docker.io/library/app:1": image})
        return Dock(root, console=console)

    return make


def shown(frame: pd.DataFrame) -> dict[str, tuple[str, bool]]:
    """What each package has: its instruction, and whether it is removed."""
    frame = frame.sort_values("deleted", ascending=False)
    both = zip(frame.name, frame.version, frame.created_by, frame.deleted, strict=True)
    return {f"{name} {version}": (created_by, removed) for name, version, created_by, removed in both}


def test_a_package_belongs_to_the_instruction_that_brought_its_version(packaged: Any) -> None:
    dock = packaged(
        ("ADD rootfs.tar", [OS, status(libc6="1", openssl="1")]),
        ("RUN apt-get upgrade", [status(libc6="1", openssl="2")]),
        ("RUN apt-get install curl", [status(libc6="1", openssl="2", curl="3")]),
    )
    assert shown(dock.packages("app:1")) == {
        "openssl 1": ("ADD rootfs.tar", True),
        "libc6 1": ("ADD rootfs.tar", False),
        "openssl 2": ("RUN apt-get upgrade", False),
        "curl 3": ("RUN apt-get install curl", False),
    }


def test_what_a_later_layer_removes_is_marked_with_what_removed_it(packaged: Any) -> None:
    dock = packaged(
        ("RUN apt-get install gcc", [status(libc6="1", gcc="12")]),
        ("RUN npm install", [PAD]),
        ("RUN apt-get remove gcc", [status(libc6="1")]),
        ("RUN rm -r node_modules", [whiteout("app/node_modules")]),
    )
    removed = dock.packages("app:1").query("deleted").set_index("name").deleted_by
    assert removed.to_dict() == {"gcc": "RUN apt-get remove gcc", "left-pad": "RUN rm -r node_modules"}


def test_a_package_is_there_as_long_as_one_name_of_its_file_is(packaged: Any) -> None:
    path = "opt/conda/lib/x.dist-info/METADATA"
    first = "opt/conda/pkgs/x.dist-info/METADATA"
    dock = packaged(
        ("RUN conda install", [file(first, b"Name: x\nVersion: 1\n"), hard_link(path, first)]),
        ("RUN conda clean", [whiteout("opt/conda/pkgs")]),
    )
    assert shown(dock.packages("app:1")) == {"x 1": ("RUN conda install", False)}


def test_the_database_that_is_gone_has_no_packages(packaged: Any) -> None:
    dock = packaged(("ADD", [status(libc6="1")]), ("RUN rm", [whiteout("var/lib/dpkg")]))
    assert shown(dock.packages("app:1")) == {"libc6 1": ("ADD", True)}


def test_the_package_url_names_the_distribution_whichever_layer_says_it(packaged: Any) -> None:
    dock = packaged(("ADD", [status(libc6="1")]), ("COPY", [OS]))
    assert dock.packages("app:1").purl.tolist() == ["pkg:deb/debian/libc6@1?arch=amd64&distro=debian-12"]


def test_the_package_url_names_the_vendor_as_scanners_do(packaged: Any) -> None:
    release = file("etc/os-release", b'ID="rhel"\nVERSION_ID="9.4"\n')
    dock = packaged(("ADD", [release, status(x="1")]))
    assert dock.packages("app:1").purl.tolist() == ["pkg:deb/redhat/x@1?arch=amd64&distro=rhel-9.4"]


def test_the_log4shell_question_is_one_query_over_all_images(packaged: Any) -> None:
    inner = jar(pom("org.apache.logging.log4j", "log4j-core", "2.14.1"))
    dock = packaged(("COPY app.jar /app/", [file("app/app.jar", jar({"lib/x.jar": inner}))]))
    found = dock.packages().query("name.str.contains('log4j')")
    assert found[["reference", "version", "instruction", "path", "inner_path"]].values.tolist() == [
        ["docker.io/library/app:1", "2.14.1", "COPY", "/app/app.jar", "lib/x.jar"]
    ]


def test_a_broken_file_costs_its_packages_and_one_line(packaged: Any, console: Recorder) -> None:
    dock = packaged(("COPY", [PAD, file("app/broken.jar", b"PK")]))
    assert dock.packages("app:1").name.tolist() == ["left-pad"]
    assert console.warned == ["WARNING: cannot read all packages of /app/broken.jar: it is no zip"]


def test_layers_are_read_once(packaged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dock = packaged(("COPY", [PAD]))
    before = dock.packages("app:1")
    monkeypatch.setattr(tables, "walk", None)
    assert dock.packages("app:1").equals(before)


def test_the_pass_over_a_layer_makes_its_table(dock: Dock) -> None:
    layers = [layer for image in dock.store.images() for layer in image.layers]
    assert layers and all(dock.store.tables.read("packages", layer.facts.diff_id) is not None for layer in layers)


def test_the_frame_has_its_types_and_the_terminal_its_columns(packaged: Any) -> None:
    dock = packaged(("COPY", [PAD]), ("ADD", [status(libc6="1")]))
    frame = dock.packages("app:1")
    assert frame.installed_bytes.tolist() == [pd.NA, 4096] and frame.deleted.dtype == bool
    assert frame.license[0] == "WTFPL" and pd.isna(frame.license[1])
    assert dock.packages("app:1", format="{{.name}} {{.version}}").splitlines() == ["left-pad 1.3.0", "libc6 1"]
    assert json.loads(dock.packages("app:1", format="json").splitlines()[0])["ecosystem"] == "npm"


def test_cyclonedx_has_what_is_there_and_not_what_is_removed(packaged: Any) -> None:
    dock = packaged(("ADD", [OS, status(libc6="1", gcc="12"), PAD]), ("RUN apt-get remove gcc", [status(libc6="1")]))
    told = json.loads(dock.packages("app:1", format="cyclonedx"))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "docker.io/library/app:1"
    assert {each["purl"] for each in told["components"]} == {
        "pkg:deb/debian/libc6@1?arch=amd64&distro=debian-12",
        "pkg:npm/left-pad@1.3.0",
    }


def test_spdx_is_valid_by_its_own_library(packaged: Any, tmp_path: Path) -> None:
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    dock = packaged(("ADD", [OS, status(libc6="1"), PAD]))
    path = tmp_path / "app.spdx.json"
    path.write_text(dock.packages("app:1", format="spdx"))
    document = parse_file(str(path))
    assert validate_full_spdx_document(document) == []
    assert [each.name for each in document.packages] == ["libc6", "left-pad"]


@pytest.mark.parametrize("format", ["cyclonedx", "spdx"])
def test_a_bill_of_materials_is_of_one_image(dock: Dock, format: str) -> None:
    with pytest.raises(UsageError, match="describes one image"):
        dock.packages("httpd", "busybox", format=format)


@pytest.mark.parametrize(
    ("format", "module"), [("cyclonedx", "cyclonedx.model.bom"), ("spdx", "spdx_tools.spdx.model.actor")]
)
def test_a_missing_library_is_named(packaged: Any, format: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(UsageError, match=f"--format {format} requires") as refusal:
        packaged(("COPY", [PAD])).packages("app:1", format=format)
    assert refusal.value.hint == "pip install nbdock[sbom]"
