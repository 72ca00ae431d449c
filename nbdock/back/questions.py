"""The questions that a page may ask, by name. What a page sends is checked against the function that answers it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from nbdock.errors import NbdockError, UsageError

if TYPE_CHECKING:
    from nbdock.back.backend import Backend
    from nbdock.dock.dock import Dock

Answers = TypeVar("Answers", bound=Callable[..., Any])

_MODULES = ("accounts", "archives", "detail", "files", "images", "pulls", "remote", "removals")
_LONGEST = 10_000
_CHECKS: dict[Any, Callable[[Any], bool]] = {
    bool: lambda value: isinstance(value, bool),
    int: lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53,
    str: lambda value: isinstance(value, str) and len(value) <= _LONGEST,
    list[str]: lambda value: isinstance(value, list) and all(map(_CHECKS[str], value)),
}
_answers: dict[str, Callable[..., Any]] = {}


def question(function: Answers) -> Answers:
    """Makes a function the answer to the question of its name. It takes the backend, a dock whose console is the
    question's own, and what the page sends: str, int, bool or list[str]. It returns what JSON can hold."""
    _answers[function.__name__] = function
    return function


def described(error: NbdockError) -> dict[str, str]:
    """An error as pages are told it."""
    return {"message": str(error), "hint": error.hint, "kind": type(error).__name__}


def answer(backend: Backend, dock: Dock, name: str, asked: Mapping[str, Any]) -> Any:
    """Answer a question. Raises UsageError, and what the function raises."""
    for module in _MODULES:
        import_module(f"nbdock.back.{module}")
    if name not in _answers:
        raise UsageError(f"no question is called {name!r}")
    function = _answers[name]
    _, _, *parameters = inspect.signature(function).parameters.values()
    kinds = get_type_hints(function)
    known = {each.name for each in parameters}
    if missing := [each.name for each in parameters if each.default is each.empty and each.name not in asked]:
        raise UsageError(f"{name}: {', '.join(missing)} is missing")
    for key, value in asked.items():
        if key not in known or not _CHECKS[kinds[key]](value):
            raise UsageError(f"{name}: not a valid value: {key[:100]!r}")
    return function(backend, dock, **asked)
