"""Commands that move images between registries and a store, and name them."""

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


class Moving(Base):
    """What is fetched or sent is verified: digests, sizes and diff ids."""

    @overload
    def search(  # type: ignore[overload-overlap]
        self,
        term: str,
        *,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: Literal["", "table"] = ...,
        limit: int = ...,
        no_trunc: bool = ...,
    ) -> DataFrame: ...
    @overload
    def search(
        self,
        term: str,
        *,
        filter: str | Sequence[str] | Mapping[str, object] = ...,
        format: str,
        limit: int = ...,
        no_trunc: bool = ...,
    ) -> str: ...
    def search(
        self,
        term: str,
        *,
        filter: str | Sequence[str] | Mapping[str, object] = (),
        format: str = "",
        limit: int = 25,
        no_trunc: bool = False,
    ) -> Any:
        """Search a registry for images.

        Parameters
        ----------
        term
            Words to look for on Docker Hub; `registry/words` searches that registry, or its catalog
            if it has no search.
        filter
            docker's text (`"stars=3"`), several of it, or a mapping: `{"stars": 3, "is-official": True}`.
        format
            "json" or a Go template: the result is text, a line for each row.
        limit
            The number of results, 1 to 100.
        no_trunc
            Show descriptions in full. The data are never cut.

        Returns
        -------
        DataFrame or str
            One row for each repository: `name`, `description`, `stars`, `official`, `pulls` (NA if the registry does
            not say) and `registry`.

        Raises
        ------
        UsageError, RegistryError

        Examples
        --------
        >>> nbdock.search("httpd").name.tolist()
        ['httpd']
        """
        return self._result(commands.search, term, filter=filter, format=format, limit=limit, no_trunc=no_trunc)

    def pull(
        self,
        *names: str | os.PathLike[str] | Reference | Iterable[str | os.PathLike[str] | Reference] | DataFrame,
        all_tags: bool = False,
        platform: str | Platform | None = None,
        quiet: bool = False,
    ) -> DataFrame:
        """Download images from their registries, or bring them from other places.

        Several images are pulled side by side, and layers that they share are downloaded once. A layer that is here
        already is not downloaded again; a download that broke off is resumed.

        Parameters
        ----------
        *names
            Names, with or without tag or digest; a list, a Series or a frame of them, such as `search` returns. Or
            where an image is: `docker-daemon:NAME`, `podman:NAME`, `docker-archive:FILE[:NAME]`,
            `oci-archive:FILE[:NAME]`, `oci:FOLDER[:NAME]`.
        all_tags
            Pull every tag of each repository.
        platform
            The platform of an image for several, as `linux/arm64`; this machine's by default.
        quiet
            Print no progress.

        Returns
        -------
        DataFrame
            One row for each layer of each image, lowest first: `layer` (digest), `state` (docker's words for what was
            done), `compressed_bytes`, `size_bytes` (unpacked), `diff_id`, `image_id`, `reference`. If some images could
            not be pulled, each has a row whose `error` says why.

        Raises
        ------
        ImageNotFound, PlatformNotFound, RegistryError, IntegrityError, StoreError
            No image could be pulled. If several failed in different ways, a NbdockError.
        Interrupted
            Ctrl-C; downloaded data is kept.

        Examples
        --------
        >>> layers = nbdock.pull("httpd", "httpd:2.4")
        >>> layers.reference.nunique()
        2
        >>> saved = nbdock.save("httpd:2.4", "httpd.tar")
        >>> nbdock.pull("docker-archive:httpd.tar").reference.unique().tolist()
        ['docker.io/library/httpd:2.4']
        """
        return self._frame(commands.pull, *names, all_tags=all_tags, platform=platform, quiet=quiet)

    def push(
        self,
        name: str | Reference,
        destination: str | os.PathLike[str] | Reference | None = None,
        *,
        all_tags: bool = False,
        platform: str | Platform | None = None,
        quiet: bool = False,
    ) -> DataFrame:
        """Upload an image to the registry in its name, or to another place.

        Plain layers of an image that was loaded or imported are compressed first, once and for all.

        Parameters
        ----------
        name
            A name of an image that is here.
        destination
            Where it goes instead: `docker-daemon:NAME`, `podman:NAME`, `docker-archive:FILE`, as in `copy`.
        all_tags
            Push every tag that the repository has here.
        platform
            Push the image of this platform alone, without its index.
        quiet
            Print no progress.

        Returns
        -------
        DataFrame
            One row for each layer, as `pull` returns them: `state` says what was pushed, mounted or there already.

        Raises
        ------
        ImageNotFound, PlatformNotFound, Refused, RegistryError, Interrupted

        Examples
        --------
        >>> nbdock.push("nobody/here")
        Traceback (most recent call last):
        nbdock.errors.ImageNotFound: An image does not exist locally with the tag: nobody/here
        >>> nbdock.push("httpd:2.4", "docker-archive:httpd.tar").image_id.nunique()
        1
        """
        return self._frame(commands.push, name, destination, all_tags=all_tags, platform=platform, quiet=quiet)

    def tag(self, source: str | Reference | Digest, target: str | Reference) -> DataFrame:
        """Give an image another name. Nothing is copied.

        `nbdock.tag("docker://localhost:5000/app:1.0", "stable")` tags it at its registry, where one request does it; in
        another repository of the registry its blobs are mounted.

        Parameters
        ----------
        source
            A name or id of an image that is here, or `docker://NAME`.
        target
            The name to add; the tag is `latest` if omitted. If another image has it, the name moves. At a registry it
            may be a tag alone.

        Returns
        -------
        DataFrame
            The image under all its names, as `ls` returns them; at a registry under the new one.

        Raises
        ------
        ImageNotFound, Refused, RegistryError

        Examples
        --------
        >>> nbdock.tag("httpd", "mine:1.0").repository.tolist()
        ['httpd', 'httpd', 'mine']
        """
        return self._frame(commands.tag, source, target)
