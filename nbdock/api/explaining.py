"""Commands that explain an image's size, and compare images."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference


class Explaining(Base):
    """Reads the tables of layers, which are made at the first question if a pull did not make them."""

    @overload
    def why(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        depth: int = ...,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def why(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        depth: int = ...,
        format: str,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame | str: ...
    def why(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        depth: int = 2,
        format: str = "",
        local: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> Any:
        """Show why images are so large: how much each instruction wrote into each folder.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them.
        depth
            What is further down counts for the folder at this depth.
        format
            "json" or a Go template such as `"{{.folder}}"`: the result is text, a line for each row.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame or str
            One row for each instruction and folder, the largest first: `folder`, `size_bytes`, `wasted_bytes` (written
            in vain), `instruction`, `created_by`, `step`, `layer`, `image_id`, `reference`. The sum of `size_bytes` is
            the size of the image.

        Raises
        ------
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> why = nbdock.why("httpd")
        >>> int(why.size_bytes.sum()) == int(nbdock.inspect("httpd").size_bytes[0])
        True
        """
        return self._result(
            commands.why, *images, depth=depth, format=format, platform=platform, local=local, remote=remote
        )

    @overload
    def waste(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        max_waste: str | int | None = ...,
        min_score: float | None = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
        summary: bool = ...,
    ) -> DataFrame: ...
    @overload
    def waste(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str,
        local: bool = ...,
        max_waste: str | int | None = ...,
        min_score: float | None = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
        summary: bool = ...,
    ) -> DataFrame | str: ...
    def waste(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = "",
        local: bool = False,
        max_waste: str | int | None = None,
        min_score: float | None = None,
        platform: str | Platform | None = None,
        remote: bool = False,
        summary: bool = False,
    ) -> Any:
        """Show what images carry in vain: each path that was written and does not count in the end.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them.
        format
            "json" or a Go template such as `"{{.path}}"`: the result is text, a line for each row.
        max_waste
            Fail if an image wastes more than this: bytes, or text such as "20MB".
        min_score
            Fail if the score of an image is less than this, 0 to 1.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.
        summary
            Return one row for each image: its score, and what dive says of it.

        Returns
        -------
        DataFrame or str
            One row for each path, the largest first: `path`, `wasted_bytes`, `how` (overwritten, deleted, hidden,
            metadata changed, same again), the step that wrote it (`instruction`, `created_by`, `step`, `layer`), the
            one that ended it (`ended_by`, `ended_step`, `ended_layer`) and the `remedy`.

        Raises
        ------
        Wasteful
            An image does not meet `max_waste` or `min_score`. The frame is shown before.
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> bool(nbdock.waste("httpd", min_score=0.9).wasted_bytes.sum() < 1_000_000)
        True
        >>> nbdock.waste("httpd", summary=True).columns.tolist()[:5]
        ['reference', 'size_bytes', 'wasted_bytes', 'score', 'dive_score']
        """
        return self._result(
            commands.waste,
            *images,
            format=format,
            max_waste=max_waste,
            min_score=min_score,
            platform=platform,
            local=local,
            remote=remote,
            summary=summary,
        )

    @overload
    def lint(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        fail_on: str = ...,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def lint(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        fail_on: str = ...,
        format: str,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame | str: ...
    def lint(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        fail_on: str = "",
        format: str = "",
        local: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> Any:
        """Show what to change in the Dockerfile of images, and the bytes that each change saves.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them.
        fail_on
            Fail if one of these rules finds something: "secret, root", "any". The beginning of a name will do.
        format
            "json" or a Go template such as `"{{.rule}}"`: the result is text, a line for each row.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame or str
            One row for each finding, the largest saving first: `rule`, `saved_bytes`, `path` (the largest of
            `file_count`), `remedy`, and the `instruction`, `at_step` and `layer` to change. Secrets are found in
            deleted files too, and never shown.

        Raises
        ------
        LintFailed
            A rule of `fail_on` found something. The frame is shown before.
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> "root" in nbdock.lint("httpd").rule.tolist()
        True
        """
        return self._result(
            commands.lint, *images, fail_on=fail_on, format=format, platform=platform, local=local, remote=remote
        )

    @overload
    def diff(
        self,
        before: str | Reference | Digest,
        after: str | Reference | Digest,
        *,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
        show: str = ...,
    ) -> DataFrame: ...
    @overload
    def diff(
        self,
        before: str | Reference | Digest,
        after: str | Reference | Digest,
        *,
        format: str,
        local: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
        show: str = ...,
    ) -> DataFrame | str: ...
    def diff(
        self,
        before: str | Reference | Digest,
        after: str | Reference | Digest,
        *,
        format: str = "",
        local: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
        show: str = "",
    ) -> Any:
        """Show what differs between two images.

        Parameters
        ----------
        before, after
            Names, ids or digests.
        format
            "json" or a Go template such as `"{{.compared}}"`: the result is text, a line for each row.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.
        show
            List what differs: "files", "packages", "env", "labels", "config" or "layers".

        Returns
        -------
        DataFrame or str
            One row for each kind of content: `compared`, and how many were `added`, `removed` and `changed`, with
            `before_bytes` and `after_bytes`. Or one row for each file, package, variable, label, field or layer.
            A package's version went up or down, by the rules of its ecosystem.

        Raises
        ------
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> int(nbdock.diff("httpd", "mine:1.0")[["added", "removed", "changed"]].sum().sum())
        0
        >>> nbdock.diff("httpd", "httpd:2.4", show="files").columns.tolist()[:3]
        ['change', 'path', 'differs']
        """
        return self._result(
            commands.diff, before, after, format=format, platform=platform, local=local, remote=remote, show=show
        )
