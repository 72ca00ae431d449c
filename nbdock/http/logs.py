"""What httpx and httpcore log of nbdock's requests: addresses without their queries, which may be signed.

Other users of these libraries in the same process keep their own lines.
"""

from __future__ import annotations

import logging
import re

from nbdock.http import network

_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
_QUERY = re.compile(r"\?[^\s'\"<>]+")


def redact() -> None:
    """Keep the queries of nbdock's requests out of the log lines of libraries from now on."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_redacted)


def _redacted(record: logging.LogRecord) -> bool:
    if network.is_sending():
        record.msg, record.args = _QUERY.sub("?…", record.getMessage()), ()
    return True
