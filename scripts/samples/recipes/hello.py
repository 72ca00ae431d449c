"""The smallest images: hello-world, and a web server on a base without a shell."""

from __future__ import annotations

from scripts.samples.build import Recipe
from scripts.samples.changeset import directory, file, files
from scripts.samples.filler import Filler
from scripts.samples.recipes import PATH, SAMPLE

_HELLO = """\
Hello! This text stands for a program of a few kilobytes that says as much.

To come this far, the name was resolved to a manifest, the manifest to a
config and one layer, and the layer was checked against its digest.
"""

_DOCKER = "20.10.24"

HELLO_WORLD = (
    Recipe(config={"Env": [f"PATH={PATH}"]})
    .at("2023-05-02T16:49:27Z")
    .copy("hello /", SAMPLE, file("hello", _HELLO, 0o755))
    .cmd("/hello")
)

_DISTROLESS = Recipe(config={"Env": [f"PATH={PATH}", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]}).layer(
    "bazel build ...",
    SAMPLE,
    *files("etc/ssl/certs", "ca-certificates.crt", 600),
    file(
        "etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
    ),
    file("etc/group", "root:x:0:\nnonroot:x:65532:\n"),
    directory("home/nonroot", 0o700, owner=65532),
    *files("usr/share/zoneinfo", "Asia/Seoul Europe/Berlin UTC", 4_000),
    directory("tmp", 0o1777),
)


def _hello_app(version: str, created: str) -> Recipe:
    return (
        _DISTROLESS.at(created, docker_version=_DOCKER)
        .workdir("/")
        .copy("file:hello-app in /hello-app", file("hello-app", Filler(f"hello-app {version}", 24_000), 0o755))
        .env("PORT", "8080")
        .user("nonroot:nonroot")
        .cmd("/hello-app")
    )


HELLO_APP_1_0 = _hello_app("1.0", "2021-11-04T09:20:00Z")
HELLO_APP_2_0 = _hello_app("2.0", "2021-11-04T09:26:00Z")
