"""COPY and ADD: where files come from and go to, and what BuildKit's history says of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from nbdock.dockerfile.forms import Files
from nbdock.dockerfile.parser import Instruction
from nbdock.dockerfile.steps import Copy
from nbdock.errors import UsageError

_CLAUSE = r"[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+"
_MODE = re.compile(rf"[0-7]{{1,4}}|0[0-7]{{4}}|{_CLAUSE}(?:,{_CLAUSE})*")
_WITH_PASSWORD = re.compile(r"https?://[^/?#]*@")
_GIT = re.compile(r"(?:git|ssh)://.|[\w.-]+@[\w.-]+:.|https?://[^?#]+\.git(?:[?#].*)?\Z", re.DOTALL)


def is_git(source: str) -> bool:
    """Whether a source of ADD is a repository of git."""
    return bool(_GIT.match(source))


def is_url(source: str) -> bool:
    """Whether a source of ADD is fetched by HTTP."""
    return source.startswith(("http://", "https://")) and not is_git(source)


def absolute(target: str, folder: str) -> str:
    """The target of a COPY in the working folder. It keeps a slash at its end, and `/.`."""
    if target.startswith("/"):
        return target
    if target in ("", "."):
        target = "./"
    end = "/" if target.endswith("/") else "/." if target.endswith("/.") else ""
    return posixpath.normpath(posixpath.join("/", folder, target)).rstrip("/") + end or "/"


def copy(given: Instruction, files: Files) -> Copy:
    """The COPY or ADD of these files, whose variables are replaced. Raises UsageError."""
    flags = files.options
    _check(given.keyword, files.sources, flags)
    return Copy(
        files.sources,
        files.target,
        files.inline,
        flags.get("from", ""),
        flags["chown"],
        flags["chmod"],
        flags.get("link") == "true",
        flags.get("parents") == "true",
        files.exclude,
        given.keyword == "ADD" and flags.get("unpack") != "false",
        flags.get("unpack") == "true",
        flags["checksum"],
        flags.get("keep-git-dir") == "true",
        given.line,
    )


def history(keyword: str, made: Copy, target: str) -> str:
    """What history says of it; `target` is as it is written."""
    flags = ["--parents"] * made.parents
    flags += [f"--chown={made.chown}"] * bool(made.chown) + [f"--chmod={made.chmod}"] * bool(made.chmod)
    inline = [f"<<{heredoc.name}" for heredoc in made.inline]
    return " ".join([keyword, *flags, *made.sources, *inline, target, "# buildkit"])


def _check(keyword: str, sources: tuple[str, ...], flags: Mapping[str, str]) -> None:
    if flags["chmod"] and not _MODE.fullmatch(flags["chmod"]):
        problem = f"invalid chmod parameter: '{flags['chmod']}'. it should be octal string and between 0 and 07777"
        raise UsageError(problem, hint="write --chmod=755 or --chmod=u=rwX,go=rX")
    if any(map(_WITH_PASSWORD.match, sources)):
        raise UsageError("a URL with a password would be kept in the image's history", hint="COPY the file instead")
    if keyword == "COPY":
        for source in sources:
            if is_url(source) or is_git(source):
                kind = "URL" if is_url(source) else "git ref"
                raise UsageError(f"source can't be a {kind} for COPY", hint="ADD fetches it")
    if flags["checksum"]:
        if len(sources) != 1:
            raise UsageError("checksum can't be specified for multiple sources", hint="write an ADD for each")
        if not is_url(sources[0]) and not is_git(sources[0]):
            raise UsageError("checksum requires HTTP(S) or Git sources", hint="take --checksum out")
