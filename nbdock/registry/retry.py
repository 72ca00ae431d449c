"""When to try again, and what is told meanwhile."""

from __future__ import annotations

from secrets import SystemRandom

from nbdock.oci.descriptor import Descriptor
from nbdock.task import Progress, State, Task

TRIES = 5
LONGEST_WAIT = 60.0
_random = SystemRandom()


def backoff(attempt: int) -> float:
    """Seconds to wait after try number `attempt`, spread so that clients do not come back all at once."""
    return min(2.0**attempt, LONGEST_WAIT) * _random.uniform(0.5, 1)


def pause(task: Task, descriptor: Descriptor, done: int, attempt: int) -> None:
    """Wait before the content is tried again, saying so as docker does. Raises Cancelled."""
    seconds = backoff(attempt)
    detail = f"in {seconds:.0f} second{'s' if round(seconds) != 1 else ''}"
    task.tell(Progress(descriptor, State.RETRYING, done, descriptor.size, detail))
    task.sleep(seconds)
