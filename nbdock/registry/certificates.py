"""Certificates for a registry, by `certs.d` as in docker and podman, and what is wrong with a registry's own."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

from nbdock.errors import InvalidContent
from nbdock.http import certificates

FOLDER = "/etc/docker/certs.d"


def files(folders: Iterable[Path], host: str) -> tuple[Path, ...]:
    """The certificates and keys that are kept for a host with its port, in the first folder that knows it.

    Raises InvalidContent if they cannot be listed.
    """
    for folder in (folder / host for folder in folders):
        try:
            return tuple(sorted(folder.iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise InvalidContent(f"cannot read {folder}: {error.strerror}") from None
    return ()


def context(found: tuple[Path, ...] = (), *, verify: bool = True) -> ssl.SSLContext:
    """What connects with these files, or with none of them. Raises InvalidContent.

    `*.crt` are authorities, `*.cert` with `*.key` certificates of the client: docker's rules.
    """
    authorities = [path for path in found if path.suffix == ".crt"]
    own = [(path, _key(path)) for path in found if path.suffix == ".cert"]
    return certificates.context(authorities, own, verify=verify)


def _key(path: Path) -> Path:
    key = path.with_suffix(".key")
    if not key.exists():
        raise InvalidContent(f"{path} has no key", hint=f"put it in {key}")
    return key


def explain(error: ssl.SSLCertVerificationError, host: str) -> tuple[str, str]:
    """What is wrong with the certificate of a host, and what to do."""
    trust = (
        f"put its authority in {FOLDER}/{host}/ca.crt, name it in SSL_CERT_FILE, "
        "or set insecure = true in registries.conf"
    )
    return certificates.explain(error, trust, "the registry's operator")
