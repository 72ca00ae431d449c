"""The instructions that change an image's config and add no layer: what docker calls changes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from nbdock.dockerfile.expand import expand
from nbdock.dockerfile.parser import Instruction, parse, strings, words
from nbdock.errors import UsageError

_MOST = 1 << 20
_SHELL = ("/bin/sh", "-c")
_PORT = re.compile(r"(?:[^/]*:)?([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp)?)?", re.IGNORECASE | re.ASCII)
_LAST_PORT = 65535
_DURATIONS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
}
_NUMBER = r"[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20}"
_DURATION = re.compile(rf"(?:(?:{_NUMBER})(?:ns|us|µs|μs|ms|s|m|h)){{1,10}}|0")
_PART = re.compile(rf"({_NUMBER})(\D+)")
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LONGEST = 2**63 - 1
_SIGNAL = re.compile(r"(?:SIG)?(?:RTMIN(?:\+(?:[1-9]|1[0-5]))?|RTMAX(?:-(?:[1-9]|1[0-4]))?|([A-Z]+[12]?))")
_SIGNALS = frozenset(
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP"
    " TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ".split()
)
_LAST_SIGNAL = 64
_NO_TRIGGERS = ("FROM", "MAINTAINER")


def changed(changes: Sequence[str]) -> dict[str, Any]:
    """The field `config` of an image config with these changes, each one or several lines of a Dockerfile.

    Raises UsageError in docker's words.
    """
    text = "\n".join(changes)
    if len(text) > _MOST:
        raise UsageError("the changes are too long", hint=f"{_MOST} characters are the most")
    found = parse(text)
    if changes and not found:
        raise UsageError("file with no instructions", hint=_HINT)
    made = _Changes()
    for instruction in found:
        if instruction.keyword not in _CHANGES:
            raise UsageError(f"{instruction.keyword.lower()} is not a valid change command", hint=_HINT)
        _CHANGES[instruction.keyword](made, instruction)
    return made.result()


class _Changes:
    """A config, with a method for each instruction. All that variables and ranges of ports add to it is bounded."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self._variables: dict[str, str] = {}
        self._left = _MOST

    def result(self) -> dict[str, Any]:
        """The config's JSON object."""
        env = {"Env": [f"{name}={value}" for name, value in self._variables.items()]} if self._variables else {}
        return {**self.config, **env}

    def cmd(self, given: Instruction) -> None:
        given.options()
        self.config["Cmd"] = _command(given.text)

    def entrypoint(self, given: Instruction) -> None:
        given.options()
        self.config["Entrypoint"] = _command(given.text) if given.text else None
        if not self.config["Entrypoint"]:
            del self.config["Entrypoint"]

    def env(self, given: Instruction) -> None:
        self._variables.update(self._pairs(given))

    def expose(self, given: Instruction) -> None:
        ports = self.config.setdefault("ExposedPorts", {})
        for word in _several(given, given.text.split()):
            for port in self._expanded(word).split():
                ports.update((each, {}) for each in self._ports(port))

    def healthcheck(self, given: Instruction) -> None:
        kind, *rest = _several(given, given.text.split(maxsplit=1))
        command = "".join(rest)
        if kind.upper() == "NONE":
            if command:
                raise UsageError("HEALTHCHECK NONE takes no arguments", hint="HEALTHCHECK CMD runs a command")
            self.config["Healthcheck"] = {"Test": ["NONE"]}
        elif kind.upper() == "CMD":
            self.config["Healthcheck"] = {"Test": _test(command), **_timing(given)}
        else:
            raise UsageError(f'Unknown type "{kind}" in HEALTHCHECK (try CMD)', hint="the types are CMD and NONE")

    def label(self, given: Instruction) -> None:
        self.config.setdefault("Labels", {}).update(self._pairs(given))

    def onbuild(self, given: Instruction) -> None:
        trigger = _several(given, given.text.split(maxsplit=1))[0].upper()
        if trigger == "ONBUILD":
            raise UsageError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", hint="write ONBUILD once")
        if trigger in _NO_TRIGGERS:
            raise UsageError(f"{trigger} isn't allowed as an ONBUILD trigger", hint="other instructions are")
        self.config.setdefault("OnBuild", []).append(given.text)

    def stopsignal(self, given: Instruction) -> None:
        self.config["StopSignal"] = _signal(self._one(given))

    def user(self, given: Instruction) -> None:
        self.config["User"] = self._one(given)

    def volume(self, given: Instruction) -> None:
        listed = strings(given.text)
        for word in _several(given, given.text.split() if listed is None else listed):
            path = self._expanded(word.strip())
            if not path:
                raise UsageError("VOLUME specified can not be an empty string", hint="write VOLUME /path")
            self.config.setdefault("Volumes", {})[path] = {}

    def workdir(self, given: Instruction) -> None:
        path = self._one(given)
        if not path:
            raise UsageError("WORKDIR is empty", hint="a variable that is not set is empty: write WORKDIR /path")
        if not path.startswith("/"):
            above = self.config.get("WorkingDir", "/")
            path = "/" + posixpath.normpath(posixpath.join(above, path)).lstrip("/")
        self.config["WorkingDir"] = self._spend(path)

    def _expanded(self, word: str) -> str:
        return self._spend(expand(word, self._variables, self._left))

    def _spend(self, text: str) -> str:
        self._left -= len(text)
        if self._left < 0:
            raise UsageError("the changes make a config that is too long", hint=f"{_MOST} characters are the most")
        return text

    def _one(self, given: Instruction) -> str:
        given.options()
        if not given.text:
            raise UsageError(f"{given.keyword} requires exactly one argument", hint=f"write {given.keyword} VALUE")
        return self._expanded(given.text)

    def _pairs(self, given: Instruction) -> dict[str, str]:
        """`NAME=value` for each word, or `NAME value` for the whole text."""
        first, *others = _several(given, words(given.text))
        pairs = [each.partition("=") for each in (first, *others)]
        if not pairs[0][1]:
            name, *value = given.text.split(maxsplit=1)
            if not value:
                raise UsageError(f"{given.keyword} must have two arguments", hint=f"write {given.keyword} name=value")
            pairs = [(name, "=", value[0])]
        if wrong := next((name for name, equals, _ in pairs if not equals), None):
            message = f'Syntax error - can\'t find = in "{wrong}". Must be of the form: name=value'
            raise UsageError(message, hint="put quotes around a value with blanks")
        found = {self._expanded(name): self._expanded(value) for name, _, value in pairs}
        if "" in found:
            raise UsageError(f"{given.keyword} names can not be blank", hint=f"write {given.keyword} name=value")
        return found

    def _ports(self, text: str) -> list[str]:
        match = _PORT.fullmatch(text)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if match is None or not first <= last <= _LAST_PORT:
            raise UsageError(f"Invalid containerPort: {text}", hint="ports read 80, 53/udp or 8000-8010")
        self._spend(" " * (last - first))
        return [f"{port}/{(match[3] or 'tcp').lower()}" for port in range(first, last + 1)]


_CHANGES: Mapping[str, Callable[[_Changes, Instruction], None]] = {
    method.__name__.upper(): method
    for method in (
        _Changes.cmd,
        _Changes.entrypoint,
        _Changes.env,
        _Changes.expose,
        _Changes.healthcheck,
        _Changes.label,
        _Changes.onbuild,
        _Changes.stopsignal,
        _Changes.user,
        _Changes.volume,
        _Changes.workdir,
    )
}
_HINT = f"changes are {', '.join(_CHANGES)}"


def _several(given: Instruction, found: list[str]) -> list[str]:
    """What was found. Raises UsageError if it is nothing, and for flags, which only a HEALTHCHECK has."""
    if given.keyword != "HEALTHCHECK":
        given.options()
    if not found:
        raise UsageError(f"{given.keyword} requires at least one argument", hint=f"write {given.keyword} VALUE")
    return found


def _command(text: str) -> list[str]:
    """The JSON form is a command; anything else is one for the shell."""
    listed = strings(text)
    if listed is None:
        return [*_SHELL, text] if text else [*_SHELL]
    return listed


def _test(command: str) -> list[str]:
    listed = strings(command)
    if not (command if listed is None else listed):
        raise UsageError("Missing command after HEALTHCHECK CMD", hint="write HEALTHCHECK CMD COMMAND")
    return ["CMD-SHELL", command] if listed is None else ["CMD", *listed]


def _timing(given: Instruction) -> dict[str, int]:
    """What its flags say, in nanoseconds; 0 is docker's default, which needs no saying."""
    options = given.options(*_DURATIONS, "retries")
    found = {_DURATIONS[name]: _nanoseconds(name, value) for name, value in options.items() if name != "retries"}
    retries = options.get("retries") or "0"
    if not (retries.isascii() and retries.isdecimal() and len(retries) < 10):
        raise UsageError(f"--retries is no number: {retries}", hint="write --retries=3")
    return {name: value for name, value in {**found, "Retries": int(retries)}.items() if value}


def _nanoseconds(name: str, text: str) -> int:
    if not text:
        return 0
    match = _DURATION.fullmatch(text)
    found = int(sum(Decimal(count) * _NANOSECONDS[unit] for count, unit in _PART.findall(text))) if match else -1
    if match is None or found > _LONGEST:
        raise UsageError(f'--{name}: invalid duration "{text}"', hint="durations read 500ms, 30s or 1m30s")
    if 0 < found < _NANOSECONDS["ms"]:
        raise UsageError(f"--{name} cannot be less than 1ms", hint="durations read 500ms, 30s or 1m30s")
    return found


def _signal(text: str) -> str:
    match = _SIGNAL.fullmatch(text.upper())
    is_number = text.isascii() and text.isdecimal() and len(text) < 3 and 0 < int(text) <= _LAST_SIGNAL
    if not is_number and (match is None or (match[1] and match[1] not in _SIGNALS)):
        raise UsageError(f"Invalid signal: {text}", hint="signals read SIGTERM, TERM or 15")
    return text
