"""A token server as registries have one (distribution's spec/auth: token, oauth, jwt), for one user."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.parts import certificates
from tests.parts.certificates import Certificate
from tests.parts.programs import run

USER = "alice"
PASSWORD = "s3cret: €"
IDENTITY = "alice's identity token"
SERVICE = "nbdock-registry"
ISSUER = "nbdock-issuer"
ANONYMOUS = ("library/", "public/")
LIFETIME = 300
LEEWAY = 60  # seconds past its end that distribution 2.8 still takes a token


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asked: `grant_type` is "" in a GET; `user` is "" for anyone and None where it was refused."""

    method: str
    grant_type: str
    scopes: tuple[str, ...]
    user: str | None


class TokenServer(ThreadingHTTPServer):
    """Gives anyone tokens to pull `library/…` and `public/…`, and alice tokens for everything she asks."""

    daemon_threads = True

    def __init__(self, signer: Certificate) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.realm = f"http://127.0.0.1:{self.server_port}/token"
        self.certificate = signer.certificate
        self._key = signer.key
        self._header = _header(signer)
        self.requests: list[TokenRequest] = []
        self.clear()

    def clear(self) -> None:
        """Be as new: nothing asked, tokens that live for five minutes."""
        self.requests.clear()
        self.expire_after(LIFETIME)
        self.doom(0)

    def expire_after(self, seconds: int) -> None:
        """Tokens given from now on live that long, and say so."""
        self._lifetime = seconds

    def doom(self, count: int) -> None:
        """The next `count` tokens say what others say, but no registry takes them: they are past their end."""
        self._doomed = count

    def grant(self, request: TokenRequest, identity: bool) -> dict[str, object]:
        """The answer to a request that is not refused, with an identity token where one is asked for."""
        now = int(time.time())
        answer: dict[str, object] = {
            "token": (token := self._token(request, now)),
            "access_token": token,
            "expires_in": self._lifetime,
            "issued_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        }
        return answer | {"refresh_token": IDENTITY} if identity else answer

    def _token(self, request: TokenRequest, now: int) -> str:
        left = 0 if self._doomed else self._lifetime
        self._doomed = max(0, self._doomed - 1)
        return self._sign(
            {
                "iss": ISSUER,
                "aud": SERVICE,
                "sub": request.user,
                "iat": now,
                "nbf": now,
                "exp": now + left - LEEWAY - 1,
                "access": [_access(scope, request.user) for scope in request.scopes],
            }
        )

    def _sign(self, claims: dict[str, object]) -> str:
        text = f"{self._header}.{_base64(json.dumps(claims).encode())}"
        return f"{text}.{_base64(run('openssl', 'dgst', '-sha256', '-sign', self._key, stdin=text.encode()))}"


@contextmanager
def token_server(folder: Path) -> Iterator[TokenServer]:
    """A token server that runs, with its key in the folder."""
    with TokenServer(certificates.signer(folder)) as server:
        Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield server
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: TokenServer

    def do_GET(self) -> None:
        words = _words(urlsplit(self.path).query)
        self._answer(words, _basic(self.headers["Authorization"]), words.get("offline_token") == "true")

    def do_POST(self) -> None:
        words = _words(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer(words, _owner(words), words.get("access_type") == "offline")

    def _answer(self, words: dict[str, str], user: str | None, identity: bool) -> None:
        scopes = tuple(words.get("scope", "").split())
        request = TokenRequest(self.command, words.get("grant_type", ""), scopes, user)
        self.server.requests.append(request)
        if user is None:
            self._send(HTTPStatus.UNAUTHORIZED, {"details": "incorrect username or password"})
        else:
            self._send(HTTPStatus.OK, self.server.grant(request, identity))

    def _send(self, status: HTTPStatus, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Be silent: `TokenServer.requests` is the log."""


def _words(query: str) -> dict[str, str]:
    return {name: " ".join(values) for name, values in parse_qs(query).items()}


def _basic(header: str | None) -> str | None:
    if header is None:
        return ""
    known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return USER if header == f"Basic {known}" else None


def _owner(form: dict[str, str]) -> str | None:
    by_password = (form.get("username"), form.get("password")) == (USER, PASSWORD)
    by_identity = form.get("refresh_token") == IDENTITY
    return USER if {"password": by_password, "refresh_token": by_identity}.get(form["grant_type"]) else None


def _access(scope: str, user: str | None) -> dict[str, object]:
    kind, name, actions = scope.split(":")
    asked = actions.split(",")
    anyone = {"pull"} if name.startswith(ANONYMOUS) else set()
    return {"type": kind, "name": name, "actions": [action for action in asked if user or action in anyone]}


def _header(signer: Certificate) -> str:
    """Both ways to name the key that distribution knows: the certificate itself, and libtrust's fingerprint."""
    public = run("openssl", "rsa", "-in", signer.key, "-pubout", "-outform", "DER")
    kid = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
    header = {
        "typ": "JWT",
        "alg": "RS256",
        "kid": ":".join(kid[start : start + 4] for start in range(0, len(kid), 4)),
        "x5c": [base64.b64encode(ssl.PEM_cert_to_DER_cert(signer.certificate.read_text())).decode()],
    }
    return _base64(json.dumps(header).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
