"""Commands that look at what is installed in images."""

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


class Installed(Base):
    """What is installed in images."""

    @overload
    def packages(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def packages(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame | str: ...
    def packages(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = "",
        local: bool = False,
        no_trunc: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> Any:
        """Show the packages in images.

        nbdock does not look for vulnerabilities: a scanner such as grype or trivy takes the CycloneDX or SPDX document.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them; every image if omitted.
        format
            "cyclonedx" or "spdx" for the bill of materials of one image, "json" or a Go template such as
            `"{{.name}} {{.version}}"` for a line for each package: the result is text.
        no_trunc
            Show ids and long text in full. The data are never cut.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame or str
            One row for each package, in the order of the layers: `name`, `version`, `ecosystem`, `license`, `purl`,
            `path`, the `instruction` that brought this version, and `deleted` if a later layer deleted or replaced it.

        Raises
        ------
        ImageNotFound
            There is no such image.
        UsageError
            A template is wrong, or a bill of materials is asked for several images or without its library.

        Examples
        --------
        >>> found = nbdock.packages("httpd:2.4")
        >>> found.columns[:3].tolist()
        ['name', 'version', 'ecosystem']
        """
        return self._result(
            commands.packages, *images, format=format, no_trunc=no_trunc, platform=platform, local=local, remote=remote
        )
