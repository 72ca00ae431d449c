import pytest

from nbdock import Digest, Reference
from nbdock.errors import InvalidDigest, InvalidReference, NbdockError

D = "sha256:" + "52" * 32
HEX = "a" * 64

NORMALISED = [
    ("httpd", "docker.io/library/httpd", "httpd"),
    ("httpd:latest", "docker.io/library/httpd:latest", "httpd:latest"),
    ("library/httpd:latest", "docker.io/library/httpd:latest", "httpd:latest"),
    ("docker.io/library/httpd:latest", "docker.io/library/httpd:latest", "httpd:latest"),
    ("index.docker.io/library/httpd:latest", "docker.io/library/httpd:latest", "httpd:latest"),
    (f"httpd@{D}", f"docker.io/library/httpd@{D}", f"httpd@{D}"),
    (f"httpd:2.4@{D}", f"docker.io/library/httpd:2.4@{D}", f"httpd:2.4@{D}"),
    ("gcr.io/google-samples/hello-app:1.0",) * 2 + ("gcr.io/google-samples/hello-app:1.0",),
    ("test_com/foo", "docker.io/test_com/foo", "test_com/foo"),
    ("test.com:5000", "docker.io/library/test.com:5000", "test.com:5000"),
    ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
    ("docker.io", "docker.io/library/docker.io", "docker.io"),
    ("docker.io/x", "docker.io/library/x", "x"),
    ("library/foo/bar", "docker.io/library/foo/bar", "library/foo/bar"),
    ("foo/foo_bar.com:8080", "docker.io/foo/foo_bar.com:8080", "foo/foo_bar.com:8080"),
    ("test:5000/repo", "test:5000/repo", "test:5000/repo"),
    ("xn--n3h.com:18080/foo", "xn--n3h.com:18080/foo", "xn--n3h.com:18080/foo"),
    ("Foo/bar", "Foo/bar", "Foo/bar"),
    ("[::1]:5000/repo", "[::1]:5000/repo", "[::1]:5000/repo"),
    ("[2001:db8::1]/repo", "[2001:db8::1]/repo", "[2001:db8::1]/repo"),
    ("registry-1.docker.io/library/x", "registry-1.docker.io/library/x", "registry-1.docker.io/library/x"),
    (f"docker.io/{HEX}", f"docker.io/library/{HEX}", HEX),
    ("lowercase:Uppercase", "docker.io/library/lowercase:Uppercase", "lowercase:Uppercase"),
    ("docker---rules/docker", "docker.io/docker---rules/docker", "docker---rules/docker"),
    ("dock__er/docker", "docker.io/dock__er/docker", "dock__er/docker"),
]


@pytest.mark.parametrize(("text", "canonical", "familiar"), NORMALISED)
def test_names_are_normalised_as_docker_does(text: str, canonical: str, familiar: str) -> None:
    reference = Reference.parse(text)
    assert (str(reference), reference.familiar) == (canonical, familiar)
    assert Reference.parse(str(reference)) == reference


REFUSED = """
-docker docker-/docker -docker-/docker docker/ docker///docker ____/____ _docker/_docker dock..er/docker dock_.er/docker
dock-.er/docker docker./docker .docker/docker do___cker/x do__cker:8080/docker bad_hostname.com:8080/myapp:tag :justtag
aa/asdf$$^/aa https://github.com/docker/docker http://docker.io/library/httpd:latest httpd:sha256:52 busybox:
[fc00::1] [fc00::1]:5000 fc00::1:5000/debian [fe80::1%eth0]:5000/x registry.com:8080/myapp:invalid~tag ../x x/../y
""".split()


@pytest.mark.parametrize("text", [*REFUSED, "", "httpd\n", "httpd:late\u0661", "é", "httpd@sha256:5201"])
def test_names_docker_refuses_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(InvalidReference, match="invalid reference format") as refusal:
        Reference.parse(text)
    assert refusal.value.hint


def test_hints_say_what_to_type() -> None:
    with pytest.raises(InvalidReference) as scheme:
        Reference.parse("https://gcr.io/a/b:1")
    with pytest.raises(InvalidReference) as colon:
        Reference.parse(f"httpd:{D}")
    assert scheme.value.hint == "names have no scheme: type gcr.io/a/b:1"
    assert colon.value.hint == f"a digest follows an @: type httpd@{D}"
    for text, hint in (
        ("Httpd:Rc1", "type httpd:Rc1"),
        ("httpd@sha256:5201", "write a digest after the @: sha256: and 64 hex characters"),
        ("a" * 256, "choose a shorter name"),
    ):
        with pytest.raises(InvalidReference) as refusal:
            Reference.parse(text)
        assert refusal.value.hint == hint


@pytest.mark.parametrize(
    ("text", "name"),
    [("Busybox", "library/Busybox"), ("docker/Docker", "docker/Docker"), ("Uppercase:tag", "library/Uppercase")],
)
def test_upper_case_is_named(text: str, name: str) -> None:
    with pytest.raises(InvalidReference) as refusal:
        Reference.parse(text)
    assert str(refusal.value) == f"invalid reference format: repository name ({name}) must be lowercase"


def test_an_id_is_not_a_name() -> None:
    with pytest.raises(InvalidReference, match="cannot specify 64-byte hexadecimal strings"):
        Reference.parse(HEX)


def test_the_path_has_255_characters_at_most() -> None:
    assert Reference.parse("a/" * 127 + "a:tag").tag == "tag"
    with pytest.raises(InvalidReference, match="must not be more than 255"):
        Reference.parse("example.com/" + "a" * 256)


def test_latest_is_added_only_where_nothing_else_says_which() -> None:
    assert Reference.parse("httpd").tagged.tag == "latest"
    assert Reference.parse("httpd:2").tagged.tag == "2"
    assert Reference.parse(f"httpd@{D}").tagged.tag is None


def test_digests_round_trip_and_count() -> None:
    digest = Digest.parse(D)
    assert (str(digest), digest.short) == (D, "52" * 6)
    assert str(Digest.of(b"")) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "text", ["sha256:" + "A" * 64, "sha256:" + "a" * 63, "md5:" + "a" * 32, "sha256:../x", "x", D + "\n"]
)
def test_bad_digests_are_refused(text: str) -> None:
    with pytest.raises(InvalidDigest) as refusal:
        Digest.parse(text)
    assert refusal.value.hint


def test_an_error_shows_as_one_line_with_its_hint() -> None:
    assert NbdockError("no", hint="try")._render_traceback_() == ["\x1b[31mNbdockError\x1b[0m: no\n  try"]
    assert NbdockError("no")._render_traceback_() == ["\x1b[31mNbdockError\x1b[0m: no"]
