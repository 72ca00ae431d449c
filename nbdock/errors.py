"""The exceptions that nbdock raises.

    NbdockError
    ├── UsageError            a wrong argument: unknown command, flag, filter, type
    │   ├── InvalidReference  (ValueError)
    │   ├── InvalidDigest     (ValueError)
    │   ├── InvalidPlatform   (ValueError)
    │   └── DockerfileError   .line
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
    │   ├── InvalidContent    does not conform to its media type
    │   │   └── NotAnImage    is an artifact
    │   └── StoreDamaged      .problems
    ├── Wasteful              an image wastes more than was allowed
    ├── StoreError            the disk is full, read-only or owned by someone else
    ├── Cancelled             on request; downloaded data is kept
    └── RegistryError         .host .retry_after
        ├── Unreachable
        ├── Unauthorized
        ├── Denied
        ├── RateLimited
        └── BadResponse       .status
    Interrupted               (KeyboardInterrupt) the stop button, or Ctrl-C

A message is one sentence, docker's own if docker has one; `hint` says what to do next. No message, hint or repr
contains a password, a token or a signed query string.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_LONGEST = 4000


class _OneLine(BaseException):
    """An exception that a notebook shows as one line and a hint. `%image --debug` and Python show the traceback."""

    exit_code = 1
    """The exit code of a command in a terminal."""

    remedy = ""
    """The default hint."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(_harmless(message))
        self.hint = _harmless(hint) or self.remedy

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: one line instead of a traceback; the cell still fails."""
        line = f"\x1b[31m{type(self).__name__}\x1b[0m: {self}"
        return [f"{line}\n  {self.hint}" if self.hint else line]


def _harmless(text: str) -> str:
    """Escape control characters except line ends, and cut very long text: a message may quote a registry."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    if cut.isprintable():
        return cut
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in cut)


class NbdockError(_OneLine, Exception):
    """The base class. `str(error)` says what failed, `error.hint` what to do about it (may be "")."""


class Interrupted(_OneLine, KeyboardInterrupt):
    """The stop button or Ctrl-C ended a command. As a KeyboardInterrupt it passes `except Exception`."""

    exit_code = 130


class Cancelled(NbdockError):
    """A task was cancelled; downloaded data is kept."""


class UsageError(NbdockError):
    """A wrong argument, flag, filter or type."""


class InvalidReference(UsageError, ValueError):
    """Not an image name by the grammar of distribution/reference."""


class InvalidDigest(UsageError, ValueError):
    """Not a digest by the OCI image spec, or of an unregistered algorithm."""


class InvalidPlatform(UsageError, ValueError):
    """Not `os[/arch[/variant]]`."""


class DockerfileError(UsageError):
    """A mistake in a Dockerfile, in the instruction that begins in this `line`."""

    def __init__(self, message: str, *, line: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.line = line


class NotFound(NbdockError, LookupError):
    """The object does not exist."""


class ImageNotFound(NotFound):
    """The image does not exist in the store or at the registry."""


class ContainerNotFound(NotFound):
    """The container does not exist."""


class BlobNotFound(NotFound):
    """The content with this digest does not exist."""


class PlatformNotFound(NotFound):
    """The image does not exist for the platform; `available` are its platforms, as text."""

    def __init__(self, message: str, *, available: Iterable[str] = (), hint: str = "") -> None:
        self.available = tuple(available)
        if not hint and self.available:
            hint = "available platforms: " + ", ".join(self.available)
        super().__init__(message, hint=hint)


class Refused(NbdockError):
    """A request that is valid but would do harm, or is not supported."""


class ImageInUse(Refused):
    """A container or another name uses the image."""


class AmbiguousId(Refused):
    """Several ids begin with the prefix."""


class StoreLocked(Refused, TimeoutError):
    """Another process holds the store's lock."""


class IntegrityError(NbdockError):
    """Content that does not match its digest, size or media type. It is not stored."""

    remedy = "pull the image again; if that fails too, it is damaged at its source"


class DigestMismatch(IntegrityError):
    """Content that does not match its digest."""

    def __init__(self, message: str, *, expected: str, actual: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.expected, self.actual = expected, actual


class SizeMismatch(IntegrityError):
    """Content that does not match its size."""

    def __init__(self, message: str, *, expected: int, actual: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.expected, self.actual = expected, actual


class InvalidContent(IntegrityError):
    """A manifest, config or layer that does not conform to its media type."""


class NotAnImage(InvalidContent):
    """An artifact of this `kind` where an image was expected."""

    def __init__(self, message: str, *, kind: str = "", hint: str = "") -> None:
        self.kind = kind
        super().__init__(message, hint=hint)


class StoreDamaged(IntegrityError):
    """The local store is damaged; `problems` names each problem."""

    def __init__(self, message: str, *, problems: Iterable[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class Wasteful(NbdockError):
    """An image wastes more than was allowed."""


class LintFailed(NbdockError):
    """`lint` found what it was told to fail on."""


class StoreError(NbdockError):
    """The disk of the store is full, read-only or owned by someone else."""


class RegistryError(NbdockError):
    """A request to a registry or an engine failed; `retry_after` is in seconds, None if the registry does not say."""

    def __init__(self, message: str, *, host: str, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.host, self.retry_after = host, retry_after


class Unreachable(RegistryError):
    """The connection failed: DNS, the network or TLS."""


class Unauthorized(RegistryError):
    """Credentials are missing or wrong."""

    remedy = "log in again, or ask the registry's operator"


class Denied(RegistryError):
    """The credentials do not allow this, or the repository does not exist."""


class RateLimited(RegistryError):
    """Too many requests."""


class BadResponse(RegistryError):
    """A response that the distribution protocol, or an engine's API, does not allow."""

    remedy = "check that the address is that of a registry; if it is, ask its operator"

    def __init__(
        self, message: str, *, host: str, status: int = 0, hint: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, host=host, hint=hint, retry_after=retry_after)
        self.status = status


def all_of(errors: Sequence[NbdockError]) -> NbdockError:
    """Combine several errors into one: each message and each hint once, a line each.

    Errors of one type make one of this type, whose other attributes are the first's.
    """
    if len(errors) == 1:
        return errors[0]
    messages, hints = (dict.fromkeys(texts) for texts in (map(str, errors), (error.hint for error in errors)))
    combined = NbdockError("\n".join(messages), hint="\n  ".join(hints))
    kinds = {type(error) for error in errors}
    if len(kinds) > 1:
        return combined
    alike = kinds.pop().__new__(type(errors[0]), *combined.args)
    alike.__dict__.update(errors[0].__dict__, hint=combined.hint)
    return alike
