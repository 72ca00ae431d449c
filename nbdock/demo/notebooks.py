"""Where the notebooks are: in the package, where it was installed, or beside it, in a checkout."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    package = Path(__file__).parent.parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def all() -> list[Path]:
    """In the order in which they are read."""
    return sorted(folder().glob("*.ipynb"))
