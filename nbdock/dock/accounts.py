"""Log in and out, with docker's prompts and warnings. No output contains a password."""

from __future__ import annotations

from pathlib import Path

from nbdock import human
from nbdock.dock.dock import Dock
from nbdock.errors import Refused, Unauthorized, UsageError
from nbdock.oci.reference import HOST, HUB, HUB_INDEX
from nbdock.registry.credentials import Credential, hostname

_SUCCEEDED = "Login Succeeded"


def login(dock: Dock, server: str, username: str, password: str, password_stdin: bool, session: bool) -> str:
    """Verify the credentials at the registry and store them. Raises Unauthorized, UsageError, Refused."""
    host = hostname(server or HUB)
    if not HOST.fullmatch(host):
        raise UsageError(f"invalid registry address: {human.excerpt(server)}", hint="write a host, as localhost:5000")
    if password and password_stdin:
        raise UsageError("--password and --password-stdin are mutually exclusive", hint="pass one of them")
    _warn_of_environment(dock)
    if password_stdin:
        return _keep(dock, host, _piped(dock, username), session)
    if password:
        return _keep(dock, host, Credential(_named(dock, username), password), session)
    if not username:
        known = dock.credential(host)
        if known and known.password:
            dock.say(f"Authenticating with existing credentials... [Username: {known.username}]")
            try:
                return _keep(dock, host, known, session)
            except Unauthorized as error:
                dock.console.warn(f"Login did not succeed: {error}")
    return _keep(dock, host, _asked(dock, username), session)


def logout(dock: Dock, server: str) -> str:
    """Delete the credentials. A failure is a warning, as in docker."""
    host = hostname(server or HUB)
    _warn_of_environment(dock)
    for problem in dock.registry.credentials.delete(server or HUB):
        dock.console.warn(f"WARNING: could not erase credentials: {problem}")
    return f"Removing login credentials for {_shown(host)}"


def _keep(dock: Dock, host: str, credential: Credential, session: bool) -> str:
    name, password = credential.username, credential.password
    verified = dock.run(lambda task: dock.registry.login(host, name, password, task), quiet=True)
    kept_in = dock.registry.credentials.store(host, verified, session=session)
    if kept_in:
        _warn_of_clear_text(dock, kept_in)
    return _SUCCEEDED


def _asked(dock: Dock, username: str) -> Credential:
    name = _named(dock, username)
    secret = dock.console.read_secret("Password: ")
    if secret is None:
        raise _nobody_there()
    if not secret:
        raise UsageError("password is empty", hint="type the password when you are asked for it")
    return Credential(name, secret)


def _named(dock: Dock, username: str) -> str:
    name = username or dock.console.read("Username: ")
    if name is None:
        raise _nobody_there()
    if not name.strip():
        raise UsageError("username is empty", hint="type the user name, or pass it with -u")
    return name.strip()


def _piped(dock: Dock, username: str) -> Credential:
    if not username:
        raise UsageError("the --password-stdin option requires --username to be set", hint="add -u NAME")
    piped = dock.console.read_stdin()
    if piped is None:
        raise Refused("--password-stdin needs a pipe in a terminal", hint="omit it; you will be asked for the password")
    secret = piped.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise UsageError("password is empty", hint="pipe the password in")
    return Credential(username, secret)


def _nobody_there() -> Refused:
    return Refused(
        "cannot perform an interactive login from a non-TTY device",
        hint="log in where you can type, or pipe the password with --password-stdin",
    )


def _warn_of_environment(dock: Dock) -> None:
    if dock.settings.auth_config:
        dock.console.warn("WARNING: DOCKER_AUTH_CONFIG is set and takes precedence over stored credentials.")


def _warn_of_clear_text(dock: Dock, path: Path) -> None:
    dock.console.warn(f"WARNING! Your credentials are stored unencrypted in '{path}'.")
    dock.console.warn("Anyone who can read that file has your password. Log out when you are done, or use --session.")


def _shown(host: str) -> str:
    return HUB_INDEX if host == HUB else host
