"""Python with build tools, and slim: two tags for the same purpose, one an eighth of the other's size."""

from __future__ import annotations

from nbdock.oci.digest import Digest
from scripts.samples.changeset import Entry, file, files, programs, symlink, symlinks
from scripts.samples.recipes import PATH, debian

_VERSION = "3.12.7"
_BUILT = "2024-10-01T21:15:00Z"
_SHA256 = Digest.of(f"sample of python {_VERSION}".encode()).hex
_PATH = f"/usr/local/bin:{PATH}"
_HOME = "usr/local/lib/python3.12"

_STANDARD_LIBRARY = """
    __future__.py abc.py argparse.py ast.py asyncio/__init__.py asyncio/base_events.py asyncio/tasks.py base64.py
    bisect.py calendar.py codecs.py collections/__init__.py concurrent/futures/thread.py contextlib.py copy.py csv.py
    ctypes/__init__.py dataclasses.py datetime.py decimal.py difflib.py dis.py email/message.py email/parser.py
    enum.py fractions.py functools.py getpass.py glob.py gzip.py hashlib.py heapq.py http/client.py http/server.py
    importlib/__init__.py importlib/metadata/__init__.py inspect.py io.py ipaddress.py json/decoder.py json/encoder.py
    lib-dynload/_decimal.so lib-dynload/_hashlib.so lib-dynload/_ssl.so lib-dynload/zlib.so logging/__init__.py
    multiprocessing/pool.py os.py pathlib.py pickle.py platform.py pprint.py queue.py random.py re/_compiler.py
    re/_parser.py shutil.py signal.py socket.py sqlite3/__init__.py ssl.py statistics.py string.py struct.py
    subprocess.py tarfile.py tempfile.py textwrap.py threading.py tokenize.py traceback.py types.py typing.py
    unittest/case.py unittest/mock.py urllib/parse.py urllib/request.py uuid.py venv/__init__.py warnings.py
    weakref.py xml/etree/ElementTree.py zipfile/__init__.py zoneinfo/__init__.py
"""
_GIT = """
    git-add git-bisect git-blame git-branch git-checkout git-clone git-commit git-daemon git-diff git-fetch git-gc
    git-grep git-http-backend git-http-fetch git-log git-merge git-pull git-push git-rebase git-remote-http git-reset
    git-shell git-stash git-status git-submodule git-tag
"""
_COMPILERS = "cc1 cc1obj cc1objplus cc1plus collect2 lto-wrapper lto1"
_ARCHIVES = """
    libbz2.a libc.a libcrypto.a libcurl.a libdb.a libevent.a libffi.a libglib-2.0.a libgmp.a libicudata.a libicui18n.a
    libkrb5.a libm.a libMagickCore-6.Q16.a libmariadb.a libncurses.a libpq.a libreadline.a libsqlite3.a libssl.a
    libwebp.a libxml2.a libxslt.a libyaml.a libz.a
"""
_HEADERS = """
    bzlib.h curl/curl.h event.h ffi.h gmp.h ImageMagick-6/MagickCore/MagickCore.h libxml2/libxml/parser.h lzma.h
    mysql/mysql.h ncurses.h openssl/bio.h openssl/evp.h openssl/ssl.h postgresql/libpq-fe.h readline/readline.h
    sqlite3.h stdio.h stdlib.h string.h unistd.h webp/decode.h yaml.h zlib.h
"""

_TOOLS = "ca-certificates=20230311 curl=7.88.1 gnupg=2.2.40 netbase=6.4 sq=0.27.0 wget=1.21.3"
_VERSIONED = f"{_TOOLS} git=2.39.5 mercurial=6.3.2 openssh-client=9.2 procps=4.0.2 subversion=1.14.2"
_DEVELOPED = f"{_VERSIONED} autoconf=2.71-3 automake=1.16.5 g++=12.2.0 gcc=12.2.0 imagemagick=6.9.11 make=4.3-4.1"
_WHOLE = f"{_DEVELOPED} libbluetooth-dev=5.66-1 tk-dev=8.6.13 uuid-dev=2.38.1-5"

_LINK = 'set -eux; cd /usr/local/bin; for name in idle pip pydoc python; do ln -s "${name}3" "$name"; done'
_BUILD = (
    'set -eux; fetch "Python-$PYTHON_VERSION.tar.xz"; echo "$PYTHON_SHA256 *python.tar.xz" | sha256sum -c -;'
    " ./configure --enable-optimizations --enable-shared --with-ensurepip; make -j"
    ' "$(nproc)"; make install; ldconfig; python3 --version; pip3 --version'
)


def _install(packages: str) -> str:
    return (
        f"set -eux; apt-get update; apt-get install -y --no-install-recommends {packages}; rm -rf /var/lib/apt/lists/*"
    )


def _python(size: int) -> tuple[Entry, ...]:
    return (
        *programs("usr/local/bin", "2to3-3.12 idle3.12 pip3.12 pydoc3.12 python3.12 python3.12-config", size // 100),
        *symlinks("usr/local/bin", "idle3.12", "idle3"),
        *symlinks("usr/local/bin", "pip3.12", "pip3"),
        *symlinks("usr/local/bin", "pydoc3.12", "pydoc3"),
        *symlinks("usr/local/bin", "python3.12", "python3"),
        *files("usr/local/lib", "libpython3.12.so.1.0", size * 30 // 100),
        *files(_HOME, _STANDARD_LIBRARY, size * 55 // 100),
        *files(f"{_HOME}/site-packages/pip", "__init__.py __main__.py _internal/cli/main.py", size * 14 // 100),
        file(f"{_HOME}/site-packages/pip-24.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: pip\nVersion: 24.2\n"),
    )


_SHORT_NAMES = tuple(symlink(f"usr/local/bin/{name}", f"{name}3") for name in ("idle", "pip", "pydoc", "python"))

SLIM = (
    debian.SLIM.at(_BUILT)
    .env("PATH", _PATH)
    .env("LANG", "C.UTF-8")
    .run(
        _install("ca-certificates netbase tzdata"),
        *files("etc/ssl/certs", "ca-certificates.crt", 6_000),
        *files("usr/share/zoneinfo", "Asia/Seoul Europe/Berlin UTC", 16_000, edition="2024b"),
        debian.installed("ca-certificates=20230311 netbase=6.4"),
    )
    .env("PYTHON_VERSION", _VERSION)
    .env("PYTHON_SHA256", _SHA256)
    .run(_BUILD, *_python(102_000))
    .run(_LINK, *_SHORT_NAMES)
    .cmd("python3")
)

FULL = (
    debian.FULL.at("2024-09-27T04:10:00Z")
    .run(
        _install("ca-certificates curl gnupg netbase sq wget"),
        *programs("usr/bin", "curl gpg gpg-agent sq wget", 90_000),
        *files("etc/ssl/certs", "ca-certificates.crt", 6_000),
        *files(debian.LIB, "libcurl.so.4.8.0 libldap-2.5.so.0.1.8 libsqlite3.so.0.8.6", 25_000),
        debian.installed(_TOOLS),
    )
    .run(
        _install("git mercurial openssh-client procps subversion"),
        *programs("usr/lib/git-core", _GIT, 260_000),
        *programs("usr/bin", "git hg ssh ssh-keygen svn top", 120_000),
        *files("usr/lib/python3/dist-packages/mercurial", "commands.py context.py localrepo.py util.py", 62_000),
        debian.installed(_VERSIONED),
    )
    .run(
        _install("autoconf automake g++ gcc imagemagick libssl-dev make zlib1g-dev"),
        *programs("usr/lib/gcc/x86_64-linux-gnu/12", _COMPILERS, 520_000),
        *files(debian.LIB, _ARCHIVES, 720_000),
        *files("usr/include", _HEADERS, 227_000),
        debian.installed(_DEVELOPED),
    )
    .at(_BUILT)
    .env("PATH", _PATH)
    .env("LANG", "C.UTF-8")
    .run(
        _install("libbluetooth-dev tk-dev uuid-dev"),
        *files("usr/include", "bluetooth/bluetooth.h tcl8.6/tcl.h tcl8.6/tk.h uuid/uuid.h", 14_000),
        *files(debian.LIB, "libbluetooth.a libtcl8.6.a libtk8.6.a libuuid.a", 33_000),
        debian.installed(_WHOLE),
    )
    .env("PYTHON_VERSION", _VERSION)
    .env("PYTHON_SHA256", _SHA256)
    .run(_BUILD, *_python(142_000))
    .run(_LINK, *_SHORT_NAMES)
    .cmd("python3")
)
