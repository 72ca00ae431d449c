"""The magics in a real kernel over ZMQ, as a front end sees them."""

from __future__ import annotations

import pytest

from tests.jupyter.images import name_an_image
from tests.jupyter.kernel import Kernel
from tests.parts.registries import Registry
from tests.silent import silent_host


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("%image history nope", "ImageNotFound", "No such image: nope:latest"),
        ("%docker images --fitler x", "FlagError", "unknown flag: --fitler"),
        ("%docker rmi", "UsageError", "'%docker rmi' requires at least 1 argument"),
        ("%docker run -d httpd", "Refused", "nbdock does not run containers"),
        ("%image ls 'open", "UsageError", "no closing quotation"),
    ],
)
def test_bad_input_fails_the_cell_with_one_line(kernel: Kernel, line: str, name: str, value: str) -> None:
    ran = kernel.run(line)
    (error,) = ran.of("error")
    assert (ran.status, error["ename"], len(error["traceback"])) == ("error", name, 1)
    assert error["evalue"].startswith(value)
    assert "Traceback" not in ran.error


def test_nothing_selected_is_not_everything(kernel: Kernel) -> None:
    name_an_image("httpd:2.4")
    ran = kernel.run("images = %image ls\n%image layers {images[:0]}")
    assert (ran.status, ran.of("error")[0]["evalue"]) == ("error", "{images[:0]} is empty")


def test_a_frame_is_shown_as_html_and_as_text(kernel: Kernel) -> None:
    name_an_image("httpd:2.4")
    (shown,) = kernel.run("%image ls").of("execute_result")
    assert {"text/html", "text/plain"} <= set(shown["data"])
    assert "httpd" in shown["data"]["text/plain"]


@pytest.mark.parametrize(("answers", "left", "asked"), [(("y",), "0", True), (("n",), "1", True), (None, "1", False)])
def test_prune_asks_where_somebody_can_answer(
    kernel: Kernel, answers: tuple[str, ...] | None, left: str, asked: bool
) -> None:
    name_an_image("httpd:2.4")
    ran = kernel.run("plan = %image prune -a", answers=answers)
    assert ran.status == "ok"
    assert bool(ran.of("display_data")) == asked
    assert kernel.run("images = %image ls\nlen(images)").result == left


def test_tab_completes_in_the_kernel(kernel: Kernel) -> None:
    name_an_image("httpd:2.4", "localhost:5000/app:v1")
    assert kernel.complete("df = %image rm httpd:2") == (["httpd:2.4"], "httpd:2")
    assert kernel.complete("%docker image inspect localhost:5000/a") == (["localhost:5000/app:v1"], "localhost:5000/a")


def test_progress_is_bars_where_somebody_looks_on(kernel: Kernel, registry: Registry) -> None:
    """One output that is updated: no widget, whose model would be dead in a saved notebook."""
    ran = kernel.run("layers = %image pull httpd", answers=())
    (bars,) = ran.of("display_data")
    *_, last = (bars, *ran.of("update_display_data"))
    assert not ran.of("comm_open")
    assert set(last["data"]) == {"text/html", "text/plain"}
    assert last["data"]["text/plain"].startswith("5/5 layers, ")
    assert last["transient"] == bars["transient"]
    assert "Pulling fs layer" not in ran.printed
    assert "Status: Downloaded newer image for httpd:latest" in ran.printed


def test_progress_is_lines_where_nobody_does(kernel: Kernel, registry: Registry) -> None:
    ran = kernel.run("layers = %image pull httpd")
    assert not ran.of("display_data")
    lines = [line for line in ran.printed.splitlines() if line.endswith("Pull complete")]
    begun = [line for line in ran.printed.splitlines() if line.endswith("Pulling fs layer")]
    assert [line.partition(":")[0] for line in lines] == [line.partition(":")[0] for line in begun]


@pytest.mark.parametrize(("setting", "answers"), [("none", ()), ("auto", ())])
def test_a_quiet_pull_shows_no_progress(
    kernel: Kernel, registry: Registry, setting: str, answers: tuple[str, ...]
) -> None:
    flag = "-q" if setting == "auto" else ""
    ran = kernel.run(f"%config ImageMagics.progress = '{setting}'\nlayers = %image pull {flag} httpd", answers=answers)
    assert ran.status == "ok"
    assert not ran.of("display_data")


def test_tags_of_a_registry_are_offered_once_they_are_known(kernel: Kernel, registry: Registry) -> None:
    assert kernel.complete("%image pull httpd:2.")[0] == ["httpd:2."]
    kernel.run("import threading\n[each.join() for each in threading.enumerate() if each.name == 'nbdock']")
    assert kernel.complete("%image pull httpd:2.") == (["httpd:2.2", "httpd:2.4"], "httpd:2.")


@pytest.mark.parametrize(
    "cell", ["%image pull {host}/x", "import asyncio\nawait asyncio.sleep(0)\n%image pull {host}/x"]
)
def test_an_interrupt_ends_a_pull_from_a_silent_registry(kernel: Kernel, cell: str) -> None:
    with silent_host(then=kernel.interrupt) as host:
        ran = kernel.run(cell.format(host=host))
    (error,) = ran.of("error")
    assert (error["ename"], len(error["traceback"])) == ("Interrupted", 1)
    assert kernel.run("1 + 1").result == "2"
