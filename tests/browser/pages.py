"""A notebook in a real browser."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

from tests.browser.servers import Server

IDLE = """() => { const widget = window.jupyterapp?.shell.currentWidget;
  const kernel = widget?.sessionContext?.session?.kernel;
  return kernel?.status === 'idle' && kernel?.connectionStatus === 'connected'; }"""
DONE = """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')]
  .every((prompt) => !prompt.textContent.includes('*'))"""
NOTEBOOK = "window.jupyterapp.shell.currentWidget.content"
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
RESTARTED = "Could not restore the debugger state"  # JupyterLab's own error, when a kernel restarts
LAST = f"() => {{ {NOTEBOOK}.activeCellIndex = {NOTEBOOK}.widgets.length - 1; }}"
CHOOSE = f"""(words) => {{ {NOTEBOOK}.activeCellIndex =
  {NOTEBOOK}.widgets.findIndex((cell) => cell.model.sharedModel.getSource().includes(words)); }}"""
TYPE = f"(code) => {{ {NOTEBOOK}.activeCell.model.sharedModel.setSource(code); }}"
COMMAND = "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)"


@dataclass(frozen=True, slots=True)
class Watched:
    """Records what must not happen: requests to other hosts, errors on the console."""

    page: Page
    url: str
    external: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
        self.page.on("request", lambda sent: None if sent.url.startswith(own) else self.external.append(sent.url))
        self.page.on("console", lambda said: self._said(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _said(self, text: str) -> None:
        if not text.startswith(RESTARTED):
            self.errors.append(text)


class Lab:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, server: Server, path: Path, shots: Path) -> None:
        self.page, self.path, self._shots = page, path, shots
        self.watched = Watched(page, server.url)
        self._address = f"{server.url}/doc/workspaces/w{time.time_ns()}/tree/{path.name}?token={server.token}"
        page.goto(f"{self._address}&reset")
        self._ready()

    def _ready(self) -> None:
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        self.page.wait_for_function(IDLE, timeout=60_000)

    def command(self, name: str, **args: Any) -> None:
        """Run a command of JupyterLab."""
        self.page.evaluate(COMMAND, [name, args])

    def run_all(self, until: str = "") -> None:
        """Run all cells, or those above the first that contains `until`."""
        if until:
            self.page.evaluate(CHOOSE, until)
        self.command("notebook:run-all-above" if until else "notebook:run-all-cells")
        self.page.wait_for_function(DONE, timeout=60_000)

    def run(self, code: str) -> Locator:
        """Run a new cell at the end of the notebook and return its output."""
        output = self.start(code)
        self.page.wait_for_function(DONE, timeout=60_000)
        return output

    def start(self, code: str) -> Locator:
        """Start a new cell at the end of the notebook, and return where its output will be."""
        self.page.evaluate(LAST)
        self.command("notebook:insert-cell-below")
        self.page.evaluate(TYPE, code)
        self.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-cell')")
        return self.page.locator(".jp-CodeCell").last.locator(".jp-OutputArea")

    def save(self) -> str:
        """Save the notebook with the state of its widgets and return the file's text."""
        self.command("docmanager:save")
        return self.path.read_text()

    def reload(self) -> None:
        self.page.goto(self._address)
        self._ready()

    def restart(self) -> None:
        """Restart the kernel."""
        self.page.evaluate(f"() => {KERNEL}.restart().then(() => null)")
        self.page.wait_for_function(IDLE, timeout=60_000)

    def dark(self) -> None:
        self.command("apputils:change-theme", theme="JupyterLab Dark")
        self.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def shot(self, name: str) -> None:
        """Save a screenshot, for people to look at."""
        self.page.screenshot(path=self._shots / f"{name}.png")

    def end(self) -> None:
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => null)")


def write(path: Path, *cells: str) -> Path:
    """Write a notebook of these cells."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, path)
    return path
