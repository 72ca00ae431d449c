"""How soon nbdock answers in a terminal, beside docker and skopeo.

    python benchmarks/terminal.py [IMAGES] [--rounds 11]

The store has 1,000 images where no number is given, and its index is one that nbdock wrote. All commands run once
unmeasured, which also compiles nbdock as an installation does, and then in turn. Prints the load of the machine, and
for each command the medians of the time that passed and of the processor's time, in seconds, what it should take on
two idle cores, and how often `skopeo --version` fits into it. Where an engine runs, `docker images` lists its images.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from store import Layout, tagged

ROOT = Path(__file__).parent.parent
NBDOCK = [sys.executable, "-m", "nbdock"]
AIMS = {"nbdock --help": 0.15, "nbdock images": 0.3}
UNIT = "skopeo --version"

Times = tuple[float, float]
"""Seconds that passed, and seconds of the processor."""


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("images", nargs="?", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=11)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        _fill(Path(folder) / "store", given.images, environment)
        commands = _commands(environment)
        times: dict[str, list[Times]] = {name: [] for name in commands}
        for _ in range(given.rounds):
            for name, command in commands.items():
                times[name].append(_time(command, environment))
    _report({name: tuple(map(median, zip(*each, strict=True))) for name, each in times.items()}, given)


def _environment(folder: Path) -> dict[str, str]:
    """With a store of its own, and compiled modules kept there whatever the caller's Python does with them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {"NBDOCK_STORE": folder / "store", "PYTHONPATH": ROOT, "PYTHONPYCACHEPREFIX": folder / "compiled"}
    return kept | {name: str(path) for name, path in own.items()}


def _fill(store: Path, images: int, environment: Mapping[str, str]) -> None:
    Layout(store).fill(images)
    subprocess.run(
        [*NBDOCK, "tag", tagged(images // 2), "mine"], env=environment, check=True, stdout=subprocess.DEVNULL
    )


def _commands(environment: Mapping[str, str]) -> dict[str, list[str]]:
    """Those that there are and that succeed."""
    wanted = {
        "nbdock --help": [*NBDOCK, "--help"],
        "nbdock images": [*NBDOCK, "images"],
        "python -c pass": [sys.executable, "-c", "pass"],
        "docker --version": ["docker", "--version"],
        "docker images": ["docker", "images"],
        UNIT: ["skopeo", "--version"],
    }
    return {
        name: command
        for name, command in wanted.items()
        if shutil.which(command[0]) and not subprocess.run(command, env=environment, capture_output=True).returncode
    }


def _time(command: list[str], environment: Mapping[str, str]) -> Times:
    began = time.perf_counter()
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(running.pid, 0)
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def _report(medians: Mapping[str, tuple[float, ...]], given: argparse.Namespace) -> None:
    print(f"{given.images:,} images, medians of {given.rounds} runs")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(f"{'':20}{'passed':>8}{'CPU':>8}{'aim':>8}{'× skopeo':>10}")
    unit = medians.get(UNIT)
    for name, (passed, used) in medians.items():
        aim = f"{AIMS[name]:.2f}" if name in AIMS else ""
        ratio = f"{passed / unit[0]:.1f}" if unit else ""
        print(f"{name:20}{passed:8.3f}{used:8.3f}{aim:>8}{ratio:>10}")


if __name__ == "__main__":
    main()
