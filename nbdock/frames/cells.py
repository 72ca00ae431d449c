"""How values are shown: sizes, ages, short ids and lists as in docker, safe to print. Pure Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nbdock import human
from nbdock.oci.fields import rfc3339

Form = Callable[[Any], str]

SHORT_IDS = frozenset(
    {"image_id", "step_image_id", "layer", "container_id", "manifest_digest", "diff_id", "here", "there"}
)
"""Columns of ids that are cut to 12 characters."""
NO_MATHEMATICS = "mathjax_ignore tex2jax_ignore"
"""Classes of HTML in which a `$` is a dollar, for MathJax 3 (JupyterLab, Notebook) and 2 (nbconvert, Colab)."""
_SPACES = str.maketrans("\t\r\n", "   ")
_LEAST_WIDTH = 7  # of a column with a heading: docker's tables are 10 wide at least, 3 of them the gap
_GAP = "   "
_CARD_GAP = "  "


def form(name: str, dtype: str, *, no_trunc: bool = False, exact: bool = False) -> Form:
    """The function that turns a value of this column, which is not absent, into text of one line or several."""
    if dtype.startswith("datetime"):
        return rfc3339 if exact else _ago
    if name.endswith("_bytes") and dtype.lower() == "int64":
        return str if exact else _size
    if dtype in ("bool", "boolean"):
        return _yes_or_no
    if name == "seconds":
        return str if exact else _seconds
    if dtype == "float64":
        return str if exact else _decimal
    if name == "mode":
        return _octal
    return _short_id if name in SHORT_IDS and not no_trunc else plain


def harmless(value: Any) -> Any:
    """A value whose text, in lists and mappings too, holds no control character but line ends and tabs."""
    if isinstance(value, str):
        return human.harmless(value.replace("\r\n", "\n"))
    if isinstance(value, list | tuple):
        return list(map(harmless, value))
    if isinstance(value, dict):
        return {harmless(key): harmless(item) for key, item in value.items()}
    return value


def plain(value: Any) -> str:
    """Text of one line; a list or a mapping has a line for each item."""
    if isinstance(value, list | tuple):
        return "\n".join(map(_one_line, value))
    if isinstance(value, dict):
        return "\n".join(_one_line(f"{key}={item}") for key, item in value.items())
    return _one_line(value)


def cut(text: str, columns: int | None) -> str:
    """One printable line, cut to `columns` columns if given."""
    shown = human.printable(text)
    return human.ellipsis(shown, columns) if columns else shown


def card(fields: Iterable[tuple[str, Any, Form]]) -> list[list[str]]:
    """The lines of a card: the name and value of each field that is not None, a list over several lines."""
    return [
        ["" if number else name, human.printable(line)]
        for name, value, to_text in fields
        if value is not None
        for number, line in enumerate(to_text(value).split("\n"))
    ]


def card_text(lines: Sequence[Sequence[str]]) -> str:
    """A card as text."""
    return _columns(lines, _widths(lines), _CARD_GAP)


def table_text(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, the first row with the headings, as docker's tabwriter lays them out."""
    return _columns(rows, [max(width, _LEAST_WIDTH) for width in _widths(rows)], _GAP)


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    return [max(map(human.width, column)) for column in zip(*rows, strict=True)]


def _columns(rows: Iterable[Sequence[str]], widths: Sequence[int], gap: str) -> str:
    return "\n".join(gap.join(map(_padded, row, widths)).rstrip() for row in rows)


def _padded(cell: str, width: int) -> str:
    return cell.ljust(width) if cell.isascii() else cell + " " * (width - human.width(cell))


def _size(value: Any) -> str:
    return human.size(int(value))


def _octal(value: Any) -> str:
    return f"{int(value):04o}"


def _ago(value: datetime) -> str:
    """At least `1 second ago`: the longer `Less than a second ago` would widen the column for one look at it."""
    now = datetime.now(UTC)
    return human.ago(min(value, now - timedelta(seconds=1)), now)


def _decimal(value: float) -> str:
    """As many digits as pandas shows."""
    return f"{value:.6f}"


def _seconds(value: float) -> str:
    """As a build prints them."""
    return f"{value:.1f}s"


def _yes_or_no(value: Any) -> str:
    return "yes" if value else "no"


def _short_id(value: Any) -> str:
    algorithm, colon, encoded = str(value).partition(":")
    if colon:
        return encoded[:12] if algorithm in ("sha256", "sha512") else str(value)
    return algorithm[:12] if len(algorithm) == 64 else algorithm


def _one_line(value: Any) -> str:
    return str(value).translate(_SPACES)
