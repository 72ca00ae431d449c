"""Commands that write and read archives, and make an image of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from nbdock import commands
from nbdock.api.running import Base

if TYPE_CHECKING:
    import os

    from pandas import DataFrame, Series

    from nbdock.dock.transfer.inputs import Readable
    from nbdock.dock.transfer.targets import Writable
    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference


class Archives(Base):
    """Images in files. What is read is verified."""

    def save(
        self,
        names: str | Reference | Digest | Iterable[str | Reference | Digest] | DataFrame | Series[Any],
        target: str | os.PathLike[str] | Writable,
        *,
        all: bool = False,
        compat: bool = False,
        platform: str | Platform | None = None,
    ) -> DataFrame:
        """Save images in an archive: one file that docker, podman, skopeo and crane load.

        The same images make the same bytes. Layers are saved as they are kept; their digests are not compared again,
        which who loads them does.

        Parameters
        ----------
        names
            A name or id, or a list, a Series or a frame of them. A repository without a tag stands for all its tags.
        target
            The file to write, readable by its owner only, or a binary file object.
        all
            Save every platform of the image, if all of them are here.
        compat
            Inflate zstd layers, which docker before 23 does not load.
        platform
            The platform of an image for several; what the name stands for here by default.

        Returns
        -------
        DataFrame
            One row for each name: `reference` (NA for an image without one), `image_id`, `platform`, `layers`,
            `compressed_bytes`, `size_bytes` and `target`, the path.

        Raises
        ------
        ImageNotFound, PlatformNotFound, BlobNotFound
            Nothing is written.
        UsageError, Refused
            The file cannot be written.
        IntegrityError, Interrupted

        Examples
        --------
        >>> nbdock.save("httpd", "httpd.tar").reference.tolist()
        ['docker.io/library/httpd:2.4', 'docker.io/library/httpd:latest']
        """
        return self._frame(commands.save, names, output=target, all=all, compat=compat, platform=platform)

    def load(
        self,
        file: str | os.PathLike[str] | Readable,
        *,
        platform: str | Platform | None = None,
        quiet: bool = False,
    ) -> DataFrame:
        """Load images from an archive of docker, podman, skopeo, buildx or kaniko, or an OCI archive.

        An archive is loaded whole, or nothing of it is kept. Of several platforms all are loaded if the archive has all
        of each, else the image for this machine, or the first that is complete.

        Parameters
        ----------
        file
            The path of the archive, plain or compressed with gzip, bzip2, xz or zstd; or a binary file that is open,
            which stays open.
        platform
            Load only the image of this platform.
        quiet
            Show no progress.

        Returns
        -------
        DataFrame
            One row for each name, as `ls` returns it. `digest` is NA: no registry has the image under this name yet.

        Raises
        ------
        NotFound, Refused
            The file cannot be read.
        IntegrityError
            It is no archive of images, or not what its digests say.
        PlatformNotFound, UsageError, StoreError, Interrupted

        Examples
        --------
        >>> saved = nbdock.save("httpd:2.4", "httpd.tar")
        >>> nbdock.load("httpd.tar").reference.tolist()
        ['docker.io/library/httpd:2.4']
        """
        return self._frame(commands.load, input=file, platform=platform, quiet=quiet)

    def import_image(
        self,
        file: str | os.PathLike[str] | Readable,
        name: str | Reference | None = None,
        *,
        change: str | Sequence[str] = (),
        message: str = "",
        platform: str | Platform | None = None,
    ) -> DataFrame:
        """Import a root file system as an image of one layer.

        The tar streams into the store, and nothing is kept of one that is damaged. The same file, changes and time make
        the same image: `created` is now, or what SOURCE_DATE_EPOCH says.

        Parameters
        ----------
        file
            The path of a tar, plain or compressed with gzip, bzip2, xz or zstd; or a binary file that is open, which
            stays open.
        name
            The name of the image; without one it is dangling.
        change
            An instruction of a Dockerfile, or several: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD,
            STOPSIGNAL, USER, VOLUME or WORKDIR.
        message
            The comment in the image's history; `Imported from -`, as in docker, if it is empty.
        platform
            The platform of the image; this machine's by default.

        Returns
        -------
        DataFrame
            The image, as `ls` returns it.

        Raises
        ------
        UsageError, InvalidContent, Refused, StoreError, Interrupted

        Examples
        --------
        >>> import io, tarfile
        >>> root = io.BytesIO()
        >>> tarfile.open(fileobj=root, mode="w").close()
        >>> nbdock.import_image(io.BytesIO(root.getvalue()), "empty:1.0", change="USER nobody").user.tolist()
        ['nobody']
        """
        return self._frame(commands.import_image, file, name, change=change, message=message, platform=platform)
