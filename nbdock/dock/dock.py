"""A dock: one store, one registry client, and the console to talk to. The environment is read here and nowhere else."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Self, TypeVar

import platformdirs

from nbdock.dock.console import Console
from nbdock.oci.platform import Platform
from nbdock.registry import Credentials, Hosts, Registry
from nbdock.store import Store
from nbdock.task import Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are. Equal settings share one store and one registry client."""

    store: Path
    docker_config: Path
    auth_files: tuple[Path, ...] = ()
    auth_config: str = field(default="", repr=False)
    registries: tuple[Path, ...] = ()
    platform: Platform = field(default_factory=Platform.host)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """From the variables that docker and podman know, and NBDOCK_STORE. Raises InvalidPlatform."""
        home = Path(environment.get("HOME") or Path.home())
        configs = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
        wanted = environment.get("DOCKER_DEFAULT_PLATFORM")
        return cls(
            store=Path(environment.get("NBDOCK_STORE") or platformdirs.user_data_path("nbdock")).expanduser(),
            docker_config=Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json",
            auth_files=_auth_files(environment, configs),
            auth_config=environment.get("DOCKER_AUTH_CONFIG", ""),
            registries=_registries(environment, configs),
            platform=Platform.parse(wanted) if wanted else Platform.host(),
        )


class Dock:
    """What a command works on. `Dock()` is the user's own; `Dock(path)` has another store.

    Every dock of the same settings shares one store and one registry client, whichever surface made it.
    """

    def __init__(
        self, store: Path | str | None = None, *, console: Console | None = None, settings: Settings | None = None
    ) -> None:
        found = settings or Settings.read(os.environ)
        self.settings = replace(found, store=Path(store).expanduser()) if store else found
        self.console = console or Console()

    @property
    def store(self) -> Store:
        return _store(self.settings.store)

    @property
    def registry(self) -> Registry:
        return _registry(self.settings)

    def facing(self, console: Console) -> Self:
        """The same dock, talking to another console."""
        return type(self)(settings=self.settings, console=console)

    def say(self, line: str) -> None:
        self.console.say(line)

    def run(self, work: Callable[[Task], T], quiet: bool = False) -> T:
        """Do what needs the network, with progress on the console; an interrupt ends it. Raises Interrupted."""
        with contextlib.nullcontext() if quiet else self.console.watching() as listener:
            task = Task(listener)
            self.console.started(task)
            return task.run(lambda: work(task))


@lru_cache
def _store(root: Path) -> Store:
    return Store(root)


@lru_cache
def _registry(settings: Settings) -> Registry:
    credentials = Credentials(settings.docker_config, settings.auth_files, settings.auth_config)
    return Registry(Hosts.load(settings.registries), credentials)


def _auth_files(environment: Mapping[str, str], configs: Path) -> tuple[Path, ...]:
    """Podman's, in its order; docker's own comes before them."""
    if chosen := environment.get("REGISTRY_AUTH_FILE"):
        return (Path(chosen),)
    runtime = environment.get("XDG_RUNTIME_DIR")
    found = [Path(runtime) / "containers/auth.json"] if runtime else []
    return (*found, configs / "containers/auth.json")


def _registries(environment: Mapping[str, str], configs: Path) -> tuple[Path, ...]:
    if chosen := environment.get("CONTAINERS_REGISTRIES_CONF"):
        return (Path(chosen),)
    user = configs / "containers/registries.conf"
    return (user if user.exists() else Path("/etc/containers/registries.conf"),)
