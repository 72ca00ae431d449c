"""OCI layouts, in an archive or in a folder: `index.json` lists images, content is under its digest (OCI image spec,
image-layout.md)."""

from __future__ import annotations

from nbdock.archives.files import Files, read
from nbdock.archives.listing import MAX_IMAGES, Held, Listing, checked
from nbdock.errors import InvalidContent
from nbdock.oci import fields, media
from nbdock.oci.annotations import called
from nbdock.oci.descriptor import Descriptor

INDEX = "index.json"


def listed(files: Files) -> Listing:
    """What `index.json` lists. Raises BlobNotFound, InvalidContent."""
    index = fields.load(read(files, INDEX, media.MAX_MANIFEST), INDEX)
    entries = fields.objects(index, "manifests")
    if len(entries) > MAX_IMAGES:
        raise InvalidContent(f"the archive has more than {MAX_IMAGES} images")
    return Listing([_held(Descriptor.read(entry)) for entry in entries])


def _held(target: Descriptor) -> Held:
    reference, bare_tag = called(target.annotations, target.digest)
    return Held(target, checked(reference), reference.familiar) if reference else Held(target, None, bare_tag)
