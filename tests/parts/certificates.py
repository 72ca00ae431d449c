"""Keys and certificates of the tests' own, by openssl."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.parts.programs import run


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, each a PEM file."""

    certificate: Path
    key: Path


def authority(folder: Path) -> Certificate:
    """A certificate authority that nobody trusts unless told to. Python 3.13 takes none without a key usage."""
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return _make(folder, "authority", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *usage)


def loopback(folder: Path, signed_by: Certificate) -> Certificate:
    """A server's certificate for 127.0.0.1 and localhost."""
    signer = ("-CA", signed_by.certificate, "-CAkey", signed_by.key)
    names = ("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=CA:FALSE")
    return _make(folder, "server", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *signer, *names)


def signer(folder: Path) -> Certificate:
    """What a token server signs with: RSA, as RS256 wants it."""
    return _make(folder, "signer", "-newkey", "rsa:2048")


def _make(folder: Path, name: str, *options: object) -> Certificate:
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    files = ("-out", made.certificate, "-keyout", made.key)
    run("openssl", "req", "-x509", "-nodes", "-days", 3650, "-subj", f"/CN={name}", *options, *files)
    return made
