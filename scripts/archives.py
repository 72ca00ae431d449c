"""Load archives, and compare the image ids with skopeo's.

    python -m scripts.archives FILE...

A line for each file: the names and ids that it has, or why it is refused. Fails if an id differs from skopeo's, or if
anything but one clear line comes of a file. Meant for the archives of other projects, such as those that
go-containerregistry tests with (pkg/v1/tarball/testdata).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nbdock
from nbdock.errors import NbdockError


def main(files: list[str]) -> int:
    return max([_try(Path(file)) for file in files], default=0)


def _try(file: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = nbdock.Dock(Path(folder, "store")).load(file, quiet=True)
        except NbdockError as error:
            print(f"{file.name}: {type(error).__name__}: {error}")
            return 0
        ids = dict(zip(found.reference.fillna("<none>"), found.image_id, strict=True))
        theirs = [_skopeo(file, number, Path(folder, "dir")) for number in range(len(set(ids.values())))]
        same = not any(theirs) or set(filter(None, theirs)) <= set(ids.values())
        shown = ", ".join(f"{name} {image_id[7:19]}" for name, image_id in ids.items())
        print(
            f"{file.name}: {shown}: {'as skopeo has it' if same and any(theirs) else 'skopeo differs: ' + str(theirs)}"
        )
        return int(not same)


def _skopeo(file: Path, number: int, folder: Path) -> str:
    """The id of an image of a docker-archive; "" if skopeo does not read it."""
    source = f"docker-archive:{file}:@{number}"
    done = subprocess.run(["skopeo", "copy", "-q", source, f"dir:{folder}"], capture_output=True, check=False)
    if done.returncode:
        return ""
    return str(json.loads(Path(folder, "manifest.json").read_bytes())["config"]["digest"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
