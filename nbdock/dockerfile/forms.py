"""What may follow each keyword: an instruction as its flags and words, before its variables are replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from nbdock.dockerfile.heredocs import Heredoc, Opening
from nbdock.dockerfile.parser import Instruction, strings, words
from nbdock.dockerfile.values import nanoseconds
from nbdock.errors import UsageError
from nbdock.human import excerpt

_DURATIONS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start-period": "StartPeriod",
    "start-interval": "StartInterval",
}
_NO_TRIGGERS = ("FROM", "MAINTAINER")
_HEREDOC = "write <<NAME with the name of the file alone, and its folder at the end"
_STAGE_NAME = re.compile(r"[a-z][a-z0-9._-]*")


class Pair(NamedTuple):
    """`name=value`; `name value`, the old form, has no `=`."""

    name: str
    value: str
    has_equals: bool


class Command(NamedTuple):
    """The words of the JSON form, or one for the shell."""

    words: tuple[str, ...]
    is_json: bool


class Origin(NamedTuple):
    """`FROM --platform=PLATFORM BASE AS NAME`."""

    base: str
    name: str
    platform: str
    keyword: str
    """How `AS` is written; "" without a name."""


class Files(NamedTuple):
    """What COPY and ADD say: paths, files that stand in the Dockerfile, and where they go."""

    sources: tuple[str, ...]
    inline: tuple[Heredoc, ...]
    target: str
    options: Mapping[str, str]
    exclude: tuple[str, ...]


def check(given: Instruction) -> None:
    """Raise UsageError if there is no such instruction, and for wrong words and flags."""
    if given.keyword in FORMS:
        FORMS[given.keyword](given)
        return
    word = given.source.split(maxsplit=1)[0]
    similar = get_close_matches(given.keyword, FORMS, 1, 0.5)
    hint = f"did you mean {similar[0]}?" if similar else f"instructions are {', '.join(FORMS)}"
    raise UsageError(f"unknown instruction: {excerpt(word)}", hint=hint)


def origin(given: Instruction) -> Origin:
    platform = given.options("platform").get("platform", "")
    base, *rest = given.text.split() or [""]
    if not base or len(rest) not in (0, 2) or (rest and rest[0].upper() != "AS"):
        raise UsageError("FROM requires either one or three arguments", hint="write FROM IMAGE, or FROM IMAGE AS NAME")
    keyword, name = rest or ("", "")
    if name and not _STAGE_NAME.fullmatch(name.lower()):
        message = f'invalid name for build stage: "{name}", name can\'t start with a number or contain symbols'
        raise UsageError(message, hint="names of stages are letters, digits, dots, dashes and underscores")
    return Origin(base, name, platform, keyword)


def pairs(given: Instruction) -> list[Pair]:
    """`NAME=value` for each word, or `NAME value` for the whole text."""
    first, *others = several(given, words(given.text, given.escape))
    if "=" not in first:
        name, *value = given.text.split(maxsplit=1)
        if not value:
            raise UsageError(f"{given.keyword} must have two arguments", hint=f"write {given.keyword} name=value")
        return [Pair(name, value[0], False)]
    if wrong := next((word for word in others if "=" not in word), None):
        message = f'Syntax error - can\'t find = in "{wrong}". Must be of the form: name=value'
        raise UsageError(message, hint="put quotes around a value with blanks")
    found = [Pair(name, value, True) for name, _, value in (word.partition("=") for word in (first, *others))]
    if any(not pair.name for pair in found):
        raise UsageError(f"{given.keyword} names can not be blank", hint=f"write {given.keyword} name=value")
    return found


def arguments(given: Instruction) -> list[tuple[str, str | None]]:
    """`NAME=default` for each word; None where there is no default."""
    found = [word.partition("=") for word in several(given, words(given.text, given.escape))]
    if any(not name for name, _, _ in found):
        raise UsageError("ARG names can not be blank", hint="write ARG name=default")
    return [(name, default if equals else None) for name, equals, default in found]


def command(given: Instruction) -> Command:
    """CMD, ENTRYPOINT: the JSON form is a command; anything else is one for the shell."""
    given.options()
    return _command(given.text)


def run(given: Instruction) -> Command:
    given.options("network", "security", repeatable=("mount", "device"))
    return _command(given.text)


def shell(given: Instruction) -> list[str]:
    given.options()
    listed = strings(given.text)
    if listed is None and given.text:
        raise UsageError("SHELL requires the arguments to be in JSON form", hint='write SHELL ["/bin/bash", "-c"]')
    return several(given, listed or [])


def one(given: Instruction) -> str:
    given.options()
    if not given.text:
        raise UsageError(f"{given.keyword} requires exactly one argument", hint=f"write {given.keyword} VALUE")
    return given.text


def several(given: Instruction, found: list[str]) -> list[str]:
    """What was found. Raises UsageError if it is nothing, and for flags, which only a HEALTHCHECK has."""
    if given.keyword != "HEALTHCHECK":
        given.options()
    if not found:
        raise UsageError(f"{given.keyword} requires at least one argument", hint=f"write {given.keyword} VALUE")
    return found


def exposed(given: Instruction) -> list[str]:
    return sorted(several(given, given.text.split()))


def volumes(given: Instruction) -> list[str]:
    listed = strings(given.text)
    found = [word.strip() for word in several(given, given.text.split() if listed is None else listed)]
    if "" in found:
        raise UsageError("VOLUME specified can not be an empty string", hint="write VOLUME /path")
    return found


def trigger(given: Instruction) -> str:
    """The instruction that an ONBUILD keeps for later, with its heredocs."""
    keyword = several(given, given.text.split(maxsplit=1))[0].upper()
    if keyword == "ONBUILD":
        raise UsageError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", hint="write ONBUILD once")
    if keyword in _NO_TRIGGERS:
        raise UsageError(f"{keyword} isn't allowed as an ONBUILD trigger", hint="other instructions are")
    return given.text + "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in given.heredocs)


def health(given: Instruction) -> dict[str, Any]:
    """HEALTHCHECK: the field of a config. What is 0 is docker's default, which needs no saying."""
    kind, *rest = several(given, given.text.split(maxsplit=1))
    text = "".join(rest)
    if kind.upper() == "NONE":
        if text:
            raise UsageError("HEALTHCHECK NONE takes no arguments", hint="HEALTHCHECK CMD runs a command")
        return {"Test": ["NONE"]}
    if kind.upper() == "CMD":
        return {"Test": _test(text), **_timing(given)}
    raise UsageError(f'Unknown type "{kind}" in HEALTHCHECK (try CMD)', hint="the types are CMD and NONE")


def files(given: Instruction) -> Files:
    """COPY and ADD."""
    listed = strings(given.text)
    found = given.text.split() if listed is None else listed
    keyword = given.keyword
    options = given.options(*_VALUES[keyword], switches=_SWITCHES[keyword], repeatable=("exclude",))
    if len(found) < 2:
        problem = "requires at least two arguments, but only one was provided. Destination could not be determined"
        raise UsageError(f"{keyword} {problem}", hint=f"write {keyword} SOURCE /TARGET")
    if set(options.get("from", "")) & set("$'\"" + given.escape):
        problem = "variable expansion is not supported for --from"
        raise UsageError(problem, hint="define a stage with FROM, using ARG from global scope, and name that")
    *sources, target = found
    if Opening.of(target):
        raise UsageError(f"{keyword} cannot accept a heredoc as a destination", hint=f"write {keyword} <<EOF /TARGET")
    inline = {source: opening.name for source in sources if (opening := Opening.of(source))}
    if wrong := next((name for name in inline.values() if "/" in name or name in ("", ".", "..")), None):
        raise UsageError(f"a heredoc of {keyword} is a file, which cannot be called {excerpt(wrong)}", hint=_HEREDOC)
    contents = {heredoc.name: heredoc for heredoc in given.heredocs}
    return Files(
        tuple(source for source in sources if source not in inline),
        tuple(contents.get(name, Heredoc(name, "", False)) for name in inline.values()),
        target,
        options,
        given.every("exclude"),
    )


def copies_context(given: Instruction) -> bool:
    """Whether it is a COPY of paths of the build context. Of an ADD only its variables tell."""
    return given.keyword == "COPY" and bool((found := files(given)).sources) and "from" not in found.options


def _command(text: str) -> Command:
    listed = strings(text)
    return Command((text,) if text else (), False) if listed is None else Command(tuple(listed), True)


def _test(text: str) -> list[str]:
    found = _command(text)
    if not found.words:
        raise UsageError("Missing command after HEALTHCHECK CMD", hint="write HEALTHCHECK CMD COMMAND")
    return ["CMD" if found.is_json else "CMD-SHELL", *found.words]


def _timing(given: Instruction) -> dict[str, int]:
    """What its flags say, in nanoseconds."""
    options = given.options(*_DURATIONS, "retries")
    found = {_DURATIONS[name]: nanoseconds(name, value) for name, value in options.items() if name != "retries"}
    retries = options.get("retries") or "0"
    if not (retries.isascii() and retries.isdecimal() and len(retries) < 10):
        raise UsageError(f"--retries is no number: {retries}", hint="write --retries=3")
    return {name: value for name, value in {**found, "Retries": int(retries)}.items() if value}


_VALUES = {"ADD": ("chown", "chmod", "checksum"), "COPY": ("chown", "chmod", "from")}
_SWITCHES = {"ADD": ("link", "keep-git-dir", "unpack"), "COPY": ("link", "parents")}

FORMS: Mapping[str, Callable[[Instruction], object]] = {
    "ADD": files,
    "ARG": arguments,
    "CMD": command,
    "COPY": files,
    "ENTRYPOINT": command,
    "ENV": pairs,
    "EXPOSE": exposed,
    "FROM": origin,
    "HEALTHCHECK": health,
    "LABEL": pairs,
    "MAINTAINER": one,
    "ONBUILD": trigger,
    "RUN": run,
    "SHELL": shell,
    "STOPSIGNAL": one,
    "USER": one,
    "VOLUME": volumes,
    "WORKDIR": one,
}
"""The instructions, each with what reads it. Raises UsageError for wrong words and flags."""
