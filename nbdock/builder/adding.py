"""ADD: files that are fetched, and archives that are unpacked; and the inline files of COPY and ADD."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from nbdock.builder.spooled import Spooled, unpacked
from nbdock.builder.tree import Node, Tree, followed, literal
from nbdock.contents import header
from nbdock.contents.inflate import detect_archive, inflated
from nbdock.dockerfile.copies import is_git, is_url
from nbdock.dockerfile.heredocs import Heredoc
from nbdock.dockerfile.located import cited
from nbdock.errors import InvalidContent, Refused
from nbdock.human import excerpt
from nbdock.oci.digest import Digest
from nbdock.oci.verify import check_digest

if TYPE_CHECKING:
    from nbdock.registry.client import Registry
    from nbdock.task import Task

_HEAD = 512
_UNNAMED = "__unnamed__"
_LARGEST = 1 << 36
_GIT = "nbdock fetches no git repositories: clone it, and COPY the clone"


def inline(heredocs: Sequence[Heredoc]) -> Spooled:
    """The tree of the files that a Dockerfile has in itself."""
    tree = Spooled()
    for heredoc in heredocs:
        tree.put(Node(f"/{heredoc.name}", "file", 0o644), [heredoc.content.encode()])
    return tree


def is_remote(source: str) -> bool:
    """Whether a source of ADD is fetched. Raises Refused for a git repository."""
    if is_git(source):
        raise Refused(f"cannot add {cited(source)}", hint=_GIT)
    return is_url(source)


def fetched(registry: Registry, url: str, checksum: str, private: bool, task: Task) -> tuple[Spooled, str]:
    """The tree of a file that is fetched, and the source that means it.

    Raises UsageError, InvalidContent, RegistryError.
    """
    name = posixpath.basename(unquote(urlsplit(url).path).rstrip("/"))
    name = _UNNAMED if name in ("", ".", "..") else name
    tree, expected = Spooled(), Digest.parse(checksum) if checksum else None
    hasher = hashlib.new(expected.algorithm if expected else "sha256")
    tree.put(Node(f"/{name}", "file", 0o600), _hashed(registry.download(url, private, task), hasher.update))
    if expected is not None:
        check_digest(Digest(expected.algorithm, hasher.hexdigest()), expected)
    return tree, literal(name)


def archive(tree: Tree, path: str, task: Task) -> Spooled | None:
    """What is in a file of a tree if that is a tar, plain or compressed; None if it is not.

    Raises Refused, InvalidContent: a tar that breaks off, or leads out of itself.
    """
    node = tree.find(followed(tree, path))
    if node is None or node.type != "file":
        return None
    with tree.reading([node], task) as opened:
        chunks = iter(opened(node))
        head = next(chunks, b"")
        content = chain([head], chunks)
        if not detect_archive(head[:_HEAD]) and not _is_tar(head[:_HEAD]):
            return None
        return _unpacked(node, content, task)


def _unpacked(node: Node, content: Iterator[bytes], task: Task) -> Spooled | None:
    """None for a compressed file that is no tar, and for one that only begins as if it were compressed."""
    tar = inflated(content, archive=True)
    head = b""
    with suppress(InvalidContent):
        while len(head) < _HEAD and (chunk := next(tar, b"")):
            head += chunk
    if not _is_tar(head[:_HEAD]):
        return None
    try:
        return unpacked(task.watched(_bounded(chain([head], tar), node)))
    except InvalidContent as error:
        message = f"{excerpt(node.path[1:])} cannot be unpacked: {error}"
        raise InvalidContent(message, hint="COPY adds it as it is") from None


def _is_tar(head: bytes) -> bool:
    """Whether this is the header of an entry, as Go's archive/tar, and so BuildKit, tells."""
    if len(head) < _HEAD or not any(head):
        return False
    try:
        header.verify(head)
    except InvalidContent:
        return False
    return True


def _bounded(chunks: Iterable[bytes], node: Node) -> Iterator[bytes]:
    left = _LARGEST
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Refused(f"{excerpt(node.path[1:])} unpacks to more than 64 GiB", hint="add its files in parts")
        yield chunk


def _hashed(chunks: Iterable[bytes], update: Callable[[bytes], object]) -> Iterator[bytes]:
    for chunk in chunks:
        update(chunk)
        yield chunk
