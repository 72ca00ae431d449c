"""Recipes for images, written like a Dockerfile: each step adds an entry to the history and, for some, a layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from nbdock.oci.config import Instruction
from nbdock.oci.platform import Platform
from scripts.samples.changeset import Changeset, Entry

_BUILDKIT = "buildkit.dockerfile.v0"
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_PLATFORM = Platform("linux", "amd64")


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image in the making. Each method returns a new recipe with one more step, so a recipe can be a base of others.

    `config` is the `config` part of the image config. `docker_version` is set by the classic builder, which words the
    history differently, and empty with BuildKit.
    """

    created: datetime = _EPOCH
    platform: Platform = _PLATFORM
    docker_version: str = ""
    history: tuple[Instruction, ...] = ()
    changesets: tuple[Changeset, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    def at(self, created: str, docker_version: str = "") -> Self:
        """FROM this recipe: the steps that follow were built at `created` (RFC 3339)."""
        return replace(self, created=datetime.fromisoformat(created), docker_version=docker_version)

    def layer(self, created_by: str, *entries: Entry, comment: str = "") -> Self:
        """A layer made by a tool that uses no Dockerfile; `created_by` is taken as it is."""
        changeset = Changeset(entries, int(self.created.timestamp()))
        step = self._recorded(created_by, comment, empty_layer=False)
        return replace(step, changesets=(*self.changesets, changeset))

    def run(self, command: str, *entries: Entry) -> Self:
        """RUN, and the files that it changed."""
        return self._step("RUN", command, entries)

    def copy(self, arguments: str, *entries: Entry) -> Self:
        """COPY, and the files that it copied."""
        return self._step("COPY", arguments, entries)

    def workdir(self, path: str, *entries: Entry) -> Self:
        """WORKDIR. BuildKit always makes a layer of it, the classic builder only for a new directory (`entries`)."""
        made = entries if entries or not self.docker_version else None
        return self._step("WORKDIR", path, made, WorkingDir=path)

    def env(self, name: str, value: str) -> Self:
        """ENV; replaces an earlier value."""
        others = [pair for pair in self.config.get("Env", ()) if not pair.startswith(f"{name}=")]
        return self._step("ENV", f"{name}={value}", Env=[*others, f"{name}={value}"])

    def expose(self, port: str) -> Self:
        """EXPOSE, such as `80/tcp`."""
        return self._step("EXPOSE", f"map[{port}:{{}}]", ExposedPorts={**self.config.get("ExposedPorts", {}), port: {}})

    def user(self, name: str) -> Self:
        """USER."""
        return self._step("USER", name, User=name)

    def stop_signal(self, name: str) -> Self:
        """STOPSIGNAL."""
        return self._step("STOPSIGNAL", name, StopSignal=name)

    def cmd(self, *words: str) -> Self:
        """CMD in its exec form."""
        return self._step("CMD", json.dumps(words), Cmd=list(words))

    def labelled(self, labels: Mapping[str, str]) -> Self:
        """`docker build --label`: labels in the config, no entry in the history."""
        return self._with(Labels={**self.config.get("Labels", {}), **labels})

    def _step(self, kind: str, arguments: str, entries: tuple[Entry, ...] | None = None, **settings: Any) -> Self:
        """Add an instruction, with a layer unless `entries` is None. An empty layer is a layer too."""
        created_by = _classic(kind, arguments) if self.docker_version else _buildkit(kind, arguments)
        comment = "" if self.docker_version else _BUILDKIT
        step = self._with(**settings)
        if entries is None:
            return step._recorded(created_by, comment, empty_layer=True)
        return step.layer(created_by, *entries, comment=comment)

    def _recorded(self, created_by: str, comment: str, empty_layer: bool) -> Self:
        instruction = Instruction(self.created, created_by, comment, "", empty_layer)
        return replace(self, history=(*self.history, instruction))

    def _with(self, **settings: Any) -> Self:
        return replace(self, config={**self.config, **settings})


def _buildkit(kind: str, arguments: str) -> str:
    if kind == "RUN":
        return f"RUN /bin/sh -c {arguments} # buildkit"
    return f"COPY {arguments} # buildkit" if kind == "COPY" else f"{kind} {arguments}"


def _classic(kind: str, arguments: str) -> str:
    if kind == "RUN":
        return f"/bin/sh -c {arguments}"
    blanks = " " if kind in ("COPY", "WORKDIR") else "  "
    return f"/bin/sh -c #(nop){blanks}{kind} {arguments}"
