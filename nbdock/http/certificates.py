"""Certificates: TLS as Go, and so docker, does it, and what is wrong with a server's certificate."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from nbdock import human
from nbdock.errors import InvalidContent

_WRONG = {
    2: ("signed by an unknown authority", "{trust}"),
    9: ("not valid yet", "check this machine's clock"),
    10: ("expired", "ask {operator} to renew it, and check this machine's clock"),
    18: ("self-signed", "{trust}"),
    19: ("signed by an unknown authority", "{trust}"),
    20: ("signed by an unknown authority", "{trust}"),
    21: ("signed by an unknown authority", "{trust}"),
    62: (
        "not for this host name",
        "a subjectAltName must have it, a common name does not count: ask {operator} for another",
    ),
    64: (
        "not for this IP address",
        "a subjectAltName must have it: ask {operator} for another, or use a host name that it has",
    ),
}
"""What each error code of OpenSSL (`X509_V_ERR_…`) says of a certificate, and what to do."""


def context(
    authorities: Iterable[Path] = (), own: Iterable[tuple[Path, Path]] = (), *, verify: bool = True
) -> ssl.SSLContext:
    """What connects, trusts these authorities too, and shows its `own` certificates, each with its key.

    Raises InvalidContent if one cannot be read.
    """
    made = httpx.create_ssl_context(verify=verify)  # httpx's certificate authorities, or those of $SSL_CERT_FILE
    if verify:  # without, it saves time: loading authorities takes longer than most requests
        made.load_default_certs()  # and the system's
        # As Go: any certificate that is trusted ends a chain, and authorities need no key usage or key identifier,
        # which Python asks for from 3.13 on. Only subjectAltNames name hosts.
        made.verify_flags = made.verify_flags & ~ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        made.hostname_checks_common_name = False
    for path in authorities:
        with _reading(path):
            made.load_verify_locations(cafile=path)
    for path, key in own:
        with _reading(path):
            made.load_cert_chain(path, key, password="")  # without one, OpenSSL would ask
    return made


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        why = "it is no certificate in PEM, or its key is another's" if isinstance(error, ssl.SSLError) else error
        raise InvalidContent(f"cannot read {path}: {why}") from None


def explain(error: ssl.SSLCertVerificationError, trust: str, operator: str) -> tuple[str, str]:
    """What is wrong with a server's certificate, and what to do: how to `trust` it, or what to ask its `operator`."""
    why, hint = _WRONG.get(error.verify_code, (human.excerpt(error.verify_message), "ask {operator} for another"))
    return f"tls: failed to verify certificate: it is {why}", hint.format(trust=trust, operator=operator)
