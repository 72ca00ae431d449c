import pytest

from nbdock.registry.challenge import Challenge, parse


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ('Basic realm="r"', [Challenge("basic", {"realm": "r"})]),
        ("bAsIc", [Challenge("basic", {})]),
        (
            'Bearer REALM="https://a.test/token",service="s",scope="repository:a/b:pull,push repository:c:pull"',
            [
                Challenge(
                    "bearer",
                    {
                        "realm": "https://a.test/token",
                        "service": "s",
                        "scope": "repository:a/b:pull,push repository:c:pull",
                    },
                )
            ],
        ),
        (
            'Negotiate, Basic realm="a, b=c" , Bearer realm = "x",error=invalid_token',
            [
                Challenge("negotiate", {}),
                Challenge("basic", {"realm": "a, b=c"}),
                Challenge("bearer", {"realm": "x", "error": "invalid_token"}),
            ],
        ),
        (r'Basic realm="say \"hello\""', [Challenge("basic", {"realm": 'say "hello"'})]),
        ('Bearer realm="never closed', [Challenge("bearer", {}), Challenge("realm", {})]),
        ("\x00\x01", []),
    ],
)
def test_challenges_are_told_apart(header: str, challenges: list[Challenge]) -> None:
    assert list(parse(header)) == challenges


def test_scopes_are_split_at_blanks() -> None:
    (challenge,) = parse('Bearer scope="repository:a:pull,push repository:b:pull"')
    assert challenge.scopes == ("repository:a:pull,push", "repository:b:pull")


def test_a_long_header_takes_no_long_time() -> None:
    assert len(list(parse("a " + "," * 100_000 + ' b="'))) == 2
