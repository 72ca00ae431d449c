"""Archives that ADD unpacks, and the names of files that it fetches."""

from __future__ import annotations

import posixpath

from hypothesis import given
from hypothesis import strategies as st

from nbdock.builder.copying import Copying, How
from nbdock.builder.layer import Changes
from nbdock.builder.root import Root
from nbdock.builder.spooled import unpacked
from nbdock.task import Task
from tests.contents.tars import END, header, member, pax
from tests.fuzz.strategies import of_words, own_errors
from tests.fuzz.test_contents import tars

TEXT = of_words("a", "b", "/", "..", ".", "//", ".wh.", "\n", "x" * 200)
NAME = TEXT.map(lambda text: text.encode(errors="surrogatepass"))


def _linked(name: bytes, flag: bytes, to: bytes) -> bytes:
    return header(name[:100], flag=flag, link=to[:100])


def _file(name: bytes, content: bytes) -> bytes:
    return member(name[:100], content)


ENTRY = st.one_of(
    st.builds(_file, NAME, st.sampled_from([b"", b"x"])),
    st.builds(_linked, NAME, st.sampled_from([b"1", b"2", b"3", b"5", b"6"]), NAME),
    st.builds(lambda name: pax({b"path": name or b"a"}) + header(b"p"), NAME),
)


@given(st.lists(ENTRY, max_size=6).map(b"".join) | tars())
def test_archives_of_add(tar: bytes) -> None:
    """Whatever is in an archive, what comes of it lies in the target."""
    with own_errors():
        changes = Changes(Root(), 0)
        Copying(changes, unpacked([tar + END]), "/x/", How(None)).contents()
        assert all(posixpath.normpath(node.path) == node.path for node in changes.nodes)
        assert all(node.path == "/x" or node.path.startswith("/x/") for node in changes.nodes)
        assert b"".join(changes.tar(Task())).endswith(END)
