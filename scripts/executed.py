"""The notebooks with their outputs: `scripts/notebooks` writes them, `pytest --nbval` holds them.

python -m scripts.executed [NOTEBOOK...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from nbdock.demo import notebooks
from nbdock.demo.check import execute
from nbdock.demo.session import session
from nbdock.dock.dock import Dock

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main(paths: list[Path]) -> None:
    """Nothing of the machine or of the moment stays in the metadata."""
    with session(Dock()) as running:
        for path in paths:
            executed = execute(path, running.environment(path.stem), lambda cell: None)
            executed.metadata = nbformat.from_dict(METADATA)
            nbformat.write(executed, path)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or notebooks.all())
