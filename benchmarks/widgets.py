"""Measure the application in JupyterLab and Chromium: opening it with 2,000 and 10,000 images, a keystroke in the
filter, deleting 2,000 images, and the explorer of an image with 100,000 files.

    python -m benchmarks.widgets
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from benchmarks import contents
from scripts.pictures import chromium
from tests.browser import servers
from tests.browser.pages import Lab, write
from tests.browser.servers import Server
from tests.parts.many import fill

ROUNDS, FILES = 5, 100_000
CLOSE = "ui.close()"
OPEN = "ui = nbdock.ui()\nui"
NONE = "() => !document.querySelector('.nbdock-list')"
SHOWN = "() => document.querySelectorAll('.nbdock-list .nbdock-body .nbdock-row').length > 5"
TREE = "() => document.querySelectorAll('.nbdock-explorer [role=treegrid] .nbdock-body .nbdock-row').length > 0"
KEYSTROKES = """async (selector) => {
  const box = document.querySelector(selector);
  const took = [];
  for (const words of ['a', 'ap', 'app', 'app-1', 'app-19', 'app-199', '']) {
    const began = performance.now();
    box.value = words;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise(requestAnimationFrame);
    await new Promise((next) => setTimeout(next));
    took.push(performance.now() - began);
  }
  return Math.max(...took); }"""
"""The longest that the page is busy after a keystroke, in milliseconds."""


def main() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder, servers.jupyterlab(Path(folder)) as server, chromium() as page:
        for count, wanted in ((2000, 0.5), (10_000, 1.5)):
            lab = notebook(page, server, Path(folder), lambda store, count=count: fill(store, count), f"list{count}")
            print(line(f"{count:,} images opened", median(partial(opened, lab, page)), wanted))
            print(line("a keystroke in the filter", page.evaluate(KEYSTROKES, ".nbdock-tools input") / 1000, 0.05))
            if count == 2000:
                print(line("all of them deleted", deleted(page), 5))
            lab.end()
        lab = notebook(
            page, server, Path(folder), lambda store: shutil.copytree(contents.image(100, FILES), store), "files"
        )
        lab.run(f"len(nbdock.files({contents.NAME!r}))")  # makes the tables
        lab.run(CLOSE)
        lab.run(OPEN)
        print(line(f"{FILES:,} files, first screen", explored(page), 0.5))
        lab.end()


def line(what: str, seconds: float, wanted: float) -> str:
    return f"{what:34}{seconds:8.3f} s    at most {wanted} s is wanted"


def median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(ROUNDS))


def notebook(page: Page, server: Server, folder: Path, make: Callable[[Path], object], name: str) -> Lab:
    """A notebook on a store of its own, with the application in its first cell."""
    store = folder / name
    make(store)
    setting = f"import os\nos.environ['NBDOCK_STORE'] = {str(store)!r}\nimport nbdock\nui = nbdock.ui()"
    lab = Lab(page, server, write(server.root / f"{name}.ipynb", setting), folder)
    lab.run_all()
    return lab


def opened(lab: Lab, page: Page) -> float:
    """Seconds from the start of the cell until rows are in sight."""
    lab.run(CLOSE)
    page.wait_for_function(NONE)
    began = time.perf_counter()
    lab.start(OPEN)
    page.wait_for_function(SHOWN)
    return time.perf_counter() - began


def deleted(page: Page) -> float:
    """Seconds from the choice of all images to the empty list."""
    ui = page.locator(".nbdock-shell")
    began = time.perf_counter()
    ui.get_by_role("checkbox", name="Select all").check()
    ui.get_by_role("button", name="Delete", exact=True).first.click()
    ui.get_by_role("button", name="Delete, freeing").click()
    ui.get_by_role("grid", name="Images").wait_for(state="hidden")
    return time.perf_counter() - began


def explored(page: Page) -> float:
    """Seconds from the choice of the tab Files until its rows are in sight."""
    page.locator(".nbdock-list .nbdock-body .nbdock-row").first.dblclick()
    began = time.perf_counter()
    page.get_by_role("tab", name="Files").click()
    page.wait_for_function(TREE)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
