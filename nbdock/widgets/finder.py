"""From a word to an image: search as one types, choose a tag and a platform, see what a pull would cost, pull."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import pandas as pd
from ipywidgets import HTML, Dropdown, Text, VBox
from traitlets import Instance, TraitType, Unicode, link

from nbdock import commands, human
from nbdock.dock.cost import Cost, cost
from nbdock.dock.dock import Dock
from nbdock.errors import Cancelled, NbdockError, PlatformNotFound
from nbdock.frames import schemas
from nbdock.oci.platform import Platform
from nbdock.oci.reference import HUB, Reference
from nbdock.widgets.job import Job
from nbdock.widgets.parts import Cell, Grid, GridColumn, Status, bar, button, field, frame, heading, safe
from nbdock.widgets.pulls import Pulls
from nbdock.widgets.watch import watch

PAUSE = 0.3
"""Seconds without a keystroke before a registry is asked."""

_COLUMNS = (
    GridColumn("name", "Name", "minmax(9rem, 2fr)"),
    GridColumn("description", "Description", "minmax(8rem, 4fr)", least=520),
    GridColumn("stars", "Stars", "72px", "number"),
    GridColumn("pulls", "Pulls", "84px", "number", least=620),
    GridColumn("official", "Official", "80px", least=420),
)
_MOST = 2000
T = TypeVar("T")


class Search(VBox):  # type: ignore[misc]
    """Set `query` and `registry` (empty: Docker Hub) to search; `results` is what `search` returns.

    Set `name`, `tag` and `platform`, or click, to choose; `cost` then is what a pull would fetch.
    """

    query = Unicode()
    registry = Unicode()
    results: TraitType[Any, Any] = Instance(pd.DataFrame)
    selected: TraitType[Any, Any] = Instance(pd.DataFrame)
    name = Unicode()
    tag = Unicode()
    platform = Unicode()
    cost: TraitType[Any, Any] = Instance(Cost, allow_none=True)

    def __init__(self, dock: Dock | None = None, pulls: Pulls | None = None, *, pause: float = PAUSE) -> None:
        self._dock, self._pause = dock or Dock(), pause
        self._jobs: dict[str, Job] = {}
        self.pulls = pulls or Pulls(self._dock, self.price)
        self.box = field(Text, "Search", placeholder="Words, or a name")
        self.place = field(Text, "Registry", placeholder="Docker Hub")
        self.take = button("Use this name", self._take, tooltip="Pull the name in the box, without a search")
        self.table = Grid(_COLUMNS, "Images found", order=["", "ascending"], lines=8, empty="Nothing found yet.")
        self.status = Status()
        self.choice = Choice(self._pull)
        nothing = schemas.FOUND.frame([])
        super().__init__(results=nothing, selected=nothing)
        self.children = [bar(self.box, self.place, self.take), self.status, self.table, self.choice]
        if pulls is None:
            self.children += (self.pulls,)
        self.add_class("nbdock")
        self._connect()

    def _connect(self) -> None:
        for trait, part in (("query", self.box), ("registry", self.place)):
            link((self, trait), (part, "value"))
        link((self, "tag"), (self.choice.tag, "chosen"))
        link((self, "platform"), (self.choice.platform, "chosen"))
        self.observe(lambda _: self._search(), ["query", "registry"])
        self.observe(lambda _: self._named(), "name")
        self.observe(lambda _: self._ask_cost(), ["tag", "platform"])
        self.observe(lambda _: self.price(), "cost")
        self.table.observe(self._chosen, "selected")
        self._leave = watch.follow(self._dock.store, self.price)

    @property
    def reference(self) -> str:
        """The name that is chosen, as `pull` takes it."""
        return f"{self.name}:{self.tag}" if self.tag else self.name

    def join(self) -> None:
        """Wait for the answers to all that was asked."""
        for job in tuple(self._jobs.values()):
            job.join()

    def close(self) -> None:
        self._leave()
        for job in self._jobs.values():
            job.cancel()
        super().close()

    def __repr__(self) -> str:
        return "A search for images"

    @property
    def _term(self) -> str:
        query, registry = self.query.strip(), self.registry.strip().rstrip("/")
        return query if registry in ("", HUB) else f"{registry}/{query}"

    def _run(
        self, what: str, work: Callable[[Dock], T], answered: Callable[[T], None], status: Status, after: float = 0.0
    ) -> None:
        """Ask a registry in a thread. Of what is asked again meanwhile only the newest answer counts."""
        if before := self._jobs.get(what):
            before.cancel()
        job = self._jobs[what] = Job()

        def failed(error: NbdockError) -> None:
            if not isinstance(error, Cancelled) and not job.cancelled:
                status.fail(error)

        def newest(answer: T) -> None:
            if not job.cancelled:
                answered(answer)
                if job.lines:
                    status.say("\n".join(job.lines))

        job.start(lambda: work(self._dock.facing(job)), newest, failed, after)

    # Searching

    def _search(self) -> None:
        if self.query.strip():
            self.status.say("Searching")
            self._run(
                "search", lambda dock: frame(commands.search(dock, self._term)), self._found, self.status, self._pause
            )

    def _found(self, frame: Any) -> None:
        self.results = frame
        self.table.show((row.name, _cells(row)) for row in frame.itertuples(index=False))
        self.status.say(f"{len(frame)} found" if len(frame) else "Nothing found.")

    def _chosen(self, _: object) -> None:
        self.selected = self.results[self.results["name"].isin(self.table.selected)]
        if self.table.selected:
            self.name = self.table.selected[0]

    def _take(self) -> None:
        with self.status.guarding():
            wanted = Reference.parse(self._term)
            self.name = wanted.familiar_name
            self.tag = wanted.tag or self.tag

    # Choosing

    def _named(self) -> None:
        self.choice.show(self.name)
        self.tag, self.cost = "", None
        if self.name:
            self._run("tags", lambda dock: frame(commands.tags(dock, self.name)), self._tagged, self.choice.status)

    def _tagged(self, frame: Any) -> None:
        tags = list(frame["tag"])
        self.choice.tag.offer(tags)
        self.tag = self.tag or ("latest" if "latest" in tags or not tags else tags[0])

    def _ask_cost(self) -> None:
        self.cost = None
        if self.name and self.tag:
            self.choice.status.say("Asking what it would cost")
            asked = partial(_priced, text=self.reference, platform=self.platform)
            self._run("cost", asked, self._costs, self.choice.status, self._pause)

    def _costs(self, found: Cost | PlatformNotFound) -> None:
        if isinstance(found, Cost):
            self.choice.platform.offer(map(str, found.platforms))
            self.cost = found
        else:
            self.choice.platform.offer(found.available)
            self.choice.status.fail(found)

    def price(self) -> None:
        """Said anew whenever the store changes: another pull may bring layers of this one."""
        self.choice.pull.disabled = self.cost is None
        if self.cost:
            self.choice.status.say(_price(self.cost))

    def _pull(self) -> None:
        self.pulls.start(self.reference, _platform(self.platform))


class Choice(VBox):  # type: ignore[misc]
    """A tag, a platform, the price, and the button."""

    def __init__(self, pull: Callable[[], object]) -> None:
        self.title = HTML()
        self.tag = field(Picker, "Tag", none="none yet")
        self.platform = field(Picker, "Platform", none="this machine's")
        self.status = Status()
        self.pull = button("Pull", pull, button_style="primary", disabled=True)
        super().__init__([self.title, bar(self.tag, self.platform, self.pull), self.status])
        self.add_class("nbdock-panel")
        self.layout.display = "none"

    def show(self, name: str) -> None:
        self.layout.display = "" if name else "none"
        self.title.value = heading(name)
        self.status.say("Asking for its tags")


class Picker(Dropdown):  # type: ignore[misc]
    """One of what is offered, or nothing, shown as `none`. `chosen` may be set to what is not offered, too."""

    chosen = Unicode()

    def __init__(self, none: str, **traits: Any) -> None:
        self._none, self._offering = none, False
        super().__init__(options=[(none, "")], value="", **traits)
        self.observe(self._picked, "value")
        self.observe(lambda _: self.offer(name for _, name in self.options), "chosen")

    def offer(self, names: Iterable[str]) -> None:
        """Only these from now on, and what is chosen."""
        known = dict.fromkeys([*islice(names, _MOST), self.chosen])
        self._offering = True
        self.options = [(self._none, ""), *((safe(name), name) for name in known if name)]
        self.value = self.chosen
        self._offering = False

    def _picked(self, change: dict[str, Any]) -> None:
        if not self._offering:
            self.chosen = change["new"] or ""


def _platform(text: str) -> Platform | None:
    return Platform.parse(text) if text else None


def _priced(dock: Dock, text: str, platform: str) -> Cost | PlatformNotFound:
    """That there is no such platform is an answer too: it names those there are."""
    try:
        return cost(dock, Reference.parse(text), _platform(platform))
    except PlatformNotFound as error:
        return error


def _price(found: Cost) -> str:
    count, missing = len(found.layers), len(found.missing)
    if not missing:
        return f"Nothing to download: all {count} layers are here already ({human.size(found.total)})."
    here = f"{count - missing} of {count} layers are here already"
    return f"{human.size(found.to_fetch)} of {human.size(found.total)} to download: {here}."


def _cells(row: Any) -> Sequence[Cell]:
    pulls = "" if pd.isna(row.pulls) else f"{row.pulls:,}"
    return (
        safe(row.name),
        "" if pd.isna(row.description) else safe(row.description),
        (f"{row.stars:,}", row.stars),
        (pulls, None if pd.isna(row.pulls) else int(row.pulls)),
        "official" if row.official else "",
    )
