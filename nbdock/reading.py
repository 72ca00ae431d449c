"""Read manifests, configs and images, from whichever place they are in. What is read is verified, and bounded."""

from __future__ import annotations

from collections.abc import Sequence

from nbdock.errors import InvalidContent, NotAnImage, PlatformNotFound
from nbdock.oci import manifest as manifests
from nbdock.oci import media, verify
from nbdock.oci.config import ImageConfig
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest
from nbdock.oci.platform import Platform
from nbdock.places import Image, Layer, Place, Source

MAX_DEPTH = 4
"""How deep indexes may nest, in pulls, pushes and copies."""
MAX_MANIFESTS = 1000
"""How many manifests and indexes one name may have, in pulls, pushes and copies."""
_MAX_LAYERS = 1000
_MAX_BYTES = 16 * media.MAX_MANIFEST


def image_of(source: Source, descriptor: Descriptor, manifest: Manifest, place: Place | None = None) -> Image:
    """The image of a manifest; reads its config. Raises BlobNotFound, IntegrityError."""
    check_image(manifest)
    config = ImageConfig.parse(read(source, manifest.config))
    return Image(descriptor, manifest.config.digest, (), manifest, config, pair(manifest, config, place))


def read_manifests(
    source: Source, target: Descriptor, platform: Platform | None = None
) -> dict[Descriptor, Manifest | Index]:
    """All indexes and manifests from the target down, or only those that lead to one platform's image.

    Children come before their parents, the target last. Raises PlatformNotFound, IntegrityError, RegistryError.
    """
    found: dict[Descriptor, Manifest | Index] = {}

    def read_below(descriptor: Descriptor, depth: int) -> None:
        if descriptor in found:
            return
        manifest = manifests.parse(read(source, descriptor), descriptor.media_type)
        if isinstance(manifest, Index):
            if depth == MAX_DEPTH:
                raise InvalidContent(f"indexes are nested more than {MAX_DEPTH} deep below {target.digest}")
            for child in [choose(manifest, platform)] if platform else manifest.manifests:
                read_below(child, depth + 1)
        check_bounds(target, [*found, descriptor])
        found[descriptor] = manifest

    read_below(target, 0)
    return found


def check_bounds(target: Descriptor, below: Sequence[Descriptor]) -> None:
    """Raises InvalidContent if a name has more manifests than are read, or larger ones."""
    if len(below) > MAX_MANIFESTS or sum(each.size for each in below) > _MAX_BYTES:
        raise InvalidContent(f"too many manifests below {target.digest}", hint="choose one platform")


def chosen(found: dict[Descriptor, Manifest | Index]) -> tuple[Descriptor, Manifest]:
    """The manifest at the end of `read_manifests` for one platform."""
    return next((each, manifest) for each, manifest in found.items() if isinstance(manifest, Manifest))


def pair(manifest: Manifest, config: ImageConfig, place: Place | None = None) -> tuple[Layer, ...]:
    """The manifest's layers with the config's diff ids. Raises InvalidContent if their numbers differ."""
    if len(manifest.layers) != len(config.diff_ids):
        raise InvalidContent(
            f"the manifest has {len(manifest.layers)} layers, its config {len(config.diff_ids)} diff ids"
        )
    return tuple(Layer(each, diff_id, place) for each, diff_id in zip(manifest.layers, config.diff_ids, strict=True))


def read(source: Source, descriptor: Descriptor) -> bytes:
    """Read and verify a manifest, an index or a config. Raises BlobNotFound, IntegrityError."""
    limit = media.MAX_MANIFEST if media.is_manifest(descriptor.media_type) else media.MAX_CONFIG
    content = bytearray()
    if descriptor.size <= limit:
        for chunk in source.open(descriptor):
            content += chunk
            if len(content) > min(limit, descriptor.size):
                break
    return verify.check(bytes(content), descriptor, limit)


def check_image(manifest: Manifest) -> None:
    """Raises InvalidContent if it is an artifact, or has more layers than any image."""
    if manifest.config.media_type not in media.CONFIGS:
        kind = manifest.artifact_type or manifest.config.media_type
        raise NotAnImage(f"not a container image but {kind}", kind=manifest.kind, hint="nbdock pulls images only")
    odd = next((layer.media_type for layer in manifest.layers if not media.is_layer(layer.media_type)), None)
    if odd:
        raise InvalidContent(f"unsupported layer media type: {odd}", hint="nbdock reads tar, gzip and zstd layers")
    if len(manifest.layers) > _MAX_LAYERS:
        raise InvalidContent(f"more than {_MAX_LAYERS} layers", hint="docker runs images of at most 127 layers")


def choose(index: Index, platform: Platform) -> Descriptor:
    """The best child for a platform. Raises PlatformNotFound."""
    child = next(index.candidates(platform), None)
    if child is None:
        available = list(map(str, index.platforms))
        message = f"no matching manifest for {platform} in the manifest list entries"
        raise PlatformNotFound(message, available=available, hint="" if available else "the index holds no image")
    return child
