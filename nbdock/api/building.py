"""Commands that build images: from a Dockerfile, or from files and settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbdock import commands
from nbdock.api.running import Base
from nbdock.commands import building
from nbdock.errors import UsageError
from nbdock.grammar.values import texts
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.oci.reference import Reference


class Building(Base):
    """Images that are made here."""

    def build(
        self,
        context: str | os.PathLike[str] | None = None,
        *,
        dockerfile: str | None = None,
        file: str | os.PathLike[str] | None = None,
        tags: str | Sequence[str] = (),
        build_args: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        target: str = "",
        platforms: str | Sequence[str] = (),
        pull: bool = False,
        push: bool = False,
        outputs: str | Sequence[str] = (),
        private_network: bool = False,
        dry_run: bool = False,
    ) -> DataFrame:
        """Build an image from a Dockerfile, as BuildKit does it, without RUN.

        The same files make the same image, on any machine: files of the build context belong to root, and all that is
        made is dated SOURCE_DATE_EPOCH, or 1970-01-01 without it. What is promised are diff ids and the image id. A
        layer that is in the store already is used again.

        Parameters
        ----------
        context
            The folder whose files COPY and ADD copy, without those that its `.dockerignore` names.
        dockerfile
            The text of the Dockerfile.
        file
            The path of the Dockerfile; `Dockerfile` in the context if neither is given.
        tags
            The names of the image; without one it is dangling.
        build_args
            Values of ARGs.
        labels
            Labels of the image.
        target
            The stage to build, by name or number; the last by default.
        platforms
            The platform to build for, this machine's by default; several make an index.
        pull
            Pull the bases even if they are in the store.
        push
            Push the image, under each of its names.
        outputs
            `type=oci,dest=app.tar` and the like; then nothing is stored. The types are oci, docker, tar and local.
        private_network
            Let ADD fetch from private addresses.
        dry_run
            Return what each instruction would do, and build nothing.

        Returns
        -------
        DataFrame
            One row for each instruction: `line`, `stage`, `instruction`, `text`, `size_bytes` of its layer (NA if it
            made none), `cached` (whether the layer was here already), `seconds`, `diff_id`, `layer` and others.

        Raises
        ------
        UsageError
            The Dockerfile is wrong; the message has its line.
        NotFound
            A source of COPY, or a base.
        Refused
            RUN, names that lead out of the context, files that cannot be read.
        IntegrityError, RegistryError, StoreError, Interrupted

        Examples
        --------
        >>> built = nbdock.build(dockerfile="FROM httpd:2.4\\nLABEL team=web", tags="web:1.0")
        >>> built[["line", "instruction", "text"]].values.tolist()
        [[1, 'FROM', 'FROM httpd:2.4'], [2, 'LABEL', 'LABEL team=web']]
        """
        made: DataFrame = self._result(
            commands.build,
            context,
            allow=("private-network",) if private_network else (),
            build_arg=build_args or (),
            dockerfile=dockerfile,
            dry_run=dry_run,
            file=file,
            label=labels or (),
            output=outputs,
            platform=platforms,
            pull=pull,
            push=push,
            tag=tags,
            target=target,
        )
        return made

    def append(
        self,
        base: str | Reference,
        files: Mapping[str, bytes | str | os.PathLike[str]] | DataFrame | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        tags: str | Sequence[str] = (),
        platform: str | Platform | None = None,
    ) -> DataFrame:
        """Make an image of another with more files in it, and other settings. It needs no Dockerfile.

        Parameters
        ----------
        base
            The image to begin with, pulled if it is not in the store; `scratch` for an empty one.
        files
            Contents by their paths in the image: bytes, text, or a Path, whose file or folder is copied. Or a frame
            with the columns `path` and `content`. All of them make one layer.
        config
            Fields of the config: Cmd, Entrypoint, Env, ExposedPorts, Labels, Shell, StopSignal, User, Volumes and
            WorkingDir. Env, Labels, ExposedPorts and Volumes are added to those of the base.
        tags
            The names of the image; without one it is dangling.
        platform
            The platform of the base; this machine's by default.

        Returns
        -------
        DataFrame
            As `build` returns it.

        Raises
        ------
        UsageError, ImageNotFound, Refused, IntegrityError, RegistryError, StoreError, Interrupted

        Examples
        --------
        >>> made = nbdock.append("httpd:2.4", {"/etc/motd": b"hi"}, config={"Env": {"TEAM": "web"}}, tags="web:2.0")
        >>> made.text.tolist()
        ['FROM httpd:2.4', 'COPY /etc/motd /', 'ENV TEAM="web"']
        >>> nbdock.cat("web:2.0", "/etc/motd")
        'hi'
        """
        found = {} if files is None else _contents(files)
        of_platform = platform if isinstance(platform, Platform | None) else Platform.parse(str(platform))
        settings = {} if config is None else config
        if not isinstance(settings, Mapping):
            raise UsageError(f"config cannot be {type(config).__name__}", hint="it is a mapping of fields to values")
        table = building.append(self, str(base), found, settings, texts(tags, "tags"), of_platform)
        return table.frame()


def _contents(files: Mapping[str, Any] | DataFrame) -> dict[str, bytes | Path]:
    """The contents by path. Raises UsageError for a frame that has none."""
    pairs: Iterable[tuple[Any, Any]]
    columns = list(getattr(files, "columns", ()))
    if isinstance(files, Mapping):
        pairs = files.items()
    elif columns.count("path") == columns.count("content") == 1:
        pairs = zip(files["path"], files["content"], strict=True)
    elif columns:
        raise UsageError("the frame has no columns path and content", hint="rename its columns")
    else:
        hint = "give a mapping of paths to contents, or a frame with the columns path and content"
        raise UsageError(f"files cannot be {type(files).__name__}", hint=hint)
    found: dict[str, bytes | Path] = {}
    for path, content in pairs:
        name = os.fspath(path) if hasattr(path, "__fspath__") else path
        if not isinstance(name, str) or name in found:
            raise UsageError(f"{path!r} is {'there twice' if name in found else 'no path'}", hint="paths are text")
        found[name] = _content(path, content)
    return found


def _content(path: Any, content: Any) -> bytes | Path:
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    if isinstance(content, str):
        return _encoded(path, content)
    if hasattr(content, "__fspath__"):
        return Path(content)
    hint = "a content is bytes, text or a Path"
    raise UsageError(f"{path} cannot be {type(content).__name__}", hint=hint)


def _encoded(path: Any, content: str) -> bytes:
    try:
        return content.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raise UsageError(f"the content of {path} cannot be UTF-8", hint="give bytes") from None
