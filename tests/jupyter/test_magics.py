"""The magics in a real shell."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from nbdock.errors import ImageNotFound, NbdockError, UsageError
from nbdock.jupyter import completion
from nbdock.jupyter.magics import ImageMagics, Magic
from tests.parts.registries import Registry

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(shell: InteractiveShell, code: str) -> Any:
    """The cell's result. An error is shown by the shell, as a notebook does, and then raised."""
    ran = shell.run_cell(code)
    ran.raise_error()
    return ran.result


def failed(shell: InteractiveShell, code: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is shown of the error that the cell ends in."""
    capsys.readouterr()
    assert shell.run_cell(code).error_in_exec is not None
    return COLOUR.sub("", capsys.readouterr().out).strip()


def test_each_root_runs_the_same_commands(shell: InteractiveShell) -> None:
    for line in ("%image ls", "%docker image ls", "%docker images", "%image images"):
        assert list(run(shell, line).columns) == list(run(shell, "%image ls").columns)
    assert isinstance(run(shell, "%container ls -a"), pd.DataFrame)


def test_a_result_can_be_kept(shell: InteractiveShell) -> None:
    assert run(shell, "images = %image ls\nlen(images)") == 0
    assert run(shell, "def count():\n    found = %image ls\n    return len(found)\ncount()") == 0
    assert run(shell, "for i in range(2):\n    found = %docker images\nlen(found)") == 0


def test_a_semicolon_shows_nothing(shell: InteractiveShell) -> None:
    assert run(shell, "%image ls;") is None


def test_values_come_from_the_function_that_runs_the_line(shell: InteractiveShell) -> None:
    run(shell, "def look(name):\n    %image history {name}")
    with pytest.raises(ImageNotFound, match="No such image: in-a-function:latest"):
        run(shell, "look('in-a-function')")


@pytest.mark.parametrize("line", ["history httpd", "image history httpd", "inspect httpd", "image inspect httpd"])
def test_docker_s_own_commands_ask_no_registry(line: str, shell: InteractiveShell, registry: Registry) -> None:
    before = registry.requests()
    with pytest.raises(ImageNotFound):
        run(shell, f"%docker {line}")
    assert registry.requests() == before
    assert len(run(shell, f"%image {line}"))


def test_an_error_is_one_line_and_its_hint(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shown = failed(shell, "%image history nope", capsys)
    message, *hint = shown.splitlines()
    assert message == "ImageNotFound: No such image: nope:latest"
    assert len(hint) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%image rmm x", "UsageError: unknown command: %image rmm"),
        ("%docker images --fitler x", "FlagError: unknown flag: --fitler"),
        ("%docker rmi", "UsageError: '%docker rmi' requires at least 1 argument"),
        ("%image history {undefined}", "UsageError: cannot expand '{undefined}': NameError"),
        ("%image history 'open", "UsageError: no closing quotation"),
        ("%image history HTTPD", "InvalidReference: invalid reference format"),
        ("%docker rmi $(docker images -q)", "UsageError: this line is not read by a shell"),
    ],
)
def test_bad_input_is_told_in_one_line(
    line: str, message: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = failed(shell, line, capsys)
    assert shown.startswith(message)
    assert "Traceback" not in shown
    assert len(shown.splitlines()) == 2


@pytest.mark.parametrize("line", ["%image history nope --debug", "%image --debug histroy x", "%image ls '"])
def test_debug_shows_the_whole_stack(line: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shown = failed(shell, line if "--debug" in line else f"{line} --debug", capsys)
    assert "Traceback (most recent call last)" in shown
    assert "nbdock" in shown


def test_long_errors_can_be_chosen(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%config ImageMagics.short_errors = False")
    assert "Traceback (most recent call last)" in failed(shell, "%image history nope", capsys)


def test_nothing_of_the_machinery_hangs_on_an_error(shell: InteractiveShell) -> None:
    error = shell.run_cell("%image rmm x").error_in_exec
    assert isinstance(error, UsageError)
    assert error.__context__ is None


@pytest.mark.parametrize("line", ["%image", "%image --help", "%image help"])
def test_help_is_printed(line: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(shell, line) is None
    assert capsys.readouterr().out.startswith("Usage:  %image COMMAND")


def test_help_of_a_command_is_as_it_was_typed(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    run(shell, "%docker image pull --help")
    assert capsys.readouterr().out.startswith("Usage:  %docker image pull [OPTIONS] NAME[:TAG|@DIGEST]")


def test_a_question_mark_shows_the_help(shell: InteractiveShell) -> None:
    found = shell.object_inspect("%image")
    assert found["docstring"].startswith("Usage:  %image COMMAND")


def test_plain_output_has_no_quotes(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    shell.run_cell("%image version --format '{{.Python}}'")
    assert capsys.readouterr().out.endswith(f": {sys.version.split()[0]}\n")


def test_a_reload_leaves_one_of_each(shell: InteractiveShell) -> None:
    run(shell, "%reload_ext nbdock\n%reload_ext nbdock")
    assert sum(isinstance(each, ImageMagics) for each in shell.configurables) == 1
    assert len(ours(shell)) == 1


def test_unloading_takes_everything_out(shell: InteractiveShell) -> None:
    run(shell, "%unload_ext nbdock")
    assert not any(isinstance(each, ImageMagics) for each in shell.configurables)
    assert not ours(shell)
    assert not {"image", "docker", "container"} & set(shell.magics_manager.magics["line"])


def test_a_docker_magic_of_another_extension_is_left_alone(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%unload_ext nbdock")
    shell.register_magic_function(lambda line: "theirs", "line", "docker")
    run(shell, "%load_ext nbdock")
    assert capsys.readouterr().out.count("%docker belongs to another extension") == 1
    assert run(shell, "%docker images") == "theirs"
    assert isinstance(run(shell, "%image ls"), pd.DataFrame)
    run(shell, "%unload_ext nbdock")
    assert run(shell, "%docker images") == "theirs"


def test_a_refused_setting_does_not_keep_nbdock_from_loading(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%config ImageMagics.progress = 'loud'")
    run(shell, "%reload_ext nbdock")
    assert isinstance(shell.magics_manager.magics["line"]["image"], Magic)


def test_loading_imports_nothing_heavy() -> None:
    code = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_cell("%load_ext nbdock")
assert "image" in shell.magics_manager.magics["line"]
print(*{"pandas", "httpx", "ipywidgets", "nbdock.commands"} & (set(sys.modules) - before))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_an_error_of_a_magic_can_be_caught(shell: InteractiveShell) -> None:
    run(
        shell, "from nbdock import NbdockError\ntry:\n    %image history nope\nexcept NbdockError as e:\n    caught = e"
    )
    assert isinstance(shell.user_ns["caught"], NbdockError)


def ours(shell: InteractiveShell) -> list[Any]:
    matchers = shell.Completer.custom_matchers
    return [each for each in matchers if getattr(each, "matcher_identifier", "") == completion.IDENTIFIER]


def test_sql_in_a_cell_reaches_duckdb_as_it_is(shell: InteractiveShell) -> None:
    query = "-- a comment first\nSELECT '{a}  $b # c; --debug' AS text, -- a comment\n  {'x': $n}.x AS n;\n"
    found = run(shell, f"n = 3\n_ = 0\nget_ipython().run_cell_magic('image', 'sql', {query!r})")
    assert (found.text[0], found.n[0]) == ("{a}  $b # c; --debug", 3)
    assert run(shell, f"%%image sql --format json\n{query}") == '{"text":"{a}  $b # c; --debug","n":3}'


def test_sql_in_a_line_does_too(shell: InteractiveShell) -> None:
    run(shell, "n, b = 3, 'expanded'")
    assert run(shell, "%image sql SELECT '{b}  $b' AS text, $n AS n").text[0] == "{b}  $b"
    assert run(shell, "found = %image sql SELECT $n AS n;\nfound.n[0]") == 3
    run(shell, "def ask(n):\n    return get_ipython().run_line_magic('image', 'sql SELECT $n AS n')")
    assert run(shell, "ask(4).n[0]") == 4
    assert run(shell, '%image sql --format {{.n}} "SELECT 5 AS n"') == "5"


def test_a_variable_that_is_missing_is_told(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shown = failed(shell, "%image sql SELECT $gone", capsys)
    assert shown.splitlines()[0] == "UsageError: $gone has no value"


def test_a_cell_is_for_sql_and_builds_only(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("ls", "rm"):
        assert failed(shell, f"%%image {line}\nhttpd", capsys).startswith(
            "UsageError: %%image takes a cell with a Dockerfile, or with SQL"
        )


@pytest.mark.parametrize("line", ["%%image build", "%%docker build", "%%docker image build"])
def test_a_cell_is_a_dockerfile(shell: InteractiveShell, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text("hello")
    frame = run(shell, f"{line} -t app:1.0 {tmp_path}\nFROM scratch\nCOPY a.txt /\nENV X=$HOME")
    assert frame.instruction.tolist() == ["FROM", "COPY", "ENV"]
    assert run(shell, "%docker image history app:1.0").created_by.iloc[0].startswith("ENV X=")


def test_help_and_the_terminal_know_sql(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    run(shell, "%image sql --help")
    assert "QUERY" in capsys.readouterr().out
    assert failed(shell, "%image sql", capsys).startswith("UsageError: '%image sql' requires 1 argument")
    assert failed(shell, "%image sql --variables x 'SELECT 1'", capsys).startswith("Refused: only notebooks and Python")


def test_import_takes_docker_s_changes(shell: InteractiveShell, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "root.tar", "w"):
        pass
    shell.user_ns.update(file=str(tmp_path / "root.tar"), port=8080)
    frame = run(shell, """%docker import -c 'CMD ["app", "-D"]' -c "EXPOSE {port}" {file} app:1.0""")
    assert list(frame.exposed_ports) == [["8080/tcp"]]
    assert run(shell, "%docker inspect app:1.0").cmd[0] == ["app", "-D"]


def test_import_reads_no_standard_input_in_a_notebook(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nothing is piped into standard input" in failed(shell, "%image import -", capsys)
