"""The front end as one module, since a widget has one: the modules of `front/` one after the other, without their
imports and exports. `tests/widgets/test_bundle.py` holds that no two of them use a name for different things."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

FRONT = Path(__file__).parent.parent / "front"
STYLES = ("look", "icons", "shell", "detail", "explorer", "pull")

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


@lru_cache
def script(entry: str) -> str:
    """A module and all that it imports, in the order in which a browser would run them."""
    return "\n".join(_without_modules((FRONT / name).read_text()) for name in order(entry))


@lru_cache
def style() -> str:
    """The style sheets."""
    return "\n".join((FRONT / f"{name}.css").read_text() for name in STYLES)


def order(entry: str) -> list[str]:
    """The names of a module and of those it imports, each after all that it imports."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        for imported in _IMPORT.findall((FRONT / name).read_text()):
            if imported not in found:
                add(imported)
        found[name] = None

    add(entry)
    return list(found)


def _without_modules(source: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", source))
