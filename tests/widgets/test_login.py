from __future__ import annotations

import json

import pytest
from ipywidgets import Widget

from nbdock.api import Dock
from nbdock.widgets.application import Login
from tests.parts.registries import Registry
from tests.parts.tokens import PASSWORD, USER


@pytest.fixture
def login(private_registry: Registry) -> Login:
    form = Login()
    form.server.value = private_registry.host
    form.username.value = USER
    return form


def submit(login: Login, password: str) -> None:
    """Send the password as the browser does."""
    login.password._handle_custom_msg({"password": password}, [])
    login.job.join()


def test_log_in_and_out(login: Login, private_registry: Registry) -> None:
    submit(login, PASSWORD)
    assert login.status.text == "Login Succeeded"
    assert Dock().registry.credentials.find(private_registry.host)
    login.logout.click()
    login.job.join()
    assert login.status.text == f"Removing login credentials for {private_registry.host}"
    assert not Dock().registry.credentials.find(private_registry.host)


def test_a_wrong_password_is_refused_and_never_shown(login: Login) -> None:
    submit(login, "wrong-secret")
    assert login.status.tone == "error"
    assert "wrong-secret" not in login.status.text


def test_credentials_are_kept_in_memory_unless_that_is_unchecked(login: Login) -> None:
    config = Dock().settings.docker_config
    submit(login, PASSWORD)
    assert not config.exists()
    login.session.value = False
    submit(login, PASSWORD)
    assert config.exists()
    assert "stored unencrypted" in login.status.text


def test_a_user_name_is_required(login: Login) -> None:
    login.username.value = " "
    submit(login, PASSWORD)
    assert login.status.text == "Enter a user name."


def test_no_widget_state_holds_the_password(login: Login) -> None:
    submit(login, PASSWORD)
    submit(login, "wrong-secret")
    state = json.dumps(Widget.get_manager_state(), ensure_ascii=False)
    assert PASSWORD not in state
    assert "wrong-secret" not in state
    assert "wrong-secret" not in repr(vars(login))
