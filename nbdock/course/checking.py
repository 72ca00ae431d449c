"""Checks an exercise, and says in words what is wrong or missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from IPython import get_ipython

from nbdock import human
from nbdock.api import Dock
from nbdock.course.answers import Answers, Wrong
from nbdock.course.exercises import EXERCISES

_SAID = "Exercise {exercise}: {said}"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an exercise is solved, and what to tell the learner."""

    solved: bool
    said: str

    def __repr__(self) -> str:
        return f"{'✔' if self.solved else '✘'} {self.said}"


def check(exercise: int, words: Mapping[str, str]) -> Verdict:
    """The verdict on an exercise, in the language of `words` (translations of the English ones)."""
    try:
        known = dict(enumerate(EXERCISES, 1))
        if exercise not in known:
            raise Wrong("there is none; they are 1 to {last}.", last=len(EXERCISES))
        known[exercise](Answers(get_ipython()), Dock())
    except Wrong as wrong:
        return Verdict(False, _said(exercise, wrong, words))
    except Exception as error:  # whatever a learner's variables do when they are looked at
        return Verdict(False, _said(exercise, Wrong("cannot be checked: {error}", error=error), words))
    return Verdict(True, _said(exercise, Wrong("solved."), words))


def _said(exercise: int, told: Wrong, words: Mapping[str, str]) -> str:
    values = {name: human.ellipsis(human.printable(str(value)), _LONGEST) for name, value in told.values.items()}
    said = words.get(told.words, told.words).format(**values)
    return words.get(_SAID, _SAID).format(exercise=exercise, said=said)
