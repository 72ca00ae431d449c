"""Where engines are looked for: in docker's and podman's own order, and with their own files."""

from __future__ import annotations

import hashlib
import json
import shlex
from pathlib import Path

import pytest

from nbdock.dock.dock import Settings
from nbdock.engines.address import TLS, Address, Kind
from nbdock.engines.candidates import candidates
from nbdock.errors import UsageError

SECRET = "s3cret"


def found(kind: Kind, home: Path, **variables: str) -> tuple[Address, ...]:
    environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), **variables}
    return candidates(kind, Settings.read(environment).engines)


def refusal(kind: Kind, home: Path, **variables: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        found(kind, home, **variables)
    assert "\n" not in str(caught.value)
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    return caught.value


def context(home: Path, name: str, host: str, *, skip: bool = False, tls: bool = False) -> Path:
    """What `docker context create` writes. Returns the folder of its certificates."""
    folder = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker/contexts/meta" / folder / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skip}
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    certificates = home / ".docker/contexts/tls" / folder / "docker"
    if tls:
        certificates.mkdir(parents=True)
    return certificates


def test_docker_listens_at_four_usual_places(home: Path) -> None:
    assert [each.shown for each in found("docker", home)] == [
        "unix:///var/run/docker.sock",
        f"unix://{home}/run/docker.sock",
        f"unix://{home}/.docker/run/docker.sock",
        f"unix://{home}/.docker/desktop/docker.sock",
    ]


def test_podman_listens_for_the_user_or_for_root(home: Path) -> None:
    shown = [each.shown for each in found("podman", home)]
    assert shown == [f"unix://{home}/run/podman/podman.sock", "unix:///run/podman/podman.sock"]


def test_without_a_runtime_folder_it_is_systemds(home: Path) -> None:
    assert found("podman", home, XDG_RUNTIME_DIR="")[0].socket.startswith("/run/user/")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:///run/x.sock", Address(socket="/run/x.sock")),
        ("tcp://10.0.0.1:4000", Address(host="10.0.0.1:4000")),
        ("tcp://box", Address(host="box:2375")),
        ("tcp://box/", Address(host="box:2375")),
        ("tcp://", Address(host="127.0.0.1:2375")),
        ("tcp://[::1]:4000", Address(host="[::1]:4000")),
        ("box:4000", Address(host="box:4000")),
    ],
)
@pytest.mark.parametrize(("kind", "variable"), [("docker", "DOCKER_HOST"), ("podman", "CONTAINER_HOST")])
def test_the_user_says_where(home: Path, kind: Kind, variable: str, text: str, address: Address) -> None:
    assert found(kind, home, **{variable: text}) == (address,)


@pytest.mark.parametrize(
    ("variables", "tls"),
    [
        ({"DOCKER_TLS_VERIFY": "1"}, TLS(Path(".docker"), verify=True)),
        ({"DOCKER_TLS": "1"}, TLS(Path(".docker"), verify=False)),
        ({"DOCKER_TLS": "1", "DOCKER_TLS_VERIFY": "1"}, TLS(Path(".docker"), verify=True)),
        ({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/keys"}, TLS(Path("/keys"), verify=True)),
    ],
)
def test_tls_as_docker_has_it(home: Path, variables: dict[str, str], tls: TLS) -> None:
    [address] = found("docker", home, DOCKER_HOST="tcp://box", **variables)
    assert address == Address(host="box:2376", tls=TLS(home / tls.folder, tls.verify))
    assert address.url == "https://box:2376"


def test_the_address_wins_over_the_context_and_the_named_context_over_the_current(home: Path) -> None:
    context(home, "chosen", "unix:///chosen.sock")
    context(home, "current", "unix:///current.sock")
    (home / ".docker/config.json").write_text('{"currentContext": "current"}')
    orders = ({"DOCKER_CONTEXT": "chosen", "DOCKER_HOST": "unix:///x.sock"}, {"DOCKER_CONTEXT": "chosen"}, {})
    first = [found("docker", home, **variables)[0].socket for variables in orders]
    assert first == ["/x.sock", "/chosen.sock", "/current.sock"]
    assert len(found("docker", home, DOCKER_CONTEXT="default")) == 4


@pytest.mark.parametrize("skip", [False, True])
def test_a_context_has_its_own_certificates(home: Path, skip: bool) -> None:
    folder = context(home, "far", "tcp://box:2376", skip=skip, tls=True)
    assert found("docker", home, DOCKER_CONTEXT="far") == (Address(host="box:2376", tls=TLS(folder, verify=not skip)),)


def test_a_context_without_certificates_has_no_tls(home: Path) -> None:
    context(home, "near", "tcp://box:2375")
    assert found("docker", home, DOCKER_CONTEXT="near") == (Address(host="box:2375"),)


def test_a_context_that_does_not_exist_is_no_engine(home: Path) -> None:
    error = refusal("docker", home, DOCKER_CONTEXT="gone")
    assert (str(error), error.hint) == ("docker has no context gone", "see them: docker context ls")


@pytest.mark.parametrize("content", ["{", "[]", '{"currentContext": 5}', "[" * 5000])
def test_a_file_that_cannot_be_read_is_named(home: Path, content: str) -> None:
    file = home / ".docker/config.json"
    file.parent.mkdir()
    file.write_text(content)
    error = refusal("docker", home)
    assert str(file) in str(error) or "currentContext" in str(error)
    assert "DOCKER_HOST" in error.hint


def test_ssh_is_refused_with_the_line_that_helps(home: Path) -> None:
    error = refusal("docker", home, DOCKER_HOST=f"ssh://me:{SECRET}@box:2222")
    assert str(error) == "DOCKER_HOST is an address of ssh, which nbdock does not open"
    line = error.hint.removeprefix("forward its socket to this machine: ").partition(";")[0]
    local = f"{home}/run/docker-box.sock"
    assert shlex.split(line) == ["ssh", "-nNT", "-L", f"{local}:/var/run/docker.sock", "-p", "2222", "me@box"]
    assert error.hint.endswith(f"then set DOCKER_HOST=unix://{local}")


def test_ssh_to_podman_keeps_its_path(home: Path) -> None:
    address = "ssh://core@box/run/user/1000/podman/podman.sock"
    error = refusal("podman", home, CONTAINER_HOST=address)
    assert ":/run/user/1000/podman/podman.sock core@box;" in error.hint
    assert error.hint.endswith(f"CONTAINER_HOST=unix://{home}/run/podman-box.sock")


def test_a_context_by_ssh_is_refused_too(home: Path) -> None:
    context(home, "far", "ssh://box")
    error = refusal("docker", home, DOCKER_CONTEXT="far")
    assert str(error).startswith("the docker context far is an address of ssh")


@pytest.mark.parametrize(
    "text",
    [
        "npipe:////./pipe/docker_engine",
        "fd://",
        "http://box",
        "unix://",
        "unix://run/x.sock",
        "/var/run/docker.sock",
        "ssh://",
        "tcp://box:port",
        "tcp://box:99999",
        "tcp://[::1",
        "tcp://x\x00y",
        "tcp://box/api",
        f"tcp://me:{SECRET}@box",
    ],
)
def test_what_is_no_address_is_refused(home: Path, text: str) -> None:
    error = refusal("docker", home, DOCKER_HOST=text)
    assert str(error).startswith("DOCKER_HOST is no address of an engine")
    assert error.hint == "write unix:///PATH or tcp://HOST:PORT"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("podman-connections.json", '{"Connection": {"Connections": {"far": {"URI": "tcp://box:4000"}}}}'),
        ("containers.conf", '[engine.service_destinations.far]\nuri = "tcp://box:4000"\n'),
    ],
)
def test_a_podman_connection_is_looked_up(home: Path, name: str, content: str) -> None:
    file = home / ".config/containers" / name
    file.parent.mkdir(parents=True)
    file.write_text(content)
    wanted = {"CONTAINER_CONNECTION": "far", "CONTAINER_HOST": "unix:///x.sock"}
    assert found("podman", home, **wanted) == (Address(host="box:4000"),)
    error = refusal("podman", home, CONTAINER_CONNECTION="gone")
    assert str(error) == "podman has no connection gone"


def test_a_containers_conf_that_is_no_toml_is_named(home: Path) -> None:
    file = home / ".config/containers/containers.conf"
    file.parent.mkdir(parents=True)
    file.write_text("[engine")
    assert str(file) in str(refusal("podman", home, CONTAINER_CONNECTION="far"))
