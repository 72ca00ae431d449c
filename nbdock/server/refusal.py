"""What the server refuses, in the words of the OCI distribution spec ("Error codes")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from tornado.web import HTTPError

from nbdock import errors


class Code(StrEnum):
    """The spec's codes; UNKNOWN, which is docker's, is for what is no fault of the client."""

    BLOB_UNKNOWN = "BLOB_UNKNOWN"
    BLOB_UPLOAD_INVALID = "BLOB_UPLOAD_INVALID"
    BLOB_UPLOAD_UNKNOWN = "BLOB_UPLOAD_UNKNOWN"
    DENIED = "DENIED"
    DIGEST_INVALID = "DIGEST_INVALID"
    MANIFEST_BLOB_UNKNOWN = "MANIFEST_BLOB_UNKNOWN"
    MANIFEST_INVALID = "MANIFEST_INVALID"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    NAME_INVALID = "NAME_INVALID"
    NAME_UNKNOWN = "NAME_UNKNOWN"
    SIZE_INVALID = "SIZE_INVALID"
    TOOMANYREQUESTS = "TOOMANYREQUESTS"
    UNAUTHORIZED = "UNAUTHORIZED"
    UNKNOWN = "UNKNOWN"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(eq=False)
class Refusal(Exception):
    """An answer that is an error: `detail` is what it is about, `headers` come besides."""

    status: HTTPStatus
    code: Code
    message: str
    detail: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, object]:
        error = {"code": self.code, "message": self.message, "detail": self.detail}
        return {"errors": [{key: value for key, value in error.items() if value is not None}]}


_MEANINGS: Mapping[type[BaseException], tuple[HTTPStatus, Code]] = {
    errors.InvalidReference: (HTTPStatus.BAD_REQUEST, Code.NAME_INVALID),
    errors.InvalidDigest: (HTTPStatus.BAD_REQUEST, Code.DIGEST_INVALID),
    errors.ImageNotFound: (HTTPStatus.NOT_FOUND, Code.MANIFEST_UNKNOWN),
    errors.BlobNotFound: (HTTPStatus.NOT_FOUND, Code.BLOB_UNKNOWN),
    errors.Refused: (HTTPStatus.FORBIDDEN, Code.DENIED),
    errors.Unauthorized: (HTTPStatus.NOT_FOUND, Code.NAME_UNKNOWN),
    errors.Denied: (HTTPStatus.NOT_FOUND, Code.NAME_UNKNOWN),
    errors.RateLimited: (HTTPStatus.TOO_MANY_REQUESTS, Code.TOOMANYREQUESTS),
    errors.RegistryError: (HTTPStatus.BAD_GATEWAY, Code.UNKNOWN),
    errors.InvalidContent: (HTTPStatus.BAD_GATEWAY, Code.UNKNOWN),
    errors.DigestMismatch: (HTTPStatus.BAD_GATEWAY, Code.UNKNOWN),
    errors.SizeMismatch: (HTTPStatus.BAD_GATEWAY, Code.UNKNOWN),
    errors.StoreLocked: (HTTPStatus.SERVICE_UNAVAILABLE, Code.UNKNOWN),
    errors.StoreError: (HTTPStatus.INSUFFICIENT_STORAGE, Code.UNKNOWN),
    BaseException: (HTTPStatus.INTERNAL_SERVER_ERROR, Code.UNKNOWN),
}
_PRIVATE = (errors.StoreLocked, errors.StoreError, BaseException)


def of(error: BaseException) -> Refusal:
    """The answer that says what went wrong; of what went wrong on this machine it says no more than that."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPError):
        status = HTTPStatus(error.status_code)
        return Refusal(status, Code.UNSUPPORTED, status.phrase.lower())
    kind = next(kind for kind in type(error).__mro__ if kind in _MEANINGS)
    status, code = _MEANINGS[kind]
    return Refusal(status, code, status.phrase.lower() if kind in _PRIVATE else str(error))
