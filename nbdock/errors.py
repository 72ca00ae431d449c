"""Everything that nbdock refuses or fails at.

    NbdockError
    ├── UsageError            the line that was typed: unknown command, flag, filter
    │   ├── InvalidReference  (ValueError)
    │   ├── InvalidDigest     (ValueError)
    │   └── InvalidPlatform   (ValueError)
    ├── NotFound              (LookupError)
    │   ├── ImageNotFound
    │   ├── ContainerNotFound
    │   ├── BlobNotFound
    │   └── PlatformNotFound  .available
    ├── Refused
    │   ├── ImageInUse
    │   ├── AmbiguousId
    │   └── StoreLocked       (TimeoutError)
    ├── IntegrityError
    │   ├── DigestMismatch    .expected .actual
    │   ├── SizeMismatch      .expected .actual
    │   ├── InvalidContent    bytes that are not what they claim to be
    │   └── StoreDamaged      .problems
    ├── StoreError            the disk said no: full, read-only
    ├── Cancelled             ended on request; what came is kept
    └── RegistryError         .host
        ├── Unreachable
        ├── Unauthorized
        ├── Denied
        ├── RateLimited       .retry_after
        └── BadResponse       .status
    Interrupted               (KeyboardInterrupt) the stop button, or Ctrl-C

A message is one sentence in docker's words where docker has words for it; `hint` is what to try next. No message,
hint or repr ever holds a password, a token or a signed query string.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LONGEST = 4000


class _OneLine(BaseException):
    """Shown in a notebook as one line with its hint; `%image --debug` and Python keep the stack."""

    exit_code = 1
    """What a terminal command ends with."""

    remedy = ""
    """The hint where none is given."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(_harmless(message))
        self.hint = _harmless(hint) or self.remedy

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: one line instead of a stack, while the cell still fails."""
        line = f"\x1b[31m{type(self).__name__}\x1b[0m: {self}"
        return [f"{line}\n  {self.hint}" if self.hint else line]


def _harmless(text: str) -> str:
    """What strangers say may be in it: no control characters but line ends, and no more than anybody reads."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in cut)


class NbdockError(_OneLine, Exception):
    """The root. `str(error)` says what failed and where; `error.hint` says what to do about it (or is "")."""


class Interrupted(_OneLine, KeyboardInterrupt):
    """The stop button or Ctrl-C ended a command. Like KeyboardInterrupt, `except Exception` does not stop it."""

    exit_code = 130


class Cancelled(NbdockError):
    """A task was ended on request; what it had downloaded is kept."""


class UsageError(NbdockError):
    """What was typed cannot be understood."""


class InvalidReference(UsageError, ValueError):
    """Not an image name by the grammar of distribution/reference."""


class InvalidDigest(UsageError, ValueError):
    """Not a digest by the OCI image spec, or of an algorithm that is not registered."""


class InvalidPlatform(UsageError, ValueError):
    """Not `os[/arch[/variant]]`."""


class NotFound(NbdockError, LookupError):
    """A name that nothing answers to."""


class ImageNotFound(NotFound):
    """No image by that name, here or at the registry."""


class ContainerNotFound(NotFound):
    """No container by that name or id."""


class BlobNotFound(NotFound):
    """No content at that digest."""


class PlatformNotFound(NotFound):
    """The image has no such platform; `available` are those it has, as text."""

    def __init__(self, message: str, *, available: Iterable[str] = (), hint: str = "") -> None:
        self.available = tuple(available)
        if not hint and self.available:
            hint = "platforms there are: " + ", ".join(self.available)
        super().__init__(message, hint=hint)


class Refused(NbdockError):
    """Understood and possible, but it would harm."""


class ImageInUse(Refused):
    """A container or another name holds the image."""


class AmbiguousId(Refused):
    """A prefix that several images share."""


class StoreLocked(Refused, TimeoutError):
    """Another process keeps the store busy."""


class IntegrityError(NbdockError):
    """Bytes that are not what their name says. Nothing of them is kept."""

    remedy = "pull the image again; where that fails too, it is damaged where it comes from"


class DigestMismatch(IntegrityError):
    """Content whose hash is not its digest."""

    def __init__(self, message: str, *, expected: str, actual: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.expected, self.actual = expected, actual


class SizeMismatch(IntegrityError):
    """Content that is longer or shorter than its descriptor says."""

    def __init__(self, message: str, *, expected: int, actual: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.expected, self.actual = expected, actual


class InvalidContent(IntegrityError):
    """A manifest, config, layer or archive that cannot be read as what it claims to be."""


class StoreDamaged(IntegrityError):
    """The local store breaks its own rules; `problems` names each."""

    def __init__(self, message: str, *, problems: Iterable[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class StoreError(NbdockError):
    """The store's disk is full, read-only or not ours to write."""


class RegistryError(NbdockError):
    """A registry did not do what was asked."""

    def __init__(self, message: str, *, host: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.host = host


class Unreachable(RegistryError):
    """No connection: name, network, TLS."""


class Unauthorized(RegistryError):
    """Credentials are missing or wrong."""

    remedy = "log in again, or ask who runs the registry"


class Denied(RegistryError):
    """Credentials are known and not enough, or the repository does not exist."""


class RateLimited(RegistryError):
    """Too many requests; `retry_after` in seconds where the registry says."""

    def __init__(self, message: str, *, host: str, retry_after: float | None = None, hint: str = "") -> None:
        super().__init__(message, host=host, hint=hint)
        self.retry_after = retry_after


class BadResponse(RegistryError):
    """An answer that is not the distribution protocol."""

    remedy = "check that the address is a registry's; if it is, ask who runs it"

    def __init__(self, message: str, *, host: str, status: int = 0, hint: str = "") -> None:
        super().__init__(message, host=host, hint=hint)
        self.status = status


def all_of(errors: Sequence[NbdockError]) -> NbdockError:
    """One error for several: a line for each, and every hint once."""
    kinds = {type(error) for error in errors}
    if len(errors) == 1:
        return errors[0]
    kind = kinds.pop() if len(kinds) == 1 else NbdockError
    return kind("\n".join(map(str, errors)), hint="\n  ".join(dict.fromkeys(error.hint for error in errors)))
