"""Asking registries for something as somebody: challenges are answered, tokens are kept and renewed."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic

from nbdock.errors import Denied, Unauthorized
from nbdock.oci import media
from nbdock.registry import challenge as challenges
from nbdock.registry import tokens
from nbdock.registry.answer import Answer
from nbdock.registry.call import Call
from nbdock.registry.challenge import Challenge
from nbdock.registry.credential import Credential
from nbdock.registry.credentials import Credentials
from nbdock.registry.failures import log_in
from nbdock.registry.hosts import Endpoint
from nbdock.registry.wire import Wire
from nbdock.task import Task

_FRESH = 0.75


@dataclass(frozen=True, slots=True)
class _Grant:
    """The Authorization that a registry takes, until `until` (monotonic seconds); "" where we have none."""

    header: str = field(repr=False)
    until: float = math.inf
    identity: str = field(default="", repr=False)


class Session:
    """The wire, with what opens doors. One for all registries and threads."""

    def __init__(self, wire: Wire, credentials: Credentials) -> None:
        self._wire, self._credentials = wire, credentials
        self._challenges: dict[str, Challenge] = {}
        self._grants: dict[tuple[object, ...], _Grant] = {}
        self._locks: dict[str, threading.Lock] = {}

    def send(self, call: Call, task: Task) -> Answer:
        """The answer to a call, authorized where its endpoint asks for that; a token that died is renewed once.

        Raises Unauthorized, Denied and what Wire.send raises.
        """
        if call.elsewhere:
            return self._wire.send(call, task)
        known = self._known(call, task)
        if not call.repeatable:
            return self._wire.send(call.authorized(known), task)
        answer = self._wire.send(call.authorized(known).expecting(HTTPStatus.UNAUTHORIZED), task)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        header = self._granted(call, self._challenge(call.endpoint.host, answer), known, task)
        if not header:
            host = call.endpoint.host
            raise Unauthorized("no basic auth credentials", host=host, hint=f"log in: {log_in(host)}")
        return self._wire.send(call.authorized(header), task)

    def ask(self, call: Call, task: Task, limit: int = media.MAX_CONFIG) -> Answer:
        """The answer with its whole body, of at most `limit` bytes."""
        return self.send(call, task).read(limit)

    def login(self, endpoint: Endpoint, credential: Credential, task: Task) -> str:
        """See that the registry takes the credential; returns an identity token to keep instead, or "".

        Raises Unauthorized.
        """
        call = Call(endpoint, "GET", "/v2/")
        answer = self._wire.send(call.expecting(HTTPStatus.UNAUTHORIZED), task)
        if answer.status == HTTPStatus.OK:
            answer.read()
            return ""
        try:
            grant = self._grant(call, self._challenge(endpoint.host, answer), credential, task, login=True)
            self._wire.send(call.authorized(grant.header), task).read()
        except Denied as error:
            raise Unauthorized(f"unauthorized: {error}", host=endpoint.host, hint=error.hint) from None
        return grant.identity

    def _challenge(self, host: str, answer: Answer) -> Challenge:
        """What to answer, Bearer rather than Basic; it is remembered for the calls to come."""
        answer.words()
        asked = {each.scheme: each for each in challenges.parse(answer.headers.get("www-authenticate", ""))}
        chosen = asked.get("bearer") or asked.get("basic")
        if chosen is None:
            raise Unauthorized(f"{host} asks for a log-in that is neither Basic nor Bearer", host=host)
        self._challenges[host] = chosen
        return chosen

    def _known(self, call: Call, task: Task) -> str:
        challenge = self._challenges.get(call.endpoint.host)
        return self._granted(call, challenge, "", task) if challenge else ""

    def _granted(self, call: Call, challenge: Challenge, refused: str, task: Task) -> str:
        """The header for the call: one that is kept and was not `refused`, else a new one, fetched by one thread."""
        key = (call.endpoint.host, frozenset(call.scopes), self._credentials.changes)
        with self._turn(call.endpoint.host, task):
            grant = self._grants.get(key)
            if grant is None or grant.header == refused or grant.until < monotonic():
                endpoint = call.endpoint
                credential = self._credentials.find(endpoint.host, endpoint.repository) or Credential()
                grant = self._grants[key] = self._grant(call, challenge, credential, task)
            return grant.header

    def _grant(
        self, call: Call, challenge: Challenge, credential: Credential, task: Task, login: bool = False
    ) -> _Grant:
        if credential.registry_token:
            return _Grant(f"Bearer {credential.registry_token}")
        if challenge.scheme == "bearer":
            token = tokens.fetch(self._wire, call, challenge, credential, task, login)
            return _Grant(f"Bearer {token.value}", monotonic() + _FRESH * token.lifetime, token.identity)
        return _Grant(credential.basic if credential else "")

    @contextmanager
    def _turn(self, host: str, task: Task) -> Iterator[None]:
        lock = self._locks.setdefault(host, threading.Lock())
        while not lock.acquire(timeout=0.1):
            task.check()
        try:
            yield
        finally:
            lock.release()
