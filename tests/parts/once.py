"""What is slow to make is made once on a machine."""

from __future__ import annotations

import getpass
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock


def once(make: Callable[[Path], None], sources: Iterable[Path]) -> Path:
    """The folder that `make` filled, in this process or an earlier one; made anew when `sources` change."""
    version = hashlib.sha256(b"".join(source.read_bytes() for source in sorted(sources))).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / f"nbdock-parts-{getpass.getuser()}"
    home.mkdir(mode=0o700, exist_ok=True)
    folder = home / f"{make.__name__.strip('_')}-{version}"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            _fill(folder, make)
    return folder


def _fill(folder: Path, make: Callable[[Path], None]) -> None:
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    make(unfinished)
    unfinished.rename(folder)
