"""From a word to an image: search a registry, choose a tag and a platform, see what a pull would download, pull."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from threading import RLock
from typing import Any, TypeVar

import pandas as pd
from ipywidgets import HTML, Dropdown, Text
from traitlets import Instance, TraitType, Unicode, link

from nbdock import commands, human
from nbdock.back.jobs import Job
from nbdock.back.watch import watch
from nbdock.dock.cost import Cost, cost
from nbdock.dock.dock import Dock
from nbdock.errors import NbdockError, PlatformNotFound
from nbdock.frames import schemas
from nbdock.frames.schema import Table
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference
from nbdock.widgets.components import (
    Cell,
    Grid,
    GridColumn,
    Panel,
    Standalone,
    Status,
    button,
    field,
    frame,
    heading,
    row,
    safe,
    show_if,
)
from nbdock.widgets.pulls import Pulls

PAUSE = 0.3
"""Seconds without a keystroke before a registry is asked."""

_COLUMNS = (
    GridColumn("name", "Name", "minmax(9rem, 2fr)"),
    GridColumn("description", "Description", "minmax(8rem, 4fr)", min_width=520),
    GridColumn("stars", "Stars", "72px", "number"),
    GridColumn("pulls", "Pulls", "84px", "number", min_width=620),
    GridColumn("official", "Official", "80px", min_width=420),
)
_MAX_CHOICES = 2000
T = TypeVar("T")


class Picker(Dropdown):  # type: ignore[misc]
    """A choice among what is offered, or nothing, which is shown as `none`. `chosen` can be set to anything."""

    chosen = Unicode()

    def __init__(self, none: str, **traits: Any) -> None:
        self._none, self._offering = none, False
        self._lock = RLock()  # a cell chooses while a registry's response offers
        super().__init__(options=[(none, "")], value="", **traits)
        self.observe(self._pick, "value")
        self.observe(lambda _: self.offer(name for _, name in self.options), "chosen")

    def offer(self, names: Iterable[str]) -> None:
        """Offer these names, and the one that is chosen."""
        with self._lock:
            chosen = self.chosen
            offered = dict.fromkeys([*islice(names, _MAX_CHOICES), chosen])
            self._offering = True
            self.options = [(self._none, ""), *((safe(name), name) for name in offered if name)]
            self.value = chosen
            self._offering = False

    def _pick(self, change: dict[str, Any]) -> None:
        if not self._offering:
            self.chosen = change["new"] or ""


class Search(Standalone):
    """Search `registry` (Docker Hub if empty) for `query`, and pull `name` with `tag` for `platform` (this machine's if
    empty). These traits can be set, which does what a user's input does.

    `results` is what `nbdock.search` returns, `selected` its selected row, `cost` what a pull would download (None if
    unknown), `pulls` the running pulls. A registry is asked `pause` seconds after the last change.
    """

    caption = "A search for images"
    query, registry, name, tag, platform = Unicode(), Unicode(), Unicode(), Unicode(), Unicode()
    results: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)
    cost: TraitType[Any, Any] = Instance(Cost, allow_none=True)

    def __init__(self, dock: Dock | None = None, pulls: Pulls | None = None, *, pause: float = PAUSE) -> None:
        self._dock, self._pause = dock or Dock(), pause
        self._jobs: dict[str, Job] = {}
        self.pulls = pulls or Pulls(self._dock, self.show_cost)
        self.query_box = field(Text, "Search", placeholder="Words, or a name")
        self.registry_box = field(Text, "Registry", placeholder="Docker Hub")
        self.use_name = button("Use this name", self._use_name, tooltip="Choose the name in the box without a search")
        self.table = Grid(_COLUMNS, "Search results", visible_rows=8, empty="Search results will appear here.")
        self.status = Status()
        self.title = HTML()
        self.tag_box = field(Picker, "Tag", none="none yet")
        self.platform_box = field(Picker, "Platform", none="this machine's")
        self.pull = button("Pull", self._pull, button_style="primary", disabled=True)
        self.pull_status = Status()
        pulling = [self.title, row(self.tag_box, self.platform_box, self.pull), self.pull_status]
        self.pull_panel = Panel(pulling, "nbdock-panel")
        show_if(False, self.pull_panel)
        searching = [row(self.query_box, self.registry_box, self.use_name), self.status, self.table]
        empty = schemas.FOUND.frame([])
        super().__init__([*searching, self.pull_panel, *([] if pulls else [self.pulls])], results=empty, selected=empty)
        self._connect()

    def _connect(self) -> None:
        link((self, "query"), (self.query_box, "value"))
        link((self, "registry"), (self.registry_box, "value"))
        link((self, "tag"), (self.tag_box, "chosen"))
        link((self, "platform"), (self.platform_box, "chosen"))
        self.observe(lambda _: self._search(), ["query", "registry"])
        self.observe(lambda _: self._find_tags(), "name")
        self.observe(lambda _: self._find_cost(), ["tag", "platform"])
        self.observe(lambda _: self.show_cost(), "cost")
        self.table.observe(lambda _: self._select(), "selected")
        self.ends.callback(watch.follow(self._dock.store, self.show_cost))
        self.ends.callback(self.cancel)

    @property
    def reference(self) -> str:
        """The chosen name with its tag, as `pull` takes it."""
        return f"{self.name}:{self.tag}" if self.tag else self.name

    def join(self) -> None:
        """Wait for the responses to everything asked so far."""
        for job in tuple(self._jobs.values()):
            job.join()

    def cancel(self) -> None:
        for job in self._jobs.values():
            job.cancel()

    def show_cost(self) -> None:
        """Show what a pull would download by now: another pull may have brought some of the layers."""
        self.pull.disabled = self.cost is None
        if self.cost:
            self.pull_status.say(_cost_text(self.cost))

    @property
    def _term(self) -> str:
        query, registry = self.query.strip(), self.registry.strip().rstrip("/")
        return query if registry in ("", HUB) else f"{registry}/{query}"

    def _ask(
        self, what: str, work: Callable[[Dock], T], done: Callable[[T], None], status: Status, delay: float = 0.0
    ) -> None:
        """Ask a registry in the background. A newer question of the same kind cancels this one."""
        if earlier := self._jobs.get(what):
            earlier.cancel()
        job = self._jobs[what] = Job()

        def failed(error: NbdockError) -> None:
            if not job.cancelled:
                status.say_error(error)
                if isinstance(error, PlatformNotFound):
                    self.platform_box.offer(error.available)

        def succeeded(result: T) -> None:
            if not job.cancelled:
                done(result)
                if job.lines:
                    status.say("\n".join(job.lines))

        job.start(lambda: work(self._dock.facing(job)), succeeded, failed, delay)

    def _search(self) -> None:
        if self.query.strip():
            self.status.say("Searching…")
            self._ask("search", self._results, self._show_results, self.status, self._pause)

    def _results(self, dock: Dock) -> Any:
        return frame(commands.search(dock, self._term))

    def _show_results(self, found: Any) -> None:
        self.results = found
        self.table.show(map(_row, found.itertuples(index=False)))
        self.status.say(f"{len(found)} found" if len(found) else "No results.")

    def _select(self) -> None:
        self.selected = self.results[self.results["name"].isin(self.table.selected)]
        if self.table.selected:
            self.name = self.table.selected[0]

    def _use_name(self) -> None:
        with self.status.showing_errors():
            wanted = Reference.parse(self._term)
            self.name = wanted.familiar_name
            self.tag = wanted.tag or self.tag

    def _find_tags(self) -> None:
        show_if(self.name, self.pull_panel)
        self.title.value = heading(self.name)
        self.pull_status.say("Loading tags…")
        self.tag, self.cost = "", None
        if self.name:
            self._ask("tags", lambda dock: commands.tags(dock, self.name), self._show_tags, self.pull_status)

    def _show_tags(self, found: Table) -> None:
        tags = [row["tag"] for row in found.rows]
        self.tag_box.offer(tags)
        self.tag = self.tag or ("latest" if "latest" in tags or not tags else tags[0])

    def _find_cost(self) -> None:
        self.cost = None
        if self.name and self.tag:
            self.pull_status.say("Checking the download size…")
            work = partial(_cost, name=self.reference, platform=self.platform)
            self._ask("cost", work, self._show_platforms, self.pull_status, self._pause)

    def _show_platforms(self, found: Cost) -> None:
        self.platform_box.offer(map(str, found.platforms))
        self.cost = found

    def _pull(self) -> None:
        self.pulls.start(self.reference, self.platform)


def _cost(dock: Dock, name: str, platform: str) -> Cost:
    return cost(dock, Reference.parse(name), Platform.parse(platform) if platform else None)


def _cost_text(found: Cost) -> str:
    count, missing = len(found.layers), len(found.missing)
    if not missing:
        return f"Nothing to download: all {count} layers already exist ({human.size(found.total)})."
    existing = f"{count - missing} of {count} layers already exist"
    return f"{human.size(found.to_fetch)} of {human.size(found.total)} to download: {existing}."


def _row(found: Any) -> Sequence[Cell]:
    return (
        found.name,
        safe(found.name),
        "" if pd.isna(found.description) else safe(found.description),
        (f"{found.stars:,}", found.stars),
        ("", None) if pd.isna(found.pulls) else (f"{found.pulls:,}", int(found.pulls)),
        "official" if found.official else "",
    )
