"""`nbdock/cache/answers`: what registries answered: manifests and configs, and what names pointed to.

One file, since a question about many images brings thousands of small answers, and a file for each takes longer than
the registry. Each line is a key and the content in base64. Lines are appended; the last line of a key counts, and
damaged lines are ignored. Each starts with a line break, so that a line that was cut off does not spoil the next. The
file begins anew when it is long.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import threading
from pathlib import Path

from nbdock.errors import InvalidContent, NbdockError
from nbdock.oci import fields
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.reference import Reference
from nbdock.store import disk

_MAX_BYTES = 1 << 26


class Answers:
    """The answers that are kept in a store."""

    def __init__(self, root: Path, file: str = "nbdock/cache/answers") -> None:
        self._root, self._path = root, root / file
        self._lines: dict[bytes, bytes] = {}
        self._state, self._start = (0, 0), 0
        self._loading = threading.Lock()

    def content(self, digest: Digest) -> bytes | None:
        """A manifest or config that was kept; None if it is not here."""
        content = self._get(str(digest))
        return content if content is not None and digest.same(content) == digest else None

    def keep(self, digest: Digest, content: bytes) -> None:
        """Keep a manifest or config. A store that is read-only or full does without."""
        self._put(str(digest), content)

    def target(self, reference: Reference) -> Descriptor | None:
        """What the name pointed to when it was last asked for."""
        with contextlib.suppress(InvalidContent):
            content = self._get(str(reference))
            return Descriptor.read(fields.load(content, "answer")) if content else None
        return None

    def point(self, reference: Reference, target: Descriptor) -> None:
        """Keep what the name points to."""
        self._put(str(reference), json.dumps(target.json(), separators=(",", ":")).encode())

    def _get(self, key: str) -> bytes | None:
        if key.encode() not in self._lines:
            self._load()
        try:
            return base64.b64decode(self._lines[key.encode()], validate=True)
        except (KeyError, binascii.Error):
            return None

    def _put(self, key: str, content: bytes) -> None:
        line = base64.b64encode(content)
        with contextlib.suppress(OSError, NbdockError):
            if (disk.length(self._path) or 0) + len(line) > _MAX_BYTES:
                self._path.unlink()
            disk.append(self._root, self._path, b"\n%s %s" % (key.encode(), line))
            self._lines[key.encode()] = line

    def _load(self) -> None:
        """Read what was added to the file since it was last read."""
        with self._loading, contextlib.suppress(OSError, NbdockError):
            found = os.lstat(self._path) if os.path.lexists(self._path) else None
            state = (found.st_ino, found.st_size) if found else (0, 0)
            if state == self._state:
                return
            if state[0] != self._state[0] or state[1] < self._start:
                self._lines, self._start = {}, 0
            self._state = state
            with disk.open_file(self._root, self._path) as file:
                file.seek(self._start)
                added = file.read(_MAX_BYTES) or b""
            self._start += added.rfind(b"\n") + 1  # the last line may not be whole yet: it is read again
            pairs = (line.partition(b" ") for line in added.split(b"\n"))
            self._lines |= {key: content for key, space, content in pairs if space}
