"""`.dockerignore`. The cases are those of moby/patternmatcher and of Go's path/filepath, rewritten."""

from __future__ import annotations

import pytest

from nbdock.dockerfile.ignore import Ignore
from nbdock.errors import UsageError

MATCH = """
**                  file dir/file
**/                 file dir/file
**/**               file dir/file
dir/**              dir/file dir/dir2/file
**/dir              dir dir/file a/dir a/dir/file
**/dir2/*           dir/dir2/file
**/dir2/**          dir/dir2/dir3/file
**file              file dir/file dir/dir/file afile
**/file             file dir/file dir/dir/file
**/file*            dir/dir/file dir/dir/file.txt
**/file*txt         dir/dir/file.txt
**/file*.txt*       dir/dir/file.txt
**/**/*.txt         file.txt dir/dir/file.txt
**/*.txt            file.txt a/b.txt
a**/*.txt           a/file.txt a/dir/file.txt a/dir/dir/file.txt abc/d.txt
a*b**c              abbc axb/c axby/z/c
a**b**c**d          abcd ax/bx/cx/d
a/*.txt             a/file.txt
a/*.txt**           a/file.txt a/file.txt2/x
a[b-d]e             ace
a[^b-d]e            aze
.*                  .foo
abc.def             abc.def abc.def/x
abc?def             abcZdef
a\\\\                a\\
a\\*b               a*b
**/foo/bar          foo/bar dir/foo/bar dir/dir2/foo/bar
abc/**              abc/def abc/def/ghi
**/.foo             .foo a/.foo
a(b)c/def           a(b)c/def
a.|)$(}+{bc         a.|)$(}+{bc
dist/*.whl          dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl
*                   abc ab/c
*c                  abc
a*                  a abc ab/c
a*/b                abc/b
a*b*c*d*e*/f        axbxcxdxe/f axbxcxdxexxx/f
a*b?c*x             abxbbxdbxebxczzx
ab[c]               abc
ab[b-d]             abc
ab[^e-g]            abc
a?b                 a☺b
[a-ζ]*              α
/docs/              docs docs/x
./docs/../src       src/x
docs                docs docs/a/b
"""
NO_MATCH = """
**/**/*.txt2        dir/dir/file.txt
a/*.txt             a/dir/file.txt b/a/file.txt
a[b-d]e             ae aae
.*                  foo
abc.def             abcdef abcZdef
abc?def             abcdef
abc/**              abc
**/.foo             bar.foo
**/file             afile
a(b)c/def           a(b)c/xyz
a*/b                a/c/b
a*b*c*d*e*/f        axbxcxdxe/xxx/f axbxcxdxexxx/fff
a*b?c*x             abxbbxdbxebxczzy
ab[e-g]             abc
ab[^c]              abc
a\\*b               ab
a???b               a☺b
*[a-ζ]              A
a?b                 a/b
a*b                 a/b
docs                src/docs docsx
a**b**c**d          acbd
"""


def cases(table: str) -> list[tuple[str, str]]:
    rows = (row.split() for row in table.strip().splitlines())
    return [(pattern, path) for pattern, *paths in rows for path in paths]


@pytest.mark.parametrize(("pattern", "path"), cases(MATCH))
def test_a_pattern_leaves_out(pattern: str, path: str) -> None:
    assert Ignore(pattern).excludes(path)


@pytest.mark.parametrize(("pattern", "path"), cases(NO_MATCH))
def test_a_pattern_does_not_leave_out(pattern: str, path: str) -> None:
    assert not Ignore(pattern).excludes(path)


@pytest.mark.parametrize(
    ("patterns", "path", "excluded"),
    [
        ("!a.go *.go", "a.go", True),
        ("*.go !a.go", "a.go", False),
        ("docs !docs/README.md", "docs/README.md", False),
        ("docs/ !docs/README.md", "docs/README.md", False),
        ("docs/* !docs/README.md", "docs/README.md", False),
        ("docs !docs/README.md", "docs/other", True),
        ("** !util/docker/web", "util/docker/web/foo", False),
        ("** !util/docker/web util/docker/web/foo", "util/docker/web/foo", True),
        ("** !dist/*.whl", "dist/a.whl", False),
        ("* !*.md README-secret.md", "README-secret.md", True),
        ("* !*.md README-secret.md", "README.md", False),
    ],
)
def test_the_last_pattern_that_matches_decides(patterns: str, path: str, excluded: bool) -> None:
    assert Ignore("\n".join(patterns.split())).excludes(path) is excluded


def test_comments_blanks_and_a_byte_order_mark_are_no_patterns() -> None:
    ignore = Ignore("\ufeff# a comment\r\n\r\n  a b  \r\n !  a b/c\n #d\n")
    assert ignore.excludes("a b") and not ignore.excludes("a b/c")
    assert ignore.excludes("#d") and not ignore.excludes("# a comment")


def test_nothing_leaves_out_nothing() -> None:
    assert not Ignore("").excludes("a") and not Ignore("\n\n").excludes("a")


@pytest.mark.parametrize(
    ("patterns", "folder", "expected"),
    [
        ("docs", "docs", False),
        ("docs !docs/a/b", "docs", True),
        ("docs !docs/a/b", "docs/a", True),
        ("docs !docs/a/b", "docs/c", False),
        ("docs !docs/a", "docs/a/b", True),
        ("docs !src/*.md", "docs", False),
        ("docs !docs/*/a", "docs/x", True),
        ("node_modules !**/keep", "node_modules/x", True),
        ("docs !docsx", "docs", False),
    ],
)
def test_a_folder_that_is_left_out_is_walked_only_for_an_exception(patterns: str, folder: str, expected: bool) -> None:
    assert Ignore("\n".join(patterns.split())).may_include_below(folder) is expected


def test_patterns_of_a_flag_may_begin_with_a_hash() -> None:
    assert Ignore.of(["#a", "*.pyc"]).excludes("#a")


@pytest.mark.parametrize(
    "pattern", ["[", "a[", "[a", "[]a]", "[^]", "a\\", "!", "! ", "[b-a]", "a**b**c**d**e", "**/" * 30 + "a"]
)
def test_a_malformed_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(UsageError) as raised:
        Ignore(f"ok\n{pattern}")
    assert raised.value.hint


@pytest.mark.parametrize(
    "pattern",
    ["a*" * 400 + "b", "**/" + "a/**/" * 18 + "b", "a**a**a**b", "*a" * 500, "[a-z]*" * 300 + "!"],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """Each of these has a path that a backtracking search of it would never leave."""
    ignore = Ignore(pattern)
    assert ignore.excludes("a" * 4000) is ignore.excludes("a" * 4000)
    assert not ignore.excludes("a/" * 2000 + "c!c")


def test_patterns_are_bounded() -> None:
    with pytest.raises(UsageError, match="too long"):
        Ignore("aaaaaaaaa\n" * 20_000)
