"""The word of a Dockerfile that an entry of an image's history comes from."""

from __future__ import annotations

import re

_WORDS = (
    "ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME"
    "|WORKDIR"
)
_UNIX = r"/\S*/(?:ash|bash|dash|ksh|sh|zsh)(?: -\S+| pipefail)*? -\w*c"
_WINDOWS = r"(?:\S*\\)?cmd(?:\.exe)? /S /C|(?:\S*\\)?(?:powershell|pwsh)(?:\.exe)?(?: -\S+)*? -Command"
_SHELL = f"(?:{_UNIX}|{_WINDOWS})"
_NAMED = re.compile(rf"({_WORDS})(?=\s|$)")
_NO_OPERATION = re.compile(rf"{_SHELL} +#\(nop\) +({_WORDS})(?=\s|$)", re.IGNORECASE)
_LONGEST = 2000
_WRAPPED = re.compile(rf"(?:RUN +)?(?:\|\d+ .*?)?{_SHELL} +(?:#\(nop\) +)?", re.IGNORECASE)
_SHELL_COMMAND = re.compile(rf"(?:\|\d+ |{_SHELL} +(?!#\(nop\)))", re.IGNORECASE)


def instruction(created_by: str) -> str | None:
    """The instruction (`RUN`, `COPY`, …) that an entry records; None if it does not.

    BuildKit and kaniko write the instruction itself (`RUN /bin/sh -c make # buildkit`). docker's classic builder and
    buildah write the shell command of a `RUN`, with its build arguments before it (`|1 A=b /bin/sh -c make`), and other
    instructions as one that does nothing (`/bin/sh -c #(nop)  CMD ["sh"]`). Other tools write what they like.
    """
    text = created_by.strip()
    named = _NAMED.match(text) or _NO_OPERATION.match(text)
    if named:
        return named[1].upper()
    return "RUN" if _SHELL_COMMAND.match(text) else None


def plain(created_by: str) -> str:
    """What an entry records as a Dockerfile would say it, for people: `RUN make`, not `/bin/sh -c make`."""
    text = created_by[:_LONGEST].strip().removesuffix("# buildkit").rstrip()
    word, wrapped = instruction(text), _WRAPPED.match(text)
    said = text[wrapped.end() :] if wrapped else text
    return f"RUN {said}" if wrapped and word == "RUN" else said
