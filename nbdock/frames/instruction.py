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
# Not compiled here: that takes 8 ms, and few commands need them. `re` keeps what it has compiled.
_NAMED = rf"({_WORDS})(?=\s|$)"
_NO_OPERATION = rf"(?i){_SHELL} +#\(nop\) +({_WORDS})(?=\s|$)"
_WRAPPED = rf"(?i)(?:RUN +)?(?:\|\d+ (?:.*? )??)?{_SHELL} +(?:#\(nop\) +)?"
_SHELL_COMMAND = rf"(?i)(?:\|\d+ |{_SHELL} +(?!#\(nop\)))"
_LONGEST = 2000


def instruction(created_by: str) -> str | None:
    """The instruction (`RUN`, `COPY`, …) that an entry records; None if it does not.

    BuildKit and kaniko write the instruction itself (`RUN /bin/sh -c make # buildkit`). docker's classic builder and
    buildah write the shell command of a `RUN`, with its build arguments before it (`|1 A=b /bin/sh -c make`), and other
    instructions as one that does nothing (`/bin/sh -c #(nop)  CMD ["sh"]`). Other tools write what they like.
    """
    text = created_by.strip()
    named = re.match(_NAMED, text) or re.match(_NO_OPERATION, text)
    if named:
        return named[1].upper()
    return "RUN" if re.match(_SHELL_COMMAND, text) else None


def plain(created_by: str, longest: int = _LONGEST) -> str:
    """What an entry records as a Dockerfile would say it, for people: `RUN make`, not `/bin/sh -c make`."""
    text = created_by[:longest].strip().removesuffix("# buildkit").rstrip()
    word, wrapped = instruction(text), re.match(_WRAPPED, text)
    said = text[wrapped.end() :] if wrapped else text
    return f"RUN {said}" if wrapped and word == "RUN" else said
