from __future__ import annotations

import base64
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from nbdock.errors import InvalidContent, StoreError, Unauthorized
from nbdock.oci.reference import HUB_INDEX
from nbdock.registry.credentials import Credential, Credentials, hostname

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
    with pytest.raises(Unauthorized, match=r"error in docker-credential-test: a.test is locked \\x1b"):
        kept.find("a.test")
    with pytest.raises(Unauthorized, match="exit code 1") as failure:
        kept.store("a.test", ALICE)
    assert "s3cret" not in str(failure.value)
    assert kept.delete("a.test")


@pytest.mark.parametrize("name", ["../evil", "a/b", "a b", "-x", "x;y"])
def test_a_helper_is_a_plain_name(config: Path, name: str) -> None:
    with pytest.raises(InvalidContent, match="invalid credential helper"):
        Credentials(write(config, {"credsStore": name})).find("a.test")


@pytest.mark.parametrize("auth", ["%%%", "YQ==", "/w=="])
def test_a_damaged_entry_is_an_error_without_its_content(config: Path, auth: str) -> None:
    write(config, {"auths": {"a.test": {"auth": auth}}})
    with pytest.raises(InvalidContent, match="not the base64 of user:password"):
        Credentials(config).find("a.test")


def test_a_damaged_file_is_named_and_left_alone(config: Path) -> None:
    config.parent.mkdir()
    config.write_text('{"auths": s3cret')
    with pytest.raises(InvalidContent, match=r"config\.json: not JSON") as damage:
        Credentials(config).store("a.test", ALICE)
    assert damage.value.hint == "correct the file, or delete it and log in again"
    assert config.read_text() == '{"auths": s3cret'
    with pytest.raises(InvalidContent, match="DOCKER_AUTH_CONFIG: not JSON"):
        Credentials(config, auth_config="s3cret").find("a.test")


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
