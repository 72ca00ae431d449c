"""What an instruction does: to the config, to the history, and what it adds to the file system."""

from __future__ import annotations

from dataclasses import dataclass

from nbdock.dockerfile.checks import BuildWarning
from nbdock.dockerfile.heredocs import Heredoc
from nbdock.dockerfile.parser import Instruction


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """WORKDIR: a folder, with those above it, of this user; nothing if it is there."""

    path: str
    user: str


@dataclass(frozen=True, slots=True)
class Run:
    """RUN: a command, with the shell that runs it."""

    command: str


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY and ADD: files, of the build context or of a `stage`, and those that stand in the Dockerfile.

    The target is absolute; a slash at its end says that it is a folder.
    """

    sources: tuple[str, ...]
    target: str
    inline: tuple[Heredoc, ...]
    stage: str
    chown: str
    chmod: str
    link: bool
    parents: bool
    exclude: tuple[str, ...]
    unpack: bool
    """Whether archives of the build context are unpacked: by ADD, unless it says no."""
    unpack_downloads: bool
    """Whether archives of URLs are."""
    checksum: str
    keep_git_dir: bool
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an instruction. Without effect, only the config changed; `created_by` is "" without a history."""

    instruction: Instruction
    created_by: str
    effect: Copy | MakeFolder | Run | None
    warnings: tuple[BuildWarning, ...]

    @property
    def is_add(self) -> bool:
        """Whether it is an ADD, which fetches and unpacks."""
        return self.instruction.keyword == "ADD"
