"""The command `demo`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from nbdock.dock.dock import Dock
from nbdock.errors import Refused
from nbdock.grammar import Arg, Opt, command


@command("demo")
def demo(
    dock: Dock,
    *run: Annotated[str, Arg("COMMAND", "run this instead of JupyterLab, or flags for it", verbatim=True)],
    check: Annotated[bool, Opt("run the notebooks without JupyterLab and report which pass")] = False,
    hub: Annotated[bool, Opt("try Docker Hub first, then the samples")] = False,
) -> None:
    """Open the course in JupyterLab, with sample images in place of Docker Hub.

    The samples are served on a free port until JupyterLab ends; no network is needed. Images and logins are kept
    in a temporary folder; your own are not touched. Flags after -- are JupyterLab's: `nbdock demo -- --no-browser`.
    In a notebook `%docker demo` begins the same in its kernel, until that ends. Begun already, it goes on.
    """
    try:
        if dock.console.shows_widgets:
            _begin(dock, bool(run or check or hub))
        else:
            _start(dock, run, check, hub)
    except ModuleNotFoundError as missing:
        raise Refused(f"the demo needs {missing.name}", hint="pip install jupyterlab nbclient") from None


def _begin(dock: Dock, more: bool) -> None:
    from nbdock.demo.session import begin

    if more:
        raise Refused("in a notebook the demo takes no arguments", hint="in a terminal: nbdock demo")
    begin(dock)
    dock.say("Samples are pulled in place of Docker Hub's images from now on: %docker pull httpd")


def _start(dock: Dock, run: Sequence[str], check: bool, hub: bool) -> None:
    from nbdock.demo.session import session

    with session(dock, hub) as running:
        if run and not run[0].startswith("-"):
            running.run(run)
            return
        from nbdock.demo import notebooks

        if check:
            notebooks.check(notebooks.all(), running, dock.console.say)
        else:
            notebooks.open_copies(running, dock.console.say, run)
