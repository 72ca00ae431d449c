"""Commands on what images consist of and what refers to them."""

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


class Claimed(Base):
    """Manifests, and the claims about images. Nothing that is claimed is checked."""

    @overload
    def manifest(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        raw: Literal[False] = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def manifest(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        raw: bool = ...,
        remote: bool = ...,
    ) -> DataFrame | str: ...
    def manifest(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = "",
        local: bool = False,
        no_trunc: bool = False,
        platform: str | Platform | None = None,
        raw: bool = False,
        remote: bool = False,
    ) -> Any:
        """Show the manifests of images: index, platforms, configs and layers, and what refers to each.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them.
        format
            "json" or a Go template such as `"{{.digest}}"`: the result is text, a line for each row.
        no_trunc
            Show long text in full. The data are never cut.
        platform
            Only what is for this platform; every platform if omitted.
        raw
            Return the text of the index or manifest, or of the manifest for the platform.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame or str
            One row for each descriptor, in order: `depth`, `kind` (index, image, config, layer, signature, sbom, …),
            `platform`, `content_bytes`, `digest`, `media_type`, `artifact_type`, `annotations`, and `parent`, the
            digest of what it stands below.

        Raises
        ------
        ImageNotFound, PlatformNotFound, IntegrityError, RegistryError

        Examples
        --------
        >>> nbdock.manifest("httpd:2.4").kind.tolist()[:3]
        ['image', 'config', 'layer']
        """
        flags = {"local": local, "no_trunc": no_trunc, "platform": platform, "raw": raw, "remote": remote}
        return self._result(commands.manifest, *images, format=format, **flags)

    @overload
    def referrers(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: Literal["", "table"] = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        packages: bool = ...,
        platform: str | Platform | None = ...,
        provenance: bool = ...,
        raw: Literal[""] = ...,
    ) -> DataFrame: ...
    @overload
    def referrers(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        packages: bool = ...,
        platform: str | Platform | None = ...,
        provenance: bool = ...,
        raw: str = ...,
    ) -> DataFrame | str: ...
    def referrers(
        self,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        format: str = "",
        local: bool = False,
        no_trunc: bool = False,
        packages: bool = False,
        platform: str | Platform | None = None,
        provenance: bool = False,
        raw: str = "",
    ) -> Any:
        """Show what refers to images at their registries: signatures, SBOMs, provenance and other attestations.

        nbdock checks no signature and believes no claim: it shows what is said.

        Parameters
        ----------
        *images
            Names, ids or digests; a list, a Series or a frame of them.
        format
            "json" or a Go template such as `"{{.kind}}"`: the result is text, a line for each row.
        local
            Look in the store only. Without it the registry of each name is asked.
        no_trunc
            Show long text in full. The data are never cut.
        packages
            The packages that SBOMs name: SPDX 2 and CycloneDX as JSON, also in in-toto statements.
        platform
            Only what refers to the image for this platform, or to the index.
        provenance
            The facts of SLSA provenance, v0.2 and v1.
        raw
            Return the text of one of them, by its `blob` or `digest`.

        Returns
        -------
        DataFrame or str
            One row for each claim: `kind`, `platform`, `claim`, `created`, `content_bytes`, `digest` (of its manifest),
            `blob` (of its content), `artifact_type`, `media_type`, `annotations`, `subject`. With `packages` one for
            each package: `name`, `version`, `ecosystem`, `license`, `purl`, `claimed_by`; with `provenance` one for
            each `fact` and its `value`.

        Raises
        ------
        ImageNotFound, PlatformNotFound, IntegrityError, RegistryError, NotFound, UsageError

        Examples
        --------
        >>> nbdock.referrers("httpd:2.4", local=True).empty
        True
        """
        asked = {"packages": packages, "provenance": provenance, "raw": raw}
        flags = {"local": local, "no_trunc": no_trunc, "platform": platform, **asked}
        return self._result(commands.referrers, *images, format=format, **flags)
