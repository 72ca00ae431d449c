"""Commands that look at the images of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base

if TYPE_CHECKING:
    import os

    from pandas import DataFrame

    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference


class Looking(Base):
    """Nothing here changes the store or asks a registry."""

    @overload
    def ls(
        self,
        repository: str | os.PathLike[str] | Reference | None = ...,
        *,
        all: bool = ...,
        digests: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: Literal["", "table"] = ...,
        no_trunc: bool = ...,
        quiet: Literal[False] = ...,
    ) -> DataFrame: ...
    @overload
    def ls(
        self,
        repository: str | os.PathLike[str] | Reference | None = ...,
        *,
        all: bool = ...,
        digests: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: str = ...,
        no_trunc: bool = ...,
        quiet: Literal[True] = ...,
    ) -> str: ...
    @overload
    def ls(
        self,
        repository: str | os.PathLike[str] | Reference | None = ...,
        *,
        all: bool = ...,
        digests: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: str = ...,
        no_trunc: bool = ...,
        quiet: bool = ...,
    ) -> DataFrame | str: ...
    def ls(
        self,
        repository: str | os.PathLike[str] | Reference | None = None,
        *,
        all: bool = False,
        digests: bool = False,
        filter: str | Sequence[str] | Mapping[str, object] = (),
        format: str = "",
        no_trunc: bool = False,
        quiet: bool = False,
    ) -> Any:
        """List images.

        Parameters
        ----------
        repository
            Only images of this name. Without a tag it matches every tag; it may be a pattern with `*` (which does not
            match a `/`), `?` and `[a-z]`. Or the place whose images are listed: `docker-archive:FILE`,
            `oci-archive:FILE`, `oci:FOLDER`, `docker-daemon:`, `podman:`.
        all
            List artifacts too: signatures, charts and the like. Images without a name are always listed.
        digests
            Show the column `digest`.
        filter
            docker's text (`"dangling=true"`), several of it, or a mapping with values:
            `{"dangling": True, "label": "key=value", "until": datetime(2024, 1, 1)}`. Keys are before, dangling, label,
            label!, reference, since and until.
        format
            "json" or a Go template such as `"{{.ID}}"`: the result is text, a line for each row.
        no_trunc
            Show ids and long text in full. The data are never cut.
        quiet
            Return the short image ids as text, one a line.

        Returns
        -------
        DataFrame or str
            One row for each name, newest image first: `repository`, `tag`, `image_id`, `created` and `pulled_at` (UTC),
            `size_bytes` (unpacked), `compressed_bytes`, `platform`, `reference` and more.

        Raises
        ------
        UsageError
            A filter, pattern or template is wrong.
        ImageNotFound
            The image of a `before` or `since` filter does not exist.

        Examples
        --------
        >>> images = nbdock.ls("httpd")
        >>> images.tag.tolist()
        ['2.4', 'latest']
        """
        return self._result(
            commands.ls,
            repository,
            all=all,
            digests=digests,
            filter=filter,
            format=format,
            no_trunc=no_trunc,
            quiet=quiet,
        )

    images = ls

    @overload
    def inspect(  # type: ignore[overload-overlap]
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: Literal[""] = ...,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def inspect(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> str: ...
    def inspect(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = "",
        local: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> Any:
        """Show detailed information on one or more images.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them; every image if omitted.
        format
            "json" for docker's inspect document, or a Go template such as `"{{.Config.Env}}"`: the result is text.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame or str
            One row for each image: its names, digests, sizes in bytes, `created` (UTC), `env`, `cmd`, `labels` and the
            rest of its config. A single row is shown as a card.

        Raises
        ------
        ImageNotFound
            There is no such image. The images that were found are shown before.
        PlatformNotFound
            An image is for another platform.

        Examples
        --------
        >>> nbdock.inspect("httpd").working_dir[0]
        '/usr/local/apache2'
        >>> nbdock.inspect("httpd", format="{{.Config.Cmd}}")
        '[httpd-foreground]'
        """
        return self._result(commands.inspect, *images, format=format, platform=platform, local=local, remote=remote)

    @overload
    def history(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: Literal["", "table"] = ...,
        human: bool = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        quiet: Literal[False] = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def history(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = ...,
        human: bool = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        quiet: Literal[True] = ...,
        remote: bool = ...,
    ) -> str: ...
    @overload
    def history(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = ...,
        human: bool = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        quiet: bool = ...,
        remote: bool = ...,
    ) -> DataFrame | str: ...
    def history(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = "",
        human: bool = True,
        local: bool = False,
        no_trunc: bool = False,
        platform: str | Platform | None = None,
        quiet: bool = False,
        remote: bool = False,
    ) -> Any:
        """Show the history of one or more images: the instructions that made them.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them; every image if omitted.
        format
            "json" or a Go template: the result is text, a line for each row.
        human
            Show sizes as `72.9MB` and times as `2 weeks ago`; otherwise as bytes and dates.
        no_trunc
            Show ids and instructions in full. The data are never cut.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.
        quiet
            Return image ids as text, one a line.

        Returns
        -------
        DataFrame or str
            One row for each instruction, newest first: `created` (UTC), `created_by`, `size_bytes` (unpacked; 0 where
            no layer was made), `empty_layer`, `layer` (digest), `diff_id`, `step` (0 is the oldest), `image_id` and
            more.

        Raises
        ------
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> history = nbdock.history("httpd")
        >>> int((~history.empty_layer).sum())  # instructions that made a layer
        6
        """
        return self._result(
            commands.history,
            *images,
            format=format,
            human=human,
            no_trunc=no_trunc,
            platform=platform,
            local=local,
            remote=remote,
            quiet=quiet,
        )

    def layers(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        local: bool = False,
        no_trunc: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> DataFrame:
        """Show the layers of images.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them; every image if omitted.
        no_trunc
            Show digests in full. The data are never cut.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame
            One row for each layer of each image, lowest first: `layer` (digest), `diff_id`, `compressed_bytes`,
            `size_bytes` and `tar_bytes` (unpacked), `entries`, `position` (0 is the lowest), `image_id`, `reference`.

        Raises
        ------
        ImageNotFound, PlatformNotFound

        Examples
        --------
        >>> len(nbdock.layers("httpd"))
        6
        """
        return self._frame(commands.layers, *images, no_trunc=no_trunc, platform=platform, local=local, remote=remote)
