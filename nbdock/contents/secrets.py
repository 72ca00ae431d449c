"""Secrets in the files of a layer: by name, and by what is in small text files. They are named, never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbdock.contents.header import Entry, Kind
from nbdock.contents.tar import Taker

_LARGEST = 256 << 10
_NAMES = {
    "SSH key": r"/id_(?:rsa|dsa|ecdsa|ed25519)",
    "registry log-in": r"/\.docker/config\.json|/\.dockercfg|/containers/auth\.json",
    "cloud credentials": r"/\.aws/credentials|/application_default_credentials\.json|/\.azure/accessTokens\.json",
    "cluster credentials": r"/\.kube/config",
    "saved password": r"/\.(?:netrc|pgpass|git-credentials|my\.cnf|htpasswd)",
    "package registry log-in": r"/\.(?:npmrc|pypirc|yarnrc\.yml)|/\.gem/credentials|/\.cargo/credentials(?:\.toml)?",
    "key store": r"/[^/]+\.(?:p12|pfx|jks|keystore|kdbx)",
    "infrastructure state": r"/[^/]+\.tfstate",
    "environment file": r"/\.env(?:\.(?:local|production|prod))?",
}
SECRET_PATHS = {kind: f"(?:{pattern})$" for kind, pattern in _NAMES.items()}
"""Patterns of paths that hold secrets, by the kind of the secret."""

_KINDS = {f"kind{number}": kind for number, kind in enumerate(_NAMES)}
_ANY_SECRET = re.compile(f"(?:{'|'.join(f'(?P<{name}>{_NAMES[kind]})' for name, kind in _KINDS.items())})$")

_MARKS = {
    "private key": (
        b"PRIVATE KEY-----",
        rb"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----\s+(?:[\w-]+: .*\s+)*[\w+/=]{32}",
    ),
    "AWS access key": (b"AKIA", rb"\bAKIA[A-Z2-7]{16}\b"),
    "GitHub token": (b"gh", rb"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{60}"),
    "GitLab token": (b"glpat-", rb"\bglpat-[\w-]{20}"),
    "Slack token": (b"xox", rb"\bxox[abeoprs]-[\w-]{20}"),
    "Stripe key": (b"k_live_", rb"\b[rs]k_live_[A-Za-z0-9]{20}"),
    "Google key": (b"AIza", rb"\bAIza[\w-]{35}"),
    "npm token": (b"npm_", rb"\bnpm_[A-Za-z0-9]{36}"),
    "PyPI token": (b"pypi-", rb"\bpypi-AgE[\w-]{50}"),
    "Docker token": (b"dckr_", rb"\bdckr_pat_[\w-]{20}"),
    "registry log-in": (b'"auths"', rb'"auth"\s*:\s*"[A-Za-z0-9+/=]{8}'),
}
_PATTERNS = {kind: (mark, re.compile(pattern)) for kind, (mark, pattern) in _MARKS.items()}
_NAMED = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASS|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)(?:_ID)?$",
    re.IGNORECASE,
)


def named_secret(path: str) -> tuple[str, str]:
    """The file or folder of a path that is a secret by its name, and the kind of secret; "" twice if there is none.

    Examples
    --------
    >>> named_secret("/app/.git/config"), named_secret("/app/id_rsa"), named_secret("/app/main.py")
    (('/app/.git', 'git repository'), ('/app/id_rsa', 'SSH key'), ('', ''))
    """
    if match := _ANY_SECRET.search(path):
        return path, _KINDS[match.lastgroup or ""]
    before, repository, _ = f"{path}/".partition("/.git/")
    return (f"{before}/.git", "git repository") if repository else ("", "")


def kind_of(content: bytes) -> str | None:
    """The kind of the first secret in some text; None if there is none that is known, or the content is binary."""
    if b"\0" in content:
        return None
    found = (kind for kind, (mark, pattern) in _PATTERNS.items() if mark in content and pattern.search(content))
    return next(found, None)


def is_named_secret(variable: str) -> bool:
    """Whether a variable of this name holds a secret.

    Examples
    --------
    >>> is_named_secret("db_password"), is_named_secret("db_password_file"), is_named_secret("gpg_key")
    (True, False, False)
    """
    return bool(_NAMED.search(variable))


class Secrets:
    """A visitor of a layer's entries that looks into small files. `found` has the entry's row and the secret's kind."""

    def __init__(self) -> None:
        self._row = -1
        self._content = bytearray()
        self._found: dict[int, str] = {}

    def visit(self, entry: Entry) -> Taker | None:
        """Look into the file before, and take the content of this one if it is small."""
        self._look()
        self._row += 1
        is_small = entry.kind is Kind.FILE and not entry.is_sparse and 0 < entry.size <= _LARGEST
        return self._content.extend if is_small else None

    def found(self) -> Iterator[tuple[int, str]]:
        """At the end of the layer: each row with a secret, and its kind."""
        self._look()
        return iter(self._found.items())

    def _look(self) -> None:
        if self._content and (kind := kind_of(bytes(self._content))):
            self._found[self._row] = kind
        self._content.clear()
