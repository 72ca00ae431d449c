"""Import a root file system as an image of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nbdock.contents.inflate import as_layer
from nbdock.dock.dock import Dock, Settings
from nbdock.dock.transfer.inputs import Input, opened, shown
from nbdock.errors import InvalidContent, UsageError
from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.oci.fields import rfc3339
from nbdock.oci.manifest import Content
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference
from nbdock.places import Name


@dataclass(frozen=True, slots=True)
class About:
    """What the image is to say of itself: `config` is the field of that name in its config (Env, Cmd, …)."""

    config: Mapping[str, Any]
    comment: str
    platform: Platform


def import_image(dock: Dock, file: Input, name: Reference | None, about: About) -> Digest:
    """Import a tar, plain or compressed; returns the image id. Without a name the image is dangling.

    The tar streams into the store as a layer; one of gzip or zstd stays compressed. The same file, changes and time
    make the same image. Raises UsageError, InvalidContent, StoreError, Interrupted; nothing is kept then.
    """
    created = source_date(dock.settings) or datetime.now(UTC)
    with opened(dock, file) as chunks:
        try:
            layer, facts = dock.run(
                lambda task: dock.store.incoming().take_layer(task.watched(as_layer(chunks))), quiet=True
            )
        except InvalidContent as error:
            hint = "import takes a tar of a root file system: plain, gzip, bzip2, xz or zstd"
            raise InvalidContent(f"cannot import {shown(file)}: {error}", hint=hint) from None
    config = Content.of(media.OCI_CONFIG, _config(about, created, facts.diff_id))
    manifest = Content.of_image(config.descriptor, [layer])
    for each in (config, manifest):
        dock.store.write(each.descriptor, [each.raw])
    target = manifest.descriptor
    dock.store.adopt([Name(name, target, target, tagged_at=datetime.now(UTC))])
    return config.descriptor.digest


def _config(about: About, created: datetime, diff_id: Digest) -> Mapping[str, Any]:
    """The image config, with the history that docker writes."""
    when = rfc3339(created)
    return {
        **about.platform.json(),
        "created": when,
        "config": about.config,
        "rootfs": {"type": "layers", "diff_ids": [str(diff_id)]},
        "history": [{"created": when, "comment": about.comment}],
    }


def source_date(settings: Settings) -> datetime | None:
    """SOURCE_DATE_EPOCH (reproducible-builds.org/specs/source-date-epoch); None without it. Raises UsageError."""
    epoch = settings.source_date_epoch
    try:
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    except (ValueError, OverflowError, OSError):
        message = f"SOURCE_DATE_EPOCH is no time: {epoch}"
        raise UsageError(message, hint="it is a number of seconds since 1970") from None
