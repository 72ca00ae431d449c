"""One blob on its way from upstream, for however many clients: each reads along from the file as it grows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

from nbdock.errors import StoreError
from nbdock.oci.descriptor import Descriptor
from nbdock.store.blobs import CHUNK
from nbdock.store.incoming import Incoming

Apart = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]


class Fetch:
    """`download` runs `apart` from the loop, into what `begin` makes; it is kept under its digest when it is whole."""

    def __init__(
        self, blob: Descriptor, download: Callable[[], Iterator[bytes]], begin: Callable[[], Incoming], apart: Apart
    ) -> None:
        self._blob, self._download, self._begin = blob, download, begin
        self._content: Incoming | None = None
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self.task = asyncio.create_task(apart(self._run))
        self.task.add_done_callback(lambda _: self._tell())

    async def pieces(self, part: range) -> AsyncIterator[bytes]:
        """A part of the blob, as it comes; its last byte when all of it was found right. Raises what ended it."""
        position = part.start
        while position < part.stop:
            news, whole = self._news, self.task.done()
            if whole:
                self.task.result()
            piece = await self._piece(position, part.stop if whole else min(part.stop, self._blob.size - 1))
            position += len(piece)
            if piece:
                yield piece
            elif whole:
                return
            else:
                await news.wait()

    async def _piece(self, start: int, stop: int) -> bytes:
        if self._content is None:
            return b""
        try:
            return await asyncio.to_thread(self._content.read, start, min(CHUNK, stop - start))
        except StoreError:
            await asyncio.shield(self.task)  # where that failed the content is gone
            raise

    def _run(self) -> None:
        self._content = content = self._begin()
        try:
            for piece in self._download():
                content.append(piece)
                with contextlib.suppress(RuntimeError):  # the loop ended
                    self._loop.call_soon_threadsafe(self._tell)
            content.keep(self._blob.digest)
        except BaseException:
            content.drop()
            raise

    def _tell(self) -> None:
        """Wake everybody who waits for more."""
        self._news.set()
        self._news = asyncio.Event()
