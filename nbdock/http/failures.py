"""Why a connection failed, in the words of every client."""

from __future__ import annotations

import socket

from nbdock import human

CLIENT_CERTIFICATE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_BAD_CERTIFICATE", "TLSV1_ALERT_UNKNOWN_CA")
"""OpenSSL's reasons where a server takes no client without a certificate that it knows."""
PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
"""OpenSSL's reasons where a server speaks no TLS."""


def cause(error: BaseException) -> BaseException:
    """The error that httpx and httpcore wrapped."""
    while deeper := error.__cause__ or error.__context__:
        error = deeper
    return error


def explain(error: BaseException, server: str) -> tuple[str, str]:
    """Why the `server` ("the registry") did not respond, by the cause, and what to do."""
    match error:
        case socket.gaierror() | UnicodeError():  # a label of more than 63 characters is no IDNA
            return "no such host", "check the name and the network"
        case ConnectionRefusedError():
            return "connection refused", f"check the port, and that {server} is running"
        case TimeoutError():
            return "no answer in time", "check the network, and try again"
    return human.excerpt(str(error)) or type(error).__name__, "try again"
