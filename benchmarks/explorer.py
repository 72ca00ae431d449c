"""Measure what the explorer asks about an image of 100,000 files, whose tables are there; print milliseconds.

python -m benchmarks.explorer
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from nbdock.api import Dock
from nbdock.back.backend import Backend
from nbdock.back.jobs import Job
from nbdock.dock.inside import contents
from tests.parts.layers import file, layer
from tests.parts.layout import Layout, Step

FILES, FLAT = 100_000, 10_000
NAME = "localhost/bench/files:1"
BUILT = "2024-01-01T00:00:00Z"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        backend = Backend(_image(Path(folder)))
        print(
            f"{len(_ask(backend, 'explore')['layers'])} layers, {FILES:,} files; the first question made their tables"
        )
        contents._contents.cache_clear()
        backend.ask("boxes", {"image": NAME, "width": 9, "height": 9}, Job())  # imports
        contents._contents.cache_clear()
        first = _timed(backend, "explore") + _timed(backend, "folder")
        print(f"{'first screen':40}{first:8.1f} ms   aim 500")
        flat = next(row for row in _ask(backend, "folder")["rows"] if row["name"] == "flat")["node"]
        print(f"{f'a folder of {FLAT:,}':40}{_timed(backend, 'folder', node=flat):8.1f} ms   aim 50")
        for text in ("file1", "*.py", "/lib/**/file1?.py"):
            print(f"{f'search for {text}':40}{_timed(backend, 'found_files', text=text):8.1f} ms   aim 50")
        print(f"{'treemap':40}{_timed(backend, 'boxes', width=600, height=500):8.1f} ms   aim 100")


def _image(folder: Path) -> Dock:
    """One layer with a long folder, and one with deep ones."""
    flat = [file(f"flat/file{n:05}.txt", b"x" * (n % 900)) for n in range(FLAT)]
    deep = [file(f"lib/a{n // 400}/b{n // 20 % 20}/file{n % 20}.py", b"y" * (n % 900)) for n in range(FILES - FLAT)]
    layout = Layout(folder)
    layout.write({NAME: layout.image([Step(BUILT, "COPY . /", layer(*each)) for each in (flat, deep)])})
    return Dock(folder)


def _ask(backend: Backend, name: str, **asked: Any) -> Any:
    return backend.ask(name, {"image": NAME, **asked}, Job())


def _timed(backend: Backend, name: str, **asked: Any) -> float:
    """Milliseconds, with what the page is sent."""
    began = time.perf_counter()
    json.dumps(_ask(backend, name, **asked))
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
