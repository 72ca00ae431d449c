import pytest

from nbdock import Platform
from nbdock.errors import InvalidPlatform


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("amd64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("armhf", "linux/arm/v7"),
        ("armel", "linux/arm/v6"),
        ("i386", "linux/386"),
        ("macos/arm64", "darwin/arm64"),
    ],
)
def test_platforms_are_normalised(text: str, expected: str) -> None:
    assert str(Platform.parse(text)) == expected
    assert Platform.parse(expected) == Platform.parse(text)


@pytest.mark.parametrize("text", ["", "foo", "a/b/c/d", "linux/", "linux/am d64", "../.."])
def test_bad_platforms_are_refused(text: str) -> None:
    with pytest.raises(InvalidPlatform) as refusal:
        Platform.parse(text)
    assert refusal.value.hint


def test_the_host_is_linux() -> None:
    assert Platform.host().os == "linux"
    assert Platform.parse("linux") == Platform.host()
