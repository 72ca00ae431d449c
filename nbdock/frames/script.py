"""The script of the frames in a notebook (`live.js`), which would outweigh most tables if every frame carried it.

A notebook has it once: in the first cell that shows a frame, whenever that cell runs. The other frames only call it. It
runs in outputs that a kernel has just made and in trusted notebooks; everywhere else the table is all there is.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

_CALL = "window.nbdockFrames?.()"
_ALONE = "google.colab"  # there an output is a page of its own


class Carrier:
    """Knows the cell that carries the script, and the run of it that does."""

    def __init__(self) -> None:
        self._cell = self._run = ""

    def script(self, shell: Any) -> str:
        """The script for a frame that this shell, if any, shows now."""
        if not hasattr(shell, "get_parent"):
            return ""
        parent = shell.get_parent() or {}
        cell, run = (
            parent.get(part, {}).get(key) or "" for part, key in (("metadata", "cellId"), ("header", "msg_id"))
        )
        is_first = not self._run or (cell == self._cell != "" and run != self._run)
        if is_first:
            self._cell, self._run = cell, run
        return source() if is_first or _ALONE in sys.modules else _CALL


@cache
def source() -> str:
    """The script on one line, without comments."""
    lines = map(str.strip, Path(__file__).with_name("live.js").read_text("utf-8").splitlines())
    return " ".join(line.partition(" // ")[0] for line in lines if line and not line.startswith("//"))


_CARRIER = Carrier()


def tag() -> str:
    """The element that makes a frame live, in a notebook; nothing elsewhere."""
    ipython = sys.modules.get("IPython")  # whoever shows a frame has imported it, if it is there at all
    script = _CARRIER.script(ipython.get_ipython()) if ipython else ""
    return script and f"<script>{script}</script>"
