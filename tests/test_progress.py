"""Progress as text."""

from __future__ import annotations

import io
from collections.abc import Iterable

from nbdock import progress
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.progress import Board, Pace
from nbdock.task import Listener, Progress, State

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


def test_a_board_sums_up_what_it_heard() -> None:
    seconds = iter(range(100))
    board = Board(clock=lambda: next(seconds))
    hear_all(board.hear, PULL[:7])
    assert (board.settled, len(board.layers)) == (1, 2)
    assert (board.done, board.total) == (1900, 2000)
    assert board.rate == 900
    assert board.text.startswith("1/2 layers, 1.9kB of 2kB, ")


def test_nothing_moved_is_no_rate() -> None:
    board = Board()
    board.hear(PULL[0])
    assert board.text == "0/1 layers, 0B of 1kB, 0B/s"


def test_without_a_terminal_layers_end_in_the_order_in_which_they_began() -> None:
    written: list[str] = []
    with progress.lines(written.append) as listener:
        hear_all(listener)
    assert written == [
        "aaaaaaaaaaaa: Pulling fs layer",
        "bbbbbbbbbbbb: Pulling fs layer",
        "aaaaaaaaaaaa: Retrying in 2 seconds",
        "aaaaaaaaaaaa: Pull complete",
        "bbbbbbbbbbbb: Already exists",
    ]


def test_in_a_terminal_settled_layers_stay_and_one_line_is_drawn_again() -> None:
    stream = io.StringIO()
    with progress.redrawn(stream) as listener:
        hear_all(listener)
    shown = [line.rpartition("\x1b[2K")[2] for line in stream.getvalue().split("\n")]
    assert shown == ["bbbbbbbbbbbb: Already exists", "aaaaaaaaaaaa: Pull complete", ""]


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
