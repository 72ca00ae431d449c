"""One application built twice, with and without habits that waste space; its files are the same."""

from __future__ import annotations

from scripts.samples.changeset import Entry, directory, file, files, opaque, programs, whiteout
from scripts.samples.recipes import debian

_WWW_DATA = 33
_CURL = "ca-certificates=20230311 curl=7.88.1"
_COMPILER = "build-essential=12.9 g++=12.2.0 gcc=12.2.0 make=4.3-4.1"

_TMP = directory("tmp", 0o1777)
_APP = directory("app", owner=_WWW_DATA)


def _curl(installed: str) -> tuple[Entry, ...]:
    return (
        *programs("usr/bin", "curl", 12_000),
        *files("etc/ssl/certs", "ca-certificates.crt", 6_000),
        debian.installed(installed),
    )


def _settings(level: str, owner: int) -> Entry:
    return file("app/settings.ini", f"[log]\nlevel = {level}\n", owner=owner)


def _sources(level: str, owner: int) -> tuple[Entry, ...]:
    return (
        directory("app", owner=owner),
        directory("app/templates", owner=owner),
        *files("app", "LICENSE README.md main.c templates/index.html templates/model.html", 40_000, owner=owner),
        _settings(level, owner),
    )


def _model(owner: int) -> tuple[Entry, ...]:
    names = "labels.txt weights-1.txt weights-2.txt"
    return directory("app/model", owner=owner), *files("app/model", names, 400_000, owner=owner)


def _program(owner: int) -> tuple[Entry, ...]:
    return directory("app/bin", owner=owner), *files("app/bin", "server", 60_000, mode=0o755, owner=owner)


def _objects(owner: int) -> tuple[Entry, ...]:
    return directory("app/build", owner=owner), *files("app/build", "main.o model.o", 90_000, owner=owner)


def _history(owner: int) -> tuple[Entry, ...]:
    return directory("app/.git", owner=owner), *files("app/.git", "HEAD index packed-refs", 240_000, owner=owner)


WASTEFUL = (
    debian.SLIM.at("2024-09-03T08:00:00Z")
    .workdir("/app", directory("app"))
    .run("apt-get update", *files("var/lib/apt/lists", "main_Packages security_Packages updates_Packages", 90_000))
    .run(
        "apt-get install -y build-essential curl",
        *_curl(f"{_CURL} {_COMPILER}"),
        *programs("usr/lib/gcc/x86_64-linux-gnu/12", "cc1 cc1plus collect2 lto1", 600_000),
    )
    .copy(". .", *_sources("debug", 0), *_history(0))
    .run("curl -fsS -o /tmp/model.tar https://example.com/model.tar", _TMP, *files("tmp", "model.tar", 400_000))
    .run("tar -xf /tmp/model.tar", *_model(0))
    .run("make", *_program(0), *_objects(0))
    .run(
        "chown -R www-data:www-data /app",
        *_sources("debug", _WWW_DATA),
        *_history(_WWW_DATA),
        *_model(_WWW_DATA),
        *_program(_WWW_DATA),
        *_objects(_WWW_DATA),
    )
    .run("sed -i s/debug/info/ settings.ini", _APP, _settings("info", _WWW_DATA))
    .run(
        "rm -rf /tmp/model.tar .git build",
        _TMP,
        whiteout("tmp/model.tar"),
        _APP,
        whiteout("app/.git"),
        whiteout("app/build"),
    )
    .run(
        "apt-get purge -y build-essential && rm -rf /var/lib/apt/lists && mkdir /var/lib/apt/lists",
        opaque("var/lib/apt/lists"),
        whiteout("usr/lib/gcc"),
        debian.installed(_CURL),
    )
    .user("www-data")
    .cmd("/app/bin/server")
)

FRUGAL = (
    debian.SLIM.at("2024-09-04T08:00:00Z")
    .workdir("/app", directory("app"))
    .run(
        "apt-get update && apt-get install -y --no-install-recommends ca-certificates curl"
        " && curl -fsS https://example.com/model.tar | tar -x && chown -R www-data:www-data ."
        " && rm -rf /var/lib/apt/lists/*",
        *_curl(_CURL),
        _APP,
        *_model(_WWW_DATA),
    )
    .copy("--chown=www-data:www-data /src/bin bin", _APP, *_program(_WWW_DATA))
    .copy("--chown=www-data:www-data . .", *_sources("info", _WWW_DATA))
    .user("www-data")
    .cmd("/app/bin/server")
)
