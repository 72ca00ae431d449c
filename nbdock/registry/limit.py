"""How many pulls are left: Docker Hub counts them and says so in headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_COUNT = re.compile(r"([0-9]{1,9})(?:;w=([0-9]{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`remaining` of `limit` pulls in `window_seconds`, counted for `source`: an address or an account."""

    limit: int
    remaining: int
    window_seconds: int
    source: str

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Self | None:
        """From an answer's headers; None where they say nothing of it."""
        limit = _COUNT.match(headers.get("ratelimit-limit", ""))
        remaining = _COUNT.match(headers.get("ratelimit-remaining", ""))
        if limit is None or remaining is None:
            return None
        source = headers.get("docker-ratelimit-source", "")[:64]
        return cls(int(limit[1]), int(remaining[1]), int(limit[2] or 0), source)
