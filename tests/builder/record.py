"""Asks BuildKit what it makes of the cases, and writes its answers to buildkit.json.

python -m tests.builder.record

It runs as root where runc, buildctl and buildkitd are found. In moby/buildkit at the tag of a release:
go build -ldflags "-X github.com/moby/buildkit/version.Version=TAG" ./cmd/buildctl; and ./cmd/buildkitd likewise.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.builder.answers import Answer, of_archive
from tests.builder.cases import BASE, CASES, Case, fill

ANSWERS = Path(__file__).with_name("buildkit.json")
_DAEMON = ["buildkitd", "--oci-worker-snapshotter=native"]


def main() -> None:
    version = subprocess.check_output(["buildctl", "--version"], text=True).split()[2]
    with tempfile.TemporaryDirectory() as name, _buildkit(Path(name)) as address:
        asking = _Asking(Path(name), address)
        answers = {title: asking.answer(case) for title, case in CASES.items()}
    lines = ",\n".join(f"{json.dumps(title)}: {json.dumps(each, sort_keys=True)}" for title, each in answers.items())
    ANSWERS.write_text(f'{{"version": "{version}", "answers": {{\n{lines}\n}}}}\n')


@contextmanager
def _buildkit(folder: Path) -> Iterator[str]:
    address = f"unix://{folder}/buildkit.sock"
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen([*_DAEMON, "--root", folder / "root", "--addr", address], stdout=log, stderr=log)
    try:
        while subprocess.run(["buildctl", "--addr", address, "debug", "workers"], capture_output=True).returncode:
            if daemon.poll() is not None:
                sys.exit((folder / "log").read_text())
            time.sleep(0.2)
        yield address
    finally:
        daemon.terminate()
        daemon.wait()


class _Asking:
    def __init__(self, folder: Path, address: str) -> None:
        self._folder, self._address = folder, address
        self._context = fill(folder / "context")
        self._dockerfiles = folder / "dockerfiles"
        self._dockerfiles.mkdir()

    def answer(self, case: Case) -> Answer:
        made, base = self._folder / "made.tar", list[str]()
        if case.base:
            base = [f"--opt=context:{BASE}=oci-layout://base@{self._base(case.base)}"]
            base += [f"--oci-layout=base={self._folder / 'base'}"]
        error = self._build(case, f"type=oci,dest={made}", *base)
        return {"error": error} if error else of_archive(made)

    def _base(self, text: str) -> str:
        """The digest of a base, in a layout."""
        layout = self._folder / "base"
        if not layout.exists():
            error = self._build(Case(text), f"type=oci,dest={layout},tar=false,name={BASE}")
            assert not error, error
        digest: str = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
        return digest

    def _build(self, case: Case, output: str, *more: str) -> str:
        """The error, if there is one."""
        (self._dockerfiles / "Dockerfile").write_text(case.text)
        (self._dockerfiles / "Dockerfile.dockerignore").write_text(case.ignore)
        arguments = {"SOURCE_DATE_EPOCH": "0", **case.args}
        command = ["buildctl", "--addr", self._address, "build", "--frontend=dockerfile.v0", "--progress=plain"]
        command += [f"--local=context={self._context}", f"--local=dockerfile={self._dockerfiles}", f"--output={output}"]
        command += [f"--opt=build-arg:{name}={value}" for name, value in arguments.items()]
        done = subprocess.run([*command, *more], capture_output=True, text=True)
        return self._error(done.stderr) if done.returncode else ""

    def _error(self, text: str) -> str:
        """The first line, without what is another in each run."""
        line = text.rpartition("error: ")[2].strip().splitlines()[0]
        return re.sub(r"(?<=of ref )\S+(?=: )", "REF", line).replace(str(self._folder), "FOLDER")


if __name__ == "__main__":
    main()
