"""The changes of an import: instructions of a Dockerfile that give the config of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbdock.dockerfile.parser import LONGEST, parse
from nbdock.dockerfile.settings import CHANGES, Settings
from nbdock.errors import UsageError

_HINT = f"changes are {', '.join(CHANGES)}"


def changed(changes: Sequence[str]) -> dict[str, Any]:
    """The field `config` of an image config with these changes, each one or several lines of a Dockerfile.

    Raises UsageError in docker's words.
    """
    text = "\n".join(changes)
    if len(text) > LONGEST:
        raise UsageError("the changes are too long", hint=f"{LONGEST} characters are the most")
    source = parse(text)
    if changes and not source.instructions:
        raise UsageError("file with no instructions", hint=_HINT)
    made = Settings({}, source.escape)
    for instruction in source.instructions:
        if instruction.keyword not in CHANGES:
            raise UsageError(f"{instruction.keyword.lower()} is not a valid change command", hint=_HINT)
        made.change(instruction)
    return made.config
