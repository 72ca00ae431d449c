"""Debian, slim and full: the bases of other samples, and their list of packages."""

from __future__ import annotations

from scripts.samples.build import Recipe
from scripts.samples.changeset import Entry, directories, directory, file, files, programs, symlink, symlinks
from scripts.samples.recipes import PATH, SAMPLE

LIB = "usr/lib/x86_64-linux-gnu"

_PACKAGES = """
    apt=2.6.1 base-files=12.4 base-passwd=3.6.1 bash=5.2.15-2 coreutils=9.1-1 dash=0.5.12-2 debconf=1.5.82
    diffutils=3.8-4 dpkg=1.21.22 findutils=4.9.0-4 gpgv=2.2.40-1.1 grep=3.8-5 gzip=1.12-1 hostname=3.23 libc6=2.36-9
    libcrypt1=4.4.33-2 libgcc-s1=12.2.0-14 libgnutls30=3.7.9-2 liblzma5=5.4.1-0.2 libpam0g=1.5.2-6
    libpcre2-8-0=10.42-1 libselinux1=3.4-1 libstdc++6=12.2.0-14 libsystemd0=252.6-1 libtinfo6=6.4-4 libzstd1=1.5.4
    login=4.13 mawk=1.3.4 mount=2.38.1-5 ncurses-base=6.4-4 passwd=4.13 perl-base=5.36.0-7 sed=4.9-1
    sysvinit-utils=3.06-4 tar=1.34 tzdata=2023c-5 util-linux=2.38.1-5 zlib1g=1.2.13
"""

_BIN = """
    apt apt-get awk base64 basename bash cat chgrp chmod chown cp cut dash date dd df dirname dpkg du echo env expr
    false find grep gzip head hostname id install kill less ln login ls mkdir mktemp more mount mv nice perl printf ps
    pwd readlink rm rmdir sed seq sha256sum sleep sort split stat stty su tail tar tee test touch tr true tty uname
    uniq wc who xargs yes zcat
"""

_LIBRARIES = """
    ld-linux-x86-64.so.2 libacl.so.1.1.2301 libapt-pkg.so.6.0.0 libblkid.so.1.1.0 libc.so.6 libcap.so.2.66
    libcrypt.so.1.1.0 libdb-5.3.so libgcc_s.so.1 libgmp.so.10.4.1 libgnutls.so.30.34.3 libhogweed.so.6.6
    liblz4.so.1.9.4 liblzma.so.5.4.1 libm.so.6 libmount.so.1.1.0 libnettle.so.8.6 libp11-kit.so.0.3.0 libpam.so.0.85.1
    libpcre2-8.so.0.11.2 libresolv.so.2 libselinux.so.1 libstdc++.so.6.0.30 libsystemd.so.0.35.0 libtinfo.so.6.4
    libunistring.so.2.2.0 libuuid.so.1.3.0 libz.so.1.2.13 libzstd.so.1.5.4
"""

_ZONES = "Africa/Cairo America/New_York Asia/Seoul Asia/Tokyo Australia/Sydney Europe/Berlin Europe/London UTC"
_LICENCES = "Apache-2.0 Artistic BSD CC0-1.0 GPL-1 GPL-2 GPL-3 LGPL-2.1 LGPL-3 MPL-2.0"
_DOCUMENTED = "apt bash coreutils dpkg findutils grep gzip libc6 perl sed tar util-linux"

_ACCOUNTS = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""

_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm), a sample"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
"""

_PACKAGE = """\
Package: {0}
Status: install ok installed
Architecture: amd64
Version: {1}
Description: a sample entry, the package is not here

"""


def installed(more: str = "") -> Entry:
    """The complete list of packages after a layer that installs `more` ("name=version …")."""
    packages = sorted(package.split("=") for package in f"{_PACKAGES} {more}".split())
    return file("var/lib/dpkg/status", "".join(_PACKAGE.format(*package) for package in packages))


def _system(size: int) -> tuple[Entry, ...]:
    """The files that both bases have, about `size` bytes."""
    return (
        SAMPLE,
        *(symlink(name, f"usr/{name}") for name in ("bin", "lib", "lib64", "sbin")),
        *(directory(name) for name in ("boot", "dev", "etc", "home", "mnt", "opt", "proc", "run", "srv", "sys", "usr")),
        directory("root", 0o700),
        directory("tmp", 0o1777),
        file("etc/debian_version", "12.0\n"),
        file("etc/group", "root:x:0:\ndaemon:x:1:\nbin:x:2:\nmail:x:8:\nwww-data:x:33:\nnogroup:x:65534:\n"),
        file("etc/passwd", _ACCOUNTS),
        file("etc/shadow", "root:*:19520:0:99999:7:::\n", 0o640),
        file("usr/lib/os-release", _RELEASE),
        symlink("etc/os-release", "../usr/lib/os-release"),
        *directories("usr/local", "bin etc include lib sbin share src"),
        *programs("usr/bin", _BIN, size * 30 // 100),
        *symlinks("usr/bin", "dash", "sh"),
        *files("usr/bin", "passwd", 600, mode=0o4755),
        *files(LIB, _LIBRARIES, size * 52 // 100),
        *symlinks(LIB, "libz.so.1.2.13", "libz.so.1"),
        *symlinks(LIB, "libstdc++.so.6.0.30", "libstdc++.so.6"),
        *files("usr/share/zoneinfo", _ZONES, size * 4 // 100),
        *files("usr/share/common-licenses", _LICENCES, size * 8 // 100),
        *(files(f"usr/share/doc/{name}", "copyright", 400)[0] for name in _DOCUMENTED.split()),
        *directories("var", "backups cache lib log mail opt spool tmp"),
        *directories("var/lib/apt", "lists"),
        installed(),
    )


_RELEASED = Recipe(config={"Cmd": ["bash"], "Env": [f"PATH={PATH}"]}).at("2023-06-12T00:00:00Z")
_COMMAND = "# debian.sh --arch 'amd64' out/ 'bookworm' '@1686528000'"
_BUILT_BY = "debuerreotype 0.15"

SLIM = _RELEASED.layer(_COMMAND, *_system(187_000), comment=_BUILT_BY)
FULL = _RELEASED.layer(
    _COMMAND,
    *_system(187_000),
    *files(
        "usr/share/man/man1", "apt.1 bash.1 cat.1 chmod.1 cp.1 dpkg.1 find.1 grep.1 ls.1 perl.1 sed.1 tar.1", 40_000
    ),
    *files("usr/share/locale", "de/LC_MESSAGES/apt.mo fr/LC_MESSAGES/apt.mo ko/LC_MESSAGES/apt.mo", 35_000),
    *files("usr/share/doc/bash", "CHANGES INTRO NEWS RBASH README", 30_000),
    comment=_BUILT_BY,
)
