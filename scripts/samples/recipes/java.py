"""A service in Java. Its jar has in it the library that everybody looked for in December 2021."""

from __future__ import annotations

import io
from collections.abc import Mapping
from zipfile import ZipFile, ZipInfo

from scripts.samples.changeset import directory, file, programs
from scripts.samples.recipes import debian

_LIBRARIES = {"log4j-api": "2.14.1", "log4j-core": "2.14.1"}
_GROUP = "org.apache.logging.log4j"


def _jar(members: Mapping[str, bytes]) -> bytes:
    """An archive that is the same whichever Python makes it: nothing is compressed, and all is of one date."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name), content)
    return packed.getvalue()


def _named(group: str, name: str, version: str) -> dict[str, bytes]:
    """By what Maven names a package in its jar."""
    text = f"artifactId={name}\ngroupId={group}\nversion={version}\n"
    return {f"META-INF/maven/{group}/{name}/pom.properties": text.encode()}


def _service() -> bytes:
    libraries = {f"{name}-{version}": _jar(_named(_GROUP, name, version)) for name, version in _LIBRARIES.items()}
    inner = {f"BOOT-INF/lib/{name}.jar": content for name, content in libraries.items()}
    return _jar(_named("dev.nbdock", "service", "1.0.0") | inner)


SERVICE = (
    debian.SLIM.at("2024-09-05T08:00:00Z")
    .run(
        "apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless"
        " && rm -rf /var/lib/apt/lists/*",
        *programs("usr/lib/jvm/java-17/bin", "java keytool", 30_000),
        debian.installed("openjdk-17-jre-headless=17.0.8"),
    )
    .copy("target/service.jar /app/", directory("app"), file("app/service.jar", _service()))
    .user("www-data")
    .cmd("java", "-jar", "/app/service.jar")
)
