"""A dock: one store, one registry client and a console. The environment is read here and nowhere else."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from nbdock import human
from nbdock.dock.console import Console
from nbdock.engines.settings import EngineSettings
from nbdock.errors import UsageError
from nbdock.oci.platform import Platform
from nbdock.task import Task

if TYPE_CHECKING:
    from nbdock.engines.address import Kind
    from nbdock.engines.client import Engine
    from nbdock.registry.client import Registry
    from nbdock.registry.credentials import Credential, Credentials
    from nbdock.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths and defaults. Equal settings share one store and one registry client."""

    store: Path
    docker_config: Path
    auth_files: tuple[Path, ...] = ()
    auth_config: str = field(default="", repr=False)
    registries: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()
    platform: Platform = field(default_factory=Platform.host)
    engines: EngineSettings = field(default_factory=EngineSettings)
    tables: bool = True
    """Whether a pull makes the tables of its layers; without, they are made when they are first asked for."""
    store_base: Path | None = None
    """A store below the user's own, which only others change."""
    source_date_epoch: str = ""
    """When an image that is made here was built, in seconds since 1970; now if it is empty."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read docker's and podman's environment variables, and nbdock's. Raises InvalidPlatform, UsageError."""
        home = _home(environment)
        configs = _xdg(environment, "XDG_CONFIG_HOME", home / ".config")
        data = _xdg(environment, "XDG_DATA_HOME", home / ".local" / "share")
        wanted = environment.get("DOCKER_DEFAULT_PLATFORM")
        return cls(
            store=_expanded(environment.get("NBDOCK_STORE") or data / "nbdock"),
            docker_config=Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json",
            auth_files=_auth_files(environment, configs),
            auth_config=environment.get("DOCKER_AUTH_CONFIG", ""),
            registries=_registries(environment, configs),
            certificates=tuple(each / "certs.d" for each in _certificates(configs)),
            platform=Platform.parse(wanted) if wanted else Platform.host(),
            engines=EngineSettings.read(environment, home, configs),
            tables=environment.get("NBDOCK_TABLES", "").lower() not in ("0", "false"),
            store_base=_expanded(base) if (base := environment.get("NBDOCK_STORE_BASE")) else None,
            source_date_epoch=environment.get("SOURCE_DATE_EPOCH", ""),
        )


class Dock:
    """The store, registry client and console that commands work on. `Dock()` is the user's own; `Dock(path)` has
    another store, without a base.

    Docks of equal settings share one store and one registry client, whichever surface made them.
    """

    def __init__(
        self,
        store: Path | str | None = None,
        *,
        console: Console | None = None,
        settings: Settings | None = None,
    ) -> None:
        found = settings or Settings.read()
        self._settings = replace(found, store=_expanded(store), store_base=None) if store else found
        self.console = console or Console()

    def __repr__(self) -> str:
        images = self.store.images()
        below = sum(image.read_only for image in images)
        count, size = human.plural(len(images) - below, "image"), human.size(self.store.disk_usage())
        more = f", and {human.plural(below, 'image')} of {self.settings.store_base}" if below else ""
        return f"{type(self).__name__}({str(self.settings.store)!r}): {count}, {size} on disk{more}"

    @property
    def settings(self) -> Settings:
        """The paths and defaults."""
        return self._settings

    @property
    def store(self) -> Store:
        """The local store."""
        return _store(self.settings.store, self.settings.store_base, self.settings.tables)

    @property
    def registry(self) -> Registry:
        """The client of every registry."""
        found = _registry(self.settings)
        while found.hosts.notes:
            self.console.warn(found.hosts.notes.pop(0))
        return found

    def engine(self, kind: Kind, task: Task | None = None) -> Engine:
        """Docker's or Podman's engine. Raises Unreachable if none answers, UsageError."""
        from nbdock.engines.client import find

        return find(kind, self.settings.engines, task)

    def facing(self, console: Console) -> Self:
        """The same dock with another console."""
        other = copy.copy(self)
        other.console = console
        return other

    def say(self, line: str) -> None:
        """Print a line of docker's output."""
        self.console.say(line)

    def run(self, work: Callable[[Task], T], quiet: bool = False) -> T:
        """Run work on the network, with progress on the console. Raises Interrupted, and what the work raises."""
        with contextlib.nullcontext() if quiet else self.console.watching() as view:
            task = Task(view.hear if view else None, self.console.warn)
            task.draw = view.tick if view else None
            task.count = view.count if view else None
            self.console.started(task)
            try:
                return task.run(lambda: work(task))
            finally:
                self._warn_of_logins()

    def credential(self, host: str) -> Credential | None:
        """The saved credential for a registry; None if there is none that can be read."""
        found = self.registry.credentials.find(host)
        self._warn_of_logins()
        return found

    def _warn_of_logins(self) -> None:
        for problem in _credentials(self.settings).problems():
            self.console.warn(f"WARNING: {problem}")


@lru_cache
def _store(root: Path, base: Path | None, tables: bool) -> Store:
    """A store is no base of its own: whoever fills the base may have the users' environment."""
    from nbdock.store import Store

    below = Store(base) if base and base.resolve() != root.resolve() else None
    return Store(root, tables=tables, base=below)


@lru_cache
def _registry(settings: Settings) -> Registry:
    from nbdock.registry.client import Registry
    from nbdock.registry.hosts import Hosts  # late: importing httpx takes 0.1 s, and many commands need no registry

    hosts = Hosts.load(settings.registries)
    return Registry(hosts, _credentials(settings), certificates=settings.certificates)


@lru_cache
def _credentials(settings: Settings) -> Credentials:
    """Apart from the registry, since what is wrong with logins is asked for after work without one too."""
    from nbdock.registry.credentials import Credentials

    return Credentials(settings.docker_config, settings.auth_files, settings.auth_config)


def _home(environment: Mapping[str, str]) -> Path:
    """The user's home; `/` for a user without a name, which OpenShift has, as containers have it."""
    with contextlib.suppress(RuntimeError):
        return Path(environment.get("HOME") or Path.home())
    return Path("/")


def _xdg(environment: Mapping[str, str], name: str, default: Path) -> Path:
    """A folder of the XDG specification, which ignores relative ones."""
    path = Path(environment.get(name, ""))
    return path if path.is_absolute() else default


def _expanded(path: Path | str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise UsageError(f"cannot find the home folder in {path}", hint="write the whole path of the store") from None


def _auth_files(environment: Mapping[str, str], configs: Path) -> tuple[Path, ...]:
    """Podman's auth files, in podman's order; docker's config is read before them."""
    if chosen := environment.get("REGISTRY_AUTH_FILE"):
        return (Path(chosen),)
    runtime = environment.get("XDG_RUNTIME_DIR")
    found = [Path(runtime) / "containers/auth.json"] if runtime else []
    return (*found, configs / "containers/auth.json")


def _registries(environment: Mapping[str, str], configs: Path) -> tuple[Path, ...]:
    if chosen := environment.get("CONTAINERS_REGISTRIES_CONF"):
        return (Path(chosen),)
    user = configs / "containers/registries.conf"
    return (user if os.path.exists(user) else Path("/etc/containers/registries.conf"),)


def _certificates(configs: Path) -> tuple[Path, ...]:
    """The user's own folders of podman and of rootless docker, then the machine's."""
    return (configs / "containers", configs / "docker", Path("/etc/containers"), Path("/etc/docker"))
