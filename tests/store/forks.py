"""Work in processes of its own, in which changes to a folder may fail or be the last thing that happens."""

from __future__ import annotations

import itertools
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Work = Callable[[], object]

DIED = 9
REMOVES = {"os.remove"}
MAKES = {"open", "os.mkdir", "os.rename"}


class Killed(BaseException):
    """Ends a thread, with all its `finally`, as an interrupt would."""


def exit_at_once() -> None:
    """As the kernel is killed: nothing is tidied up."""
    os._exit(DIED)


def raise_killed() -> None:
    raise Killed


def died(work: Work, folder: Path, before: int, how: Work) -> bool:
    """Do the work in a process that dies before its nth change to the folder; whether it made as many."""

    def dying() -> None:
        changes = itertools.count(1)
        at_changes(folder, lambda: how() if next(changes) == before else None)
        work()

    return killed(dying)


def killed(work: Work) -> bool:
    """Do the work in a process of its own; whether that ended in Killed."""
    (status,) = _wait([_fork(work)])
    assert status in (0, DIED)
    return status == DIED


def together(works: Iterable[Work]) -> None:
    """Do all of it at once, each in a process; AssertionError where one fails."""
    assert set(_wait([_fork(work) for work in works])) <= {0}


def alone(work: Work) -> None:
    """Do it in a process of its own, which may spoil itself."""
    together([work])


def at_changes(folder: Path, how: Work, events: set[str] = MAKES | REMOVES) -> None:
    """From now on and to the end of the process, call `how` before each change to the folder."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in events and str(arguments[0]).startswith(str(folder)) and _changes(event, arguments):
            how()

    sys.addaudithook(hook)


def at_reads(path: Path, how: Work) -> None:
    """From now on and to the end of the process, call `how` before the file is opened."""
    sys.addaudithook(lambda event, arguments: how() if event == "open" and str(arguments[0]) == str(path) else None)


def _changes(event: str, arguments: tuple[Any, ...]) -> bool:
    return event != "open" or bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))


def _fork(work: Work) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except Killed:
        os._exit(DIED)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _wait(pids: list[int]) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
