"""Rows of what differs between two images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nbdock.contents.changes import Changes, Shown, changes
from nbdock.contents.tree import NONE
from nbdock.dock.inside import differences, installed
from nbdock.dock.inside.differences import Change
from nbdock.dock.inside.upgrades import direction, upgrades
from nbdock.docker.values import to_json
from nbdock.frames.explained import written_by
from nbdock.frames.schema import Columns, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbdock.dock.dock import Dock
    from nbdock.dock.inside.contents import Contents
    from nbdock.dock.inside.installed import Installed
    from nbdock.places import Image, Layer

_Settings = Callable[["Image"], Mapping[str, Any]]
_SETTINGS: Mapping[str, _Settings] = {
    "env": differences.environment,
    "labels": differences.labels,
    "config": differences.config,
}


class Compared:
    """Two images, and for each what they were called."""

    def __init__(self, dock: Dock, before: tuple[Contents, str | None], after: tuple[Contents, str | None]) -> None:
        self._dock, self._before, self._after = dock, before[0], after[0]
        self._steps = [written_by(inside.image, name) for inside, name in (before, after)]

    def rows(self, what: str) -> Sequence[Row]:
        """What differs, of one of SHOWN."""
        own = {"files": self._file_rows, "packages": self._package_rows, "layers": self._layer_rows}
        return own[what]() if what in own else self._setting_rows(_SETTINGS[what])

    def summary(self, what: str) -> Row:
        """How many differ, of one of SHOWN."""
        counts = Counter(self._words(what))
        row: Row = {"compared": what, **{word: counts[word] for word in ("added", "removed", "changed")}}
        if what not in ("files", "layers"):
            return row
        pair = (self._before, self._after)
        bytes_of = [each.image.size if what == "layers" else each.waste.written - each.waste.wasted for each in pair]
        return {**row, "before_bytes": bytes_of[0], "after_bytes": bytes_of[1]}

    def _words(self, what: str) -> Sequence[str]:
        return self._files.words if what == "files" else [row["change"] for row in self.rows(what)]

    @cached_property
    def _shown(self) -> tuple[Shown, Shown]:
        return Shown.of(self._before.merged), Shown.of(self._after.merged)

    @cached_property
    def _files(self) -> Changes:
        return changes(*self._shown)

    def _file_rows(self) -> Columns:
        """Each with the step that wrote it: in the second image, or in the first where the second has it no more."""
        shown, found = self._shown, self._files
        places = list(zip(found.before.tolist(), found.after.tolist(), strict=True))
        sizes = [each.facts["size_bytes"].to_pylist() for each in shown]
        first, second = (each.layers.tolist() for each in shown)
        steps = [self._steps[0][first[old]] if new == NONE else self._steps[1][second[new]] for old, new in places]
        columns: dict[str, Sequence[Any]] = {
            "change": found.words,
            "path": found.paths,
            "differs": found.differs,
            "before_bytes": [None if old == NONE else sizes[0][old] for old, _ in places],
            "after_bytes": [None if new == NONE else sizes[1][new] for _, new in places],
            **{name: [step[name] for step in steps] for name in (steps[0] if steps else ())},
        }
        return Columns(columns, len(places))

    def _package_rows(self) -> list[Row]:
        """Each with the step that brought it, as with files."""
        pair = (installed.packages(self._dock, each.image) for each in (self._before, self._after))
        return [
            {"change": each.word, "direction": direction(each), **_package_row(each), **self._step_of(each)}
            for each in upgrades(*pair)
        ]

    def _step_of(self, change: Change) -> Row:
        shown: Installed = change.after or change.before
        return self._steps[0 if change.after is None else 1][shown.position]

    def _setting_rows(self, read: _Settings) -> list[Row]:
        found = differences.changes(read(self._before.image), read(self._after.image))
        return [
            {"change": each.word, "setting": each.name, "before": _text(each.before), "after": _text(each.after)}
            for each in found
        ]

    def _layer_rows(self) -> list[Row]:
        images = (self._before.image, self._after.image)
        removed, added = differences.layers(*images)
        return [
            {"change": word, **_layer_row(images[side].layers[position]), **self._steps[side][position]}
            for side, word, positions in ((0, "removed", removed), (1, "added", added))
            for position in positions
        ]


def _package_row(change: Change) -> Row:
    shown = (change.after or change.before).fields
    sides = {"before": change.before, "after": change.after}
    versions = {side: each and each.fields["version"] for side, each in sides.items()}
    return {**versions, **{name: shown[name] for name in ("name", "ecosystem", "architecture", "path", "purl")}}


def _layer_row(layer: Layer) -> Row:
    return {
        "size_bytes": layer.facts.size if layer.facts else None,
        "diff_id": str(layer.diff_id) if layer.diff_id else None,
    }


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else to_json(value)
