"""The variables of a learner, which may be anything."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any


class Wrong(Exception):
    """What is wrong or missing: English words with {places} for values."""

    def __init__(self, words: str, **values: object) -> None:
        super().__init__(words)
        self.words, self.values = words, values


class Answers:
    """The variables of the notebook's kernel; there are none without one. Its methods raise Wrong."""

    def __init__(self, shell: Any) -> None:
        self._names = shell.user_ns if shell else {}

    def value(self, name: str) -> Any:
        """A variable as it is."""
        if name not in self._names:
            raise Wrong("there is no variable `{name}` yet.", name=name)
        return self._names[name]

    def number(self, name: str) -> int:
        """A variable that is a whole number."""
        value = self.value(name)
        if not isinstance(value, Integral):
            raise Wrong("`{name}` should be a whole number, and is {kind}.", name=name, kind=_kind(value))
        return int(value)

    def text(self, name: str) -> str:
        """A variable that is text."""
        value = self.value(name)
        if not isinstance(value, str):
            raise Wrong("`{name}` should be text, and is {kind}.", name=name, kind=_kind(value))
        return value.strip()

    def texts(self, name: str) -> set[str]:
        """A variable that is a list, a set, a Series or the like, of text."""
        value = self.value(name)
        found = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [None]
        if not all(isinstance(each, str) for each in found):
            raise Wrong("`{name}` should be a list of texts, and is {kind}.", name=name, kind=_kind(value))
        return set(found)


def _kind(value: object) -> str:
    return type(value).__name__
