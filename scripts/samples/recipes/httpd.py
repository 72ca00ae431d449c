"""The Apache web server, the image of the course: 14 steps and six layers, two of them of 0B."""

from __future__ import annotations

from nbdock.oci.digest import Digest
from scripts.samples.build import Recipe
from scripts.samples.changeset import directory, file, files, programs, symlinks
from scripts.samples.recipes import PATH, debian

_PREFIX = "usr/local/apache2"
_HOME = directory(_PREFIX, owner=33)

_PROGRAMS = "ab apachectl apxs checkgid dbmmanage htcacheclean htdbm htdigest htpasswd httpd logresolve rotatelogs"
_MODULES = """
    mod_access_compat.so mod_alias.so mod_auth_basic.so mod_authn_core.so mod_authn_file.so mod_authz_core.so
    mod_authz_host.so mod_autoindex.so mod_cache.so mod_cgi.so mod_dav.so mod_deflate.so mod_dir.so mod_env.so
    mod_expires.so mod_filter.so mod_headers.so mod_http2.so mod_include.so mod_info.so mod_ldap.so mod_log_config.so
    mod_md.so mod_mime.so mod_mpm_event.so mod_negotiation.so mod_proxy.so mod_proxy_http.so mod_remoteip.so
    mod_reqtimeout.so mod_rewrite.so mod_session.so mod_setenvif.so mod_ssl.so mod_status.so mod_unixd.so
    mod_userdir.so mod_version.so mod_vhost_alias.so
"""
_ICONS = (
    "README apache_pb.svg back.txt binary.txt blank.txt bomb.txt c.txt compressed.txt folder.txt image1.txt text.txt"
)
_MANUAL = "bind.html caching.html configuring.html handler.html index.html install.html logs.html mod/core.html"

_SETTINGS = """\
ServerRoot "/usr/local/apache2"
Listen 80
User www-data
Group www-data
ServerAdmin you@example.com
DocumentRoot "/usr/local/apache2/htdocs"
ErrorLog /proc/self/fd/2
CustomLog /proc/self/fd/1 common
"""

_FOREGROUND = """\
#!/bin/sh
# Starts the server in the foreground, so that the container lives as long as it does.
cd "$HTTPD_PREFIX" && rm -f logs/*.pid && exec httpd -D FOREGROUND "$@"
"""

_INSTALL = (
    "set -eux; apt-get update; apt-get install -y --no-install-recommends"
    " ca-certificates libaprutil1-ldap libldap-common; rm -rf /var/lib/apt/lists/*"
)
_BUILD = (
    'set -eux; fetch "httpd-$HTTPD_VERSION.tar.bz2"; echo "$HTTPD_SHA256 *httpd.tar.bz2" | sha256sum -c -;'
    ' ./configure --prefix="$HTTPD_PREFIX" --enable-mods-shared=reallyall; make -j "$(nproc)"; make install;'
    " httpd -v"
)


def _server(base: Recipe, version: str, size: int) -> Recipe:
    return (
        base.run(
            _INSTALL,
            *files("etc/ssl/certs", "ca-certificates.crt", 6_000),
            *files(debian.LIB, "libapr-1.so.0.7.2 libaprutil-1.so.0.6.3 libldap-2.5.so.0.1.8 libssl.so.3", 21_000),
            *symlinks(debian.LIB, "libapr-1.so.0.7.2", "libapr-1.so.0"),
            debian.installed("ca-certificates=20230311 libapr1=1.7.2-3 libaprutil1-ldap=1.6.3-1 libldap-common=2.5.13"),
        )
        .env("HTTPD_VERSION", version)
        .env("HTTPD_SHA256", Digest.of(f"sample of httpd {version}".encode()).hex)
        .env("HTTPD_PATCHES", "")
        .run(
            _BUILD,
            _HOME,
            *programs(f"{_PREFIX}/bin", _PROGRAMS, size * 30 // 100, edition=version),
            *files(f"{_PREFIX}/build", "config.nice instdso.sh rules.mk", size * 2 // 100),
            file(f"{_PREFIX}/conf/httpd.conf", _SETTINGS),
            *files(f"{_PREFIX}/conf", "magic mime.types", size * 6 // 100),
            file(f"{_PREFIX}/htdocs/index.html", "<!doctype html><title>Sample</title><p>A page of a sample image.\n"),
            *files(f"{_PREFIX}/icons", _ICONS, size * 4 // 100),
            directory(f"{_PREFIX}/logs"),
            *files(f"{_PREFIX}/manual", _MANUAL, size * 18 // 100, edition=version),
            *files(f"{_PREFIX}/modules", _MODULES, size * 40 // 100, edition=version),
        )
        .stop_signal("SIGWINCH")
        .copy("httpd-foreground /usr/local/bin/", file("usr/local/bin/httpd-foreground", _FOREGROUND, 0o755))
        .expose("80/tcp")
        .cmd("httpd-foreground")
    )


_PREPARED = (
    debian.SLIM.at("2023-07-04T12:00:00Z")
    .env("HTTPD_PREFIX", f"/{_PREFIX}")
    .env("PATH", f"/{_PREFIX}/bin:{PATH}")
    .run(
        'mkdir -p "$HTTPD_PREFIX" && chown www-data:www-data "$HTTPD_PREFIX"',
        directory("usr/local"),
        _HOME,
    )
    .workdir(f"/{_PREFIX}")
)

HTTPD_2_0 = _server(_PREPARED, "2.0.65", 96_000)
HTTPD_2_2 = _server(_PREPARED, "2.2.34", 118_000)
HTTPD_2_4 = _server(_PREPARED.at("2024-07-18T18:30:00Z"), "2.4.62", 152_000)
