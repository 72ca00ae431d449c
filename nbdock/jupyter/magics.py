"""`%image`, `%docker` and `%container`: the table of commands as line magics; `%%image sql` is a cell of SQL,
`%%image build` one with a Dockerfile.

Loading imports nothing heavy: the commands are imported with the first line that is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import needs_local_scope, no_var_expand
from traitlets import Bool, Enum, TraitError
from traitlets.config import Configurable

from nbdock.errors import Interrupted, NbdockError, UsageError
from nbdock.grammar import Invocation
from nbdock.jupyter import completion, line
from nbdock.task import raising_interrupts

ROOTS = ("image", "docker", "container")
CELLS = ("image", "docker")
DEBUG = "--debug"


class ImageMagics(Configurable):
    """The options of `%config ImageMagics`."""

    progress = Enum(("auto", "bars", "text", "none"), "auto", help="How the progress of a pull or push is shown.").tag(
        config=True
    )
    short_errors = Bool(
        True, help="Show an error as one line and a hint, otherwise as a traceback, as with --debug."
    ).tag(config=True)


class Magic:
    """A magic: runs a line of commands under its root. A cell is text for the one command that takes it as it is."""

    def __init__(self, shell: InteractiveShell, root: str, config: ImageMagics) -> None:
        self._shell, self._root, self._config = shell, root, config

    def __call__(self, text: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
        """Run the line or cell. Returns a frame or text; None if it ends in `;`. Raises NbdockError, Interrupted."""
        failure: NbdockError | Interrupted
        try:
            with raising_interrupts():
                return self._run(text, cell, {**self._shell.user_ns, **(local_ns or {})})
        except (NbdockError, Interrupted) as error:
            failure = error
        except KeyboardInterrupt:
            failure = Interrupted("interrupted")
        if DEBUG in text.split() or not self._config.short_errors:
            self._show_stack(failure)
        raise failure  # outside the handler: IPython would show the handled error too

    def getdoc(self) -> str:
        """IPython's hook for `%image?`."""
        from nbdock.api import table

        return table.help(self._root)

    def _run(self, text: str, cell: str | None, names: Mapping[str, Any]) -> Any:
        from nbdock.api import Dock, table
        from nbdock.frames.schema import Table
        from nbdock.jupyter.console import NotebookConsole

        text, rest = (text, None) if cell is not None else table.raw(text, self._root)
        typed = line.read(text, names)
        words = [word for word in typed.words if word != DEBUG]
        if cell is not None:
            call = table.read_cell(words, cell, self._root)
        else:
            call = table.read(words if rest is None else [*words, "--", rest], self._root)
        if not isinstance(call, Invocation):
            print(call)
            return None
        if call.command.raw:
            call = replace(call, values={**call.values, "variables": names})
        if typed.empty and not call.arguments:
            raise UsageError(f"{typed.empty} is empty", hint="without a name the command may mean all of them")
        result = call(Dock(console=NotebookConsole(self._shell, self._config.progress)))
        if typed.silent:
            return None
        return result.frame() if isinstance(result, Table) else result

    def _show_stack(self, failure: BaseException) -> None:
        """Let IPython render the error with its traceback."""
        render = self._shell.InteractiveTB.structured_traceback
        vars(failure)["_render_traceback_"] = lambda: render(type(failure), failure, failure.__traceback__)


def load(shell: InteractiveShell) -> None:
    """Register the magics, their configuration and their completion."""
    config = _configured(shell)
    shell.configurables.append(config)  # type: ignore[arg-type]
    for root in ROOTS:
        if root in shell.magics_manager.magics["line"]:
            print(f"%{root} belongs to another extension and is left alone: %image has every command of nbdock")
        else:
            magic: Any = Magic(shell, root, config)
            kind = "line_cell" if root in CELLS else "line"
            shell.register_magic_function(no_var_expand(needs_local_scope(magic)), kind, root)
    shell.Completer.custom_matchers.append(completion.matcher())


def unload(shell: InteractiveShell) -> None:
    """Undo `load`."""
    for magics in shell.magics_manager.magics.values():
        for root in ROOTS:
            if isinstance(magics.get(root), Magic):
                del magics[root]
    shell.configurables[:] = [each for each in shell.configurables if not isinstance(each, ImageMagics)]
    shell.Completer.custom_matchers[:] = [
        each
        for each in shell.Completer.custom_matchers
        if getattr(each, "matcher_identifier", "") != completion.IDENTIFIER
    ]


def _configured(shell: InteractiveShell) -> ImageMagics:
    """The options. A value that `%config` refused stays in IPython's configuration: remove it and create them again."""
    try:
        return ImageMagics(parent=shell)
    except TraitError as error:
        print(f"%config ImageMagics is ignored: {error}")
    del shell.config[ImageMagics.__name__]
    return ImageMagics(parent=shell)
