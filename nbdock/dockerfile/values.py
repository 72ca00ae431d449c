"""Ports, durations and signals, as instructions have them and as the history of an image tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from nbdock.errors import UsageError

_PORT = re.compile(r"(?:[^/]*:)?([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp)?)?", re.IGNORECASE | re.ASCII)
_LAST_PORT = 65535
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
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {"\v": "\\v"}


def ports(text: str) -> list[str]:
    """The ports of `80`, `53/udp` or `8000-8010`, each with its protocol. Raises UsageError."""
    match = _PORT.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if match is None or not first <= last <= _LAST_PORT:
        raise UsageError(f"Invalid containerPort: {text}", hint="ports read 80, 53/udp or 8000-8010")
    return [f"{port}/{(match[3] or 'tcp').lower()}" for port in range(first, last + 1)]


def nanoseconds(name: str, text: str) -> int:
    """A duration in nanoseconds. Raises UsageError for one that is none, or less than a millisecond."""
    if not text:
        return 0
    match = _DURATION.fullmatch(text)
    found = int(sum(Decimal(count) * _NANOSECONDS[unit] for count, unit in _PART.findall(text))) if match else -1
    if match is None or found > _LONGEST:
        raise UsageError(f'--{name}: invalid duration "{text}"', hint="durations read 500ms, 30s or 1m30s")
    if 0 < found < _NANOSECONDS["ms"]:
        raise UsageError(f"--{name} cannot be less than 1ms", hint="durations read 500ms, 30s or 1m30s")
    return found


def signal(text: str) -> str:
    """The signal. Raises UsageError for what is none."""
    match = _SIGNAL.fullmatch(text.upper())
    is_number = text.isascii() and text.isdecimal() and len(text) < 3 and 0 < int(text) <= _LAST_SIGNAL
    if not is_number and (match is None or (match[1] and match[1] not in _SIGNALS)):
        raise UsageError(f"Invalid signal: {text}", hint="signals read SIGTERM, TERM or 15")
    return text


def shown(texts: Iterable[str]) -> str:
    """A list as Go prints it: `[80/tcp 443/tcp]`."""
    return f"[{' '.join(texts)}]"


def quoted(texts: Iterable[str]) -> str:
    """A list of strings as Go quotes it: `["httpd" "-D"]`."""
    return shown(f'"{"".join(map(_escaped, text))}"' for text in texts)


def period(count: int) -> str:
    """Nanoseconds as Go prints them, from a millisecond on: `1m30s`, `500ms`, `0s`."""
    if count < _NANOSECONDS["s"]:
        return f"{_decimal(count, _NANOSECONDS['ms'])}ms" if count else "0s"
    minutes, rest = divmod(count, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, _NANOSECONDS['s'])}s"
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}" if minutes else seconds


def _decimal(count: int, unit: int) -> str:
    whole, rest = divmod(count, unit)
    fraction = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def _escaped(character: str) -> str:
    if character in _ESCAPES or character.isprintable():
        return _ESCAPES.get(character, character)
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
