"""Logins by a page: a real registry with passwords, docker's file, and a helper."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.errors import NbdockError, Unauthorized, UsageError
from tests.parts.registries import Registry
from tests.parts.tokens import PASSWORD, USER


def ask(back: Backend, name: str, **asked: Any) -> Any:
    return back.ask(name, asked, Job())


def rows(back: Backend) -> list[tuple[str, str, str]]:
    return [(each["registry"], each["user"], each["kept"]) for each in ask(back, "logins")["logins"]]


def test_in_and_out_and_every_page_knows(back: Backend, private_registry: Registry) -> None:
    told: list[Any] = []
    leave = back.join(told.append)
    host, config = private_registry.host, Dock().settings.docker_config
    ask(back, "login", registry=host, user=USER, password=PASSWORD)
    assert rows(back) == [(host, USER, "")]
    assert not config.exists()
    ask(back, "login", registry=host, user=USER, password=PASSWORD, session=False)
    assert rows(back) == [(host, USER, str(config))]
    ask(back, "logout", registry=host)
    assert rows(back) == []
    assert [each["about"] for each in told if each["about"] == "accounts"] == ["accounts"] * 3
    assert PASSWORD not in json.dumps(told)
    leave()


def test_a_refused_password_is_in_no_message(back: Backend, private_registry: Registry) -> None:
    with pytest.raises(Unauthorized) as refused:
        ask(back, "login", registry=private_registry.host, user=USER, password="wr0ng-secret")
    assert "wr0ng-secret" not in f"{refused.value} {refused.value.hint}"
    for values in ({"user": " ", "password": "x"}, {"user": "u", "password": ""}):
        with pytest.raises(UsageError, match="is empty"):
            ask(back, "login", registry="", **values)
    with pytest.raises(NbdockError) as invalid:
        ask(back, "login", registry="", user=USER, password=["wr0ng-secret"])
    assert "wr0ng-secret" not in str(invalid.value)


def test_everyone_who_is_logged_in_and_no_secret(back: Backend, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = home / "bin" / "docker-credential-chain"
    program.parent.mkdir()
    listed = {"https://quay.io": "carol", "https://index.docker.io/v1/": "<token>"}
    program.write_text(f"#!{sys.executable}\nimport sys\nassert sys.argv[1] == 'list'\nprint({json.dumps(listed)!r})\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    auths = {"localhost:5000": {"auth": "Ym9iOnMzY3JldA=="}, "quay.io": {}, "broken": {"auth": "%"}}
    path = Dock().settings.docker_config
    path.parent.mkdir()
    path.write_text(json.dumps({"auths": auths, "credHelpers": {"quay.io": "chain"}}))
    answer = ask(back, "logins")
    assert rows(back) == [
        ("quay.io", "carol", program.name),
        ("docker.io", "<token>", program.name),
        ("localhost:5000", "bob", str(path)),
    ]
    assert "broken" in "".join(answer["problems"])
    assert "s3cret" not in json.dumps(answer)
