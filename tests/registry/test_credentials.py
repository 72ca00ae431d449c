from __future__ import annotations

import base64
import errno
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbdock.errors import InvalidContent, StoreError, Unauthorized
from nbdock.oci.reference import HUB_INDEX
from nbdock.registry.credentials import Credential, Credentials, hostname
from tests.store.forks import alone, at_reads

ALICE = Credential("alice", "s3cret: €")
KEYCHAIN = """#!{python}
import json, pathlib, sys
kept = pathlib.Path({file!r})
known = json.loads(kept.read_text()) if kept.exists() else {{}}
given = sys.stdin.read()
if sys.argv[1] == "store":
    known[json.loads(given)["ServerURL"]] = json.loads(given)
elif given not in known:
    sys.exit("credentials not found in native keychain" and print("credentials not found in native keychain") or 1)
elif sys.argv[1] == "erase":
    del known[given]
else:
    print(json.dumps(known[given]))
kept.write_text(json.dumps(known))
"""


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "docker" / "config.json"


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def keychain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`docker-credential-test`, a helper on the path; the file that it keeps what it knows in."""
    kept = tmp_path / "kept.json"
    helper(tmp_path, monkeypatch, KEYCHAIN.format(python=sys.executable, file=str(kept)))
    return kept


def helper(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "bin" / "docker-credential-test"
    program.parent.mkdir()
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_a_credential_shows_no_secret() -> None:
    shown = repr(Credential("alice", "one", "two", "three"))
    assert shown == "Credential(username='alice')"


def test_nothing_is_known_where_there_is_no_file(config: Path) -> None:
    assert Credentials(config).find("docker.io") is None


@pytest.mark.parametrize("key", [HUB_INDEX, "docker.io", "index.docker.io", "https://registry-1.docker.io"])
def test_docker_hub_is_found_under_every_spelling(config: Path, key: str) -> None:
    write(config, {"auths": {key: auth("alice:one:two")}})
    for host in ("docker.io", "index.docker.io", "registry-1.docker.io"):
        assert Credentials(config).find(host, "library/httpd") == Credential("alice", "one:two")


def test_older_keys_are_addresses(config: Path) -> None:
    write(config, {"auths": {"https://localhost:5000/v1/": auth("a:b")}})
    assert Credentials(config).find("localhost:5000") == Credential("a", "b")
    assert Credentials(config).find("localhost") is None


def test_every_field_of_an_entry_is_read(config: Path) -> None:
    write(
        config,
        {
            "auths": {
                "a.test": {"username": "a", "password": "b"},
                "b.test": {**auth("a:\0\0"), "identitytoken": "t"},
                "c.test": {"registrytoken": "r"},
                "d.test": {},
            }
        },
    )
    found = Credentials(config)
    assert found.find("a.test") == Credential("a", "b")
    assert found.find("b.test") == Credential("a", "", "t")
    assert found.find("c.test") == Credential(registry_token="r")
    assert found.find("d.test") is None


def test_they_are_looked_up_in_dockers_order(config: Path, tmp_path: Path) -> None:
    write(config, {"auths": {"b.test": auth("file:x"), "c.test": auth("file:x")}})
    podman = write(tmp_path / "auth.json", {"auths": {"c.test": auth("podman:x"), "d.test": auth("podman:x")}})
    given = json.dumps({"auths": {"a.test": auth("env:x"), "b.test": auth("env:x")}})
    found = Credentials(config, (podman,), given)
    found.store("a.test", Credential("session", "x"), session=True)
    names = [known.username for host in "abcd" if (known := found.find(f"{host}.test"))]
    assert names == ["session", "env", "file", "podman"]


def test_podmans_most_specific_key_counts(config: Path, tmp_path: Path) -> None:
    keys = ("localhost:5000", "localhost:5000/team", "localhost:5000/team/app", "docker.io/library")
    podman = write(tmp_path / "auth.json", {"auths": {key: auth(f"{key.replace(':', '-')}:x") for key in keys}})
    found = Credentials(config, (podman,))

    def user(host: str, repository: str = "") -> str:
        known = found.find(host, repository)
        return known.username if known else ""

    assert user("localhost:5000", "team/app") == "localhost-5000/team/app"
    assert user("localhost:5000", "team/other") == "localhost-5000/team"
    assert user("localhost:5000", "teamwork") == "localhost-5000"
    assert user("registry-1.docker.io", "library/httpd") == "docker.io/library"
    assert user("docker.io", "other/httpd") == ""


def test_what_is_stored_is_found_again_and_said_to_be_in_the_clear(config: Path) -> None:
    write(config, {"detachKeys": "ctrl-p", "auths": {"a.test": auth("a:b")}})
    kept = Credentials(config)
    assert kept.store("docker.io", ALICE) == config
    assert Credentials(config).find("docker.io") == ALICE
    content = json.loads(config.read_text())
    assert content["detachKeys"] == "ctrl-p"
    assert set(content["auths"]) == {"a.test", HUB_INDEX}
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert config.read_text().startswith('{\n\t"')
    assert [file.name for file in config.parent.iterdir()] == ["config.json"]


def test_an_identity_token_takes_the_passwords_place(config: Path) -> None:
    Credentials(config).store("a.test", Credential("alice", "s3cret", "token"))
    assert json.loads(config.read_text())["auths"]["a.test"] == {**auth("alice:"), "identitytoken": "token"}


def test_a_link_stays_a_link(config: Path, tmp_path: Path) -> None:
    real = write(tmp_path / "dotfiles" / "docker.json", {})
    config.parent.mkdir()
    config.symlink_to(real)
    Credentials(config).store("a.test", ALICE)
    assert config.is_symlink()
    assert "a.test" in real.read_text()


def test_a_session_stores_nothing(config: Path) -> None:
    kept = Credentials(config)
    assert kept.store("localhost:5000", ALICE, session=True) is None
    assert kept.find("localhost:5000") == ALICE
    assert not config.exists()
    kept.delete("localhost:5000")
    assert kept.find("localhost:5000") is None


def test_without_a_file_they_are_kept_in_memory() -> None:
    kept = Credentials()
    assert kept.store("https://localhost:5000/v2/", ALICE) is None
    assert kept.find("localhost:5000") == ALICE
    assert kept.delete("localhost:5000") == ()
    assert kept.find("localhost:5000") is None


def test_every_change_is_counted(config: Path) -> None:
    kept = Credentials(config)
    kept.store("a.test", ALICE)
    kept.delete("a.test")
    assert kept.changes == 2


def test_erasing_takes_every_spelling(config: Path) -> None:
    spellings = ("localhost:5000", "http://localhost:5000", "https://localhost:5000")
    write(config, {"auths": {"a.test": auth("a:b"), **{key: auth("a:b") for key in spellings}}})
    assert Credentials(config).delete("http://localhost:5000") == ()
    assert set(json.loads(config.read_text())["auths"]) == {"a.test"}
    assert Credentials(config).delete("http://localhost:5000") == ()


def test_erasing_docker_hub_takes_its_key(config: Path) -> None:
    write(config, {"auths": {HUB_INDEX: auth("a:b"), "docker.io": auth("a:b")}})
    Credentials(config).delete("docker.io")
    assert json.loads(config.read_text())["auths"] == {}


@pytest.mark.parametrize("setting", [{"credsStore": "test"}, {"credHelpers": {"localhost:5000": "test"}}])
def test_a_helper_keeps_the_secret(config: Path, keychain: Path, setting: dict[str, Any]) -> None:
    write(config, setting)
    kept = Credentials(config)
    assert kept.find("localhost:5000") is None
    assert kept.store("localhost:5000", ALICE) is None
    assert kept.find("localhost:5000") == ALICE
    assert json.loads(config.read_text()) == setting
    assert list(json.loads(keychain.read_text())) == ["localhost:5000"]
    assert kept.delete("localhost:5000") == ()
    assert kept.find("localhost:5000") is None


def test_a_helper_keeps_identity_tokens_by_dockers_sign(config: Path, keychain: Path) -> None:
    kept = Credentials(write(config, {"credsStore": "test"}))
    kept.store("docker.io", Credential("alice", identity_token="t"))
    assert json.loads(keychain.read_text())[HUB_INDEX]["Username"] == "<token>"
    assert kept.find("docker.io") == Credential(identity_token="t")


def test_a_helper_that_is_not_there_knows_nothing_and_keeps_nothing(config: Path) -> None:
    kept = Credentials(write(config, {"credsStore": "desktop", "auths": {"a.test": auth("a:b")}}))
    assert kept.find("b.test") is None
    assert kept.find("a.test") == Credential("a", "b")
    with pytest.raises(Unauthorized, match="docker-credential-desktop cannot be run") as failure:
        kept.store("b.test", ALICE)
    assert "config.json" in failure.value.hint
    assert "s3cret" not in config.read_text()


def test_a_helper_that_fails_says_why_but_never_the_secret(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, "#!/bin/sh\ncat; printf ' is locked \\033[31m'; exit 1\n")
    kept = Credentials(write(config, {"credsStore": "test"}))
    assert kept.find("a.test") is None
    assert kept.problems() == (r"error in docker-credential-test: a.test is locked \x1b[31m; going on without it",)
    with pytest.raises(Unauthorized, match="exit code 1") as failure:
        kept.store("a.test", ALICE)
    assert "s3cret" not in str(failure.value)
    assert kept.delete("a.test")


HELPERS = {
    "echo WARNING: old; echo '{}'": "invalid output of docker-credential-test: not JSON",
    "printf '\\377'": "docker-credential-test cannot be run",
    "printf '[1]'": "invalid output of docker-credential-test: not a JSON object",
    """printf '{"Username":1,"Secret":"s"}'""": "invalid Username: not str",
    r"""printf '%s' '{"Username":"a","Secret":"\ud800"}'""": "invalid user name or password: not Unicode",
    "exec sleep 9": "docker-credential-test did not answer within 0 seconds",
}


@pytest.mark.parametrize("body", HELPERS)
def test_a_helper_that_gives_no_login_is_done_without(
    body: str, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, f"#!/bin/sh\n{body}\n")
    if "sleep" in body:
        monkeypatch.setattr("nbdock.registry.credentials._HELPER_TIMEOUT", 0.1)
    kept = Credentials(write(config, {"credsStore": "test", "auths": {"b.test": auth("a:b")}}))
    assert kept.find("a.test") is None
    (problem,) = kept.problems()
    assert HELPERS[body] in problem
    assert kept.find("b.test") == Credential("a", "b")


def test_a_helper_that_does_not_answer_is_asked_once_in_a_command(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    helper(tmp_path, monkeypatch, f"#!/bin/sh\necho >> {asked}; exec sleep 9\n")
    monkeypatch.setattr("nbdock.registry.credentials._HELPER_TIMEOUT", 0.5)
    kept = Credentials(write(config, {"credsStore": "test"}))
    for command in (1, 2):
        assert [kept.find("a.test", f"app{number}") for number in range(3)] == [None] * 3
        assert kept.find("b.test") is None
        assert len(kept.problems()) == 1
        assert len(asked.read_text()) == command


@pytest.mark.parametrize("name", ["../evil", "a/b", "a b", "-x", "x;y"])
def test_a_helper_is_a_plain_name(config: Path, name: str) -> None:
    kept = Credentials(write(config, {"credsStore": name}))
    assert kept.find("a.test") is None
    (problem,) = kept.problems()
    assert problem.startswith(f"cannot use {config}: invalid credential helper")
    with pytest.raises(InvalidContent, match="invalid credential helper"):
        kept.store("a.test", ALICE)


ENTRIES: dict[str, Any] = {
    "no base64": {"auth": "%%%"},
    "no colon": {"auth": "YQ=="},
    "no UTF-8": {"auth": "/w=="},
    "a number": {"auth": 1},
    "half a character": {"username": "\ud800", "password": "s3cret"},
    "no object": "s3cret",
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_damaged_entry_costs_only_itself_and_is_named_without_its_content(config: Path, entry: object) -> None:
    write(config, {"auths": {"a.test/team": entry, "a.test": auth("a:b"), "b.test": entry}})
    kept = Credentials(config)
    assert kept.find("a.test", "team/app") == Credential("a", "b")
    (problem,) = kept.problems()
    assert problem.startswith(f"invalid entry a.test/team in {config}: ") and "s3cret" not in problem
    assert kept.problems() == ()
    assert kept.find("b.test") is None and len(kept.problems()) == 1


@pytest.mark.parametrize(
    "spoil", [lambda text: f"{text}\n", lambda text: text.rstrip("="), lambda text: f"{text[:4]}\r\n{text[4:]}"]
)
def test_base64_is_read_as_loosely_as_it_is_written(config: Path, spoil: Callable[[str], str]) -> None:
    write(config, {"auths": {"a.test": {"auth": spoil(auth("alice:pw")["auth"])}}})
    assert Credentials(config).find("a.test") == Credential("alice", "pw")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_no_harm(config: Path, encoding: str) -> None:
    config.parent.mkdir()
    config.write_text(json.dumps({"auths": {"a.test": auth("a:b")}}), encoding)
    assert Credentials(config).find("a.test") == Credential("a", "b")


def test_a_password_that_ends_in_a_line_break_is_told(config: Path) -> None:
    kept = Credentials(write(config, {"auths": {"a.test": auth("a:b\n")}}))
    assert kept.find("a.test") == Credential("a", "b\n")
    (problem,) = kept.problems()
    assert "saved password of a.test ends in a line break" in problem


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_text('{"auths": {"a.test": s3cret'),
    "no object": lambda path: path.write_text("[]"),
    "no text": lambda path: path.write_bytes(b"\xff\xff"),
    "nested": lambda path: path.write_text("[" * 100_000),
    "large": lambda path: path.write_bytes(bytes(5 << 20)),
    "other types": lambda path: path.write_text('{"auths": ["s3cret"]}'),
    "a folder": lambda path: path.mkdir(),
    "a FIFO": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_named_done_without_and_left_alone(damage: str, config: Path, tmp_path: Path) -> None:
    config.parent.mkdir()
    DAMAGES[damage](config)
    podman = write(tmp_path / "auth.json", {"auths": {"a.test": auth("podman:x")}})
    before = config.lstat()
    kept = Credentials(config, (podman,))
    assert kept.find("a.test") == Credential("podman", "x")
    (problem,) = kept.problems()
    assert str(config) in problem and "s3cret" not in problem
    with pytest.raises(InvalidContent, match=r"config\.json") as refusal:
        kept.store("a.test", ALICE)
    assert refusal.value.hint == "correct the file, or delete it and log in again"
    assert kept.delete("a.test")
    assert config.lstat() == before and Path("/dev/zero").is_char_device()


def test_a_file_of_another_user_is_named_and_done_without(config: Path) -> None:
    write(config, {"auths": {"a.test": auth("a:b")}})

    def deny() -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def denied() -> None:
        at_reads(config, deny)
        kept = Credentials(config)
        assert kept.find("a.test") is None
        assert kept.problems() == (f"cannot read {config}: Permission denied; going on without it",)

    alone(denied)


def test_the_environment_s_credentials_are_damaged_too() -> None:
    for text in ("s3cret", "\udcff", '{"auths": 1}'):
        kept = Credentials(auth_config=text)
        assert kept.find("a.test") is None
        (problem,) = kept.problems()
        assert "DOCKER_AUTH_CONFIG" in problem and "s3cret" not in problem


def test_half_a_character_survives_and_none_is_sent(config: Path) -> None:
    write(config, {"proxies": "\ud800"})
    Credentials(config).store("a.test", ALICE)
    assert json.loads(config.read_text())["proxies"] == "\ud800"
    with pytest.raises(InvalidContent, match="not Unicode") as refusal:
        Credential("alice", "s3cret\udcff")
    assert "s3cret" not in str(refusal.value)


def test_a_folder_that_cannot_be_made_leaves_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((StoreError, InvalidContent)) as failure:
        Credentials(tmp_path / "file" / "config.json").store("a.test", ALICE)
    assert "config.json" in str(failure.value)


def test_a_disk_that_takes_nothing_is_told_with_the_way_out() -> None:
    with pytest.raises(StoreError, match=r"cannot write /proc/nbdock/config\.json") as failure:
        Credentials(Path("/proc/nbdock/config.json")).store("a.test", ALICE)
    assert failure.value.hint == "--session keeps the log-in in memory only"


@pytest.mark.parametrize(
    ("server", "host"),
    [
        (HUB_INDEX, "docker.io"),
        ("docker.io", "docker.io"),
        ("http://localhost:5000/", "localhost:5000"),
        ("https://a.test/v2/", "a.test"),
        ("a.test", "a.test"),
    ],
)
def test_a_server_is_named_by_its_host(server: str, host: str) -> None:
    assert hostname(server) == host
