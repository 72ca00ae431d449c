"""The network below httpx: a cancelled task waits neither for a connection nor for an answer.

Shutting a socket down wakes the thread that waits at it. Nothing wakes one that looks up a name or connects, so that
this is done in threads of their own, which are left behind. A thread for each request would take longer than the rest
of a request to a registry nearby.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextvars import ContextVar
from functools import partial
from typing import Any

import httpcore
import httpx

from nbdock.task import Task, in_thread

Admit = Callable[[str, str], object]
_sending: ContextVar[Task | None] = ContextVar("_sending", default=None)
_admit: ContextVar[Admit | None] = ContextVar("_admit", default=None)


def connections(*, kept: int, **options: Any) -> httpx.HTTPTransport:
    """A pool of connections, `kept` of them while nothing is asked, with httpx's options."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept)
    made = httpx.HTTPTransport(limits=limits, **options)
    made._pool._network_backend = _Network()  # httpcore's option, which httpx does not pass on
    return made


@contextlib.contextmanager
def sending(task: Task) -> Iterator[None]:
    """What this thread sends and waits for within this context ends with the task."""
    before = _sending.set(task)
    try:
        yield
    finally:
        _sending.reset(before)


@contextlib.contextmanager
def admitting(admit: Admit) -> Iterator[None]:
    """Within this context `admit` sees the host and the address of each connection, before anything is sent: it raises
    what forbids it."""
    before = _admit.set(admit)
    try:
        yield
    finally:
        _admit.reset(before)


def is_sending() -> bool:
    """Whether this thread is sending a request of nbdock's."""
    return _sending.get() is not None


def shut_down(stream: httpcore.NetworkStream) -> None:
    """End what another thread waits for. SSLSocket's own `shutdown` would only end TLS."""
    socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)


class _Network(httpcore.SyncBackend):
    """Connects for the task that is sending."""

    def connect_tcp(self, host: str, *args: Any, **options: Any) -> httpcore.NetworkStream:
        admit, connect = _admit.get(), super().connect_tcp

        def connected() -> httpcore.NetworkStream:
            stream = connect(host, *args, **options)
            try:
                if admit is not None:
                    admit(host, str(stream.get_extra_info("server_addr")[0]))
            except BaseException:
                stream.close()
                raise
            return stream

        return _connected(connected)

    def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return _connected(partial(super().connect_unix_socket, *args, **options))


class _Stream(httpcore.NetworkStream):
    """A connection, which the task that is sending shuts down when it is cancelled."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.close, self.get_extra_info = stream.close, stream.get_extra_info  # type: ignore[method-assign]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._ending():
            return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._ending():
            self._stream.write(buffer, timeout)

    def start_tls(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return _connected(partial(self._stream.start_tls, *args, **options))

    def _ending(self) -> contextlib.AbstractContextManager[None]:
        task = _sending.get()
        return task.closing(self._shut_down) if task else contextlib.nullcontext()

    def _shut_down(self) -> None:
        shut_down(self._stream)


def _connected(connect: Callable[[], httpcore.NetworkStream]) -> httpcore.NetworkStream:
    """The connection, made in a thread of its own, which a cancelled task leaves behind. Raises Cancelled."""
    task, outcome = _sending.get() or Task(), Future[httpcore.NetworkStream]()
    try:
        with task.closing(outcome.cancel):
            in_thread(partial(_connect, connect, outcome))
            return _Stream(outcome.result())
    except CancelledError:
        task.check()
        raise


def _connect(connect: Callable[[], httpcore.NetworkStream], outcome: Future[httpcore.NetworkStream]) -> None:
    try:
        stream = connect()
    except BaseException as error:
        if outcome.set_running_or_notify_cancel():
            outcome.set_exception(error)
    else:
        if outcome.set_running_or_notify_cancel():
            outcome.set_result(stream)
        else:
            stream.close()
