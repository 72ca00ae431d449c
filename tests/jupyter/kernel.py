"""A real kernel, driven as a front end drives it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """What one cell did, as the front end saw it."""

    status: str
    messages: list[dict[str, Any]] = field(repr=False)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message["content"] for message in self.messages if message["msg_type"] == kind]

    @property
    def printed(self) -> str:
        return "".join(stream["text"] for stream in self.of("stream"))

    @property
    def result(self) -> str:
        """The text of what the cell's last line gave."""
        return "".join(shown["data"]["text/plain"] for shown in self.of("execute_result"))

    @property
    def error(self) -> str:
        """The error's traceback as text."""
        return "\n".join(line for error in self.of("error") for line in error["traceback"])


class Kernel:
    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[Self]:
        manager, client = start_new_kernel(env=dict(os.environ))
        try:
            yield cls(manager, client)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    def run(
        self,
        code: str,
        *,
        answers: tuple[str, ...] | None = None,
        seeing: Callable[[dict[str, Any]], None] | None = None,
    ) -> Ran:
        """Run a cell. `answers` are typed into its question boxes; None has no question box, as nbclient has none.
        `seeing` gets each message as it comes."""
        waiting = iter(answers or ())
        messages: list[dict[str, Any]] = []

        def note(message: dict[str, Any]) -> None:
            messages.append(message)
            if seeing:
                seeing(message)

        reply = self.client.execute_interactive(
            code,
            allow_stdin=answers is not None,
            timeout=TIMEOUT,
            output_hook=note,
            stdin_hook=lambda _: self.client.input(next(waiting)),
        )
        return Ran(reply["content"]["status"], messages)

    def complete(self, code: str) -> tuple[list[str], str]:
        """What TAB at the end offers, and the word that it would replace."""
        reply = self.client.complete(code, len(code), reply=True, timeout=TIMEOUT)["content"]
        return reply["matches"], code[reply["cursor_start"] : reply["cursor_end"]]

    def interrupt(self) -> None:
        """The stop button."""
        os.kill(self.manager.provisioner.pid, signal.SIGINT)
