"""dive's numbers, held to what dive itself prints."""

from __future__ import annotations

import gzip
import json
import subprocess
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings

from nbdock.contents.dive import Dive, dive
from tests.contents.test_tree import Item, table
from tests.parts import stacks
from tests.parts.layout import Layout, Step
from tests.parts.programs import skopeo

PROGRAM = Path(sysconfig.get_path("scripts")) / "dive"
CREATED = "2024-11-07T17:20:00Z"


def truth(folder: Path, layers: list[stacks.Layer]) -> Dive:
    """What dive prints of the layers, in the archive that skopeo makes of them."""
    layout = Layout(folder / "layout")
    steps = [Step(CREATED, "COPY", gzip.compress(stacks.tar(layer), mtime=0)) for layer in layers]
    layout.write({"x": layout.image(steps)})
    archive, report = folder / "archive.tar", folder / "report.json"
    archive.unlink(missing_ok=True)
    skopeo("copy", "-q", f"oci:{layout.folder}:x", f"docker-archive:{archive}:x:x")
    command = [PROGRAM, "--source", "docker-archive", archive, "--json", report]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    image = json.loads(report.read_text())["image"]
    return Dive(image["efficiencyScore"], image["inefficientBytes"])


@pytest.mark.parametrize(
    ("layers", "score", "wasted"),
    [
        ([[("a", 2000), ("b", 3000)], [("a", 5000)]], 0.5, 7000),
        ([[("a", 10_000), ("b", 1000)], [(".wh.a", 0)]], 1 / 11, 10_000),
        ([[("f/", 0), ("f/a", 12_000), ("b", 1000)], [(".wh.f", 0)]], 1.0, 0),
        ([[("f/", 0), ("f/a", 6000)], [("f/.wh..wh..opq", 0), ("f/b", 3000)]], 1.0, 0),
        ([[("a", 4000)], [(".wh.a", 0)], [("a", 3000)]], 0.0, 7000),
        ([[("a", 1)], [(".wh.b", 0), ("c", 1)]], 0.0, 0),
        ([[]], 1.0, 0),
    ],
)
def test_the_numbers_that_were_measured(layers: list[list[Item]], score: float, wasted: int) -> None:
    found = dive([table(*layer) for layer in layers])
    assert (round(found.score, 9), found.wasted) == (round(score, 9), wasted)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(layers=stacks.stacks())
def test_random_stacks_are_what_dive_says(layers: list[stacks.Layer], tmp_path_factory: pytest.TempPathFactory) -> None:
    found = dive([stacks.table(layer) for layer in layers])
    assert found == truth(tmp_path_factory.mktemp("dive"), layers)
