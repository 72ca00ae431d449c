"""The command that shows what nbdock does where there is nothing but Python."""

from __future__ import annotations

from typing import Annotated

from nbdock.dock.dock import Dock
from nbdock.errors import Refused
from nbdock.grammar import Arg, Opt, command


@command("demo")
def demo(
    dock: Dock,
    *run: Annotated[str, Arg("COMMAND", "run this, with its arguments, instead of JupyterLab", verbatim=True)],
    check: Annotated[bool, Opt("run the notebooks with nobody there, and say which pass")] = False,
    hub: Annotated[bool, Opt("ask Docker Hub first, and take a sample where it gives nothing")] = False,
) -> None:
    """Open the course in JupyterLab, with sample images in the place of Docker Hub.

    They are made here and served on a free port as long as it runs: no network is needed. Images that are pulled and
    logins are the session's own. It is a command for a terminal: `nbdock demo`.
    """
    if dock.console.shows_widgets:
        raise Refused("the demo opens JupyterLab", hint="in a terminal: nbdock demo")
    try:
        from nbdock.demo import start

        start(dock, run, check, hub)
    except ModuleNotFoundError as missing:
        raise Refused(f"the demo needs {missing.name}", hint="pip install 'nbdock[lab]'") from None
