"""Takes the pictures of the README: a notebook from one cell on. `scripts/screenshot` runs it on the samples."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from nbdock.demo import notebooks
from tests.browser import servers
from tests.browser.conftest import FLAGS
from tests.browser.pages import Lab

DOCS = Path(__file__).parent.parent / "docs"
SCROLL = """(words) => {
  const cell = [...document.querySelectorAll('.jp-Notebook .jp-Cell')].find((each) => each.innerText.includes(words));
  cell.scrollIntoView({block: 'start'}); }"""


@dataclass(frozen=True, slots=True)
class Picture:
    """Starts at the cell that contains `words`; cells from the one that contains `until` on are not run. `opened` is
    the image that the application shows."""

    name: str
    notebook: str
    words: str
    width: int
    height: int
    until: str = ""
    opened: str = ""


PICTURES = (
    Picture("course", "01-course", "layers = %docker pull httpd", 1000, 760),
    Picture("application", "04-widgets", "ui = %image ui", 1400, 830, until="ui.selected = ", opened="nbdock/wasteful"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, servers.jupyterlab(Path(folder)) as server, chromium() as page:
        for picture in PICTURES:
            path = server.root / f"{picture.notebook}.ipynb"
            shutil.copy(notebooks.folder() / path.name, path)
            page.set_viewport_size({"width": picture.width, "height": picture.height})
            lab = Lab(page, server, path, DOCS)
            lab.run_all(picture.until)
            if picture.opened:
                page.get_by_role("row").filter(has_text=picture.opened).dblclick()
                page.get_by_text("wasted,").wait_for()
            page.evaluate(SCROLL, picture.words)
            page.mouse.move(0, 0)
            lab.shot(picture.name)
            lab.end()


@contextmanager
def chromium() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS.split())
        yield browser.new_page()
        browser.close()


if __name__ == "__main__":
    main()
