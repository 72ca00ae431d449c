"""How the images of the tests are built: each layer holds what its instruction says. A recipe gives its tags."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeAlias

from tests.parts.debian import applets, busybox_program
from tests.parts.layers import EMPTY, Entry, directory, file, hard_link, layer, symlink, whiteout
from tests.parts.layout import DOCKER, Descriptor, Layout, Step

Tags: TypeAlias = dict[str, Descriptor]

LICENSES = Path("/usr/share/common-licenses")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USERS = b"root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
WWW_DATA = 33
APACHE = "usr/local/apache2"
BELOW_APACHE = (directory("usr"), directory("usr/local"))


def busybox(layout: Layout) -> Tags:
    """Debian's static busybox for two platforms: one layer each, with a hard link for each applet."""
    index = layout.index(_busybox(layout, architecture="amd64"), _busybox(layout, architecture="arm64", variant="v8"))
    return {"1.35": index, "latest": index}


def _busybox(layout: Layout, **platform: str) -> Descriptor:
    program = busybox_program(platform["architecture"])
    files = layer(
        directory("bin"),
        file("bin/busybox", program, 0o755),
        *(hard_link(f"bin/{name}", "bin/busybox") for name in applets(program) if name != "busybox"),
        directory("etc"),
        file("etc/passwd", USERS),
        directory("root", 0o700),
        directory("tmp", 0o1777),
    )
    made = "2024-09-26T21:31:42Z"
    steps = [Step(made, "ADD busybox-static.tar.gz / # buildkit", files), Step(made, 'CMD ["sh"]')]
    image = layout.image(steps, config={"Env": [PATH], "Cmd": ["sh"]}, **platform)
    return {**image, "platform": {"os": "linux", **platform}}


def httpd(layout: Layout) -> Tags:
    """A web server's image as BuildKit makes one, in docker's media types. The first three layers are shared."""
    new = _httpd(layout, "2.4.62", "2024-11-07T17:20:00Z", NEW_SERVER, layer(*_new_server()))
    old = _httpd(layout, "2.2.34", "2018-01-20T01:02:03.456789Z", OLD_SERVER, layer(*_old_server()))
    return {"2.2": old, "2.4": new, "latest": new}


def _httpd(layout: Layout, version: str, made: str, command: str, server: bytes) -> Descriptor:
    path = PATH.replace("=", f"=/{APACHE}/bin:")
    steps = [
        *_httpd_base(path),
        Step(made, f"ENV HTTPD_VERSION={version}"),
        Step(made, "ENV HTTPD_PATCHES="),
        Step(made, f"RUN /bin/sh -c {command} # buildkit", server),
        Step(made, "STOPSIGNAL SIGWINCH"),
        Step(made, "COPY httpd-foreground /usr/local/bin/ # buildkit", _httpd_foreground()),
        Step(made, "EXPOSE map[80/tcp:{}]"),
        Step(made, 'CMD ["httpd-foreground"]'),
    ]
    config = {
        "ExposedPorts": {"80/tcp": {}},
        "Env": [path, f"HTTPD_PREFIX=/{APACHE}", f"HTTPD_VERSION={version}", "HTTPD_PATCHES="],
        "Cmd": ["httpd-foreground"],
        "WorkingDir": f"/{APACHE}",
        "StopSignal": "SIGWINCH",
    }
    return layout.image(steps, DOCKER, config=config)


def _httpd_base(path: str) -> list[Step]:
    base, made = "2017-12-12T01:45:00Z", "2018-01-19T23:00:00Z"
    prefix = 'mkdir -p "$HTTPD_PREFIX" && chown www-data:www-data "$HTTPD_PREFIX"'
    return [
        Step(base, "ADD rootfs.tar.gz / # buildkit", layer(*_root())),
        Step(base, 'CMD ["bash"]'),
        Step(made, f"ENV HTTPD_PREFIX=/{APACHE}"),
        Step(made, f"ENV {path}"),
        Step(made, f"RUN /bin/sh -c {prefix} # buildkit", layer(*BELOW_APACHE, directory(APACHE, owner=WWW_DATA))),
        Step(made, f"WORKDIR /{APACHE}", EMPTY),
    ]


def _root() -> list[Entry]:
    return [
        symlink("bin", "usr/bin"),
        directory("etc"),
        file("etc/motd", b"Welcome.\n"),
        file("etc/passwd", USERS),
        directory("root", 0o700),
        directory("tmp", 0o1777),
        directory("usr"),
        directory("usr/bin"),
        directory("usr/share"),
        directory("usr/share/common-licenses"),
        *map(_license, sorted(LICENSES.iterdir())),
    ]


def _license(path: Path) -> Entry:
    name = str(path).lstrip("/")
    return symlink(name, str(path.readlink())) if path.is_symlink() else file(name, path.read_bytes())


OLD_SERVER = "set -eux; \tcp /usr/share/common-licenses/Apache-2.0 LICENSE; \tmkdir htdocs"
NEW_SERVER = (
    "set -eux; \tcat /usr/share/common-licenses/* > LICENSES; \tcp /usr/share/common-licenses/Apache-2.0 LICENSE; "
    "\tmkdir htdocs logs; \tln LICENSE htdocs/license.txt; \tln -s /proc/self/fd/2 logs/error_log; \trm /etc/motd"
)


def _old_server() -> list[Entry]:
    return [
        *BELOW_APACHE,
        directory(APACHE, owner=WWW_DATA),
        file(f"{APACHE}/LICENSE", (LICENSES / "Apache-2.0").read_bytes()),
        directory(f"{APACHE}/htdocs"),
    ]


def _new_server() -> list[Entry]:
    texts = b"".join(path.read_bytes() for path in sorted(LICENSES.iterdir()))
    return [
        directory("etc"),
        whiteout("etc/motd"),
        *_old_server(),
        hard_link(f"{APACHE}/htdocs/license.txt", f"{APACHE}/LICENSE"),
        file(f"{APACHE}/LICENSES", texts),
        directory(f"{APACHE}/logs"),
        symlink(f"{APACHE}/logs/error_log", "/proc/self/fd/2"),
    ]


def _httpd_foreground() -> bytes:
    script = b'#!/bin/sh\nset -e\nrm -f logs/httpd.pid\nexec httpd -DFOREGROUND "$@"\n'
    return layer(*BELOW_APACHE, directory("usr/local/bin"), file("usr/local/bin/httpd-foreground", script, 0o755))


def hello_world(layout: Layout) -> Tags:
    """One small layer, no index."""
    made = "2023-05-04T17:37:03Z"
    files = layer(file("hello", b"#!/bin/echo Hello\n", 0o755))
    steps = [Step(made, "COPY hello / # buildkit", files), Step(made, 'CMD ["/hello"]')]
    return {"latest": layout.image(steps, config={"Env": [PATH], "Cmd": ["/hello"]})}


def hello_app(layout: Layout) -> Tags:
    """As docker's classic builder made them, in docker's media types. The first layer is shared."""
    return {
        "1.0": _hello_app(layout, "1.0", "2022-01-10T21:50:47Z"),
        "2.0": _hello_app(layout, "2.0", "2022-01-10T21:55:01Z"),
    }


def _hello_app(layout: Layout, version: str, made: str) -> Descriptor:
    users = file("etc/passwd", USERS)
    program = file("hello-app", f'#!/bin/sh\nexec httpd -f -p "$PORT" -h /srv/{version}\n'.encode(), 0o755)
    base = "2021-11-24T20:19:40Z"
    steps = [
        _nop(base, f"ADD file:{_hex(users)} in / ", layer(directory("etc"), users)),
        _nop(base, ' CMD ["/bin/sh"]'),
        _nop(made, f"COPY file:{_hex(program)} in / ", layer(program)),
        _nop(made, " ENV PORT=8080"),
        _nop(made, ' CMD ["/hello-app"]'),
    ]
    config = {"Env": [PATH, "PORT=8080"], "Cmd": ["/hello-app"]}
    return layout.image(steps, DOCKER, config=config, docker_version="20.10.24")


def _nop(created: str, instruction: str, made: bytes | None = None) -> Step:
    return Step(created, f"/bin/sh -c #(nop) {instruction}", made, comment="")


def _hex(entry: Entry) -> str:
    return hashlib.sha256(entry[1]).hexdigest()
