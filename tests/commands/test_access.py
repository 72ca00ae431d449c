"""login and logout, against a registry that asks for a password and one that gives out tokens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.errors import NbdockError, Refused, Unauthorized, UsageError
from nbdock.grammar import table
from tests.commands.conftest import Recorder
from tests.parts.registries import Registry
from tests.parts.tokens import IDENTITY, PASSWORD, USER


@pytest.fixture
def dock(tmp_path: Path, console: Recorder) -> Dock:
    """An empty one."""
    console.typed = {"Username: ": USER, "Password: ": PASSWORD}
    return Dock(tmp_path / "store", console=console)


def config(dock: Dock) -> str:
    return dock.settings.docker_config.read_text() if dock.settings.docker_config.exists() else ""


def test_a_login_is_verified_and_kept_with_a_warning(private_registry: Registry, dock: Dock, console: Recorder) -> None:
    assert dock.login(private_registry.host) == "Login Succeeded"
    assert "stored unencrypted" in console.warned[0] and str(dock.settings.docker_config) in console.warned[0]
    assert private_registry.host in json.loads(config(dock))["auths"]
    dock.pull(f"{private_registry.host}/library/hello-world")


def test_a_wrong_password_is_kept_nowhere(private_registry: Registry, dock: Dock, console: Recorder) -> None:
    console.typed["Password: "] = "wr0ng-one"
    with pytest.raises(Unauthorized) as refusal:
        dock.login(private_registry.host)
    assert "wr0ng-one" not in str(refusal.value) + refusal.value.hint + repr(refusal.value)
    assert config(dock) == ""


def test_a_session_login_is_kept_in_memory(private_registry: Registry, dock: Dock, console: Recorder) -> None:
    assert dock.login(private_registry.host, session=True) == "Login Succeeded"
    assert config(dock) == "" and console.warned == []
    dock.pull(f"{private_registry.host}/library/hello-world", quiet=True)
    dock.logout(private_registry.host)
    with pytest.raises(NbdockError):
        dock.pull(f"{private_registry.host}/library/hello-world", quiet=True)


def test_an_identity_token_is_kept_in_the_password_s_place(token_registry: Registry, dock: Dock) -> None:
    dock.login(token_registry.host, username=USER)
    entry = json.loads(config(dock))["auths"][token_registry.host]
    assert entry["identitytoken"] == IDENTITY and PASSWORD not in config(dock)
    dock.pull(f"{token_registry.host}/private/hello-world", quiet=True)


def test_who_is_logged_in_is_not_asked_again(private_registry: Registry, dock: Dock, console: Recorder) -> None:
    dock.login(private_registry.host)
    console.typed = {}
    assert dock.login(private_registry.host) == "Login Succeeded"
    assert f"Authenticating with existing credentials... [Username: {USER}]" in console.said


def test_a_password_is_taken_from_a_pipe(private_registry: Registry, dock: Dock, console: Recorder) -> None:
    console.typed, console.piped = {}, f"{PASSWORD}\n"
    assert dock.login(private_registry.host, username=USER, password_stdin=True) == "Login Succeeded"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"password": "s3cret-thing"}, Refused, "cannot perform an interactive login from a non-TTY device"),
        ({"password_stdin": True}, UsageError, "the --password-stdin option requires --username to be set"),
        ({"username": USER, "password": "s3cret-thing", "password_stdin": True}, UsageError, "mutually exclusive"),
        ({}, Refused, "cannot perform an interactive login from a non-TTY device"),
        ({"username": USER}, Refused, "cannot perform an interactive login from a non-TTY device"),
    ],
)
def test_refusals_say_what_to_do_and_no_secret(
    dock: Dock, console: Recorder, given: dict[str, object], error: type[NbdockError], message: str
) -> None:
    console.typed = {}
    with pytest.raises(error, match=message) as refusal:
        dock.login("localhost:1", **given)  # type: ignore[arg-type]
    assert refusal.value.hint and "s3cret-thing" not in f"{refusal.value}{refusal.value.hint}"


@pytest.mark.parametrize("server", ["a..b", "two words", "\0", "user@host", "host:port"])
def test_what_is_no_host_is_refused_before_a_password_is_sent(dock: Dock, server: str) -> None:
    with pytest.raises(UsageError, match="invalid registry address"):
        dock.login(server, username=USER, password=PASSWORD)


@pytest.mark.parametrize(
    ("prompt", "message"), [("Username: ", "username is empty"), ("Password: ", "password is empty")]
)
def test_nothing_typed_is_nothing_sent(dock: Dock, console: Recorder, prompt: str, message: str) -> None:
    console.typed[prompt] = ""
    with pytest.raises(UsageError, match=message):
        dock.login("localhost:1")


def test_logout_forgets_every_spelling_and_never_fails(dock: Dock) -> None:
    auths = {spelling: {"auth": "YTpi"} for spelling in ("h:5000", "http://h:5000", "https://h:5000", "other")}
    dock.settings.docker_config.parent.mkdir(parents=True)
    dock.settings.docker_config.write_text(json.dumps({"auths": auths, "credsStore": "", "detachKeys": "ctrl-e"}))
    assert dock.logout("http://h:5000") == dock.logout("h:5000") == "Removing login credentials for h:5000"
    left = json.loads(config(dock))
    assert list(left["auths"]) == ["other"] and left["detachKeys"] == "ctrl-e"


@pytest.mark.parametrize("root", ["docker", "image", "nbdock"])
@pytest.mark.parametrize("flag", ["-p", "--password"])
def test_no_line_takes_a_password(root: str, flag: str) -> None:
    with pytest.raises(Refused, match="would be saved with the notebook") as refusal:
        table.read(["login", "-u", USER, flag, "s3cret-thing", "localhost:1"], root)
    assert refusal.value.hint and "s3cret-thing" not in f"{refusal.value}{refusal.value.hint}"


def test_python_passes_a_password(private_registry: Registry, dock: Dock, console: Recorder) -> None:
    console.typed = {}
    assert dock.login(private_registry.host, username=USER, password=PASSWORD, session=True) == "Login Succeeded"
    with pytest.raises(Unauthorized):
        dock.login(private_registry.host, username=USER, password="wr0ng-one", session=True)


def test_python_reads_a_password_from_a_pipe(private_registry: Registry, tmp_path: Path) -> None:
    code = (
        f"import nbdock; print(nbdock.Dock({str(tmp_path)!r}).login({private_registry.host!r}, "
        f"username={USER!r}, password_stdin=True, session=True))"
    )
    ran = subprocess.run([sys.executable, "-c", code], input=f"{PASSWORD}\n", capture_output=True, text=True)
    assert ran.stdout == "Login Succeeded\n", ran.stderr
