"""What a name keeps alive: the content that is found from it (OCI image spec: index → manifest → config and layers)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.oci.manifest import Index, Manifest
from nbdock.places import Name

Read = Callable[[Descriptor], Manifest | Index | None]


def content(name: Name, read: Read) -> Iterator[Descriptor]:
    """All that the name needs, parents before children. What `read` has None for has no children."""
    yield name.target
    if name.whole:
        yield from _below(name.target, read)
    else:
        if name.image != name.target:
            yield name.image
        yield from _below(name.image, read)


def digests(names: Iterable[Name], read: Read) -> dict[Digest, None]:
    """The digests that these names need, in the order of `content`, each once."""
    return {descriptor.digest: None for name in names for descriptor in content(name, read)}


def chain_ids(diff_ids: Iterable[Digest]) -> list[Digest]:
    """The id of each layer together with all below it (OCI image spec, config.md, "Layer ChainID")."""
    chain: list[Digest] = []
    for diff_id in diff_ids:
        text = f"{chain[-1]} {diff_id}".encode() if chain else b""
        chain.append(Digest("sha256", hashlib.sha256(text).hexdigest()) if chain else diff_id)
    return chain


def _below(descriptor: Descriptor, read: Read, depth: int = 0) -> Iterator[Descriptor]:
    if not media.is_document(descriptor.media_type) or depth > 4:
        return
    document = read(descriptor)
    for child in document.children if document else ():
        yield child
        yield from _below(child, read, depth + 1)
