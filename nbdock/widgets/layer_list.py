"""How an image was made: which instruction made which bytes, and who else has them."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import pandas as pd
from ipywidgets import HTML, VBox
from traitlets import Instance, TraitType, Unicode

from nbdock import commands, human
from nbdock.dock.dock import Dock
from nbdock.dock.find import find
from nbdock.dock.steps import Step, history
from nbdock.dock.usage import sharers
from nbdock.frames import schemas
from nbdock.places import Image
from nbdock.widgets.parts import Cell, Grid, GridColumn, Status, frame, heading, safe
from nbdock.widgets.watch import watch

_COLUMNS = (
    GridColumn("position", "#", "44px", "number"),
    GridColumn("created_by", "Instruction", "minmax(9rem, 3fr)"),
    GridColumn("size_bytes", "Size", "76px", "number"),
    GridColumn("waterfall", "Of the whole", "minmax(90px, 3fr)", "span", least=460),
    GridColumn("shared", "Also in", "minmax(90px, 2fr)", least=560),
)
_LONGEST_INSTRUCTION = 2000


class Layers(VBox):  # type: ignore[misc]
    """`reference` names the image and may be set; `frame` is its history, `selected` the row that was clicked."""

    reference = Unicode()
    frame: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)

    def __init__(self, reference: str = "", dock: Dock | None = None) -> None:
        self._dock = dock or Dock()
        self._lock = threading.RLock()
        self._steps: dict[str, Step] = {}
        self._also: dict[str, str] = {}
        self.title = HTML()
        self.table = Grid(_COLUMNS, "Layers", order=["position", "ascending"], lines=14, empty="No image is chosen.")
        self.detail = HTML()
        self.status = Status()
        nothing = schemas.HISTORY.frame([])
        super().__init__(
            [self.title, self.table, self.detail, self.status], reference=reference, frame=nothing, selected=nothing
        )
        self.add_class("nbdock")
        self.table.observe(self._chosen, "selected")
        self.observe(lambda _: self.refresh(), "reference")
        self._leave = watch.follow(self._dock.store, self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the image again: another may have its name by now."""
        with self._lock:  # the watching thread comes here too
            self._steps, self.frame = {}, schemas.HISTORY.frame([])
            self.title.value = ""
            self.status.say("")
            if self.reference:
                with self.status.guarding():
                    self._read(self.reference)
            self._draw()

    def close(self) -> None:
        self._leave()
        super().close()

    def __repr__(self) -> str:
        return f"The layers of {self.reference}"

    def _read(self, reference: str) -> None:
        images = self._dock.store.images()
        image = find(reference, images).image
        others = sharers(other for other in images if other != image)
        steps = tuple(reversed(history(image)))
        self._steps = {str(position): step for position, step in enumerate(steps)}
        self._also = {
            key: ", ".join(map(_name, others.get(step.layer.descriptor.digest, ())))
            for key, step in self._steps.items()
            if step.layer
        }
        self.frame = frame(commands.history(self._dock, reference))
        count = f"{len(image.layers)} layer{'s' * (len(image.layers) != 1)}"
        self.title.value = heading(f"{reference}: {count}, {human.size(image.size)}")

    def _draw(self) -> None:
        sizes = [_size(step) for step in self._steps.values()]
        starts = accumulate(sizes, initial=0)
        whole = max(sum(sizes), 1)
        self.table.show(
            (key, _cells(key, step, start, whole, self._also.get(key, "")))
            for (key, step), start in zip(self._steps.items(), starts, strict=False)
        )
        self._chosen()

    def _chosen(self, _: object = None) -> None:
        chosen = self.table.selected[:1]
        self.selected = self.frame[self.frame["step"].isin(map(int, chosen))]
        rows = (_facts(self._steps[key], self._also.get(key, "")) for key in chosen)
        self.detail.value = "".join(
            f'<table class="nbdock-facts">{"".join(map(_row, facts))}</table>' for facts in rows
        )


def _size(step: Step) -> int:
    return step.facts.size if step.facts else 0


def _name(image: Image) -> str:
    return image.tags[0].familiar if image.tags else image.id.short


def _cells(key: str, step: Step, start: int, whole: int, also: str) -> Sequence[Cell]:
    size = _size(step)
    shown = human.size(size) if step.layer else "no layer"
    return (
        (key, int(key)),
        safe(step.instruction.created_by) or "(no instruction)",
        (shown, size if step.layer else None),
        (shown, size if step.layer else None, start, whole, bool(also)),
        safe(also),
    )


def _facts(step: Step, also: str) -> Iterator[tuple[str, str]]:
    made = step.instruction
    yield "Instruction", made.created_by
    if made.created:
        yield "Created", made.created.isoformat(sep=" ", timespec="seconds")
    if made.comment:
        yield "Comment", made.comment
    if step.layer is None:
        yield "Layer", "none: this instruction only sets something in the image's config"
        return
    yield "Layer", str(step.layer.descriptor.digest)
    yield "Media type", step.layer.descriptor.media_type
    yield "Compressed", _bytes(step.layer.descriptor.size)
    if step.facts:
        yield "Unpacked", f"{_bytes(step.facts.size)} in {step.facts.entries:,} files, folders and links"
    yield "Diff ID", str(step.layer.diff_id or "")
    yield "Also in", also or "no other image here"


def _bytes(count: int) -> str:
    return f"{human.size(count)} ({count:,} bytes)"


def _row(fact: tuple[str, str]) -> str:
    name, value = fact
    shown = human.ellipsis(human.printable(value), _LONGEST_INSTRUCTION)
    return f'<tr><th scope="row">{name}</th><td>{html.escape(shown)}</td></tr>'
