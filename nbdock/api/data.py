"""Commands that ask about all local images at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from nbdock.oci.digest import Digest
    from nbdock.oci.reference import Reference


class Data(Base):
    """The images of the store as tables, and how they belong together."""

    @overload
    def sql(  # type: ignore[overload-overlap]
        self, query: str, *, format: Literal["", "table"] = ..., variables: Mapping[str, Any] | None = ...
    ) -> DataFrame: ...
    @overload
    def sql(self, query: str, *, format: str, variables: Mapping[str, Any] | None = ...) -> str: ...
    def sql(self, query: str, *, format: str = "", variables: Mapping[str, Any] | None = None) -> Any:
        """Ask a question about the local images in SQL.

        The tables are images, image_layers, layers, history, files and packages, as docs/tables.md describes them. They
        can only be read, and nothing else can be: no file, no network. Needs DuckDB: `pip install duckdb`.

        Parameters
        ----------
        query
            Text in DuckDB's SQL.
        format
            "json" or a Go template of the columns: the result is text, a line for each row.
        variables
            The value of each `$name` in the text. In a notebook, `%image sql` takes the notebook's own variables.

        Returns
        -------
        DataFrame or str
            The rows of the last statement.

        Raises
        ------
        UsageError

        Examples
        --------
        >>> nbdock.sql("SELECT DISTINCT tag FROM images ORDER BY tag LIMIT $n", variables={"n": 2}).tag.tolist()
        ['1.0', '2.4']
        """
        return self._result(commands.sql, query, format=format, variables=variables)

    def export_tables(self, folder: str | os.PathLike[str]) -> DataFrame:
        """Write the tables of all local images as Parquet files, which need no nbdock.

        A file that would not change is not touched; files of layers that are no longer in the store are deleted.

        Parameters
        ----------
        folder
            Where to write: the folder has one folder for each table, as docs/tables.md describes them.

        Returns
        -------
        DataFrame
            One row for each table: `table_name`, `rows`, `files`, `disk_bytes`, `target`.

        Raises
        ------
        UsageError
            If the folder cannot be written.

        Examples
        --------
        >>> nbdock.export_tables("tables").table_name.tolist()
        ['images', 'image_layers', 'layers', 'history', 'files', 'packages']
        """
        return self._frame(commands.export_tables, folder)

    @overload
    def base(  # type: ignore[overload-overlap]
        self, image: str | Reference | Digest, *, format: Literal["", "table"] = ..., remote: bool = ...
    ) -> DataFrame: ...
    @overload
    def base(self, image: str | Reference | Digest, *, format: str, remote: bool = ...) -> str: ...
    def base(self, image: str | Reference | Digest, *, format: str = "", remote: bool = False) -> Any:
        """Show on which local images an image was built.

        A base is an image whose layers are the lowest ones of this one. If its tag was given to a newer image since,
        the row has that one too.

        Parameters
        ----------
        image
            A name or an id.
        format
            "json" or a Go template of the columns: the result is text, a line for each row.
        remote
            Ask the bases' registries for newer images, and for the base that the builder named. Nothing is pulled.

        Returns
        -------
        DataFrame or str
            One row for each base, the nearest first: `reference`, `image_id`, `created` (UTC), `layers`, `size_bytes`;
            `newer_reference`, `newer_layers` (those that this image has not) and `newer_days`.

        Raises
        ------
        ImageNotFound, AmbiguousId, UsageError
        RegistryError
            With `remote`, if a registry cannot be asked.

        Examples
        --------
        >>> len(nbdock.base("httpd"))
        0
        """
        return self._result(commands.base, image, format=format, remote=remote)

    @overload
    def shared(  # type: ignore[overload-overlap]
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame | Series[Any],
        format: Literal["", "table"] = ...,
        free: str | int | None = ...,
    ) -> DataFrame: ...
    @overload
    def shared(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame | Series[Any],
        format: str,
        free: str | int | None = ...,
    ) -> str: ...
    def shared(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame | Series[Any],
        format: str = "",
        free: str | int | None = None,
    ) -> Any:
        """Show what images share on disk, and what removing them really frees.

        Parameters
        ----------
        *images
            Names or ids; a list, a Series or a frame of them. All images if omitted.
        format
            "json" or a Go template of the columns: the result is text, a line for each row.
        free
            Bytes to free, such as "2GB": the rows are the fewest images to remove, which `rm` takes. They are exact
            up to twenty images, and a good guess beyond.

        Returns
        -------
        DataFrame or str
            One row for each pair of images: `reference`, `other_reference`, `common_layers`, `common_bytes` (on disk)
            and `reclaimed_bytes`, which removing both frees; the row of an image and itself is about it alone. With
            `free` one row for each name to remove.

        Raises
        ------
        ImageNotFound, AmbiguousId, UsageError

        Examples
        --------
        >>> both = nbdock.shared("httpd:latest", "mine:1.0")
        >>> bool(both.common_bytes[0] == both.reclaimed_bytes[0])  # one image of two names
        True
        >>> bool(nbdock.shared(free="50kB").reclaimed_bytes.sum() >= 50_000)
        True
        """
        return self._result(commands.shared, *images, format=format, free=free)
