"""Authenticated requests to registries: answers challenges, caches and renews tokens.

The challenge is RFC 9110's (11.6.1), the tokens are distribution's (spec/auth: token.md, oauth.md).
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from time import monotonic
from typing import Self
from urllib.parse import urlencode

from nbdock.errors import Denied, InvalidContent, Unauthorized
from nbdock.oci import fields, media
from nbdock.oci.fields import JSON
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.failures import login_command
from nbdock.registry.hosts import Endpoint
from nbdock.registry.request import Request, with_query
from nbdock.registry.transport import Response, Transport
from nbdock.task import Task

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[\s,]*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.ASCII)
_SCHEME = re.compile(rf"[\s,]*({_WORD})", re.ASCII)
_CLIENT = "nbdock"
_LIFETIME = 60
_RENEW_AFTER = 0.75  # of the lifetime
_NO_POST = (400, 401, 404, 405)  # how token servers without POST refuse it: ACR, Artifactory, GCR
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PRINTABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Challenge:
    """How a registry wants to be authenticated with: a scheme (`basic`, `bearer`) and parameters, in lower case."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def scopes(self) -> tuple[str, ...]:
        """The token scopes that the registry asks for."""
        return tuple(self.parameters.get("scope", "").split())


def challenges(header: str) -> Iterator[Challenge]:
    """The challenges of a WWW-Authenticate header, up to the first that is malformed."""
    position = 0
    while match := _SCHEME.match(header, position):
        parameters: dict[str, str] = {}
        position = match.end()
        while parameter := _PARAMETER.match(header, position):
            name, quoted, plain = parameter.groups()
            parameters[name.lower()] = plain or re.sub(r"\\(.)", r"\1", quoted)
            position = parameter.end()
        yield Challenge(match[1].lower(), parameters)


@dataclass(frozen=True, slots=True)
class _Authorization:
    """An Authorization header that a registry accepts, "" for none, and the identity token that came with it.

    It is used until `until`, in seconds of the monotonic clock.
    """

    header: str = field(repr=False)
    until: float = math.inf
    identity: str = field(default="", repr=False)

    @classmethod
    def read(cls, source: JSON) -> Self:
        """From a token server's response. Raises InvalidContent."""
        token = fields.text(source, "token") or fields.text(source, "access_token")
        if not _PRINTABLE.fullmatch(token):
            raise InvalidContent("the token server sent no valid token")
        lifetime = fields.integer(source, "expires_in") or _LIFETIME
        until = monotonic() + _RENEW_AFTER * lifetime
        return cls(f"Bearer {token}", until, fields.text(source, "refresh_token"))


class Session:
    """HTTP session that authenticates requests; shared by all registries and threads."""

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport, self._credentials = transport, credentials
        self._challenges: dict[str, Challenge] = {}
        self._authorizations: dict[tuple[object, ...], _Authorization] = {}
        self._locks: dict[str, threading.Lock] = {}

    def send(self, request: Request, task: Task) -> Response:
        """The response, with authentication if the endpoint asks for it. A rejected token is renewed once.

        Raises Unauthorized, Denied and what Transport.send raises.
        """
        if request.leaves_endpoint:
            return self._transport.send(request, task)
        host = request.endpoint.host
        known = self._challenges.get(host)
        cached = self._header(request, known, "", task) if known else ""
        if not request.repeatable:
            return self._transport.send(request.authorized(cached), task)
        response = self._transport.send(request.authorized(cached).expecting(HTTPStatus.UNAUTHORIZED), task)
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        header = self._header(request, self._challenge(host, response), cached, task)
        if not header:
            raise Unauthorized("no basic auth credentials", host=host, hint=f"log in: {login_command(host)}")
        return self._transport.send(request.authorized(header), task)

    def fetch(self, request: Request, task: Task, limit: int = media.MAX_CONFIG) -> Response:
        """The response with its whole body of `limit` bytes at most."""
        return self.send(request, task).read(limit)

    def login(self, endpoint: Endpoint, credential: Credential, task: Task) -> str:
        """Verify a credential; returns an identity token to store instead of the password, or "".

        Raises Unauthorized.
        """
        request = Request(endpoint, "GET", "/v2/")
        response = self._transport.send(request.expecting(HTTPStatus.UNAUTHORIZED), task)
        if response.status == HTTPStatus.OK:
            response.read()
            return ""
        challenge = self._challenge(endpoint.host, response)
        try:
            authorization = self._authorize(request, challenge, credential, task, login=True)
            self._transport.send(request.authorized(authorization.header), task).read()
        except Denied as error:
            raise Unauthorized(f"unauthorized: {error}", host=endpoint.host, hint=error.hint) from None
        return authorization.identity

    def _challenge(self, host: str, response: Response) -> Challenge:
        """The challenge to answer, Bearer before Basic; kept for later requests."""
        response.excerpt()
        offered = {each.scheme: each for each in challenges(response.headers.get("www-authenticate", ""))}
        chosen = offered.get("bearer") or offered.get("basic")
        if chosen is None:
            raise Unauthorized(f"{host} asks for a log-in that is neither Basic nor Bearer", host=host)
        self._challenges[host] = chosen
        return chosen

    def _header(self, request: Request, challenge: Challenge, rejected: str, task: Task) -> str:
        """The Authorization header: the cached one unless `rejected` or old, else a new one that one thread fetches."""
        endpoint = request.endpoint
        key = (endpoint.host, frozenset(request.scopes), self._credentials.changes)
        with self._lock(endpoint.host, task):
            found = self._authorizations.get(key)
            if found is None or found.header == rejected or found.until < monotonic():
                credential = self._credentials.find(endpoint.host, endpoint.repository) or Credential()
                found = self._authorizations[key] = self._authorize(request, challenge, credential, task)
            return found.header

    def _authorize(
        self, request: Request, challenge: Challenge, credential: Credential, task: Task, login: bool = False
    ) -> _Authorization:
        """Answer the challenge; for a `login` with an identity token, if the server has them.

        Raises Unauthorized if the credential is wrong, Denied if there is none, BadResponse, Unreachable.
        """
        if credential.registry_token:
            return _Authorization(f"Bearer {credential.registry_token}")
        if challenge.scheme == "basic":
            return _Authorization(credential.basic)
        scopes = request.scopes or challenge.scopes
        asking = Request(request.endpoint, "GET", challenge.parameters.get("realm", ""), scopes)
        query = {"service": challenge.parameters.get("service", ""), "client_id": _CLIENT}
        if credential.identity_token:
            exchange = _exchange(asking, {**query, "scope": " ".join(scopes)}, credential)
            response = self._transport.send(exchange, task).read()
            if response.status == HTTPStatus.OK:
                return response.parse(_Authorization.read)
        account = {"account": credential.username} if credential.username else {}
        offline = {"offline_token": "true"} if login else {}
        target = with_query(asking.target, {**query, "scope": scopes, **offline, **account})
        asking = replace(asking, target=target).authorized(credential.basic)
        return self._transport.send(asking, task).read().parse(_Authorization.read)

    @contextmanager
    def _lock(self, host: str, task: Task) -> Iterator[None]:
        lock = self._locks.setdefault(host, threading.Lock())
        while not lock.acquire(timeout=0.1):
            task.check()
        try:
            yield
        finally:
            lock.release()


def _exchange(request: Request, form: Mapping[str, str], credential: Credential) -> Request:
    """The request of an access token for an identity token (oauth.md, "refresh_token")."""
    content = urlencode({**form, "grant_type": "refresh_token", "refresh_token": credential.identity_token}).encode()
    return replace(request, method="POST", headers=_FORM, content=content).expecting(*_NO_POST)
