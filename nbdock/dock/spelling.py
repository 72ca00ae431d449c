"""Names as people write them: two spellings that docker refuses, but which can mean only one thing, are read."""

from __future__ import annotations

from collections.abc import Callable

from nbdock.oci.digest import GRAMMAR
from nbdock.oci.reference import HUB

_HUB_HOSTS = (HUB, "index.docker.io")


def spelled(text: str, say: Callable[[str], None]) -> str:
    """As docker wants it written, saying so where that differs.

    `http://docker.io/library/httpd` loses its scheme (for any other registry a scheme would choose a transport, so it
    stays and is refused); `httpd:sha256:…` gets its `@`.
    """
    wanted = _with_at(_without_scheme(text))
    if wanted != text:
        say(f"{text}: docker wants this written {wanted}")
    return wanted


def _without_scheme(text: str) -> str:
    scheme, separator, address = text.partition("://")
    host = address.partition("/")[0]
    return address if separator and scheme in ("http", "https") and host in _HUB_HOSTS else text


def _with_at(text: str) -> str:
    name, separator, value = text.partition(":sha256:")
    digest = f"sha256:{value}"
    return f"{name}@{digest}" if separator and name and GRAMMAR.fullmatch(digest) else text
