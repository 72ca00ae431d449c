"""Certificates: whom to trust, by the system and by `certs.d` as in docker and podman, and what is wrong with one."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import httpx

from nbdock import human
from nbdock.errors import InvalidContent

FOLDER = "/etc/docker/certs.d"
_TRUST = (
    "put its authority in {folder}/{host}/ca.crt, name it in SSL_CERT_FILE, or set insecure = true in registries.conf"
)
_OPERATOR = "ask the registry's operator for another"
_WRONG = {
    2: ("signed by an unknown authority", _TRUST),
    9: ("not valid yet", "check this machine's clock"),
    10: ("expired", "ask the registry's operator to renew it, and check this machine's clock"),
    18: ("self-signed", _TRUST),
    19: ("signed by an unknown authority", _TRUST),
    20: ("signed by an unknown authority", _TRUST),
    21: ("signed by an unknown authority", _TRUST),
    62: ("not for this host name", f"a subjectAltName must have it, a common name does not count: {_OPERATOR}"),
    64: ("not for this IP address", f"a subjectAltName must have it: {_OPERATOR}, or use a host name that it has"),
}
"""What each error code of OpenSSL (`X509_V_ERR_…`) says of a certificate, and what to do."""


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
    made = httpx.create_ssl_context(verify=verify)  # httpx's certificate authorities, or those of $SSL_CERT_FILE
    if not verify:  # loading authorities takes longer than most requests
        return _with(made, found)
    made.load_default_certs()  # and the system's
    # As Go: any certificate that is trusted ends a chain, and authorities need no key usage or key identifier, which
    # Python asks for from 3.13 on. Only subjectAltNames name hosts.
    made.verify_flags = made.verify_flags & ~ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    made.hostname_checks_common_name = False
    return _with(made, found)


def _with(made: ssl.SSLContext, found: Iterable[Path]) -> ssl.SSLContext:
    for path in found:
        _load(made, path)
    return made


def _load(made: ssl.SSLContext, path: Path) -> None:
    if path.suffix == ".cert" and not path.with_suffix(".key").exists():
        raise InvalidContent(f"{path} has no key", hint=f"put it in {path.with_suffix('.key')}")
    try:
        if path.suffix == ".crt":
            made.load_verify_locations(cafile=path)
        elif path.suffix == ".cert":
            made.load_cert_chain(path, path.with_suffix(".key"), password="")  # without one, OpenSSL would ask
    except (OSError, ValueError) as error:
        why = "it is no certificate in PEM, or its key is another's" if isinstance(error, ssl.SSLError) else error
        raise InvalidContent(f"cannot read {path}: {why}") from None


def explain(error: ssl.SSLCertVerificationError, host: str) -> tuple[str, str]:
    """What is wrong with the certificate of a host, and what to do."""
    why, hint = _WRONG.get(error.verify_code, (human.excerpt(error.verify_message), _OPERATOR))
    return f"tls: failed to verify certificate: it is {why}", hint.format(folder=FOLDER, host=host)
