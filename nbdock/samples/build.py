"""Images from recipes that read like a Dockerfile: each step adds a row to the history and, perhaps, a layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from nbdock.oci.config import Instruction
from nbdock.oci.platform import Platform
from nbdock.samples.changeset import Changeset, Entry

_BUILDKIT = "buildkit.dockerfile.v0"
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_PLATFORM = Platform("linux", "amd64")


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image on its way: every method returns the image one step on, so that a recipe is the base of others.

    `runtime` is the `config` part of the image config. `docker_version` is that of the classic builder, which words
    the history in its own way; BuildKit leaves it empty.
    """

    created: datetime = _EPOCH
    platform: Platform = _PLATFORM
    docker_version: str = ""
    history: tuple[Instruction, ...] = ()
    changesets: tuple[Changeset, ...] = ()
    runtime: Mapping[str, Any] = field(default_factory=dict)

    def at(self, created: str, docker_version: str = "") -> Self:
        """FROM this one: what follows is built later, at an RFC 3339 time, by another builder perhaps."""
        return replace(self, created=datetime.fromisoformat(created), docker_version=docker_version)

    def layer(self, created_by: str, *entries: Entry, comment: str = "") -> Self:
        """A layer under any words: of a tool that knows no Dockerfile."""
        changeset = Changeset(entries, int(self.created.timestamp()))
        step = self._told(created_by, comment, empty_layer=False)
        return replace(step, changesets=(*self.changesets, changeset))

    def run(self, command: str, *entries: Entry) -> Self:
        return self._step("RUN", command, entries)

    def copy(self, arguments: str, *entries: Entry) -> Self:
        return self._step("COPY", arguments, entries)

    def workdir(self, path: str, *entries: Entry) -> Self:
        """BuildKit makes a layer of it in any case, the classic builder only where the folder is new (`entries`)."""
        made = entries if entries or not self.docker_version else None
        return self._step("WORKDIR", path, made, WorkingDir=path)

    def env(self, name: str, value: str) -> Self:
        others = [pair for pair in self.runtime.get("Env", ()) if not pair.startswith(f"{name}=")]
        return self._step("ENV", f"{name}={value}", Env=[*others, f"{name}={value}"])

    def expose(self, port: str) -> Self:
        return self._step(
            "EXPOSE", f"map[{port}:{{}}]", ExposedPorts={**self.runtime.get("ExposedPorts", {}), port: {}}
        )

    def user(self, name: str) -> Self:
        return self._step("USER", name, User=name)

    def stop_signal(self, name: str) -> Self:
        return self._step("STOPSIGNAL", name, StopSignal=name)

    def cmd(self, *words: str) -> Self:
        return self._step("CMD", json.dumps(words), Cmd=list(words))

    def labelled(self, labels: Mapping[str, str]) -> Self:
        """`docker build --label`: in the config, not in the history."""
        return self._with(Labels={**self.runtime.get("Labels", {}), **labels})

    def _step(self, kind: str, arguments: str, entries: tuple[Entry, ...] | None = None, **settings: Any) -> Self:
        """An instruction: with `entries`, even none, it makes a layer; with None it does not."""
        words = _classic(kind, arguments) if self.docker_version else _buildkit(kind, arguments)
        comment = "" if self.docker_version else _BUILDKIT
        step = self._with(**settings)
        if entries is None:
            return step._told(words, comment, empty_layer=True)
        return step.layer(words, *entries, comment=comment)

    def _told(self, created_by: str, comment: str, empty_layer: bool) -> Self:
        row = Instruction(self.created, created_by, comment, "", empty_layer)
        return replace(self, history=(*self.history, row))

    def _with(self, **settings: Any) -> Self:
        return replace(self, runtime={**self.runtime, **settings})


def _buildkit(kind: str, arguments: str) -> str:
    if kind == "RUN":
        return f"RUN /bin/sh -c {arguments} # buildkit"
    return f"COPY {arguments} # buildkit" if kind == "COPY" else f"{kind} {arguments}"


def _classic(kind: str, arguments: str) -> str:
    if kind == "RUN":
        return f"/bin/sh -c {arguments}"
    blanks = " " if kind in ("COPY", "WORKDIR") else "  "
    return f"/bin/sh -c #(nop){blanks}{kind} {arguments}"
