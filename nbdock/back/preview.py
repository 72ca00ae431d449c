"""What a page shows of one file: facts, and its beginning as text or bytes, or what differs from another image's."""

from __future__ import annotations

import codecs
import difflib
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from nbdock import human
from nbdock.contents.tree import NONE
from nbdock.contents.visible import File, entry
from nbdock.dock.inside.reading import chunks

if TYPE_CHECKING:
    from nbdock.back.entries import Rows
    from nbdock.dock.dock import Dock
    from nbdock.dock.inside.contents import Contents
    from nbdock.task import Task

Row = dict[str, Any]
_TEXT, _BYTES = 1 << 16, 1 << 12
_LINES = 2000
"""Lines that are compared, and lines of what differs: comparing takes the square of them."""
_LONGEST = 1000
_ODD = set(map(chr, range(32))) - set("\t\n\r\f\x1b")
_ODD_SHARE = 0.05
"""Signs that no text has; with more of them it is none."""


def previewed(dock: Dock, rows: Rows, node: int, inside: Contents, other: Contents | None, start: int) -> Row:
    """A node as a page shows it. Raises InvalidContent, BlobNotFound, Cancelled."""
    at = rows.entry(node)
    path = rows.path(node)
    about = {"node": node, "path": human.ellipsis(path[::-1], _LONGEST)[::-1], "kind": "none", "start": start}
    if at == NONE:
        return about
    facts = rows.explored.facts
    sides = [(each, facts[name][at].as_py()) for each, name in ((other, "old_row"), (inside, "row")) if each]
    files = [(each, _file(each, path, row)) for each, row in sides if row != NONE]
    contents, file = files[-1]
    about |= {"size": file.size, "digest": _digest(contents, file), "more": False}
    if any(each.type != "file" for _, each in files):
        return about
    if len(files) == 2 and (lines := _differing(*(_read(dock, *each, 0, _TEXT) for each in files))) is not None:
        return {**about, "kind": "diff", "lines": lines, "more": any(each.size > _TEXT for _, each in files)}
    return {**about, **_content(dock, contents, file, start)}


def _file(contents: Contents, path: str, row: int) -> File:
    """The file of a merged row; of a hard link the one that has its bytes."""
    inode = int(contents.merged.inode[row])
    return entry(contents.merged, path, row if inode == NONE else inode)


def _digest(contents: Contents, file: File) -> str:
    """The BLAKE3 of a file, as b3sum prints it."""
    content: bytes | None = contents.tables[file.layer]["content"][file.row].as_py()
    return content.hex() if content else ""


def _content(dock: Dock, contents: Contents, file: File, start: int) -> Row:
    """The beginning of a text, or some bytes of anything else, in hexadecimal."""
    content = _read(dock, contents, file, start, _BYTES if start else _TEXT)
    text = None if start else _text(content)
    if text is not None:
        return {"kind": "text", "text": text, "more": file.size > len(content)}
    return {"kind": "bytes", "hex": content[:_BYTES].hex(), "more": file.size > start + _BYTES}


def _read(dock: Dock, contents: Contents, file: File, start: int, most: int) -> bytes:
    """Some bytes of a file. If its place in the tar is not known, all before them is read too."""
    if file.offset is not None:
        file, start = replace(file, offset=file.offset + start, size=max(0, min(most, file.size - start))), 0

    def read(task: Task) -> bytes:
        found, at = bytearray(), 0
        for chunk in chunks(contents, file, task):
            found += chunk[max(0, start - at) : max(0, start + most - at)]
            at += len(chunk)
            if at >= start + most:
                break
        return bytes(found)

    return dock.run(read)


def _text(content: bytes) -> str | None:
    """Bytes as text that is safe to show; None if they are none. What is not UTF-8 in a text is escaped."""
    if b"\0" in content:
        return None
    text = content[:_TEXT].decode(errors="replace")
    odd = sum(text.count(sign) for sign in {*_ODD, "\ufffd"})
    if odd > 1 + len(text) * _ODD_SHARE:
        return None
    exact = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace").decode(content, final=len(content) < _TEXT)
    return human.harmless(exact.replace("\r\n", "\n"))


def _differing(before: bytes, after: bytes) -> list[str] | None:
    """The lines of a unified diff, without its heading; None if one of the two is no text."""
    texts = [_text(before), _text(after)]
    if None in texts:
        return None
    first, second = (str(text).splitlines()[:_LINES] for text in texts)
    return [line[:_LONGEST] for line in islice(difflib.unified_diff(first, second, lineterm="", n=3), 2, 2 + _LINES)]
