"""Numbers and text for people: sizes and ages in docker's words (go-units), and text that is safe to print."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, zip_longest

_UNITS = "B kB MB GB TB PB EB ZB YB".split()
_MINUTE, _HOUR = 60, 3600
_DAY, _WEEK, _MONTH, _YEAR = 24, 24 * 7, 24 * 30, 24 * 365  # in hours
_AGES = (
    (2 * _DAY, 1, "hours"),
    (2 * _WEEK, _DAY, "days"),
    (2 * _MONTH, _WEEK, "weeks"),
    (2 * _YEAR, _MONTH, "months"),
)
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?) ?([kmgtpe]?)(i?)b?", re.IGNORECASE | re.ASCII)
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # direction marks, embeddings, overrides, isolates, swapping
    "\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"  # separators, BOM, none, half pairs, tags
)
_MIN_COLUMN, _GAP = 10, 3
_MAX_EXCERPT = 200


def size(count: float, digits: int = 3) -> str:
    """Bytes in decimal units: `72.9MB`. docker uses 3 digits in `ls` and `history`, 4 in `prune` and `system df`.

    As go-units, except that 1000 of a unit is shown in the next: `1MB`, where docker shows `1e+03kB`.
    """
    value, unit = float(count), 0
    while float(f"{value:.{digits}g}") >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.{digits}g}{_UNITS[unit]}"


def bytes_of(text: str) -> int:
    """The bytes that `2GB`, `2g` (decimal), `2GiB` or `2000` means. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    power = "kmgtpe".find(match[2].lower()) + 1 if match[2] else 0
    return int(Decimal(match[1]) * (1024 if match[3] else 1000) ** power)


def duration(seconds: float) -> str:
    """A duration in go-units' words: `Less than a second`, `About an hour`, `2 weeks`."""
    hours = int(seconds / _HOUR + 0.5)
    if seconds < 1:
        return "Less than a second"
    if seconds < _MINUTE:
        return "1 second" if seconds < 2 else f"{int(seconds)} seconds"
    if seconds < _HOUR:
        return "About a minute" if seconds < 2 * _MINUTE else f"{int(seconds / _MINUTE)} minutes"
    if hours == 1:
        return "About an hour"
    for below, unit, word in _AGES:
        if hours < below:
            return f"{hours // unit} {word}"
    return f"{int(seconds / _HOUR) // _YEAR} years"


def ago(moment: datetime, now: datetime) -> str:
    """The time from `moment` to `now`: `2 weeks ago`. The future is `Less than a second ago`, as in docker."""
    return duration((now - moment).total_seconds()) + " ago"


def width(text: str) -> int:
    """The width of text in a terminal: two columns for an East Asian wide character, one for any other."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def ellipsis(text: str, columns: int) -> str:
    """The text, cut with `…` to fit the columns."""
    if text.isascii():
        return text if len(text) <= columns else text[: columns - 1] + "…"
    edges = list(accumulate(map(_columns, text[: columns + 1]), initial=0))
    return text if edges[-1] <= columns else text[: sum(edge < columns for edge in edges[1:])] + "…"


def printable(text: str) -> str:
    """One line that is safe in any terminal: characters that move the cursor, change colours or the direction of
    writing are escaped (`\\x1b`, `\\n`, `\\u202e`)."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def harmless(text: str) -> str:
    """Lines that are safe in any terminal: as `printable`, but line ends and tabs stay, and escapes are JSON's
    (`\\u001b`)."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: match[0] if match[0] in "\n\t" else _json_escape(match[0]), text)


def excerpt(text: str) -> str:
    """Untrusted text as one line that is safe to print, cut to 200 columns."""
    return ellipsis(printable(" ".join(text[: 4 * _MAX_EXCERPT].split())), _MAX_EXCERPT)


def align(text: str) -> str:
    """Align cells that end at tabs in columns, as docker's tables: at least 10 wide, 3 apart."""
    lines = [line.split("\t") for line in text.split("\n")]
    columns = zip_longest(*(cells[:-1] for cells in lines), fillvalue="")
    widths = [max(_MIN_COLUMN, _GAP + max(map(width, column))) for column in columns]
    return "\n".join("".join(map(_padded, cells[:-1], widths)) + cells[-1] for cells in lines)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[start : start + 2].hex()}" for start in range(0, len(units), 2))


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _padded(cell: str, columns: int) -> str:
    return cell + " " * (columns - width(cell))


def plural(count: int, word: str) -> str:
    """A number of things.

    Examples
    --------
    >>> plural(1, "layer"), plural(2, "layer")
    ('1 layer', '2 layers')
    """
    return f"{count} {word}{'s' * (count != 1)}"
