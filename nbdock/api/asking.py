"""Commands that ask registries and change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference


class Asking(Base):
    """What registries have, without a pull."""

    @overload
    def tags(
        self,
        repository: str | Reference,
        *,
        all: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        limit: int = ...,
        names: Literal[False] = ...,
    ) -> DataFrame: ...
    @overload
    def tags(
        self,
        repository: str | Reference,
        *,
        all: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        limit: int = ...,
        names: Literal[True],
    ) -> str: ...
    @overload
    def tags(
        self,
        repository: str | Reference,
        *,
        all: bool = ...,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        limit: int = ...,
        names: bool = ...,
    ) -> DataFrame | str: ...
    def tags(
        self,
        repository: str | Reference,
        *,
        all: bool = False,
        filter: str | Sequence[str] | Mapping[str, object] = (),
        limit: int = 0,
        names: bool = False,
    ) -> Any:
        """List the tags of a repository at its registry.

        Parameters
        ----------
        repository
            The name of the repository: `httpd`, `gcr.io/team/app`.
        all
            Show signatures, attestations, SBOMs and other artifacts too.
        filter
            Text (`"name=3.1*"`, `"version=>=3.11,<3.13"`, `"since=30d"`, `"until=2024-01-01"`,
            `"platform=linux/arm64"`), several of it, or a mapping. `since` and `until` are about when a tag was pushed,
            or else when its image was built.
        limit
            Show only so many: those that were pushed last on Docker Hub, elsewhere the highest versions. The others
            are not read.
        names
            Return names only, as text, one a line; without a limit and filters of what is in them, none is read.

        Returns
        -------
        DataFrame or str
            One row for each tag, sorted as versions, newest first: `tag`, `created` and `pushed_at` (UTC; NA where the
            registry does not say), `compressed_bytes`, `size_bytes` (unpacked; NA until the layers were read),
            `platforms`, `same_as` (other tags with the same digest), `platform` (which the sizes are of), `digest`,
            `kind`, `repository`, `reference`. Of a tag that cannot be read, `error` says why.

        Raises
        ------
        ImageNotFound
            There is no such repository.
        RegistryError, UsageError

        Examples
        --------
        >>> nbdock.tags("httpd").tag.tolist()
        ['latest', '2.4', '2.2', '2.0']
        >>> nbdock.tags("httpd", filter="version=>=2.4", names=True)
        '2.4'
        """
        return self._result(commands.tags, repository, all=all, filter=filter, limit=limit, names=names)

    def plan(
        self,
        *images: str | Reference | Iterable[str | Reference] | DataFrame,
        platform: str | Platform | None = None,
    ) -> DataFrame:
        """Show what a pull would download, and pull nothing.

        A line says how many bytes that is, the room on the disk, and what is left of the registry's limit on pulls.

        Parameters
        ----------
        *images
            Names; a list, a Series or a frame of them.
        platform
            The platform of an image for several, as `linux/arm64`; this machine's by default.

        Returns
        -------
        DataFrame
            One row for each layer of each image, lowest first: `layer` (digest), `compressed_bytes`, `state` (here,
            shared with an image before it, or to fetch), `reference`, `position`. Of an image that cannot be read,
            `error` says why.

        Raises
        ------
        ImageNotFound, PlatformNotFound, RegistryError
            No image could be read.

        Examples
        --------
        >>> set(nbdock.plan("httpd").state)
        {'here'}
        """
        return self._frame(commands.plan, *images, platform=platform)

    def outdated(self, *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame) -> DataFrame:
        """Show which local images their registries have newer.

        Only the headers of manifests are read, which registries do not count as pulls.

        Parameters
        ----------
        *images
            Names or ids; a list, a Series or a frame of them; all that were pulled if omitted.

        Returns
        -------
        DataFrame
            One row for each name: `reference`, `state` (current, outdated, gone, or unknown, where `error` says why),
            `here` and `there` (digests), `pulled_at`.

        Raises
        ------
        ImageNotFound
            There is no such image here.

        Examples
        --------
        >>> outdated = nbdock.outdated()
        >>> set(outdated.state)
        {'current'}
        >>> pulled = nbdock.pull(outdated)
        """
        return self._frame(commands.outdated, *images)
