"""None of these waits for a time to pass: work that is never done ends because it is interrupted, or the test hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from nbdock import task as tasks
from nbdock.errors import Cancelled, Interrupted
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.task import Progress, State, Task, raising_interrupts

LAYER = Descriptor.of(media.OCI_LAYER, b"layer")
TOLD = Progress(LAYER, State.DOWNLOADING, 1, 5)


class Server:
    """Is silent until its socket is shut, and then breaks, as sockets do."""

    def __init__(self) -> None:
        self._shut = threading.Event()

    def serve(self, task: Task, begun: Callable[[], object] = lambda: None) -> None:
        with task.closing(self._shut.set):
            begun()
            self._shut.wait()
            raise ConnectionResetError("shut")


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def interrupts_as_they_are() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_task_returns_what_its_work_does() -> None:
    assert Task().run(lambda: 42) == 42


def test_a_task_raises_what_its_work_does() -> None:
    error = ValueError("as it was")
    with pytest.raises(ValueError, match="as it was") as raised:
        Task().run(lambda: fail(error))
    assert raised.value is error


def test_the_listener_hears_all_in_order_on_the_thread_that_waits() -> None:
    heard: list[tuple[threading.Thread, Progress]] = []
    task = Task(lambda progress: heard.append((threading.current_thread(), progress)))
    pieces = [Progress(LAYER, State.DOWNLOADING, done, 100) for done in range(100)]
    task.run(lambda: task.spread(task.tell, pieces, jobs=1))
    assert heard == [(threading.current_thread(), piece) for piece in pieces]


def test_a_listener_hears_while_the_work_goes_on() -> None:
    heard = threading.Event()
    task = Task(lambda progress: heard.set())

    def work() -> bool:
        task.tell(TOLD)
        return heard.wait()

    assert task.run(work)


def test_a_listener_that_fails_ends_the_task() -> None:
    task, server = Task(lambda progress: fail(ValueError("no bar"))), Server()
    with pytest.raises(ValueError, match="no bar"):
        task.run(lambda: server.serve(task, lambda: task.tell(TOLD)))
    assert task.cancelled


def test_an_interrupt_ends_a_task_whose_server_is_silent() -> None:
    task, server = Task(lambda progress: interrupt()), Server()
    with pytest.raises(Interrupted, match="interrupted") as interruption:
        task.run(lambda: server.serve(task, lambda: task.tell(TOLD)))
    assert "kept" in interruption.value.hint
    assert task.cancelled


def test_an_interrupt_does_not_wait_for_what_cannot_be_ended() -> None:
    never, task = threading.Event(), Task(lambda progress: interrupt())

    def work() -> None:
        task.tell(TOLD)
        never.wait()

    with pytest.raises(Interrupted):
        task.run(work)
    never.set()


SCRIPT = """
import sys, threading
from nbdock.errors import Interrupted
from nbdock import task as tasks
from nbdock.task import Task
try:
    Task().run(lambda: (print("begun", flush=True), threading.Event().wait()))
except Interrupted as interruption:
    sys.exit(f"{interruption}: {interruption.hint}")
"""


def test_ctrl_c_ends_a_process_whose_server_is_silent() -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout
    assert running.stdout.readline() == "begun\n"
    running.send_signal(signal.SIGINT)
    assert running.communicate()[1].startswith("interrupted: downloaded data is kept")


def test_while_a_task_runs_sigint_raises_whatever_handled_it_before() -> None:
    """As in a cell with `await`, where ipykernel's handler does nothing while a command waits."""
    deaf = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        with pytest.raises(Interrupted):
            test_task = Task(lambda progress: interrupt())
            test_task.run(lambda: Server().serve(test_task, lambda: test_task.tell(TOLD)))
        interrupt()
    finally:
        signal.signal(signal.SIGINT, deaf)


def test_another_thread_leaves_the_handlers_alone() -> None:
    def enter() -> None:
        with raising_interrupts():
            pass

    Task().run(enter)


def test_cancel_from_another_thread_raises_cancelled() -> None:
    task, server = Task(), Server()
    with pytest.raises(Cancelled):
        task.run(lambda: server.serve(task, threading.Thread(target=task.cancel).start))


def test_a_task_that_is_cancelled_lets_nothing_begin() -> None:
    task, begun = Task(), threading.Event()
    task.cancel()
    with pytest.raises(Cancelled):
        Server().serve(task, begun.set)
    with pytest.raises(Cancelled):
        task.sleep(1000)
    with pytest.raises(Cancelled):
        task.spread(lambda item: begun.set(), range(3), jobs=2)
    assert not begun.is_set()


def test_what_is_left_is_not_closed() -> None:
    task, closed = Task(), threading.Event()
    with task.closing(closed.set):
        pass
    task.cancel()
    assert not closed.is_set()


def test_a_socket_that_cannot_be_shut_keeps_none_from_being_shut() -> None:
    task, closed = Task(), threading.Event()
    with task.closing(closed.set), task.closing(lambda: fail(OSError("shut already"))):
        task.cancel()
    assert closed.is_set()


def test_spread_keeps_the_order_of_its_items() -> None:
    first = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            first.wait()
        elif item == 9:
            first.set()
        return -item

    assert Task().spread(work, range(10), jobs=2) == [-item for item in range(10)]


def test_spread_does_as_many_at_once_as_it_is_told() -> None:
    meeting = threading.Barrier(3)
    assert sorted(Task().spread(lambda item: meeting.wait(), range(6), jobs=3)) == [0, 0, 1, 1, 2, 2]


def test_spread_over_nothing_is_nothing() -> None:
    assert Task().spread(fail, [], jobs=3) == []


def test_the_first_error_ends_the_others_and_is_the_one_raised() -> None:
    task, server, meeting = Task(), Server(), threading.Barrier(3)

    def work(item: int) -> None:
        if item == 2:
            meeting.wait()
            fail(ValueError("the cause"))
        server.serve(task, meeting.wait)

    with pytest.raises(ValueError, match="the cause"):
        task.spread(work, range(100), jobs=3)


def test_the_first_error_is_raised_out_of_what_is_nested_too() -> None:
    task, server, meeting = Task(), Server(), threading.Barrier(4)

    def layer(name: str) -> None:
        if name == "bb":
            meeting.wait()
            fail(ValueError("the cause"))
        server.serve(task, meeting.wait)

    def image(name: str) -> list[None]:
        return task.spread(layer, [name + "a", name + "b"], jobs=2)

    with pytest.raises(ValueError, match="the cause"):
        task.run(lambda: task.spread(image, "ab", jobs=2))


def fail(error: BaseException) -> None:
    raise error


def test_a_wait_that_takes_long_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_LONG_WAIT", 0.0)
    told: list[str] = []
    task = Task(note=told.append)

    def wait(part: Task) -> None:
        for _ in range(2):
            with part.waiting("localhost to answer"):
                part.sleep(0.3)

    def work() -> None:
        with task.part() as part:
            wait(part)

    task.run(work)
    assert told == ["Waiting for localhost to answer. Interrupt to stop."]


def test_a_short_wait_is_not_told() -> None:
    told: list[str] = []
    task = Task(note=told.append)

    def work() -> None:
        with task.waiting("nothing"):
            task.sleep(0.2)

    task.run(work)
    assert told == []


def test_a_note_is_told_once_by_the_waiting_thread() -> None:
    told: list[tuple[str, threading.Thread]] = []
    task = Task(note=lambda line: told.append((line, threading.current_thread())))

    def work() -> None:
        with task.part() as part:
            part.note("one")
            part.note("one")

    task.run(work)
    assert told == [("one", threading.current_thread())]


@pytest.mark.parametrize(("seconds", "told"), [(0, [1, 2, 3]), (3600, [1, 3])])
def test_a_stream_tells_of_its_chunks_as_often_as_people_look(
    monkeypatch: pytest.MonkeyPatch, seconds: int, told: list[int]
) -> None:
    monkeypatch.setattr(tasks, "REPORT_EVERY", seconds)
    heard: list[Progress] = []
    task = Task(heard.append)
    blob = Descriptor.of(media.OCTETS, b"abc")
    task.run(lambda: list(task.telling(blob, [b"a", b"b", b"c"], State.SAVING, State.SAVED)))
    assert [each.done for each in heard] == told
    assert heard[-1].state is State.SAVED
