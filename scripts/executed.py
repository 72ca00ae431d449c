"""Runs the notebooks and saves them with their outputs, for `scripts/notebooks`; `pytest --nbval` compares them.

python -m scripts.executed [NOTEBOOK...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from nbdock.demo import notebooks
from nbdock.demo.session import session
from nbdock.dock.dock import Dock

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main(paths: list[Path]) -> None:
    """Run and save the notebooks; their metadata is the same on every machine."""
    with session(Dock()) as running:
        for path in paths:
            executed = notebooks.execute(
                path, running.environment(notebooks.title(path.resolve()).replace("/", "-")), lambda cell: None
            )
            executed.metadata = nbformat.from_dict(METADATA)
            nbformat.write(executed, path)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or notebooks.all())
