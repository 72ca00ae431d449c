"""The instructions that change an image's config and add no layer."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from nbdock.dockerfile import forms
from nbdock.dockerfile.expand import Scope, expand
from nbdock.dockerfile.parser import BACKSLASH, LONGEST, Instruction
from nbdock.dockerfile.values import period, ports, quoted, shown, signal
from nbdock.errors import UsageError

CHANGES = ("CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR").split()
"""The instructions that are methods of Settings."""
_SHELL = ("/bin/sh", "-c")
_TIMES = ("Interval", "Timeout", "StartPeriod", "StartInterval")


class Budget:
    """How many characters instructions may add: what variables repeat grows fast."""

    def __init__(self, most: int = LONGEST) -> None:
        self.most = self.left = most

    def spend(self, text: str) -> str:
        """The text, if that may still be added. Raises UsageError."""
        self.left -= len(text)
        if self.left < 0:
            raise UsageError("the changes make a config that is too long", hint=f"{self.most} characters are the most")
        return text


class Settings:
    """A config, with a method for each instruction that changes it, which returns what the image's history says of it.

    All that variables and ranges of ports add to it is bounded. An instruction does not see the variables that it sets.
    """

    def __init__(self, config: Mapping[str, Any], escape: str = BACKSLASH, budget: Budget | None = None) -> None:
        self._config: dict[str, Any] = deepcopy(dict(config))
        self._env = {entry.partition("=")[0]: entry for entry in self._config.pop("Env", None) or ()}
        self._variables = Scope({name: entry.partition("=")[2] for name, entry in self._env.items()})
        self._escape = escape
        self._budget = budget or Budget()
        self._spend = self._budget.spend

    @property
    def config(self) -> dict[str, Any]:
        """The config's JSON object."""
        return {**self._config, "Env": list(self._env.values())} if self._env else dict(self._config)

    def change(self, given: Instruction) -> str:
        """Do what an instruction says: the method of its name."""
        said: str = getattr(self, given.keyword.lower())(given)
        return said

    def cmd(self, given: Instruction) -> str:
        self._config["Cmd"] = self._command(forms.command(given))
        return f"CMD {quoted(self._config['Cmd'])}"

    def entrypoint(self, given: Instruction) -> str:
        command = self._command(forms.command(given)) if given.text else []
        self._config["Entrypoint"] = command
        if not command:
            del self._config["Entrypoint"]
        return f"ENTRYPOINT {quoted(command)}"

    def env(self, given: Instruction) -> str:
        found = self._pairs(given)
        for name, value in found:
            self._env[name] = f"{name}={value}"
            self._variables[name] = value
        return "ENV " + " ".join(f"{name}={value}" for name, value in found)

    def expose(self, given: Instruction) -> str:
        found: list[str] = []
        for word in forms.exposed(given):
            for port in self._expanded(word).split():
                listed = ports(port)
                self._spend("".join(listed))
                found += listed
        self._config.setdefault("ExposedPorts", {}).update((port, {}) for port in found)
        return f"EXPOSE {shown(found)}"

    def healthcheck(self, given: Instruction) -> str:
        self._config["Healthcheck"] = health = forms.health(given)
        times = " ".join(f"{name}:{period(health.get(name, 0))}" for name in _TIMES)
        return f"HEALTHCHECK {{Test:{shown(health['Test'])} {times} Retries:{health.get('Retries', 0)}}}"

    def label(self, given: Instruction) -> str:
        found = self._pairs(given)
        self._config.setdefault("Labels", {}).update(found)
        return "LABEL " + " ".join(f"{name}={value}" for name, value in found)

    def onbuild(self, given: Instruction) -> str:
        """As in BuildKit, no history tells of it."""
        self._config.setdefault("OnBuild", []).append(self._spend(forms.trigger(given)))
        return ""

    def stopsignal(self, given: Instruction) -> str:
        self._config["StopSignal"] = signal(self._one(given))
        return f"STOPSIGNAL {self._config['StopSignal']}"

    def user(self, given: Instruction) -> str:
        self._config["User"] = self._one(given)
        return f"USER {self._config['User']}"

    def volume(self, given: Instruction) -> str:
        found = [self._expanded(word) for word in forms.volumes(given)]
        if "" in found:
            raise UsageError("VOLUME specified can not be an empty string", hint="write VOLUME /path")
        self._config.setdefault("Volumes", {}).update((path, {}) for path in found)
        return f"VOLUME {shown(found)}"

    def workdir(self, given: Instruction) -> str:
        path = self._one(given)
        if not path:
            raise UsageError("WORKDIR is empty", hint="a variable that is not set is empty: write WORKDIR /path")
        self._config["WorkingDir"] = self._spend(self._absolute(path))
        return f"WORKDIR {self._config['WorkingDir']}"

    def _absolute(self, path: str) -> str:
        """The path in the working folder, unless it is absolute."""
        if path.startswith("/"):
            return path
        return "/" + posixpath.normpath(posixpath.join(self._config.get("WorkingDir") or "/", path)).lstrip("/")

    def _expanded(self, word: str, *, escape: str = "", keep_quotes: bool = False) -> str:
        found = expand(word, self._variables, self._budget.left, escape=escape or self._escape, keep_quotes=keep_quotes)
        return self._spend(found)

    def _one(self, given: Instruction) -> str:
        return self._expanded(forms.one(given))

    def _pairs(self, given: Instruction) -> list[tuple[str, str]]:
        found = [(self._expanded(pair.name), self._expanded(pair.value)) for pair in forms.pairs(given)]
        if any(not name for name, _ in found):
            raise UsageError(f"{given.keyword} names can not be blank", hint=f"write {given.keyword} name=value")
        return found

    def _command(self, command: forms.Command) -> list[str]:
        return list(command.words) if command.is_json else [*(self._config.get("Shell") or _SHELL), *command.words]
