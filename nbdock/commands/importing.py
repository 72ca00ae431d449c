"""The command that makes an image of a file: import."""

from __future__ import annotations

from typing import Annotated

from nbdock.commands.local import tag_target
from nbdock.dock.containers import containers, users
from nbdock.dock.dock import Dock
from nbdock.frames import rows, schemas
from nbdock.frames.schema import Table
from nbdock.grammar import Arg, InputFile, Opt, command
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

_COMMENT = "Imported from -"
"""docker's, for a file too."""


@command("image import", also=("import",))
def import_image(
    dock: Dock,
    file: Annotated[InputFile, Arg("FILE", "a tar of a root file system, or - for standard input")],
    name: Annotated[Reference | None, Arg("REPOSITORY[:TAG]", "name of the image", complete="images")] = None,
    *,
    change: Annotated[tuple[str, ...], Opt("an instruction of a Dockerfile for the image's config", "-c")] = (),
    message: Annotated[str, Opt("comment in the image's history; `Imported from -` if omitted", "-m")] = "",
    platform: Annotated[Platform | None, Opt("platform of the image, as os[/arch[/variant]]")] = None,
) -> Table:
    """Import a root file system as an image of one layer.

    FILE is plain or compressed with gzip, bzip2, xz or zstd. The changes are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK,
    LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR. SOURCE_DATE_EPOCH sets when the image was built. Shows the
    image; without a name it is dangling.
    """
    from nbdock.dock.transfer import importing
    from nbdock.dockerfile.changes import changed

    target = tag_target(name) if name else None
    about = importing.About(changed(change), message or _COMMENT, platform or dock.settings.platform)
    image_id = importing.import_image(dock, file, target, about)
    dock.say(str(image_id))
    image = dock.store.images().by_id[str(image_id)]
    return schemas.IMAGES.table(rows.image_rows(image, image.names, users(containers(dock))))
