"""The images of the tests, as OCI layouts and as what a registry keeps. Made once on a machine."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.parts import recipes
from tests.parts.layout import Descriptor, Layout
from tests.parts.once import once
from tests.parts.programs import skopeo
from tests.parts.registries import Registry, open_registry

RECIPES = {
    "busybox": recipes.busybox,
    "httpd": recipes.httpd,
    "hello-world": recipes.hello_world,
    "hello-app": recipes.hello_app,
}
REPOSITORIES = {
    "library/busybox": "busybox",
    "library/httpd": "httpd",
    "library/hello-world": "hello-world",
    "private/hello-world": "hello-world",
    "google-samples/hello-app": "hello-app",
}
EXACTLY = ("--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false")
SOURCES = tuple(Path(__file__).parent.glob("*.py"))


def layout(name: str) -> Path:
    """The OCI layout of one of `RECIPES`, with all its tags. To be read, not written to."""
    return once(_layouts, SOURCES) / name


def filled(folder: Path) -> Path:
    """The folder, with every image of `REPOSITORIES` put in before a registry is opened on it."""
    shutil.copytree(once(_storage, SOURCES) / "data", folder / "data")
    return folder


def push(name: str, registry: Registry, repository: str) -> None:
    """Copy all tags of a layout to an open registry, byte for byte."""
    for tag, target in Layout(layout(name)).tags().items():
        with tempfile.TemporaryDirectory() as single:
            view(layout(name), target, Path(single))
            skopeo("copy", *EXACTLY, f"oci:{single}", f"docker://{registry.host}/{repository}:{tag}")


def view(whole: Path, target: Descriptor, folder: Path) -> None:
    """Make the layout with one image only and no name: skopeo finds none with docker's media types by its name."""
    (folder / "blobs").symlink_to(whole / "blobs")
    Layout(folder).write({"": target})


def _layouts(folder: Path) -> None:
    for name, recipe in RECIPES.items():
        layout = Layout(folder / name)
        layout.write(recipe(layout))


def _storage(folder: Path) -> None:
    with open_registry(folder) as registry:
        for repository, name in REPOSITORIES.items():
            push(name, registry, repository)
