import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nbdock import Dock, Reference
from nbdock.errors import InvalidContent, Refused
from nbdock.registry.hosts import Endpoint, Hosts, is_loopback, is_private
from tests.commands.conftest import Recorder

D = "sha256:" + "52" * 32

CONF = """
unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.test:5000/hub"
[[registry.mirror]]
location = "tags.test"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "digests.test"
insecure = true
pull-from-mirror = "digest-only"

[[registry]]
prefix = "*.example.com"

[[registry]]
prefix = "registry.example.com/team"
location = "team.test/inner"

[[registry]]
location = "evil.test"
blocked = true
"""


def hosts(folder: Path, text: str = CONF) -> Hosts:
    path = folder / "registries.conf"
    path.write_text(text)
    return Hosts.load([path])


def places(found: Hosts, name: str, push: bool = False) -> list[str]:
    endpoints = found.endpoints(Reference.parse(name), push=push)
    return [f"{each.host}/{each.repository}{'!' if each.insecure else ''}" for each in endpoints]


def test_without_rules_a_name_means_its_own_host() -> None:
    assert Hosts().endpoints(Reference.parse("httpd")) == (
        Endpoint("registry-1.docker.io", "library/httpd", False, "httpd"),
    )
    assert places(Hosts(), "localhost:5000/a/b") == ["localhost:5000/a/b!"]
    assert places(Hosts(), "ghcr.io/a/b") == ["ghcr.io/a/b"]


def test_mirrors_are_asked_before_the_registry(tmp_path: Path) -> None:
    found = hosts(tmp_path)
    hub = "registry-1.docker.io/library/httpd"
    assert places(found, "httpd") == ["mirror.test:5000/hub/library/httpd", "tags.test/library/httpd", hub]
    assert places(found, f"httpd@{D}") == ["mirror.test:5000/hub/library/httpd", "digests.test/library/httpd!", hub]


def test_a_push_goes_past_the_mirrors(tmp_path: Path) -> None:
    assert places(hosts(tmp_path), "httpd", push=True) == ["registry-1.docker.io/library/httpd"]


def test_the_longest_prefix_counts_and_ends_at_a_slash(tmp_path: Path) -> None:
    found = hosts(tmp_path)
    assert places(found, "registry.example.com/team/app") == ["team.test/inner/app"]
    assert places(found, "registry.example.com/teamwork") == ["registry.example.com/teamwork"]
    assert places(found, "docker.io.test/x/y") == ["docker.io.test/x/y"]


def test_a_wildcard_stands_for_every_host_below(tmp_path: Path) -> None:
    found = hosts(tmp_path, '[[registry]]\nprefix = "*.example.com"\nlocation = "inner.test"\ninsecure = true\n')
    assert places(found, "a.b.example.com/x") == ["inner.test/x!"]
    assert places(found, "example.com/x") == ["example.com/x"]
    assert places(found, "other.test/a.example.com/x") == ["other.test/a.example.com/x"]


def test_a_blocked_registry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"registry evil\.test is blocked"):
        hosts(tmp_path).endpoints(Reference.parse("evil.test/x"))


def test_the_same_place_is_asked_once(tmp_path: Path) -> None:
    conf = '[[registry]]\nprefix = "docker.io"\nlocation = "a.test"\n[[registry.mirror]]\nlocation = "a.test"\n'
    assert places(hosts(tmp_path, conf), "httpd") == ["a.test/library/httpd"]


def test_drop_ins_replace_rules_in_the_order_of_their_names(tmp_path: Path) -> None:
    rule = '[[registry]]\nlocation = "{}.test"\nprefix = "docker.io"\n'
    folder = tmp_path / "registries.conf.d"
    folder.mkdir()
    (folder / "20-b.conf").write_text(rule.format("b"))
    (folder / "10-a.conf").write_text(rule.format("a"))
    (folder / "99-note.txt").write_text("not TOML")
    assert places(hosts(tmp_path), "httpd") == ["b.test/library/httpd"]


def test_the_first_file_that_is_there_counts(tmp_path: Path) -> None:
    system, user = tmp_path / "etc", tmp_path / "home"
    for folder in (system, user):
        (folder / "registries.conf.d").mkdir(parents=True)
        (folder / "registries.conf.d" / "a.conf").write_text(f'[[registry]]\nlocation = "{folder.name}.drop"\n')
    hosts(system, '[[registry]]\nprefix = "docker.io"\nlocation = "system.test"\n')
    paths = [user / "registries.conf", system / "registries.conf"]
    assert places(Hosts.load(paths), "httpd") == ["system.test/library/httpd"]
    hosts(user, '[[registry]]\nprefix = "docker.io"\nlocation = "user.test"\n')
    assert places(Hosts.load(paths), "httpd") == ["user.test/library/httpd"]
    assert places(Hosts.load([tmp_path / "none.conf"]), "httpd") == ["registry-1.docker.io/library/httpd"]


@pytest.mark.parametrize(
    "text",
    [
        "[[registry",
        "[[registry]]\ninsecure = true\n",
        "registry = 5",
        "[[registry]]\nlocation = 5\n",
        '[[registry]]\nlocation = "https://a.test"\n',
        "x = " + "[" * 100_000,
        "registry = [[]]",
        "[registry]",
        "[[registry]]\nmirror = {}\nlocation = 'a.test'\n",
        f"registry = {'[' * 100_000}",
        f"a = {'{b=' * 100_000}",
        '[[registry]]\nlocation = "\\ud800"\n',
        "#" * (5 << 20),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidContent, match=r"registries\.conf: ") as failure:
        hosts(tmp_path, text)
    assert "containers-registries.conf" in failure.value.hint


def test_a_registry_by_itself_has_an_endpoint(tmp_path: Path) -> None:
    assert hosts(tmp_path).endpoint("docker.io").host == "registry-1.docker.io"
    assert Hosts().endpoint("localhost:5000") == Endpoint("localhost:5000", "", True, "")


@pytest.mark.parametrize("host", "localhost localhost:5000 127.0.0.1 127.9.8.7:80 [::1] [::1]:5000 127.1:80".split())
def test_loopback_needs_no_certificate(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", "localhost.test 128.0.0.1 10.0.0.1:5000 [::2] a.test 127.0.0.1.test".split())
def test_nothing_else_is_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_private_addresses_are_told_in_every_spelling() -> None:
    private = "localhost 10.0.0.1 192.168.1.1 169.254.169.254 127.1 0x7f000001 2130706433 ::1 fe80::1 fd00::1".split()
    assert all(map(is_private, private))
    assert not any(map(is_private, ["a.test", "8.8.8.8", "2606:4700::1111", "example.com"]))


def test_bytes_that_are_no_text_are_an_error_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "registries.conf").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidContent, match=r"registries\.conf: "):
        Hosts.load([tmp_path / "registries.conf"])


def test_a_location_that_is_no_host_breaks_nothing_else(tmp_path: Path) -> None:
    found = hosts(tmp_path, '[[registry]]\nprefix = "a.test"\nlocation = "[::::]"\n')
    assert places(found, "a.test/x") == ["[::::]/x"]


def test_tables_of_version_1_are_told_once_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "registries.conf"
    hosts(tmp_path, '[registries.insecure]\nregistries = ["a.test"]\n[registries.search]\nregistries = ["b.test"]\n')
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(conf))
    console = Recorder()
    dock = Dock(console=console)
    assert not dock.registry.hosts.endpoint("a.test").insecure
    assert dock.registry.hosts.notes == []
    (line,) = console.warned
    assert line.startswith(f"{conf}: [registries.…] is of version 1 and not read: write [[registry]] tables")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", ["registries.conf", "registries.conf.d/a.conf"])
def test_a_file_that_is_none_is_named(tmp_path: Path, name: str, make: Callable[[Path], object]) -> None:
    (tmp_path / "registries.conf.d").mkdir()
    make(tmp_path / name)
    with pytest.raises(InvalidContent, match=r"\.conf: it is a (FIFO|folder|device), not a file"):
        Hosts.load([tmp_path / "registries.conf"])


@pytest.mark.parametrize("host", ["[::::]", "[", "a]", "[::1"])
def test_what_is_no_address_is_not_loopback(host: str, tmp_path: Path) -> None:
    made = hosts(tmp_path, f'[[registry]]\nprefix = "docker.io"\nlocation = "{host}"\n')
    assert places(made, "httpd") == [f"{host}/library/httpd"]


def test_a_location_may_hold_a_zero_byte(tmp_path: Path) -> None:
    (tmp_path / "registries.conf").write_text('[[registry]]\nprefix = "x.io"\nlocation = "a\\u0000b"')
    hosts = Hosts.load([tmp_path / "registries.conf"])
    assert not hosts.endpoint("x.io").insecure
