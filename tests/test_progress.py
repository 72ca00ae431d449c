"""Progress as text."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest

from nbdock import progress
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.progress import Board, Pace
from nbdock.task import Listener, Progress, State, Tally, Task

ONE, TWO = (
    Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", Digest("sha256", letter * 64), 1000) for letter in "ab"
)


def told(descriptor: Descriptor, state: State, done: int = 0, detail: str = "") -> Progress:
    return Progress(descriptor, state, done, descriptor.size, detail)


PULL = (
    told(ONE, State.PULLING),
    told(TWO, State.PULLING),
    told(TWO, State.EXISTS, 1000),
    told(ONE, State.DOWNLOADING, 100),
    told(ONE, State.RETRYING, 100, "in 2 seconds"),
    told(ONE, State.DOWNLOADING, 500),
    told(ONE, State.DOWNLOADING, 900),
    told(ONE, State.DOWNLOADED, 1000),
    told(ONE, State.PULLED, 1000),
)


def hear_all(listener: Listener, events: Iterable[Progress] = PULL) -> None:
    for event in events:
        listener(event)


class Clock:
    """Shows the time that it is set to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def downloading(board: Board, clock: Clock, *steps: tuple[float, int]) -> None:
    """ONE, as (seconds, bytes so far)."""
    for second, done in steps:
        clock.now = 100 + second
        board.hear(told(ONE, State.DOWNLOADING, done))


def test_a_board_sums_up_what_it_heard() -> None:
    board = Board()
    hear_all(board.hear, PULL[:7])
    assert (board.settled, len(board.layers)) == (1, 2)
    assert (board.done, board.total) == (1900, 2000)
    assert board.text.startswith("1/2 layers, 1.9kB of 2kB, ")


def test_nothing_moved_is_no_rate() -> None:
    board = Board()
    board.hear(PULL[0])
    assert board.text == "0/1 layers, 0B of 1kB, 0B/s"


def test_the_rate_is_that_of_the_last_seconds() -> None:
    board = Board(clock := Clock())
    downloading(board, clock, (0, 0), (1, 500), (20, 500), (21, 520), (22, 540))
    assert (board.rate, board.remaining) == (20, "23 seconds")
    clock.now += 2
    assert board.rate == 10
    clock.now += 4
    assert (board.rate, board.remaining) == (0, "")


def test_kept_bytes_are_no_speed() -> None:
    board = Board(clock := Clock())
    board.hear(told(ONE, State.VERIFYING, 0))
    board.hear(told(TWO, State.EXISTS, 1000))
    clock.now += 1
    board.hear(told(ONE, State.VERIFYING, 700))
    downloading(board, clock, (1, 800), (2, 810))
    assert board.rate == 10
    assert progress.status(told(ONE, State.VERIFYING, 700)) == "Verifying Checksum 700B/1kB"


def test_bytes_that_are_sent_once_more_are_no_speed() -> None:
    board = Board(clock := Clock())
    downloading(board, clock, (0, 0), (1, 500), (2, 0), (3, 400), (4, 520))
    assert board.rate == 520 // 4


@pytest.mark.parametrize("state", [State.DOWNLOADING, State.PULLING])
def test_a_registry_that_stalls_is_named_within_five_seconds(state: State) -> None:
    board = Board(clock := Clock())
    board.hear(told(ONE, state, 300))
    clock.now += 2
    assert "no data" not in board.text
    clock.now += 2
    assert board.text == "0/1 layers, 300B of 1kB, no data for 4 seconds"
    board.hear(told(ONE, State.DOWNLOADING, 301))
    assert "no data" not in board.text


def test_a_registry_that_never_answers_is_silent_too() -> None:
    board = Board(clock := Clock())
    clock.now += 4
    assert board.silence == "no data for 4 seconds"


def test_a_layer_that_stalls_says_so_while_others_move() -> None:
    board = Board(clock := Clock())
    board.hear(told(TWO, State.DOWNLOADING, 300))
    downloading(board, clock, (0, 1), (4, 2))
    assert board.status(board.layers[TWO.digest]) == "Downloading 300B/1kB, no data for 4 seconds"
    assert "no data" not in board.text


def test_what_waits_for_no_registry_is_not_silent() -> None:
    board = Board(clock := Clock())
    board.hear(told(ONE, State.DOWNLOADED, 1000))
    board.hear(told(TWO, State.RETRYING, 100, "in 60 seconds"))
    clock.now += 60
    assert board.silence == ""


def test_what_is_complete_has_no_rate() -> None:
    board = Board()
    hear_all(board.hear)
    assert board.text == "2/2 layers, 2kB of 2kB"


def test_without_a_terminal_layers_end_in_the_order_in_which_they_began() -> None:
    written: list[str] = []
    with progress.Lines(written.append) as view:
        hear_all(view.hear)
    assert written == [
        "aaaaaaaaaaaa: Pulling fs layer",
        "bbbbbbbbbbbb: Pulling fs layer",
        "aaaaaaaaaaaa: Retrying in 2 seconds",
        "aaaaaaaaaaaa: Pull complete",
        "bbbbbbbbbbbb: Already exists",
    ]


def test_in_a_terminal_settled_layers_stay_and_one_line_is_drawn_again() -> None:
    stream = io.StringIO()
    with progress.Redrawn(stream) as view:
        for event in PULL:
            view.hear(event)
            view.tick()
    shown = [line.rpartition("\x1b[2K")[2] for line in stream.getvalue().split("\n")]
    assert shown == ["bbbbbbbbbbbb: Already exists", "aaaaaaaaaaaa: Pull complete", ""]


def test_in_a_terminal_silence_is_drawn_though_nothing_is_heard() -> None:
    stream = io.StringIO()
    with progress.Redrawn(stream, clock := Clock()) as view:
        view.hear(PULL[0])
        view.tick()
        clock.now += 4
        view.tick()
    assert "no data for 4 seconds" in stream.getvalue()


def test_what_moves_says_how_far_it_is() -> None:
    assert progress.status(PULL[5]) == "Downloading 500B/1kB"


def test_a_pace_allows_ten_in_a_second() -> None:
    now = 0.0
    pace = Pace(clock=lambda: now)
    allowed = 0
    for tick in range(1000):
        now = tick / 1000
        allowed += pace.allows()
    assert allowed == 10


def test_of_very_many_things_is_said_how_many_are_done() -> None:
    written: list[str] = []
    stream = io.StringIO()
    with progress.Lines(written.append) as lines, progress.Redrawn(stream) as drawn:
        for view in (lines, drawn):
            for done in range(3):
                view.count(Tally("images", done, 2))
            view.count(Tally("layers", 1, 300))
            view.draw()
    assert written == ["2/2 images"]
    assert f"{progress.CLEAR}2/2 images, 1/300 layers" in stream.getvalue()


def test_a_task_passes_tallies_on_in_the_thread_that_waits() -> None:
    heard: list[Tally] = []
    task = Task()
    task.count = heard.append
    task.run(lambda: task.tell(Tally("images", 1, 2)))
    assert heard == [Tally("images", 1, 2)]
