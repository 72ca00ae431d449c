"""Commands that look inside images, and the images as objects."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, Literal, overload

from nbdock import commands
from nbdock.api.running import Base
from nbdock.dock.inside.contents import contents

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference


class Inside(Base):
    """What is inside the images of a store."""

    @overload
    def files(
        self,
        image: str | Reference | Digest,
        *globs: str | Iterable[str],
        format: Literal["", "table"] = ...,
        layer: int | None = ...,
        layers: bool = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame: ...
    @overload
    def files(
        self,
        image: str | Reference | Digest,
        *globs: str | Iterable[str],
        format: str,
        layer: int | None = ...,
        layers: bool = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
    ) -> DataFrame | str: ...
    def files(
        self,
        image: str | Reference | Digest,
        *globs: str | Iterable[str],
        format: str = "",
        layer: int | None = None,
        layers: bool = False,
        local: bool = False,
        no_trunc: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> Any:
        """List the files of an image, each with the layer and the instruction that wrote it.

        Parameters
        ----------
        image
            A name, an id or a digest.
        *globs
            Only these: a path, a folder with all that is in it, or a pattern. One without a `/` is of names; `*` does
            not match a `/`, `**` does.
        format
            "json" or a Go template such as `"{{.path}}"`: the result is text, a line for each row.
        layer
            Every entry of this layer instead, with what became of it; 0 is the lowest.
        layers
            Every entry of every layer instead.
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
            One row for each file, folder and link, in the order of their paths: `path`, `type`, `size_bytes`, `mode`,
            `uid`, `gid`, `mtime` (UTC), `link`, `content` (BLAKE3), `layer`, `position`, `instruction`, `created_by`
            and more. `fate` says what became of an entry of a layer: visible, overwritten, deleted or hidden.

        Raises
        ------
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> nbdock.files("httpd", "/etc/*").path.tolist()
        ['/etc/debian_version', '/etc/group', '/etc/os-release', '/etc/passwd', '/etc/shadow', '/etc/ssl']
        >>> nbdock.files("httpd", layers=True).fate.unique().tolist()
        ['visible', 'overwritten']
        """
        return self._result(
            commands.files,
            image,
            *globs,
            format=format,
            layer=layer,
            layers=layers,
            no_trunc=no_trunc,
            platform=platform,
            local=local,
            remote=remote,
        )

    def cat(
        self,
        image: str | Reference | Digest,
        path: str,
        *,
        local: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> str:
        """Show a text file of an image.

        Parameters
        ----------
        image
            A name, an id or a digest.
        path
            The path in the image; symlinks are followed inside it.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        str
            The text without its last line end, and with control characters escaped. `open` reads the very bytes.

        Raises
        ------
        ImageNotFound, PlatformNotFound
        NotFound
            The image has no such file.
        Refused
            It is no text, no file, or longer than 16 MiB.

        Examples
        --------
        >>> nbdock.cat("httpd", "/etc/debian_version")
        '12.0'
        """
        return self._text(commands.cat, image, path, platform=platform, local=local, remote=remote)

    def cp(
        self,
        image: str | Reference | Digest,
        path: str,
        dest: str | os.PathLike[str],
        *,
        force: bool = False,
        local: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
    ) -> DataFrame:
        """Copy a file or a folder out of an image.

        Parameters
        ----------
        image
            A name, an id or a digest.
        path
            A file or folder in the image; `FOLDER/.` stands for what is in the folder.
        dest
            A folder, or the name of the copy. Nothing is written outside it.
        force
            Overwrite files that are there.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.

        Returns
        -------
        DataFrame
            One row for each file, folder and link: `path`, `target`, `type`, `size_bytes`, and a `note` of what was
            left out or not kept: devices, symlinks that lead out of the folder, setuid and setgid.

        Raises
        ------
        ImageNotFound, PlatformNotFound, NotFound
        Refused
            Files would be overwritten, something is in the way, or there is no room.

        Examples
        --------
        >>> nbdock.cp("httpd", "/etc/passwd", "accounts").type.tolist()
        ['file']
        """
        return self._frame(commands.cp, image, path, dest, force=force, platform=platform, local=local, remote=remote)

    @overload
    def where(
        self,
        pattern: str | None = ...,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        content: str = ...,
        format: Literal["", "table"] = ...,
        like: str | os.PathLike[str] | None = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
        sha256: str | Digest = ...,
    ) -> DataFrame: ...
    @overload
    def where(
        self,
        pattern: str | None = ...,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        content: str = ...,
        format: str,
        like: str | os.PathLike[str] | None = ...,
        local: bool = ...,
        no_trunc: bool = ...,
        platform: str | Platform | None = ...,
        remote: bool = ...,
        sha256: str | Digest = ...,
    ) -> DataFrame | str: ...
    def where(
        self,
        pattern: str | None = None,
        *images: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame,
        content: str = "",
        format: str = "",
        like: str | os.PathLike[str] | None = None,
        local: bool = False,
        no_trunc: bool = False,
        platform: str | Platform | None = None,
        remote: bool = False,
        sha256: str | Digest = "",
    ) -> Any:
        """Find files in images: which images have them, by which instruction, and what became of them.

        Parameters
        ----------
        pattern
            A path, a name, or a pattern of either; may be omitted with `like`, `sha256` or `content`.
        *images
            Names, ids or digests; a list, a Series or a frame of them; every image if omitted.
        content
            Only files of at most 1 MiB that hold this text.
        format
            "json" or a Go template such as `"{{.path}}"`: the result is text, a line for each row.
        like
            Only files with the same content as this file of your own.
        no_trunc
            Show ids and long text in full. The data are never cut.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.
        local, remote
            Look in the store only, or ask the registry even if the image is in the store. Without both, an image that
            is not in the store is read from its registry.
        sha256
            Only files with this SHA-256, hexadecimal.

        Returns
        -------
        DataFrame or str
            One row for each image and entry: `reference`, `path`, `fate` (visible, overwritten, deleted or hidden),
            `layer`, `instruction`, `created_by`, and the other columns of a list of files.

        Raises
        ------
        ImageNotFound, PlatformNotFound, UsageError

        Examples
        --------
        >>> nbdock.where("debian_version").fate.unique().tolist()
        ['visible']
        """
        return self._result(
            commands.where,
            pattern,
            *images,
            content=content,
            format=format,
            like=like,
            no_trunc=no_trunc,
            platform=platform,
            local=local,
            remote=remote,
            sha256=sha256,
        )

    def open(self, image: str | Reference | Digest, path: str, *, platform: str | Platform | None = None) -> IO[bytes]:
        """Open a file of an image.

        Parameters
        ----------
        image
            A name, an id or a digest.
        path
            The path in the image; symlinks are followed inside it.
        platform
            The platform to look at, at a registry; an image that is in the store must be for it.

        Returns
        -------
        binary file
            To read and seek in: pandas, zipfile and PIL take it. A file that is longer than 16 MiB is in a temporary
            file until it is closed.

        Raises
        ------
        ImageNotFound, PlatformNotFound, NotFound
        Refused
            It is a folder or a device, or its symlinks lead in a circle.

        Examples
        --------
        >>> with nbdock.open("httpd", "/etc/debian_version") as file:
        ...     file.read()
        b'12.0\\n'
        """
        from nbdock.dock.inside.reading import opened

        return opened(self, contents(self, self._found(image, platform)), path)
