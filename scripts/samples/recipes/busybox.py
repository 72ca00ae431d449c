"""Busybox: one layer, one program under many names, three platforms under one tag."""

from __future__ import annotations

from nbdock.oci.platform import Platform
from scripts.samples.build import Recipe
from scripts.samples.changeset import directory, file, files, hard_links, programs, symlink
from scripts.samples.recipes import PATH, SAMPLE

_APPLETS = """
    [ ar ash awk base64 basename bunzip2 bzip2 cat chgrp chmod chown chroot clear cmp cp cpio cut date dd df diff
    dirname du echo ed env expr false find fold free grep gunzip gzip head hexdump hostname httpd id ip kill less ln
    login ls md5sum mkdir mktemp more mount mv nc nice nohup nslookup od passwd patch pgrep ping printf ps pwd
    readlink reset rm rmdir sed seq sh sha256sum sleep sort split stat stty su tail tar tee telnet test time top touch
    tr true tty umount uname uniq unzip uptime vi watch wc wget which who whoami xargs yes zcat
"""
_ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\n"


def _busybox(platform: Platform, size: int) -> Recipe:
    blank = Recipe(platform=platform, config={"Cmd": ["sh"], "Env": [f"PATH={PATH}"]})
    return blank.at("2024-09-26T21:31:42Z").layer(
        "BusyBox 1.36.1 (glibc), Debian 12",
        SAMPLE,
        *programs("bin", "busybox", size * 25 // 100, edition=str(platform)),
        *hard_links("bin", "busybox", _APPLETS),
        directory("dev"),
        file("etc/group", "root:x:0:\nwww-data:x:33:\n"),
        file("etc/passwd", _ACCOUNTS),
        directory("home"),
        *files("lib", "ld-linux.so libc.so.6 libm.so.6 libpthread.so.0", size * 75 // 100, edition=str(platform)),
        symlink("lib64", "lib"),
        directory("root", 0o700),
        directory("tmp", 0o1777),
        directory("usr"),
        symlink("usr/bin/env", "../../bin/env"),
        directory("var/www"),
    )


BUSYBOX = (
    _busybox(Platform("linux", "amd64"), 10_700),
    _busybox(Platform("linux", "arm64"), 10_100),
    _busybox(Platform("linux", "arm", "v7"), 7_800),
)
