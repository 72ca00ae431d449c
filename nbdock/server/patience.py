"""How long a client may let the server wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds, for its next bytes or for taking ours."""


class Patience:
    """Calls `give_up` where something that is waited for does not come in time."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None

    def wait(self) -> None:
        """From now on."""
        self.rest()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)

    def rest(self) -> None:
        """It came, or is not waited for any more."""
        if self._timer:
            self._timer.cancel()
