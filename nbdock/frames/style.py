"""`frame.style`: pandas' Styler, safe for text from registries and images. It needs Jinja, which pandas leaves out."""

from __future__ import annotations

from typing import Any, Self

from pandas.io.formats.style import Styler

from nbdock.frames.cells import NO_MATHEMATICS


class Style(Styler):
    """A Styler whose cells and headings are text: HTML in them is escaped, and a `$` is a dollar.

    `format(..., escape=None)` turns the escaping of cells off.
    """

    def __init__(self, data: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.format().format_index(axis=0).format_index(axis=1)

    def format(self, *args: Any, escape: str | None = "html", **kwargs: Any) -> Self:
        """As pandas' own, which escapes nothing unless it is told to."""
        super().format(*args, **{"escape": escape, **kwargs})
        return self

    def format_index(self, *args: Any, escape: str | None = "html", **kwargs: Any) -> Self:
        """As pandas' own, which escapes nothing unless it is told to."""
        super().format_index(*args, **{"escape": escape, **kwargs})
        return self

    def _repr_html_(self) -> str | None:
        shown = super()._repr_html_()  # type: ignore[misc]  # pandas-stubs lack it
        return shown and f'<div class="{NO_MATHEMATICS}">{shown}</div>'
