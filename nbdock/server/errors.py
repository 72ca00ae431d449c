"""Error responses with the codes of the OCI distribution spec ("Error Codes")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from tornado.web import HTTPError

from nbdock import errors


class ErrorCode(StrEnum):
    """The codes of the spec, and docker's UNKNOWN for failures that the client did not cause."""

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
class APIError(Exception):
    """An error response.

    Parameters
    ----------
    status, code, message
        HTTP status, error code and text for people.
    detail
        What the error is about, for example a digest; any JSON value, or None.
    headers
        Further response headers.
    """

    status: HTTPStatus
    code: ErrorCode
    message: str
    detail: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, object]:
        """The response body."""
        error = {"code": self.code, "message": self.message, "detail": self.detail}
        return {"errors": [{key: value for key, value in error.items() if value is not None}]}


_RESPONSES: Mapping[type[BaseException], tuple[HTTPStatus, ErrorCode]] = {
    errors.InvalidReference: (HTTPStatus.BAD_REQUEST, ErrorCode.NAME_INVALID),
    errors.InvalidDigest: (HTTPStatus.BAD_REQUEST, ErrorCode.DIGEST_INVALID),
    errors.ImageNotFound: (HTTPStatus.NOT_FOUND, ErrorCode.MANIFEST_UNKNOWN),
    errors.BlobNotFound: (HTTPStatus.NOT_FOUND, ErrorCode.BLOB_UNKNOWN),
    errors.Refused: (HTTPStatus.FORBIDDEN, ErrorCode.DENIED),
    errors.Unauthorized: (HTTPStatus.NOT_FOUND, ErrorCode.NAME_UNKNOWN),
    errors.Denied: (HTTPStatus.NOT_FOUND, ErrorCode.NAME_UNKNOWN),
    errors.RateLimited: (HTTPStatus.TOO_MANY_REQUESTS, ErrorCode.TOOMANYREQUESTS),
    errors.RegistryError: (HTTPStatus.BAD_GATEWAY, ErrorCode.UNKNOWN),
    errors.InvalidContent: (HTTPStatus.BAD_GATEWAY, ErrorCode.UNKNOWN),
    errors.DigestMismatch: (HTTPStatus.BAD_GATEWAY, ErrorCode.UNKNOWN),
    errors.SizeMismatch: (HTTPStatus.BAD_GATEWAY, ErrorCode.UNKNOWN),
    errors.StoreLocked: (HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.UNKNOWN),
    errors.StoreError: (HTTPStatus.INSUFFICIENT_STORAGE, ErrorCode.UNKNOWN),
    BaseException: (HTTPStatus.INTERNAL_SERVER_ERROR, ErrorCode.UNKNOWN),
}
_INTERNAL = (errors.StoreLocked, errors.StoreError, BaseException)


def error_response(error: BaseException) -> APIError:
    """The error response; internal errors carry no details."""
    if isinstance(error, APIError):
        return error
    if isinstance(error, HTTPError):
        status = HTTPStatus(error.status_code)
        return APIError(status, ErrorCode.UNSUPPORTED, status.phrase.lower())
    kind = next(kind for kind in type(error).__mro__ if kind in _RESPONSES)
    status, code = _RESPONSES[kind]
    return APIError(status, code, status.phrase.lower() if kind in _INTERNAL else str(error))
