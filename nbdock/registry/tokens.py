"""Access tokens (distribution's spec/auth: token.md, oauth.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Self
from urllib.parse import urlencode

from nbdock.errors import InvalidContent
from nbdock.oci import document
from nbdock.oci.document import Document
from nbdock.registry.call import Call
from nbdock.registry.challenge import Challenge
from nbdock.registry.credential import Credential
from nbdock.registry.wire import Wire
from nbdock.task import Task

_CLIENT = "nbdock"
_LIFETIME = 60
_NO_REFRESH = (400, 401, 404, 405)  # of token servers that know no POST: ACR, Artifactory, GCR
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SAFE = re.compile(r"[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token server gives: an access token, its lifetime in seconds, and an identity token where asked for."""

    value: str = field(repr=False)
    lifetime: int
    identity: str = field(repr=False)

    @classmethod
    def read(cls, source: Document) -> Self:
        """From what the server answers. Raises InvalidContent."""
        value = document.text(source, "token") or document.text(source, "access_token")
        if not _SAFE.fullmatch(value):
            raise InvalidContent("a token server gave no token")
        lifetime = document.integer(source, "expires_in") or _LIFETIME
        return cls(value, lifetime, document.text(source, "refresh_token"))


def fetch(wire: Wire, call: Call, challenge: Challenge, credential: Credential, task: Task, login: bool) -> Token:
    """The token that lets the call pass the challenge; at a `login` with an identity token, where the server has them.

    Raises Unauthorized where the credential is refused, Denied where there is none, BadResponse, Unreachable.
    """
    scopes = call.scopes or challenge.scopes
    request = Call(call.endpoint, "GET", challenge.parameters.get("realm", ""), scopes)
    asked = {"service": challenge.parameters.get("service", ""), "client_id": _CLIENT}
    if credential.identity_token:
        answer = wire.send(_post(request, {**asked, "scope": " ".join(scopes)}, credential), task).read()
        if answer.status == HTTPStatus.OK:
            return answer.parsed(Token.read)
    more = {"offline_token": "true"} if login else {}
    return wire.send(_get(request, {**asked, "scope": scopes, **more}, credential), task).read().parsed(Token.read)


def _post(request: Call, form: Mapping[str, str], credential: Credential) -> Call:
    content = urlencode({**form, "grant_type": "refresh_token", "refresh_token": credential.identity_token}).encode()
    return replace(request, method="POST", headers=_FORM, content=content).expecting(*_NO_REFRESH)


def _get(request: Call, query: Mapping[str, str | Sequence[str]], credential: Credential) -> Call:
    account = {"account": credential.username} if credential.username else {}
    separator = "&" if "?" in request.target else "?"
    target = f"{request.target}{separator}{urlencode({**query, **account}, doseq=True)}"
    return replace(request, target=target).authorized(credential.basic if credential else "")
