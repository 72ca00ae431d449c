"""Keys and certificates of the tests' own, by openssl."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.parts.programs import run

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, each a PEM file."""

    certificate: Path
    key: Path


def authority(folder: Path, *, usage: bool = True, key_identifiers: bool = True) -> Certificate:
    """A certificate authority that nobody trusts unless told to. Python 3.13 by itself takes none without key usage."""
    more = ("-addext", "keyUsage=critical,keyCertSign,cRLSign") if usage else ()
    identified = () if key_identifiers else (*_plain(folder), "-addext", "basicConstraints=critical,CA:TRUE")
    return _make(folder, "authority", *_CURVE, *more, *identified)


def loopback(
    folder: Path,
    signed_by: Certificate,
    *,
    names: str = "IP:127.0.0.1,DNS:localhost",
    common_name: str = "server",
    key_identifiers: bool = True,
) -> Certificate:
    """A server's certificate, for 127.0.0.1 and localhost if not for other names."""
    alternative = ("-addext", f"subjectAltName={names}") if names else ()
    more = (*alternative, *(() if key_identifiers else _plain(folder)))
    return _signed(folder, "server", signed_by, "-subj", f"/CN={common_name}", *more)


def client(folder: Path, signed_by: Certificate) -> Certificate:
    """A client's certificate."""
    return _signed(folder, "client", signed_by)


def signer(folder: Path) -> Certificate:
    """What a token server signs with: RSA, as RS256 wants it."""
    return _make(folder, "signer", "-newkey", "rsa:2048")


def _plain(folder: Path) -> tuple[object, ...]:
    """Options for a certificate with no extensions but those that are asked for."""
    config = folder / "plain.cnf"
    config.write_text("[req]\ndistinguished_name = name\n[name]\n")
    return ("-config", config)


def _signed(folder: Path, name: str, by: Certificate, *options: object) -> Certificate:
    signer = ("-CA", by.certificate, "-CAkey", by.key, "-addext", "basicConstraints=CA:FALSE")
    return _make(folder, name, *_CURVE, *signer, *options)


def _make(folder: Path, name: str, *options: object) -> Certificate:
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    files = ("-out", made.certificate, "-keyout", made.key)
    run("openssl", "req", "-x509", "-nodes", "-days", 3650, "-subj", f"/CN={name}", *options, *files)
    return made
