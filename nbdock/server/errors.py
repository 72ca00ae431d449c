"""Error responses with the codes of the OCI distribution spec ("Error Codes")."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from tornado.web import HTTPError

from nbdock import errors


@dataclass(eq=False)
class APIError(Exception):
    """An error response: `code` is the spec's, `detail` any JSON value, for example a digest."""

    status: int
    code: str
    message: str
    detail: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def json(self) -> dict[str, object]:
        """The response body."""
        error = {"code": self.code, "message": self.message, "detail": self.detail}
        return {"errors": [{key: value for key, value in error.items() if value is not None}]}


_RESPONSES: Mapping[type[BaseException], tuple[int, str]] = {
    errors.InvalidReference: (400, "NAME_INVALID"),
    errors.InvalidDigest: (400, "DIGEST_INVALID"),
    errors.ImageNotFound: (404, "MANIFEST_UNKNOWN"),
    errors.BlobNotFound: (404, "BLOB_UNKNOWN"),
    errors.Refused: (403, "DENIED"),
    errors.Unauthorized: (404, "NAME_UNKNOWN"),
    errors.Denied: (404, "NAME_UNKNOWN"),
    errors.RateLimited: (429, "TOOMANYREQUESTS"),
    errors.RegistryError: (502, "UNKNOWN"),
    errors.IntegrityError: (502, "UNKNOWN"),
    errors.StoreDamaged: (500, "UNKNOWN"),
    errors.StoreLocked: (503, "UNKNOWN"),
    errors.StoreError: (507, "UNKNOWN"),
    BaseException: (500, "UNKNOWN"),
}
_INTERNAL = (500, 503, 507)
_CLIENTS_SAY = "toomanyrequests: "
"""What clients put before the words of such a response, by its code."""


def error_response(error: BaseException) -> APIError:
    """The error response; internal errors carry no details."""
    if isinstance(error, APIError):
        return error
    if isinstance(error, HTTPError):
        return APIError(error.status_code, "UNSUPPORTED", HTTPStatus(error.status_code).phrase.lower())
    status, code = next(_RESPONSES[kind] for kind in type(error).__mro__ if kind in _RESPONSES)
    words = HTTPStatus(status).phrase.lower() if status in _INTERNAL else str(error)
    if isinstance(error, errors.RateLimited):
        return _limited(error, words.removeprefix(_CLIENTS_SAY))
    return APIError(status, code, words)


def _limited(error: errors.RateLimited, words: str) -> APIError:
    """The registry's words in a header too (the spec's "Warnings"), since the response to a HEAD has no body."""
    headers = {"Warning": f"299 - {json.dumps(words)}"}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return APIError(429, "TOOMANYREQUESTS", words, headers=headers)


@contextlib.contextmanager
def invalid_request(code: str, *kinds: type[errors.NbdockError], detail: object = None) -> Iterator[None]:
    """Turn these errors, which the client's own content causes, into responses with status 400."""
    try:
        yield
    except kinds as error:
        raise APIError(400, code, str(error), detail) from None
