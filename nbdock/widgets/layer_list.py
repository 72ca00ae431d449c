"""The layers of an image: which instruction made each, how large it is, and which other images share it."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import pandas as pd
from ipywidgets import HTML, VBox
from traitlets import Instance, TraitType, Unicode

from nbdock import human
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.dock.steps import Step, history
from nbdock.dock.usage import sharers
from nbdock.frames import rows, schemas
from nbdock.places import Image
from nbdock.store import Match
from nbdock.widgets.background import watch
from nbdock.widgets.components import Cell, Grid, GridColumn, Status, heading, plural, safe

_COLUMNS = (
    GridColumn("position", "#", "44px", "number"),
    GridColumn("created_by", "Instruction", "minmax(9rem, 3fr)"),
    GridColumn("size_bytes", "Size", "76px", "number"),
    GridColumn("waterfall", "Share of total", "minmax(90px, 3fr)", "span", min_width=460),
    GridColumn("shared", "Shared with", "minmax(90px, 2fr)", min_width=560),
)
_MAX_FACT = 2000


class Layers(VBox):  # type: ignore[misc]
    """The layers of an image in the store.

    Parameters
    ----------
    reference
        A name or id of an image.
    dock
        The store to use; the user's own if omitted.

    Attributes
    ----------
    reference
        The image; set it to show another one.
    frame
        Its history, as `nbdock.history` returns it.
    selected
        The selected row of `frame`.
    """

    reference = Unicode()
    frame: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)

    def __init__(self, reference: str = "", dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self._lock = threading.RLock()
        self._steps: dict[str, Step] = {}
        self._shared: dict[str, str] = {}
        self.title = HTML()
        self.table = Grid(
            _COLUMNS, "Layers", order=["position", "ascending"], visible_rows=14, empty="No image is selected."
        )
        self.detail = HTML()
        self.status = Status()
        empty = schemas.HISTORY.frame([])
        children = [self.title, self.table, self.detail, self.status]
        super().__init__(children, reference=reference, frame=empty, selected=empty)
        self.add_class("nbdock")
        self.table.observe(self._select, "selected")
        self.observe(lambda _: self.refresh(), "reference")
        self._stop_following = watch.follow(self._dock.store, self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the image again: the name may stand for another one by now."""
        with self._lock:  # the watching thread calls this too
            self._steps, self.frame = {}, schemas.HISTORY.frame([])
            self.title.value = ""
            self.status.say("")
            if self.reference:
                with self.status.showing_errors():
                    self._read()
            self._draw()

    def close(self) -> None:
        self._stop_following()
        super().close()

    def __repr__(self) -> str:
        return f"The layers of {self.reference}"

    def _read(self) -> None:
        images = self._dock.store.images()
        match = find(self.reference, images)
        steps = history(match.image)
        others = sharers(image for image in images if image != match.image)
        self.frame = schemas.HISTORY.frame(rows.history_rows(match.image, steps, match.name))
        self._steps = {str(number): step for number, step in enumerate(reversed(steps))}
        self._shared = {
            key: ", ".join(map(_short_name, others.get(step.layer.descriptor.digest, ())))
            for key, step in self._steps.items()
            if step.layer
        }
        self.title.value = heading(_title(match))

    def _draw(self) -> None:
        sizes = [_size(step) for step in self._steps.values()]
        starts = accumulate(sizes, initial=0)
        total = max(sum(sizes), 1)
        self.table.show(
            (key, _cells(key, step, start, total, self._shared.get(key, "")))
            for (key, step), start in zip(self._steps.items(), starts, strict=False)
        )
        self._select()

    def _select(self, _: object = None) -> None:
        selected = self.table.selected[:1]
        self.selected = self.frame.loc[[key in selected for key in reversed(self._steps)]]
        self.detail.value = "".join(_facts_table(self._steps[key], self._shared.get(key, "")) for key in selected)


def _title(match: Match) -> str:
    reference = match.name.reference if match.name else None
    shown = reference.familiar if reference else match.image.id.short
    return f"{shown}: {plural(len(match.image.layers), 'layer')}, {human.size(match.image.size)}"


def _short_name(image: Image) -> str:
    return image.tags[0].familiar if image.tags else image.id.short


def _size(step: Step) -> int:
    return step.facts.size if step.facts else 0


def _cells(key: str, step: Step, start: int, total: int, shared: str) -> Sequence[Cell]:
    size = _size(step) if step.layer else None
    shown = "no layer" if size is None else human.size(size)
    return (
        (key, int(key)),
        safe(step.instruction.created_by) or "(no instruction)",
        (shown, size),
        (shown, size, start, total, bool(shared)),
        safe(shared),
    )


def _facts(step: Step, shared: str) -> Iterator[tuple[str, str]]:
    instruction, layer = step.instruction, step.layer
    yield "Instruction", instruction.created_by
    if instruction.created:
        yield "Created", instruction.created.isoformat(sep=" ", timespec="seconds")
    if instruction.comment:
        yield "Comment", instruction.comment
    if layer is None:
        yield "Layer", "none: the instruction only changed the image's config"
        return
    yield "Layer", str(layer.descriptor.digest)
    yield "Media type", layer.descriptor.media_type
    yield "Compressed", _bytes(layer.descriptor.size)
    if step.facts:
        yield "Unpacked", f"{_bytes(step.facts.size)} in {step.facts.entries:,} files, directories and links"
    yield "Diff ID", str(layer.diff_id or "")
    yield "Shared with", shared or "no other local image"


def _facts_table(step: Step, shared: str) -> str:
    facts = "".join(
        f'<tr><th scope="row">{name}</th><td>{_fact(text)}</td></tr>' for name, text in _facts(step, shared)
    )
    return f'<table class="nbdock-facts">{facts}</table>'


def _fact(text: str) -> str:
    return html.escape(human.ellipsis(human.printable(text), _MAX_FACT))


def _bytes(count: int) -> str:
    return f"{human.size(count)} ({count:,} bytes)"
