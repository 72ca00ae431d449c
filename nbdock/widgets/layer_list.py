"""The layers of an image: which instruction made each, how large it is, and which other images share it."""

from __future__ import annotations

import html
import threading
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pandas as pd
from ipywidgets import HTML
from traitlets import Instance, TraitType, Unicode

from nbdock import human
from nbdock.back.watch import watch
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.dock.steps import Step, history
from nbdock.dock.usage import sharers
from nbdock.frames import rows, schemas
from nbdock.frames.cells import NO_MATHEMATICS
from nbdock.oci.digest import Digest
from nbdock.places import Image
from nbdock.widgets.components import Cell, Grid, GridColumn, Standalone, Status, heading, safe

_COLUMNS = (
    GridColumn("position", "#", "44px", "number"),
    GridColumn("created_by", "Instruction", "minmax(9rem, 3fr)"),
    GridColumn("size_bytes", "Size", "76px", "number"),
    GridColumn("waterfall", "Share of total", "minmax(90px, 3fr)", "span", min_width=460),
    GridColumn("shared", "Shared with", "minmax(90px, 2fr)", min_width=560),
)
_MAX_FACT = 2000


class Layers(Standalone):
    """The layers of the image `reference` (a name or id; set it to show another): `frame` is what `nbdock.history`
    returns, `selected` its selected row."""

    reference = Unicode()
    frame: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)

    def __init__(self, reference: str = "", dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self._lock = threading.RLock()
        self._steps: list[tuple[Step, str]] = []
        self.title = HTML()
        self.table = Grid(_COLUMNS, "Layers", visible_rows=14, empty="No image is selected.")
        self.table.order = ["position", "ascending"]
        self.detail = HTML()
        self.status = Status()
        empty = schemas.HISTORY.frame([])
        children = [self.title, self.table, self.detail, self.status]
        super().__init__(children, reference=reference, frame=empty, selected=empty)
        self.table.observe(lambda _: self._select(), "selected")
        self.observe(lambda _: self.refresh(), "reference")
        self.ends.callback(watch.follow(self._dock.store, self.refresh))
        self.refresh()

    def refresh(self) -> None:
        """Read the image again: the name may stand for another one by now."""
        with self._lock:  # the watching thread calls this too
            self._steps, self.frame = [], schemas.HISTORY.frame([])
            self.title.value = ""
            self.status.say("")
            if self.reference:
                with self.status.showing_errors():
                    self._read()
            self._draw()

    def __repr__(self) -> str:
        return f"The layers of {self.reference}"

    def _read(self) -> None:
        images = self._dock.store.images()
        match = find(self.reference, images)
        image, name = match.image, match.name
        steps = history(image)
        others = sharers(other for other in images if other != image)
        self.frame = schemas.HISTORY.frame(rows.history_rows(image, steps, name))
        self._steps = [(step, _shared(step, others)) for step in reversed(steps)]
        title = name.reference.familiar if name and name.reference else image.id.short
        self.title.value = heading(f"{title}: {human.plural(len(image.layers), 'layer')}, {human.size(image.size)}")

    def _draw(self) -> None:
        sizes = [step.facts.size if step.facts else 0 for step, _ in self._steps]
        starts = accumulate(sizes, initial=0)
        total = max(sum(sizes), 1)
        steps = enumerate(zip(self._steps, sizes, starts, strict=False))
        self.table.show(_row(n, step, shared, size, start, total) for n, ((step, shared), size, start) in steps)
        self._select()

    def _select(self) -> None:
        keys = self.table.selected[:1]
        self.selected = self.frame[self.frame["step"].astype(str).isin(keys)]
        self.detail.value = "".join(_facts(*self._steps[int(key)]) for key in keys)


def _shared(step: Step, others: dict[Digest, list[Image]]) -> str:
    """The other images that have the step's layer."""
    images = others.get(step.layer.descriptor.digest, []) if step.layer else []
    return ", ".join(image.tags[0].familiar if image.tags else image.id.short for image in images)


def _row(number: int, step: Step, shared: str, size: int, start: int, total: int) -> Sequence[Cell]:
    shown, length = (human.size(size), size) if step.layer else ("no layer", None)
    return (
        str(number),
        (str(number), number),
        safe(step.instruction.created_by) or "(no instruction)",
        (shown, length),
        (shown, length, start, total, bool(shared)),
        safe(shared),
    )


def _facts(step: Step, shared: str) -> str:
    """What is known of a step, as an HTML table."""
    instruction, layer, facts = step.instruction, step.layer, step.facts
    known = {
        "Instruction": instruction.created_by,
        "Created": instruction.created.isoformat(sep=" ", timespec="seconds") if instruction.created else "",
        "Comment": instruction.comment,
        "Layer": "none: the instruction only changed the image's config",
    }
    if layer:
        known |= {
            "Layer": str(layer.descriptor.digest),
            "Media type": layer.descriptor.media_type,
            "Compressed": _bytes(layer.descriptor.size),
            "Unpacked": f"{_bytes(facts.size)} in {facts.entries:,} files, directories and links" if facts else "",
            "Diff ID": str(layer.diff_id or ""),
            "Shared with": shared or "no other local image",
        }
    lines = (
        f'<tr><th scope="row">{name}</th><td>{html.escape(safe(text, _MAX_FACT))}</td></tr>'
        for name, text in known.items()
        if text
    )
    return f'<table class="nbdock-facts {NO_MATHEMATICS}">{"".join(lines)}</table>'


def _bytes(count: int) -> str:
    return f"{human.size(count)} ({count:,} bytes)"
