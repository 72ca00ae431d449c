"""What BuildKit warns of in a Dockerfile. `# check=skip=RULE` leaves a rule out; `error=true` makes errors of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from nbdock.dockerfile import forms
from nbdock.dockerfile.expand import Scope
from nbdock.dockerfile.ignore import Ignore
from nbdock.dockerfile.parser import Instruction
from nbdock.errors import UsageError
from nbdock.human import excerpt
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

_RESERVED = ("context", "scratch")
_SECRET = re.compile(
    r"(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)", re.IGNORECASE
)
_PUBLIC = re.compile(r"(?:_|^)(?:public|file|version)(?:_|$)", re.IGNORECASE)
_OPTIONS = ("skip", "experimental", "error")
_FEW = 20
_SHORT = 50
_TRUE, _FALSE = ("1", "t", "true"), ("0", "f", "false")


class BuildWarning(NamedTuple):
    """A warning: BuildKit's name of the rule, what it says, and the line of the instruction."""

    rule: str
    message: str
    line: int

    def __str__(self) -> str:
        """As BuildKit prints it: `LegacyKeyValueFormat: "ENV key=value" should be used … (line 3)`."""
        return f"{self.rule}: {excerpt(self.message)} (line {self.line})"


@dataclass(frozen=True, slots=True)
class Checks:
    """Which rules a Dockerfile wants to be checked by."""

    skipped: frozenset[str] = frozenset()
    is_error: bool = False

    @classmethod
    def read(cls, text: str) -> Checks:
        """What `# check=` says: `skip=RULE,…`, `skip=all`, `error=true`. Raises UsageError."""
        parts = [each.partition("=") for each in text.split(";") if each.strip()]
        found = {name.strip().lower(): value.strip() for name, _, value in parts}
        if wrong := next((name for name in found if name not in _OPTIONS), None):
            raise UsageError(f'invalid check option "{wrong}"', hint="write # check=skip=RULE or # check=error=true")
        error = found.get("error", "false").lower()
        if error not in (*_TRUE, *_FALSE):
            raise UsageError(f'failed to parse check option "error={error}"', hint="write # check=error=true")
        return cls(frozenset(rule.strip() for rule in found.get("skip", "").split(",")), error in _TRUE)

    def kept(self, warnings: Iterable[BuildWarning], instruction: Instruction) -> tuple[BuildWarning, ...]:
        """The warnings in an instruction that are not left out, by the Dockerfile or by a comment above it."""
        skipped = self.skipped | _skipped(instruction.check)
        return () if "all" in skipped else tuple(each for each in warnings if each.rule not in skipped)

    def enforce(self, warnings: Iterable[BuildWarning]) -> None:
        """Raises UsageError if there are warnings, and they are errors."""
        if self.is_error and (rules := sorted({each.rule for each in warnings})):
            message = f"lint violation found for rules: {', '.join(rules)}"
            raise UsageError(message, hint="mend them, or take error=true out of # check=")


def _skipped(check: str) -> frozenset[str]:
    """What a comment above an instruction leaves out. As in BuildKit, one that is malformed is any comment."""
    try:
        return Checks.read(check).skipped
    except UsageError:
        return frozenset()


def casing(instructions: Sequence[Instruction]) -> dict[int, BuildWarning]:
    """The instructions, by line, that are not written in the case of most."""
    written = [(each.source.split(maxsplit=1)[0], each.line) for each in instructions]
    lower = sum(word.islower() for word, _ in written) > sum(word.isupper() for word, _ in written)
    case = "lowercase" if lower else "uppercase"
    message = "Command '{}' should match the case of the command majority ({})"
    return {
        line: BuildWarning("ConsistentInstructionCasing", message.format(word, case), line)
        for word, line in written
        if word != (word.lower() if lower else word.upper())
    }


def origin(given: Instruction, earlier: Iterable[str]) -> Iterator[BuildWarning]:
    """Of a FROM: how its stage is named."""
    found = forms.origin(given)
    name, keyword = found.name.lower(), given.source.split(maxsplit=1)[0]
    if found.name != name:
        yield BuildWarning("StageNameCasing", f"Stage name '{found.name}' should be lowercase", given.line)
    if found.keyword and found.keyword != {"from": "as", "FROM": "AS"}.get(keyword, found.keyword):
        message = f"'{found.keyword}' and '{keyword}' keywords' casing do not match"
        yield BuildWarning("FromAsCasing", message, given.line)
    if name in _RESERVED:
        message = f'Stage name should not use the same name as reserved stage "{name}"'
        yield BuildWarning("ReservedStageName", message, given.line)
    if name and name in earlier:
        message = f'Duplicate stage name "{name}", stage names should be unique'
        yield BuildWarning("DuplicateStageName", message, given.line)


def platform(given: Instruction, platform: str, scope: Scope) -> Iterator[BuildWarning]:
    """Of a FROM: its `--platform`, with the scope in which it became this platform."""
    written, name = forms.origin(given).platform, forms.origin(given).name.lower()
    if [*scope.used, *scope.missing] == ["TARGETPLATFORM"] and platform == scope.get("TARGETPLATFORM"):
        message = f"Setting platform to predefined {written} in FROM is redundant as this is the default behavior"
        yield BuildWarning("RedundantTargetPlatform", message, given.line)
    if written and not scope.used and not scope.missing:
        parsed = Platform.parse(platform)
        if parsed.os not in name and parsed.architecture not in name:
            message = f'FROM --platform flag should not use constant value "{platform}"'
            yield BuildWarning("FromPlatformFlagConstDisallowed", message, given.line)


def base_platform(given: Instruction, base: str, found: Platform, wanted: Platform) -> Iterator[BuildWarning]:
    """Of a FROM: its base, if there is none of the wanted platform."""
    if (found.os, found.architecture) != (wanted.os, wanted.architecture):
        message = f'Base image {base} was pulled with platform "{found}", expected "{wanted}" for current build'
        yield BuildWarning("InvalidBaseImagePlatform", message, given.line)


def default_base(given: Instruction, base: str) -> Iterator[BuildWarning]:
    """Of a FROM: its base where no `--build-arg` is given, if it has variables."""
    if "$" not in forms.origin(given).base:
        return
    try:
        Reference.parse(base)
    except UsageError:
        message = f"Default value for ARG {forms.origin(given).base} results in empty or invalid base image name"
        yield BuildWarning("InvalidDefaultArgInFrom", message, given.line)


def deprecated(given: Instruction) -> Iterator[BuildWarning]:
    """Of any instruction: that it is a MAINTAINER."""
    if given.keyword == "MAINTAINER":
        message = "Maintainer instruction is deprecated in favor of using label"
        yield BuildWarning("MaintainerDeprecated", message, given.line)


def undeclared(scope: Scope, declared: Container[str], line: int) -> Iterator[BuildWarning]:
    """Of a FROM: its variables that are no ARG above the first stage."""
    for name in (each for each in scope.missing if each not in declared):
        meant = f" (did you mean {similar}?)" if (similar := _similar(name, scope)) else ""
        yield BuildWarning("UndefinedArgInFrom", f"FROM argument '{name}' is not declared{meant}", line)


def undefined(scope: Scope, declared: Container[str], line: int) -> Iterator[BuildWarning]:
    """Of an instruction: its variables that nothing above it sets."""
    for name in islice((each for each in scope.missing if each not in declared), _FEW):
        meant = f" (did you mean ${similar}?)" if (similar := _similar(name, scope)) else ""
        yield BuildWarning("UndefinedVar", f"Usage of undefined variable '${name}'{meant}", line)


def habits(given: Instruction) -> Iterator[BuildWarning]:
    """Of any instruction: the old form, secrets, and ports that are no port and protocol in lower case."""
    if given.keyword in ("ENV", "LABEL"):
        yield from _pairs(given)
    if given.keyword == "ARG":
        yield from _secrets(given, (name for name, _ in forms.arguments(given)))
    if given.keyword == "EXPOSE":
        yield from _exposed(given)


def repeated(given: Instruction, line: int) -> BuildWarning:
    """Of an instruction that is in its stage already, in this line."""
    problem = "instructions should not be used in the same stage because only the last one will be used"
    return BuildWarning("MultipleInstructionsDisallowed", f"Multiple {given.keyword} {problem}", line)


def ignored(given: Instruction, sources: Iterable[str], ignore: Ignore) -> Iterator[BuildWarning]:
    """Of a COPY or ADD: its sources in the build context that `.dockerignore` leaves out.

    Nothing is said where the file has exceptions, since only the files themselves tell what is below a folder.
    """
    for source in () if ignore.has_exceptions else sources:
        path = posixpath.normpath(source).lstrip("/")
        if ignore.has_all if path in ("", ".") else ignore.excludes(path):
            verb = given.keyword.capitalize()
            message = f'Attempting to {verb} file "{source}" that is excluded by .dockerignore'
            yield BuildWarning("CopyIgnoredFile", message, given.line)


def relative(path: str, line: int) -> BuildWarning:
    """Of the first WORKDIR of a stage."""
    message = f'Relative workdir "{path}" can have unexpected results if the base image changes'
    return BuildWarning("WorkdirRelativePath", message, line)


def shell_form(given: Instruction) -> Iterator[BuildWarning]:
    """Of a CMD or ENTRYPOINT in a stage that has no SHELL."""
    if not forms.command(given).is_json:
        problem = "to prevent unintended behavior related to OS signals"
        message = f"JSON arguments recommended for {given.keyword} {problem}"
        yield BuildWarning("JSONArgsRecommended", message, given.line)


def concealed(text: str, arguments: Mapping[str, str]) -> str:
    """A text without the values of arguments whose names say that they are secret."""
    for name, value in arguments.items():
        if value and _is_secret(name):
            text = text.replace(value, f"${name}")
    return text


def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and not _PUBLIC.search(name)


def _pairs(given: Instruction) -> Iterator[BuildWarning]:
    found = forms.pairs(given)
    if not all(pair.has_equals for pair in found):
        keyword = given.keyword
        message = f'"{keyword} key=value" should be used instead of legacy "{keyword} key value" format'
        yield BuildWarning("LegacyKeyValueFormat", message, given.line)
    if given.keyword == "ENV":
        yield from _secrets(given, (pair.name for pair in found))


def _secrets(given: Instruction, names: Iterable[str]) -> Iterator[BuildWarning]:
    for name in names:
        if _is_secret(name):
            message = f'Do not use ARG or ENV instructions for sensitive data ({given.keyword} "{name}")'
            yield BuildWarning("SecretsUsedInArgOrEnv", message, given.line)


def _exposed(given: Instruction) -> Iterator[BuildWarning]:
    for port in forms.exposed(given):
        protocol = port.partition("/")[2]
        if protocol != protocol.lower():
            message = f"Defined protocol '{port}' in EXPOSE instruction should be lowercase"
            yield BuildWarning("ExposeProtoCasing", message, given.line)
        if ":" in port and "$" not in port:
            message = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
            yield BuildWarning("ExposeInvalidFormat", message, given.line)


def _similar(name: str, known: Iterable[str]) -> str:
    """The known name that is most like it, among the first few, since likeness costs."""
    few = [each for each in islice(known, _FEW) if len(each) < _SHORT]
    return next(iter(get_close_matches(name, few, 1)), "") if len(name) < _SHORT else ""
