"""Commands on what is inside images: files, cat, cp, where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from nbdock import human
from nbdock.commands.choosing import AnyImages, FromRegistry, FromStore, OneImage, OnePlatform, all_chosen, one
from nbdock.commands.listed import Format, NoTrunc, in_columns
from nbdock.dock.dock import Dock
from nbdock.dock.find import Wanted
from nbdock.errors import Refused, UsageError
from nbdock.frames.inside import EXTRACTED, FILES, FOUND_FILES, LAYER_FILES
from nbdock.frames.rows import references
from nbdock.frames.schema import Schema, Table
from nbdock.grammar import Arg, Opt, Text, command
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from nbdock.dock.inside.contents import Contents
    from nbdock.dock.inside.extracting import Plan
    from nbdock.dock.inside.listing import Entries
    from nbdock.dock.inside.where import Query
    from nbdock.places import Image

Globs = Annotated[str, Arg("GLOB", "a path, a folder, or a pattern: *.so, /etc/**/*.conf")]
_LONGEST_TEXT = 1 << 24


@command("image files")
def files(
    dock: Dock,
    image: OneImage,
    *globs: Globs,
    format: Format = "",
    layer: Annotated[int | None, Opt("every entry of this layer; 0 is the lowest", metavar="int")] = None,
    layers: Annotated[bool, Opt("every entry of every layer, with what became of it")] = False,
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table | Text:
    """List the files of an image, each with the layer and the instruction that wrote it.

    A pattern without a `/` is one of names, any other one of whole paths; `*` does not match a `/`, `**` does. A folder
    stands for all that is in it.
    """
    from nbdock.contents.glob import Glob
    from nbdock.dock.inside import listing
    from nbdock.dock.inside.contents import contents

    names = references([one(dock, image, platform, remote, local)])
    inside = contents(dock, next(iter(names)))
    wanted = [Glob(text, below=True) for text in globs]
    if layers or layer is not None:
        return _files(LAYER_FILES, listing.entries(inside, wanted, layer), names, format, no_trunc)
    return _files(FILES, listing.files(inside, wanted), names, format, no_trunc)


@command("image cat")
def cat(
    dock: Dock,
    image: OneImage,
    path: Annotated[str, Arg("PATH", "path in the image")],
    *,
    local: FromStore = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Text:
    """Show a text file of an image.

    Symlinks are followed inside the image. Control characters are escaped. A file that is no text is refused: `cp`
    copies it, and `nbdock.open` reads it.
    """
    from nbdock.dock.inside.reading import opened, regular

    inside = within(dock, image, platform, remote, local)
    hint = "`cp IMAGE PATH DEST` copies it; nbdock.open reads it in Python"
    if (size := regular(inside, path).size) > _LONGEST_TEXT:
        raise Refused(f"{path} is too long to be shown: {human.size(size)}", hint=hint)
    with opened(dock, inside, path) as file:
        content = file.read()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused(f"{path} is no text: {human.size(size)} of binary data", hint=hint)
    return Text(human.harmless(text.removesuffix("\n")))


@command("image cp")
def cp(
    dock: Dock,
    image: OneImage,
    path: Annotated[str, Arg("PATH", "file or folder in the image; FOLDER/. for what is in it")],
    dest: Annotated[Path, Arg("DEST", "folder, or name of the copy")],
    *,
    force: Annotated[bool, Opt("overwrite without asking", "-f")] = False,
    local: FromStore = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
) -> Table:
    """Copy a file or a folder out of an image.

    Nothing is written outside DEST. Devices, and symlinks that lead out of the folder, are left out; owners, setuid and
    setgid are not kept. One row for each file, with a note of what was left out.
    """
    from nbdock.dock.inside import extracting

    if dest is None or str(dest) == "-":
        raise UsageError("DEST must be a folder or a name", hint="nbdock.open reads a file in Python; `cat` shows it")
    plan = extracting.plan(within(dock, image, platform, remote, local), path, dest)
    if not force and plan.replaced:
        _ask(dock, plan)
    dock.run(lambda task: extracting.execute(plan, task))
    count = sum(item.file.type != "directory" for item in plan.written)
    dock.console.echo(f"Copied {human.size(plan.size)} in {human.plural(count, 'file')} to {plan.base}")
    for item in plan.items:
        if item.note:
            dock.console.echo(human.printable(f"{item.file.path}: {item.note}"))
    return _extracted(plan)


@command("image where")
def where(
    dock: Dock,
    pattern: Annotated[str | None, Arg("PATTERN", "a path, a name or a pattern; ** for any file")] = None,
    *images: AnyImages,
    content: Annotated[str, Opt("files of at most 1 MiB that hold this text", metavar="text")] = "",
    format: Format = "",
    like: Annotated[Path | None, Opt("files with the same content as this one", metavar="file")] = None,
    local: FromStore = False,
    no_trunc: NoTrunc = False,
    platform: OnePlatform = None,
    remote: FromRegistry = False,
    sha256: Annotated[str, Opt("files with this SHA-256", metavar="digest")] = "",
) -> Table | Text:
    """Find files in images: which images have them, by which instruction, and what became of them.

    Files that a later layer deleted or overwrote are found too: they are still in the image. With --like, --sha256 or
    --content the pattern may be omitted.
    """
    from nbdock.dock.inside.where import where as search

    query = _query(pattern, like, sha256, content)
    names = references(all_chosen(dock, images, platform, remote, local))
    entries = dock.run(lambda task: search(list(names), query, task))
    return _files(FOUND_FILES, entries, names, format, no_trunc)


def within(dock: Dock, image: Wanted, platform: Platform | None, remote: bool = False, local: bool = False) -> Contents:
    """What is inside an image. Raises ImageNotFound, PlatformNotFound, BlobNotFound."""
    from nbdock.dock.inside.contents import contents  # late: few commands look inside

    return contents(dock, one(dock, image, platform, remote, local).image)


def _files(
    schema: Schema, entries: Entries, names: Mapping[Image, str | None], format: str, no_trunc: bool
) -> Table | Text:
    from nbdock.frames.listings import file_rows

    return in_columns(schema.table(file_rows(entries, names), no_trunc=no_trunc), format)


def _query(pattern: str | None, like: Path | None, sha256: str, text: str) -> Query:
    from nbdock.contents.glob import Glob
    from nbdock.dock.inside.where import Query

    if not (pattern or like or sha256 or text):
        raise UsageError("nothing to look for", hint="Usage:  where PATTERN [IMAGE...], or --like, --sha256, --content")
    digest = Digest.parse(sha256 if ":" in sha256 else f"sha256:{sha256}") if sha256 else None
    return Query(Glob(pattern) if pattern else None, _blake3(like) if like else b"", digest, text.encode())


def _blake3(path: Path) -> bytes:
    """What tables have as the content of a file. Raises UsageError, Refused."""
    try:
        from blake3 import blake3
    except ImportError:
        raise Refused("--like needs BLAKE3, which this Python lacks", hint="look for --sha256 or --content") from None
    try:
        with open(path, "rb") as file:
            found = blake3()
            while chunk := file.read(1 << 20):
                found.update(chunk)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os.strerror(error.errno or 0)}", hint="--like takes a file") from None
    return found.digest()


def _ask(dock: Dock, plan: Plan) -> None:
    """Ask before files are overwritten. Raises Refused unless the answer is yes."""
    first, *others = plan.replaced
    what = f"{first.target} and {len(others)} more" if others else str(first.target)
    if not dock.console.ask(f"Overwrite {what}?", _extracted(replace(plan, items=(first, *others)))):
        raise Refused(f"{what} would be overwritten", hint="add -f to overwrite, or choose another folder")


def _extracted(plan: Plan) -> Table:
    return EXTRACTED.table(
        {
            "path": item.file.path,
            "target": str(item.target),
            "type": item.file.type,
            "size_bytes": item.file.size,
            "note": item.note or None,
        }
        for item in plan.items
    )
