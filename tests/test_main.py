"""The terminal."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbdock.__main__ import main
from nbdock.api import table
from nbdock.demo import SAMPLES
from tests.jupyter.images import name_an_image
from tests.parts.registries import Registry
from tests.registry.faults import Reply, Server
from tests.silent import silent_host

Captured = pytest.CaptureFixture[str]
FRAMES = {"IPython", "ipywidgets", "numpy", "pandas", "tornado"}
SIGNED = {"Location": "https://127.0.0.1:1/blob?X-Amz-Signature=signed"}
NETWORK = {"asyncio", "httpx"}


def nbdock(*words: str) -> list[str]:
    return [sys.executable, "-m", "nbdock", *words]


def imported(*words: str) -> set[str]:
    """The modules that a command imports."""
    code = "import sys, nbdock.__main__ as terminal; terminal.main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=True, text=True)
    assert run.stdout
    return set(run.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "pull --help",
        "images",
        "images --format json",
        "history httpd --format {{.ID}}",
        "inspect httpd",
        "layers httpd",
        "ps -a",
        "rm httpd",
        "system df",
        "tag httpd mine",
    ],
)
def test_a_command_imports_no_frames_and_no_network_that_it_does_not_need(words: str) -> None:
    name_an_image("httpd:latest")
    assert not imported(*words.split()) & (FRAMES | NETWORK)


def test_a_question_about_files_neither_imports_the_network_nor_reads_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLES, tmp_path / "store")
    (tmp_path / "registries.conf").write_text("[[")
    monkeypatch.setenv("NBDOCK_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    assert not imported("cat", "nbdock/frugal", "/SAMPLE") & NETWORK


def test_what_reads_the_files_of_an_image_needs_no_pandas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(SAMPLES, tmp_path / "store")
    monkeypatch.setenv("NBDOCK_STORE", str(tmp_path / "store"))
    (tmp_path / "Dockerfile").write_text("FROM nbdock/frugal\nCOPY --chown=root Dockerfile /\n")
    assert "pandas" not in imported("build", "-t", "mine", "-f", f"{tmp_path}/Dockerfile", str(tmp_path))
    assert "pandas" not in imported("cat", "nbdock/frugal", "/SAMPLE")


def test_help_imports_no_place_and_nothing_that_copies() -> None:
    others = ("nbdock.api", "nbdock.store", "nbdock.places", "nbdock.copying", "nbdock.reading", "fcntl")
    assert not {name for name in imported("--help") if name.startswith(others)}


def test_a_pull_without_tables_imports_no_frames(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBDOCK_TABLES", "0")  # the tables are pyarrow's, which imports pandas
    assert not imported("pull", "busybox") & FRAMES


def test_a_frame_is_printed_as_dockers_table(capsys: Captured) -> None:
    name_an_image("httpd:2.4")
    assert main(["ls"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["REPOSITORY", "TAG", "IMAGE", "ID"]
    assert row.split()[:2] == ["httpd", "2.4"]


def test_plain_output_is_plain(capsys: Captured) -> None:
    name_an_image("httpd:2.4")
    assert main(["ls", "--format", "{{.Repository}}:{{.Tag}}"]) == 0
    assert capsys.readouterr().out == "httpd:2.4\n"


def test_what_docker_says_is_not_said_twice(capsys: Captured) -> None:
    name_an_image("httpd:2.4", "httpd:2.2")
    assert main(["rm", "httpd:2.2"]) == 0
    assert capsys.readouterr().out == "Untagged: httpd:2.2\n"


@pytest.mark.parametrize("words", [["rm", "-f", "nope"], ["container", "rm", "-f", "nope"], ["container", "prune"]])
def test_where_docker_prints_nothing_there_is_no_empty_table(words: list[str], capsys: Captured) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out == ""


def test_what_was_found_is_printed_before_the_error(capsys: Captured) -> None:
    name_an_image("httpd:2.4")
    assert main(["inspect", "httpd:2.4", "nope"]) == 1
    printed = capsys.readouterr()
    assert "httpd:2.4" in printed.out and printed.err.startswith("Error: No such image: nope:latest\n")


def test_the_end_of_input_is_an_empty_answer(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("sys.stdin", Typed(""))
    assert main(["login", "localhost:1"]) == 1
    assert "Error: username is empty" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_help(words: list[str], capsys: Captured) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage:  nbdock COMMAND\n")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["history", "nope"], 1, "Error: No such image: nope:latest\n  "),
        (["rmm", "x"], 1, "Error: unknown command: nbdock rmm\n  did you mean 'rm'? Run 'nbdock --help' for more"),
        (["rm"], 1, "Error: 'nbdock rm' requires at least 1 argument\n  Usage:  nbdock rm [OPTIONS] IMAGE [IMAGE...]"),
        (
            ["ls", "--fitler", "x"],
            125,
            "Error: unknown flag: --fitler\n  did you mean '--filter'? See 'nbdock ls --help'",
        ),
    ],
)
def test_an_error_goes_to_stderr_with_dockers_exit_code(
    words: list[str], code: int, error: str, capsys: Captured
) -> None:
    assert main(words) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(error)


def test_a_template_that_inspect_cannot_read_is_64(capsys: Captured) -> None:
    name_an_image("httpd")
    assert main(["inspect", "--format", "{{.Config", "httpd"]) == 64
    assert "template parsing error" in capsys.readouterr().err


def test_debug_shows_the_stack(capsys: Captured) -> None:
    assert main(["history", "nope", "--debug"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_debug_shows_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """Of a saved log-in, a token, an identity token, a log-in's own, and a signed address."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    asks = {"WWW-Authenticate": 'Basic realm="r"'}
    secrets = ["s3cret", base64.b64encode(b"alice:s3cret").decode(), "t0ken", "1dentity", "signed"]
    with Server() as server:
        token = {"WWW-Authenticate": f'Bearer realm="{server.url}/token",service="r"'}
        server.on("GET /token", Reply(200, b'{"token": "t0ken"}'))
        server.on("POST /token", Reply(200, b'{"access_token": "t0ken"}'))
        server.on("GET /v2/", Reply(401, headers=asks))
        for refusal in (Reply(401, headers=asks), Reply(403), Reply(401, headers=token), Reply(307, headers=SIGNED)):
            for entry in ({"auth": secrets[1]}, {"auth": secrets[1], "identitytoken": "1dentity"}):
                (tmp_path / "config.json").write_text(json.dumps({"auths": {server.host: entry}}))
                for method in ("GET", "HEAD"):
                    server.on(f"{method} /v2/app/manifests/1", refusal)
                assert main(["pull", f"{server.host}/app:1", "--debug"]) == 1
        monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\n"))
        assert main(["login", "-u", "alice", "--password-stdin", server.host, "--debug"]) == 1
        assert any("Authorization" in each.headers for each in server.requests)
    shown = capsys.readouterr()
    assert shown.err.count("Traceback (most recent call last)") == 9
    assert [each for each in secrets if each in shown.err + shown.out] == []


def test_a_quiet_pull_in_a_terminal_says_that_it_waits() -> None:
    with silent_host(lambda: None) as host:
        shown, terminal = pty.openpty()
        pulling = subprocess.Popen(
            nbdock("pull", "-q", f"{host}/app"), stdin=terminal, stdout=terminal, stderr=terminal
        )
        os.close(terminal)
        text = b""
        while b"Waiting for" not in text:
            text += os.read(shown, 1000)
        text += os.read(shown, 1000) if b"\n" not in text else b""
        pulling.send_signal(signal.SIGINT)
        assert pulling.wait(20) == 130
        os.close(shown)
    assert f"Waiting for {host.split(':')[0]} to answer" in text.decode() and "Interrupt to stop." in text.decode()


def test_a_pull_tells_its_progress_beside_its_output(registry: Registry, capsys: Captured) -> None:
    assert main(["pull", "busybox"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "docker.io/library/busybox:latest"
    assert "layer" not in captured.out
    assert captured.err.splitlines()[-1].endswith(": Pull complete")


def test_where_one_image_cannot_be_pulled_the_others_are_kept_and_the_exit_code_is_1(
    registry: Registry, capsys: Captured
) -> None:
    assert main(["pull", "busybox", "nosuch", "hello-world"]) == 1
    captured = capsys.readouterr()
    assert "docker.io/library/busybox:latest" in captured.out and "docker.io/library/hello-world:latest" in captured.out
    assert "Error: manifest for nosuch:latest not found" in captured.err
    assert main(["inspect", "hello-world", "--format", "{{.RepoTags}}"]) == 0


def test_control_c_ends_a_pull_with_130() -> None:
    started: list[subprocess.Popen[bytes]] = []
    with silent_host(then=lambda: started[0].send_signal(signal.SIGINT)) as host:
        started.append(subprocess.Popen(nbdock("pull", f"{host}/x"), stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        _, errors = started[0].communicate()
    assert started[0].returncode == 130
    assert errors.startswith(b"Error: interrupted\n")


class Typed(io.StringIO):
    """A terminal to type at."""

    def isatty(self) -> bool:
        return True


class Interrupting(Typed):
    def readline(self, size: int = -1, /) -> str:
        raise KeyboardInterrupt


@pytest.mark.parametrize(("typed", "last"), [("y\n", "Total reclaimed space: "), ("n\n", ""), ("", "")])
def test_a_question_shows_what_would_go(
    typed: str, last: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sys.stdin", Typed(typed))
    name_an_image("httpd:2.4")
    assert main(["prune", "-a"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("httpd:2.4") == (2 if last else 1)
    assert last in printed


def test_an_interrupted_question_is_130(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("sys.stdin", Interrupting())
    name_an_image("httpd:2.4")
    assert main(["prune", "-a"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_is_removed_where_nobody_can_answer(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    name_an_image("httpd:2.4")
    assert main(["prune", "-a"]) == 0
    assert "Nothing was removed" in capsys.readouterr().err
    main(["ls", "-q"])
    assert capsys.readouterr().out


def test_python_m_nbdock_is_the_same_command() -> None:
    assert subprocess.run(nbdock("version", "--format", "{{.Python}}"), capture_output=True, check=True).stdout


def test_a_reader_that_leaves_early_is_no_error() -> None:
    name_an_image(*(f"httpd:{number}" for number in range(300)))
    with subprocess.Popen(nbdock("ls", "--no-trunc"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


@pytest.mark.parametrize("path", sorted({command.path for command in table}))
def test_help_fits_80_columns(path: str, capsys: Captured) -> None:
    assert main([*path.split(), "--help"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_locale_without_an_ellipsis_is_no_error(encoding: str) -> None:
    name_an_image("httpd:2.4")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ran = subprocess.run(nbdock("ls", "--format", "{{.Tag}}…"), env=environment, capture_output=True, check=True)
    assert ran.stdout == b"2.4\\u2026\n"


def test_a_closed_output_is_no_error() -> None:
    ran = subprocess.run(nbdock("--help"), capture_output=True, preexec_fn=lambda: os.close(1))
    assert (ran.returncode, ran.stderr) == (0, b"")
