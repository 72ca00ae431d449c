"""Surveys: many images of registries as a data set, and what to ask it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbdock import commands
from nbdock.api.running import Base
from nbdock.frames import surveys
from nbdock.frames.arrow import from_arrow

if TYPE_CHECKING:
    import pyarrow as pa
    from pandas import DataFrame, Series

    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference
    from nbdock.surveys.reader import Reader


class Surveys(Base):
    """Many images of registries, without pulling them."""

    def survey(
        self,
        *where: str | Reference | Iterable[str | Reference] | DataFrame | Series[Any],
        into: str | os.PathLike[str] = "",
        tags: str | int | Sequence[str | int] = (),
        platforms: str | Platform | Sequence[str | Platform] = (),
        files: bool = False,
        packages: bool = False,
        dry_run: bool = False,
        requests: float | None = None,
        bytes: str | int | None = None,
        client: object = None,
    ) -> DataFrame:
        """Survey many images of registries without pulling them, into a data set that `nbdock.Survey` reads.

        What the data set has already is not read again: a survey that was ended, however, goes on, and a later one adds
        what is new and when it was seen. Several at once do no harm.

        Parameters
        ----------
        *where
            Names with a tag, repositories, patterns (`team/*`, `app:1.*`), `HOST/` for all that a registry lists; a
            frame of `tags()`.
        into
            Where to write: a folder, or an address of fsspec (`s3://bucket/folder`).
        tags
            Which tags of a repository: a pattern (`1.*`), a range of versions (`>=3.11,<3.13`), a number for the newest
            of them. All if omitted.
        platforms
            The platforms to look for; all if omitted.
        files, packages
            Read each layer once, for its files and for its packages. Otherwise only manifests and configs are read.
        dry_run
            Say what it would take. Tags are listed and looked up, and with `files` or `packages` manifests are read.
        requests, bytes
            The most requests and bytes (`20MB`) a second to each registry, of all workers together; 50 requests if
            omitted, and any number of bytes. Nothing bounds a registry on this machine.
        client
            A `distributed.Client`, or the address of its scheduler: its workers do the work, each with the log-ins of
            its own environment. Threads of this process do it if omitted.

        Returns
        -------
        DataFrame
            One row each for repositories, names, images and layers: `found`, `known` (there before), `read`,
            `failed`, and what is `left` for another survey, with its bytes and requests.

        Raises
        ------
        InvalidReference, UsageError

        Examples
        --------
        >>> found = nbdock.survey("httpd", tags=">=2.4", into="survey")
        >>> found.counted.tolist()
        ['repositories', 'names', 'images', 'layers']
        """
        chosen = [tags] if isinstance(tags, str | int) else tags
        wanted = platforms if isinstance(platforms, Sequence) and not isinstance(platforms, str) else [platforms]
        return self._frame(
            commands.survey,
            *where,
            into=os.fspath(into),
            tags=list(map(str, chosen)),
            platforms=list(map(str, wanted)),
            files=files,
            packages=packages,
            dry_run=dry_run,
            requests=requests,
            bytes=bytes,
            client=client,
        )


class Survey:
    """A data set that `survey` wrote. Each table is as it was when it was first asked for.

    Parameters
    ----------
    address
        The folder, or the address of fsspec.

    Examples
    --------
    >>> found = nbdock.survey("httpd", into="survey", files=True)
    >>> survey = nbdock.Survey("survey")
    >>> survey.sql("SELECT DISTINCT tag FROM images ORDER BY tag").tag.tolist()
    ['2.4', 'latest']
    >>> survey.where("/etc/debian_version").fate.unique().tolist()
    ['visible']
    """

    def __init__(self, address: str | os.PathLike[str]) -> None:
        from nbdock.surveys.address import Address

        self._address = Address.of(address)
        self._reader = self._fresh()

    def __repr__(self) -> str:
        return f"Survey({str(self._address)!r})"

    @property
    def images(self) -> DataFrame:
        """A row for each name and image that it ever stood for."""
        return _frame(self._reader.images)

    @property
    def image_layers(self) -> DataFrame:
        """Which image has which layers."""
        return _frame(self._reader.image_layers)

    @property
    def layers(self) -> DataFrame:
        """The layers, each once."""
        return _frame(self._reader.layers)

    @property
    def history(self) -> DataFrame:
        """The steps of each image."""
        return _frame(self._reader.history)

    @property
    def problems(self) -> DataFrame:
        """What could not be read, and why."""
        return _frame(self._reader.problems)

    @property
    def seen(self) -> DataFrame:
        """Which name stood for which image, at each survey."""
        return _frame(self._reader.seen)

    def sql(self, query: str, *, variables: Mapping[str, Any] | None = None) -> DataFrame:
        """Ask in DuckDB's SQL: images, image_layers, layers, history, files, packages, problems, seen, and latest.

        `latest` has the rows of `seen` that are the last of their name. Nothing else can be read. `variables` has the
        value of each `$name` in the text. Raises UsageError.
        """
        from nbdock.dock.dock import Dock

        return _frame(Dock().run(lambda task: self._reader.sql(query, variables or {}, task), quiet=True))

    def where(self, path: str) -> DataFrame:
        """Find a path in the latest images: a path, a folder with all below it (`/etc/`), a pattern (`/usr/**/*.so`).

        A row for each image and entry; `fate` says whether the image shows it.
        """
        from nbdock.surveys import asking

        return surveys.WHERE.frame(asking.where(self._reader, path))

    def packages(self, name: str = "") -> DataFrame:
        """The packages of this name, or that match a pattern, in the layers of the latest images; all if omitted."""
        from nbdock.surveys import asking

        return surveys.PACKAGES.frame(asking.packages(self._reader, name))

    def shared(self) -> DataFrame:
        """The layers of the latest images: how many have each, and the bytes saved by keeping it once."""
        from nbdock.surveys import asking

        return surveys.SHARED.frame(asking.shared(self._reader))

    def outdated_bases(self) -> DataFrame:
        """The latest images that stand on an image whose name stands for a newer one since."""
        from nbdock.surveys import asking

        return surveys.OUTDATED.frame(asking.outdated_bases(self._reader))

    def compact(self) -> None:
        """Make few large files of many small ones, sorted by path, so that `where` is fast. Raises UsageError."""
        from nbdock.surveys.reader import compact

        compact(self._address)
        self._reader = self._fresh()

    def _fresh(self) -> Reader:
        from nbdock.surveys.reader import Reader

        return Reader(self._address)


def _frame(rows: pa.Table) -> DataFrame:
    return from_arrow("rows", rows).frame()
