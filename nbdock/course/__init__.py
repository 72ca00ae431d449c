"""What the course's notebook needs: checks of its exercises, and a picture of an image's hashes.

from nbdock.course import check, hashes          # in Korean: from nbdock.course.korean import check, hashes

hashes("httpd")                                  # which hash is of what, for an image in the store
check(1)                                         # what is wrong or missing in exercise 1, in words
"""

from __future__ import annotations

from nbdock.course.checking import Verdict
from nbdock.course.checking import check as _check
from nbdock.course.picture import hashes as _hashes
from nbdock.plots import Figure

__all__ = ["check", "hashes"]


def check(exercise: int) -> Verdict:
    """Say what is wrong or missing in an exercise of the course. Looks at your variables and the store; never raises.

    Examples
    --------
    >>> nbdock.course.check(1)
    ✘ Exercise 1: there is no variable `count` yet.
    """
    return _check(exercise, {})


def hashes(image: str) -> Figure:
    """Draw the hashes of an image in the store: what each of them is of.

    Raises ImageNotFound.
    """
    return _hashes(image, {})
