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

from nbdock import human
from nbdock.errors import BadResponse, Denied, InvalidContent, NbdockError, RegistryError, Unauthorized, Unreachable
from nbdock.oci import fields, media
from nbdock.oci.fields import JSON
from nbdock.registry import failures
from nbdock.registry.credentials import Credential, Credentials
from nbdock.registry.failures import login_command, logout_command
from nbdock.registry.hosts import Endpoint, is_loopback
from nbdock.registry.request import Request, with_query
from nbdock.registry.transport import Response, Transport, fetch
from nbdock.task import Task

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'[\s,]*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', re.ASCII)
_SCHEME = re.compile(rf"[\s,]*({_WORD})", re.ASCII)
_CLIENT = "nbdock"
_LIFETIME = 60
_RENEW_AFTER = 0.75  # of the lifetime
_NO_POST = (400, 401, 404, 405)  # how token servers without POST refuse it: ACR, Artifactory, GCR
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)  # 403: how some registries call a token that is too old
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
        self._refused: set[tuple[Endpoint, int]] = set()
        self._locks: dict[str, threading.Lock] = {}

    def send(self, request: Request, task: Task) -> Response:
        """The response, with authentication if the endpoint asks for it. A rejected token is renewed once, and where
        a saved log-in is refused, a pull goes on without it.

        Raises Unauthorized, Denied and what Transport.send raises. Content that can be sent only once is not sent
        again; the next request has a new token.
        """
        if request.leaves_endpoint:
            return self._transport.send(request, task)
        sent = self._known(request, task)
        response = self._transport.send(request.authorized(sent).expecting(*_REFUSALS), task)
        if response.status in request.expect or response.status not in _REFUSALS:
            return response
        denial = failures.of_response(request.authorized(sent), response.status, response.headers, response.excerpt())
        self._discard(sent)
        challenge = self._challenge(request.endpoint.host, response, denial.error)
        if not request.repeatable:
            raise denial.error
        return self._answer(request, challenge, sent, task)

    def _answer(self, request: Request, challenge: Challenge, rejected: str, task: Task) -> Response:
        """Send it with the saved log-in, or if that is refused without any."""
        saved = self._login(request.endpoint, task)
        try:
            return self._send(request, challenge, saved, rejected, task)
        except RegistryError as error:
            if not saved or not _is_refusal(error):
                raise
            refused = _refused(request, saved, error)
        if not request.pulls:
            raise refused from None
        try:
            response = self._send(request, challenge, Credential(), rejected, task)
        except RegistryError as error:
            raise (refused if _is_refusal(error) else error) from None
        self._refused.add((request.endpoint, self._credentials.changes))
        task.note(f"{refused}. Pulled without it. To change that, {refused.hint}")
        return response

    def _send(
        self, request: Request, challenge: Challenge, credential: Credential, rejected: str, task: Task
    ) -> Response:
        header = self._header(request, challenge, credential, rejected, task)
        if not (header or rejected):
            host = request.endpoint.host
            raise Unauthorized("no basic auth credentials", host=host, hint=f"log in: {login_command(host)}")
        return self._transport.send(request.authorized(header), task)

    def fetch(self, request: Request, task: Task, limit: int = media.MAX_CONFIG) -> Response:
        """The response with its whole body of `limit` bytes at most. A broken connection is made again."""
        return fetch(self.send, request, task, limit)

    def login(self, endpoint: Endpoint, credential: Credential, task: Task) -> str:
        """Verify a credential; returns an identity token to store instead of the password, or "".

        Raises Unauthorized.
        """
        request = Request(endpoint, "GET", "/v2/")
        response = self._transport.send(request.expecting(HTTPStatus.UNAUTHORIZED), task)
        if response.status == HTTPStatus.OK:
            response.read()
            return ""
        denial = failures.of_response(request, response.status, response.headers, response.excerpt())
        challenge = self._challenge(endpoint.host, response, denial.error)
        try:
            authorization = self._authorize(request, challenge, credential, task, login=True)
            self._transport.send(request.authorized(authorization.header), task).read()
        except Denied as error:
            raise Unauthorized(f"unauthorized: {error}", host=endpoint.host, hint=error.hint) from None
        return authorization.identity

    def _challenge(self, host: str, response: Response, denial: NbdockError) -> Challenge:
        """The challenge to answer, Bearer before Basic; kept for later requests, without the scopes of this one.

        Raises `denial` if the response has none, and the host had none before.
        """
        header = response.headers.get("www-authenticate", "")
        if not header:
            if response.status == HTTPStatus.UNAUTHORIZED and failures.is_web_page(response.body):
                raise response.web_page()
            if known := self._challenges.get(host):
                return known
            raise denial
        offered = {each.scheme: each for each in challenges(header)}
        chosen = offered.get("bearer") or offered.get("basic")
        if chosen is None:
            raise Unauthorized(f"{host} asks for a log-in that is neither Basic nor Bearer", host=host)
        kept = {name: value for name, value in chosen.parameters.items() if name != "scope"}
        self._challenges[host] = replace(chosen, parameters=kept)
        return chosen

    def _login(self, endpoint: Endpoint, task: Task) -> Credential:
        """The saved log-in, unless it was refused here."""
        if (endpoint, self._credentials.changes) in self._refused:
            return Credential()
        with task.waiting(f"the credential helper to find the log-in of {endpoint.host}"):
            return self._credentials.find(endpoint.host, endpoint.repository) or Credential()

    def _known(self, request: Request, task: Task) -> str:
        """The Authorization header for a host that asked for one before; "" if it must say how once more."""
        challenge = self._challenges.get(request.endpoint.host)
        if challenge is None:
            return ""
        try:
            return self._header(request, challenge, self._login(request.endpoint, task), "", task)
        except (BadResponse, Denied, Unauthorized, Unreachable):
            return ""

    def _header(self, request: Request, challenge: Challenge, credential: Credential, rejected: str, task: Task) -> str:
        """The Authorization header: the cached one unless `rejected` or old, else a new one that one thread fetches."""
        host = request.endpoint.host
        key = (host, frozenset(request.scopes), bool(credential), self._credentials.changes)
        with self._lock(host, task):
            found = self._authorizations.get(key)
            if found is None or found.header == rejected or found.until < monotonic():
                found = self._authorizations[key] = self._authorize(request, challenge, credential, task)
            return found.header

    def _discard(self, rejected: str) -> None:
        for key, authorization in list(self._authorizations.items()):
            if authorization.header == rejected:
                self._authorizations.pop(key, None)

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
        scopes = _with_asked(request.scopes, challenge.scopes)
        asking = Request(request.endpoint, "GET", challenge.parameters.get("realm", ""), scopes)
        if credential:
            self._check_realm(asking, credential, task)
        query = {"service": challenge.parameters.get("service", ""), "client_id": _CLIENT}
        if credential.identity_token:
            exchange = _exchange(asking, {**query, "scope": " ".join(scopes)}, credential)
            response = fetch(self._transport.send, exchange, task)
            if response.status == HTTPStatus.OK:
                return response.parse(_Authorization.read)
        account = {"account": credential.username} if credential.username else {}
        offline = {"offline_token": "true"} if login else {}
        target = with_query(asking.target, {**query, "scope": scopes, **offline, **account})
        asking = replace(asking, target=target).authorized(credential.basic)
        return fetch(self._transport.send, asking, task).parse(_Authorization.read)

    def _check_realm(self, asking: Request, credential: Credential, task: Task) -> None:
        """A secret goes to a token server over HTTPS, or over HTTP to the host of a registry that has no HTTPS itself.

        Raises Unauthorized.
        """
        own, realm = self._transport.base(asking.endpoint, task), self._transport.url(asking, task)
        same = own.host == realm.host or (is_loopback(own.host) and is_loopback(realm.host))
        if realm.scheme != "https" and not (own.scheme == "http" and same):
            host = asking.endpoint.host
            message = f"{host} has its token server at {realm.scheme}://{realm.netloc.decode()}"
            why = f"the password of {_who(credential)} is sent over HTTPS, or over HTTP to the registry's own host only"
            raise Unauthorized(f"{message}: {why}", host=host, hint=f"pull without it: {logout_command(host)}")

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
    sent = {**form, "grant_type": "refresh_token", "refresh_token": credential.identity_token}
    content = urlencode(sent, errors="replace").encode()
    return replace(request, method="POST", headers=_FORM, content=content, secret=True).expecting(*_NO_POST)


def _with_asked(own: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    """The request's own scopes, and what the registry asks for beyond them: it may have the repository elsewhere."""
    return (*own, *(scope for scope in asked if not any(_covers(mine, scope) for mine in own)))


def _covers(mine: str, scope: str) -> bool:
    (name, _, given), (other, _, wanted) = mine.rpartition(":"), scope.rpartition(":")
    return name == other and set(wanted.split(",")) <= set(given.split(","))


def _is_refusal(error: RegistryError) -> bool:
    refused = isinstance(error, BadResponse) and error.status in range(400, 500)
    return refused or isinstance(error, Denied | Unauthorized)


def _refused(request: Request, saved: Credential, error: RegistryError) -> RegistryError:
    """The error that names the log-in that was used, and how to do without it."""
    host = request.endpoint.host
    message = f"{error} (with the log-in of {_who(saved)})"
    hint = f"log in again: {login_command(host)}, or drop the log-in: {logout_command(host)}"
    return type(error)(message, host=host, hint=hint)


def _who(credential: Credential) -> str:
    """The user, and where the log-in is saved."""
    user = human.excerpt(credential.username) or "a token"
    return f"{user}, from {credential.source}" if credential.source else user
