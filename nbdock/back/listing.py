"""What pages know of the list of images: one that comes again is told only what changed since."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from typing import Any

from nbdock.oci.fields import natural

Row = dict[str, Any]


class Listing:
    """The rows of a store's images as pages were last told them, by id. Thread-safe.

    Each change has a number. A page says which was the last that it heard of (`at` of its last answer); what no listing
    of this process said is answered with everything.
    """

    def __init__(self) -> None:
        self._name = secrets.token_hex(8)
        self._number = 0
        self._rows: Mapping[str, Row] = {}
        self._changed: dict[str, int] = {}
        self._lock = threading.Lock()

    def changed(self, rows: Mapping[str, Row], since: str) -> Row:
        """The rows that are new or different since then, the ids of those that are `gone`, and where it is now; with
        `whole`, all there are."""
        with self._lock:
            self._update(rows)
            at = f"{self._name} {self._number}"
            known = self._known(since)
            if known is None:
                return {"at": at, "whole": True, "images": list(rows.values()), "gone": []}
            news = [key for key, number in self._changed.items() if number > known]
        kept = [rows[key] for key in news if key in rows]
        return {"at": at, "whole": False, "images": kept, "gone": [key for key in news if key not in rows]}

    def _update(self, rows: Mapping[str, Row]) -> None:
        news = [key for key in {**rows, **self._rows} if rows.get(key) != self._rows.get(key)]
        self._number += bool(news)
        self._changed.update(dict.fromkeys(news, self._number))
        self._rows = rows

    def _known(self, since: str) -> int | None:
        name, _, number = since.partition(" ")
        return natural(number) if name == self._name else None
