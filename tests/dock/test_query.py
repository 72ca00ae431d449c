"""A question that takes long ends with its task."""

from __future__ import annotations

import threading

import pytest

from nbdock.dock.inside.query import query
from nbdock.errors import Cancelled
from nbdock.task import Task

ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = -1"


def test_a_cancelled_question_ends_at_once() -> None:
    task = Task()
    threading.Timer(0.3, task.cancel).start()
    with pytest.raises(Cancelled):
        query(ENDLESS, {}, {}, task)
