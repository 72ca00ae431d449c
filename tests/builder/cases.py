"""Dockerfiles without RUN that real builders build too, and the build context that they share."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

BASE = "base:1.0"
"""The image that cases begin with: `Case.base` is built under this name first."""
ROOT = """\
FROM scratch
COPY root /
ENV PATH=/usr/bin LANG=C
LABEL kind=base kept=yes
EXPOSE 80
VOLUME /data
USER web
WORKDIR /usr/lib
ENTRYPOINT ["/usr/bin/sh"]
CMD ["-l"]
HEALTHCHECK --interval=5s CMD true
ONBUILD COPY a.txt triggered/
ONBUILD ENV TRIGGERED=yes
"""

_FILES = {
    "a.txt": ("alpha\n", 0o644),
    "b.txt": ("beta\n", 0o640),
    "c.md": ("gamma\n", 0o644),
    "run.sh": ("#!/bin/sh\n", 0o755),
    "empty": ("", 0o644),
    "odd/[x].txt": ("class\n", 0o644),
    "odd/a b.txt": ("blank\n", 0o644),
    "odd/\u00fcml\u00e4ut.txt": ("text\n", 0o644),
    "site/index.html": ("<h1>site</h1>\n", 0o644),
    "site/.hidden": ("hidden\n", 0o600),
    "site/css/main.css": ("h1 {}\n", 0o600),
    "site/css/deep/er/x.css": ("", 0o644),
    "over/index.html": ("<h1>over</h1>\n", 0o600),
    "over/css/main.css": ("h2 {}\n", 0o644),
    "over/new/a": ("a\n", 0o644),
    "special/su": ("su\n", 0o4755),
    "special/sg": ("sg\n", 0o2755),
    "twins/one": ("twin\n", 0o644),
    "text.gz": (zlib.compress(b"no tar\n", 9, wbits=31), 0o644),
    "root/etc/passwd": ("root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n", 0o644),
    "root/etc/group": ("root:x:0:\nstaff:x:50:web\n", 0o644),
    "root/usr/bin/sh": ("sh\n", 0o755),
    "root/usr/lib/keep": ("keep\n", 0o644),
}
_FOLDERS = {"site/css": 0o700, "site/none": 0o750, "special/tmp": 0o1777, "over/css": 0o711, "root/usr/lib": 0o775}
_LINKS = {
    "site/to-css": "css/main.css",
    "links/file": "../a.txt",
    "links/folder": "../site",
    "links/nowhere": "gone",
    "links/absolute": "/a.txt",
    "links/out": "../../../a.txt",
    "root/bin": "usr/bin",
    "root/lib": "/usr/lib",
    "root/current": "usr/lib/keep",
}


class Case(NamedTuple):
    """A Dockerfile, the `.dockerignore` and build arguments that go with it, and the Dockerfile of its base if any."""

    text: str
    ignore: str = ""
    args: Mapping[str, str] = {}
    base: str = ""


def fill(folder: Path) -> Path:
    """Write the build context into a folder."""
    for path, (content, mode) in _FILES.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
    for path, target in _LINKS.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).symlink_to(target)
    os.link(folder / "twins/one", folder / "twins/two")
    for suffix, pack in {"": bytes, ".gz": _gzip, ".bz2": bz2.compress, ".xz": lzma.compress}.items():
        (folder / f"data.tar{suffix}").write_bytes(pack(_tar(has_root=suffix == ".xz")))
    for path in (each for each in folder.rglob("*") if each.is_dir()):
        path.chmod(0o755)
    for path, mode in _FOLDERS.items():
        (folder / path).mkdir(exist_ok=True)
        (folder / path).chmod(mode)
    return folder


def _gzip(content: bytes) -> bytes:
    return zlib.compress(content, 9, wbits=31)


def _tar(has_root: bool) -> bytes:
    """Owners, modes, links of both kinds, a folder without an entry, and perhaps an entry of the root."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, mode, owner, more in (
            *([("./", tarfile.DIRTYPE, 0o700, 0, "")] * has_root),
            ("in", tarfile.DIRTYPE, 0o750, 7, ""),
            ("in/file", tarfile.REGTYPE, 0o604, 7, "content\n"),
            ("in/su", tarfile.REGTYPE, 0o4755, 0, "su\n"),
            ("in/hard", tarfile.LNKTYPE, 0o604, 7, "in/file"),
            ("in/soft", tarfile.SYMTYPE, 0o777, 7, "file"),
            ("in/away", tarfile.SYMTYPE, 0o777, 0, "/etc/passwd"),
            ("no/entry/x", tarfile.REGTYPE, 0o644, 8, "x\n"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, owner, owner, 1_000_000_000
            content = more.encode() if kind == tarfile.REGTYPE else b""
            info.size, info.linkname = len(content), "" if content else more
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


_SHELL = "#!/bin/sh\necho $HOME\n"

PLAIN: Mapping[str, Case] = {
    "copy a file to a path": Case("FROM scratch\nCOPY a.txt /etc/motd"),
    "copy a file into a folder": Case("FROM scratch\nCOPY a.txt /app/"),
    "copy to the root": Case("FROM scratch\nCOPY a.txt /\nCOPY b.txt ."),
    "copy into a folder that is there": Case("FROM scratch\nWORKDIR /app\nCOPY b.txt /app\nCOPY a.txt ./"),
    "copy several": Case("FROM scratch\nCOPY a.txt b.txt site /app/"),
    "copy several with json": Case('FROM scratch\nCOPY ["odd/a b.txt", "a.txt", "/my app/"]'),
    "copy globs": Case("FROM scratch\nCOPY *.txt /t/\nCOPY ?.md /m/\nCOPY [ab].txt /c/\nCOPY s*e /s/"),
    "copy a glob of folders": Case("FROM scratch\nCOPY site/c* /x/\nCOPY */deep /y/\nCOPY site/*/main.css /z/"),
    "copy a glob of one": Case("FROM scratch\nCOPY c.m* /x\nCOPY run.?h /y/z"),
    "copy odd names": Case("FROM scratch\nCOPY odd /odd/\nCOPY odd/[[]x].txt /one\nCOPY odd/\u00fc*.txt /two"),
    "copy a folder": Case("FROM scratch\nCOPY site /www\nCOPY site/ /www2\nCOPY site /www3/"),
    "copy the whole context": Case("FROM scratch\nCOPY . /all", ignore="special"),
    "copy the whole context to the root": Case("FROM scratch\nCOPY . /"),
    "copy over folders": Case("FROM scratch\nCOPY site /www\nCOPY over /www\nCOPY over/css/ /www/css"),
    "copy an empty folder": Case("FROM scratch\nCOPY site/none /x/\nCOPY empty /y"),
    "copy links as they are": Case("FROM scratch\nCOPY links /l"),
    "copy what a link names": Case("FROM scratch\nCOPY links/file /f\nCOPY links/folder /d\nCOPY links/absolute /a"),
    "copy hard links": Case("FROM scratch\nCOPY twins /t\nCOPY twins/one twins/two /u/"),
    "copy special modes": Case("FROM scratch\nCOPY special /s\nCOPY special/su /bin/su"),
    "copy twice": Case("FROM scratch\nCOPY a.txt /x\nCOPY b.txt /x"),
    "copy onto a link to a folder": Case(f"FROM {BASE}\nUSER root\nCOPY a.txt /bin/\nCOPY site /lib", base=ROOT),
    "copy onto a link to a file": Case(f"FROM {BASE}\nUSER root\nCOPY a.txt /current", base=ROOT),
    "copy below links": Case(f"FROM {BASE}\nCOPY a.txt /lib/x/y\nCOPY links /lib\nCOPY a.txt /lib/folder", base=ROOT),
    "copy a folder with links onto folders": Case("FROM scratch\nCOPY root /\nCOPY links /usr\nCOPY links /usr"),
    "chown by number": Case("FROM scratch\nCOPY --chown=5:6 site /a/b/\nCOPY --chown=7 a.txt /a/c/d"),
    "chown by name": Case("FROM scratch\nCOPY root /\nCOPY --chown=web a.txt /a\nCOPY --chown=web:staff site /s"),
    "chown of one by name": Case(
        "FROM scratch\nCOPY root /\nCOPY --chown=9:staff a.txt /a\nADD --chown=web:9 b.txt /b"
    ),
    "chown into folders that are there": Case("FROM scratch\nCOPY site /a\nCOPY --chown=5:6 over /a"),
    "chmod": Case("FROM scratch\nCOPY --chmod=700 a.txt /a\nCOPY --chmod=0644 run.sh /run\nCOPY --chmod=1777 c.md /c"),
    "chmod of a folder": Case("FROM scratch\nCOPY --chmod=750 site /s/t"),
    "chown and chmod": Case("FROM scratch\nCOPY --chown=5:6 --chmod=4755 a.txt special/su /a/"),
    "from a stage": Case(
        "FROM scratch AS made\nCOPY --chown=5:6 site /www/\nCOPY twins /t\nCOPY links /l\n"
        "FROM scratch\nCOPY --from=made /www /a\nCOPY --from=0 t /t\nCOPY --from=made /l /l"
    ),
    "from a stage with chown": Case(
        "FROM scratch AS made\nCOPY --chown=5:6 site /www/\n"
        "FROM scratch\nCOPY --from=made --chown=7:8 /www/css /a/\nCOPY --chmod=600 --from=made /www/index.html /b"
    ),
    "from a stage by globs and links": Case(
        "FROM scratch AS made\nCOPY root /\nFROM scratch\nCOPY --from=made /bin/s* /x/\nCOPY --from=made /lib /y\n"
        "COPY --from=made /current /z\nCOPY --from=made /etc/* /etc/"
    ),
    "from a stage all": Case("FROM scratch AS made\nCOPY root /\nFROM scratch\nCOPY --from=made / /"),
    "from an image": Case(f"FROM scratch\nCOPY --from={BASE} /etc /etc/\nCOPY --from={BASE} /usr/bin/sh .", base=ROOT),
    "on a stage": Case("FROM scratch AS one\nCOPY a.txt /a\nENV X=1\nLABEL l=$X\nFROM one\nCOPY b.txt /b\nLABEL m=$X"),
    "add files": Case("FROM scratch\nADD a.txt /a\nADD site /s/\nADD --chown=3:4 *.md /m/"),
    "add tar": Case("FROM scratch\nADD data.tar /x"),
    "add tar.gz": Case("FROM scratch\nADD data.tar.gz /x/"),
    "add tar.bz2": Case("FROM scratch\nADD data.tar.bz2 ."),
    "add tar.xz": Case("FROM scratch\nADD data.tar.xz /x/y/"),
    "add tars by a glob": Case("FROM scratch\nADD data.tar.[gb]z* a.txt /x/"),
    "add tar over files": Case("FROM scratch\nCOPY site /x/in\nCOPY --chown=9:9 over /x/no\nADD data.tar /x/"),
    "add tar with chown": Case("FROM scratch\nADD --chown=5:6 data.tar /x/"),
    "add what is no tar": Case("FROM scratch\nADD text.gz /x/\nADD empty /y"),
    "add a folder of tars": Case("FROM scratch\nADD . /x/", ignore="*\n!data.tar*"),
    "env": Case(
        'FROM scratch\nENV A=1 B="two words" C=a\\ b\nENV D $A${B}x\nENV A=2 E=$A F=${NO:-x} G=${A:+y}\nENV H='
    ),
    "arg": Case("ARG V=7\nFROM scratch\nARG V\nARG W=${V}1 X\nLABEL v=$V w=$W x=$X z=${Z-no}", args={"X": "given"}),
    "arg hides env": Case("FROM scratch\nARG A=arg\nENV A=env\nARG A=again\nLABEL a=$A"),
    "label": Case('FROM scratch\nLABEL a=1 "b c"="d\\"e" f=\'$x\'\nLABEL a=2\nLABEL old style  kept'),
    "expose": Case("FROM scratch\nEXPOSE 80 443/udp\nEXPOSE 80/tcp"),
    "expose ranges": Case("FROM scratch\nEXPOSE 9000-9002 53/UDP"),
    "volume": Case('FROM scratch\nVOLUME /a /b\nVOLUME ["/c d", "rel"]\nCOPY a.txt /a/x'),
    "user": Case("FROM scratch\nCOPY root /\nUSER web\nCOPY a.txt /a\nWORKDIR /home/web\nUSER 5:6\nWORKDIR w"),
    "workdir": Case("FROM scratch\nWORKDIR /a\nWORKDIR b/../c\nWORKDIR ./d/\nENV W=/w\nWORKDIR $W/x\nWORKDIR /"),
    "workdir again": Case("FROM scratch\nWORKDIR /a\nWORKDIR /a\nCOPY a.txt .\nWORKDIR /a"),
    "workdir through a link": Case("FROM scratch\nCOPY root /\nWORKDIR /lib/x\nCOPY a.txt ."),
    "cmd and entrypoint": Case('FROM scratch\nCMD echo $A "b  c"\nENTRYPOINT ["/x", "y"]\nCMD ["a", "\\u00e9"]'),
    "entrypoint of the shell": Case("FROM scratch\nENTRYPOINT exec /x\nCMD []"),
    "entrypoint clears the command of the base": Case(f'FROM {BASE}\nENTRYPOINT ["/x"]', base=ROOT),
    "entrypoint keeps its own command": Case(f'FROM {BASE}\nCMD ["y"]\nENTRYPOINT ["/x"]', base=ROOT),
    "shell": Case('FROM scratch\nSHELL ["/bin/bash", "-c"]\nCMD echo\nENTRYPOINT run it'),
    "healthcheck": Case("FROM scratch\nHEALTHCHECK --interval=1m30s --timeout=2s --retries=3 CMD curl -f x || exit 1"),
    "healthcheck none": Case(f"FROM {BASE}\nHEALTHCHECK NONE", base=ROOT),
    "healthcheck json": Case('FROM scratch\nHEALTHCHECK --start-period=1500ms CMD ["curl", "x"]'),
    "stopsignal": Case("FROM scratch\nSTOPSIGNAL SIGQUIT"),
    "stopsignal number": Case("FROM scratch\nARG S=9\nSTOPSIGNAL $S"),
    "onbuild": Case("FROM scratch\nONBUILD COPY . /app\nONBUILD LABEL a=$b\nCOPY a.txt /"),
    "a base": Case(f"FROM {BASE}\nENV LANG=de\nLABEL kind=app\nEXPOSE 443\nVOLUME /more\nWORKDIR /usr", base=ROOT),
    "a base that is all": Case(f"FROM {BASE}", base=ROOT),
    "maintainer": Case("FROM scratch\nMAINTAINER someone <s@x.org>\nCOPY a.txt /"),
    "ignore": Case("FROM scratch\nCOPY . /", ignore="*.txt\n!a.txt\nsite/css\ndata.*\n**/*.gz\nlinks\nroot\nspecial"),
    "ignore a folder but what is in it": Case("FROM scratch\nCOPY . /", ignore="*\n!site/css/deep\n!over/*.html\n"),
    "ignore and globs": Case("FROM scratch\nCOPY *.* /x/\nCOPY site /s", ignore="# none\nb.*\n/data*\nsite/**/deep\n"),
    "ignore dot files": Case("FROM scratch\nCOPY . /", ignore="**/.*\n[or]*\nlinks/\n./twins\ndata.ta?*\n"),
    "continuations": Case("FROM scratch\nENV A=1 \\\n  # a comment\n\n  B=2\nCOPY a.txt \\\n  b.txt \\\n /x/"),
    "escape": Case("# escape=`\nFROM scratch\nENV A=c:\\x B=`\n2\nLABEL p=C:\\$A"),
}
"""COPY and ADD, config, `.dockerignore`: what every builder knows."""

BUILDKIT: Mapping[str, Case] = {
    "link": Case("FROM scratch\nCOPY root /\nCOPY --link a.txt /bin/a\nCOPY --link --chown=5:6 site /usr/lib/s"),
    "link with chmod": Case("FROM scratch\nCOPY --link --chmod=700 a.txt b.txt /x/\nADD --link data.tar.gz /x/"),
    "link from a stage": Case("FROM scratch AS m\nCOPY twins /t/u\nFROM scratch\nCOPY --link --from=m /t /v/"),
    "parents": Case("FROM scratch\nCOPY --parents site/css/main.css over/*/a /x/\nCOPY --parents site/css /y"),
    "parents from a pivot": Case(
        "FROM scratch\nCOPY --parents site/./css/deep a.txt /x/\nCOPY --parents ./site/./css/*.css /y/"
    ),
    "parents from a stage": Case(
        "FROM scratch AS m\nCOPY root /r\nFROM scratch\nCOPY --parents --from=m /r/usr/./bin /r/etc /x/"
    ),
    "parents with chown": Case("FROM scratch\nCOPY --parents --chown=5:6 --chmod=711 site/css/deep /x/"),
    "parents through stars": Case("FROM scratch\nCOPY --parents **/*.css /x/\nCOPY **/main.css /y/"),
    "parents through more stars": Case(
        "FROM scratch\nCOPY --parents site/**/er /x/\nCOPY --parents s*/./**/deep/** over/** /y/"
    ),
    "parents to a folder": Case("FROM scratch\nCOPY --parents a.txt site/none /x\nCOPY --parents over/./css /y"),
    "parents of links": Case("FROM scratch\nCOPY --parents links/file links/f* /y/"),
    "parents and hard links": Case("FROM scratch\nCOPY --parents twins/one twins/t* /x/\nCOPY --parents twins /y/"),
    "parents of files there": Case(
        "FROM scratch\nCOPY --parents --chown=5:6 site/css /x/\nCOPY --parents site/none /x/"
    ),
    "exclude": Case("FROM scratch\nCOPY --exclude=*.txt --exclude=data.* --exclude=root . /x/"),
    "exclude below": Case("FROM scratch\nCOPY --exclude=**/*.css --exclude=none site /x/\nCOPY --exclude=css site /y/"),
    "exclude with globs": Case("FROM scratch\nCOPY --exclude=b.* *.txt *.md /x/\nADD --exclude=*.html over /y/"),
    "exclude deep but": Case("FROM scratch\nCOPY --exclude=* --exclude=!css/deep/er/*.css site /x/"),
    "exclude what is named": Case("FROM scratch\nCOPY --exclude=a.txt --exclude=css a.txt site/c* /x/"),
    "exclude but": Case("FROM scratch\nCOPY --exclude=css --exclude=!css/main.css site /x/"),
    "exclude and parents": Case("FROM scratch\nCOPY --parents --exclude=**/deep site/css over /x/"),
    "heredocs": Case(
        f"FROM scratch\nENV N=web\nCOPY <<a <<'b' /x/\nhi $N ${{no:-y}}\\n\na\nas $N\nb\nCOPY <<E /bin/e\n{_SHELL}E"
    ),
    "heredocs with tabs": Case(
        'FROM scratch\nCOPY <<-"a" /x\n\tone\n\t\ttwo\n\ta\nADD --chmod=755 --chown=1:2 <<z /y/\nz'
    ),
    "heredocs and files": Case("FROM scratch\nCOPY a.txt <<in.txt c.md /x/\ninside\nin.txt"),
    "chmod by letters": Case(
        "FROM scratch\nCOPY --chmod=u=rwX,go=rX site /a\nCOPY --chmod=a+x,o-r b.txt /b\nCOPY --chmod=g=u run.sh /c"
    ),
    "chmod by other letters": Case(
        "FROM scratch\nCOPY --chmod=go-rwx site /a\nCOPY --chmod=u+s,+t run.sh /c\nCOPY --chmod=+w b.txt /d"
    ),
    "chmod of links": Case("FROM scratch\nCOPY --chmod=600 --chown=1:1 links /l"),
    "chmod of folders there": Case(
        "FROM scratch\nCOPY site /a\nCOPY --chmod=700 --chown=5:5 over /a\nCOPY --chmod=711 a.txt /n/e/w"
    ),
    "chmod of folders made": Case(
        "FROM scratch\nCOPY --chmod=1777 a.txt /n/x\nCOPY --chmod=4070 over /m/\nCOPY --chmod=600 <<e /h/\ne"
    ),
    "chmod of folders made by letters": Case("FROM scratch\nCOPY --chmod=go-rx a.txt /n/x\nCOPY --chmod=a=r over /m/"),
    "hard links of several sources": Case(
        "FROM scratch\nCOPY twins/one twins/t* /u/\nCOPY twins /v\nCOPY --chown=1:1 twins/* /v/"
    ),
    "add several tars": Case("FROM scratch\nADD --chmod=700 --chown=5:6 data.tar a.txt data.tar.gz /x/"),
    "chmod of a tar": Case("FROM scratch\nADD --chmod=700 data.tar.gz /x/"),
    "unpack": Case("FROM scratch\nADD --unpack=true data.tar.gz /x/\nADD --unpack=false data.tar.gz /y/"),
    "onbuild of a stage": Case(
        "FROM scratch AS one\nONBUILD COPY a.txt /t/\nONBUILD ENV X=1\nFROM one\nLABEL x=$X\nCOPY b.txt /"
    ),
    "onbuild of a base twice": Case(f"FROM {BASE} AS one\nFROM one\nCOPY b.txt /", base=ROOT),
    "onbuild passed on": Case(f"FROM {BASE}\nONBUILD USER 5", base=ROOT),
    "args before from": Case(
        "ARG WHAT=one\nARG ALL=${WHAT}-x\nFROM scratch AS one-x\nCOPY a.txt /\nFROM $ALL\n"
        "ARG WHAT\nARG ALL=mine\nLABEL w=$WHAT a=$ALL"
    ),
    "args of the platform": Case(
        "FROM --platform=linux/arm64 scratch\nARG TARGETARCH\nARG TARGETPLATFORM\nLABEL a=$TARGETARCH p=$TARGETPLATFORM"
    ),
    "args with forms": Case(
        "FROM scratch\nARG A=abc.tar.gz\nARG E=\nLABEL a=${A#*.} b=${A%%.*} c=${A/tar/zip} d=${E:-e} f=${E-f}"
        " g=${A:+g} h=\"\\$A\" i='$A'"
    ),
    "args of others": Case(
        "FROM scratch\nARG HTTP_PROXY\nLABEL p=$HTTP_PROXY\nCOPY a.txt /", args={"HTTP_PROXY": "http://p"}
    ),
    "workdir of a base": Case(f"FROM {BASE}\nWORKDIR /srv/app\nWORKDIR /srv\nWORKDIR /usr/lib/x", base=ROOT),
    "workdir through links": Case("FROM scratch\nCOPY root /\nWORKDIR /lib\nWORKDIR /bin/new"),
    "workdir of a user": Case("FROM scratch\nCOPY root /\nUSER web:staff\nWORKDIR /x/y\nUSER 7\nWORKDIR z"),
    "copy a folder onto a link": Case("FROM scratch\nCOPY root /\nCOPY links/folder /lib\nCOPY site/css /bin"),
    "copy a link onto a file": Case("FROM scratch\nCOPY a.txt /l/file\nCOPY links /l"),
    "copy a file onto a link": Case(
        "FROM scratch\nCOPY links /l\nCOPY --chmod=600 b.txt /l/nowhere\nCOPY a.txt /l/out/"
    ),
    "copy a file onto a folder of links": Case("FROM scratch\nCOPY links /l\nCOPY a.txt b.txt /l/folder/"),
    "copy nothing new": Case("FROM scratch\nCOPY a.txt /a\nCOPY a.txt /a\nCOPY site/none /\nCOPY site/none /"),
    "copy dots": Case("FROM scratch\nCOPY ./site/../a.txt /x/../y\nCOPY site/. /z/.\nCOPY /site/css/ /w/./v"),
    "copy to a file in a folder": Case("FROM scratch\nWORKDIR /w\nCOPY a.txt b/c\nCOPY a.txt b/\nCOPY site/css ../v"),
    "copy variables": Case("FROM scratch\nENV F=a.txt T=/to/\nARG O=5\nCOPY --chown=$O:6 --chmod=6${O}0 $F ${T}x"),
    "chown makes parents": Case(
        "FROM scratch\nCOPY root /\nCOPY --chown=web a.txt /usr/lib/n/m/a\nCOPY --chown=5:6 b.txt /n/m/"
    ),
    "args of a stage": Case("FROM scratch AS one\nARG Y=2\nFROM one\nLABEL n=$Y\nFROM scratch\nLABEL n=$Y"),
    "args of the stage below": Case("FROM scratch AS one\nARG Y=2\nFROM one\nLABEL n=$Y"),
    "several stages": Case(
        "FROM scratch AS a\nCOPY a.txt /\nFROM scratch AS b\nRUN never\nFROM a AS c\nCOPY --from=a a.txt /again"
    ),
    "healthcheck start": Case("FROM scratch\nHEALTHCHECK --start-interval=3s --retries=0 CMD x"),
    "healthcheck often": Case("FROM scratch\nHEALTHCHECK --retries=39 CMD x\nHEALTHCHECK --retries=200 CMD y"),
    "labels sorted": Case("FROM scratch\nLABEL z=1 a=2\nLABEL z=3 B=1"),
    "nothing": Case("FROM scratch"),
    "syntax": Case("# check=skip=all\nFROM scratch\nENV A=a   B=b\nCMD   echo    hi \nLABEL x = 1"),
}
"""What BuildKit has beyond that, and corners."""

REFUSED: Mapping[str, Case] = {
    "several to a file": Case("FROM scratch\nCOPY a.txt b.txt /x"),
    "a glob to a file": Case("FROM scratch\nCOPY *.txt /x"),
    "a glob to a folder": Case("FROM scratch\nCOPY *.txt /x\nCOPY a.txt /x"),
    "a glob to a folder that is there": Case("FROM scratch\nWORKDIR /x\nCOPY *.txt /x"),
    "a glob of nothing": Case("FROM scratch\nCOPY *.none /x/"),
    "not there": Case("FROM scratch\nCOPY gone /x"),
    "not there with parents": Case("FROM scratch\nCOPY --parents site/gone /x/"),
    "below a link with parents": Case("FROM scratch\nCOPY --parents links/folder/css /x/"),
    "ignored": Case("FROM scratch\nCOPY a.txt /x", ignore="a.*"),
    "outside": Case("FROM scratch\nCOPY ../a.txt /x"),
    "a link to nowhere": Case("FROM scratch\nCOPY links/nowhere /x"),
    "no user": Case("FROM scratch\nCOPY root /\nCOPY --chown=nobody a.txt /x"),
    "no group": Case("FROM scratch\nCOPY root /\nCOPY --chown=web:nobody a.txt /x"),
    "no passwd": Case("FROM scratch\nCOPY --chown=web a.txt /x"),
    "no user of workdir": Case("FROM scratch\nUSER nobody\nWORKDIR /x"),
    "no mode": Case("FROM scratch\nCOPY --chmod=888 a.txt /x"),
    "no mode by letters": Case("FROM scratch\nCOPY --chmod=u=z a.txt /x"),
    "a file onto a folder": Case("FROM scratch\nCOPY root /\nCOPY over /usr/bin/sh"),
    "a folder onto a file": Case("FROM scratch\nCOPY a.txt /x\nCOPY site /x"),
    "a folder onto a file inside": Case("FROM scratch\nCOPY a.txt /x/css\nCOPY site /x"),
    "a file onto a folder inside": Case("FROM scratch\nCOPY site/css /x/index.html/\nCOPY site /x"),
    "below a file": Case("FROM scratch\nCOPY a.txt /x\nCOPY b.txt /x/y"),
    "workdir on a file": Case("FROM scratch\nCOPY a.txt /x\nWORKDIR /x"),
    "unknown stage": Case("FROM scratch AS a\nFROM scratch\nCOPY --from=5 a /x"),
    "unknown instruction": Case("FROM scratch\nCOPPY a.txt /x"),
    "unknown flag": Case("FROM scratch\nCOPY --chwon=5 a.txt /x"),
    "unset": Case("FROM scratch\nLABEL a=${B:?must be set}"),
    "empty workdir": Case("FROM scratch\nWORKDIR $NONE"),
    "blank env": Case("FROM scratch\nENV =x"),
    "no from": Case("COPY a.txt /x"),
    "no base": Case("FROM $NONE\nCOPY a.txt /x"),
    "one argument": Case("FROM scratch\nCOPY a.txt"),
    "port": Case("FROM scratch\nEXPOSE 80-70"),
    "signal": Case("FROM scratch\nSTOPSIGNAL NONE"),
    "shell form": Case("FROM scratch\nSHELL /bin/sh -c"),
    "onbuild of onbuild": Case("FROM scratch\nONBUILD ONBUILD CMD x"),
    "checksum of a file": Case("FROM scratch\nADD --checksum=sha256:0 a.txt /x"),
}
"""What BuildKit refuses."""

CASES: Mapping[str, Case] = {**PLAIN, **BUILDKIT, **REFUSED}
