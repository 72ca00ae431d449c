from __future__ import annotations

from pathlib import Path

from nbdock.dock.usage import sharers
from nbdock.store import Store
from tests.parts.many import fill


def test_each_layer_knows_the_images_that_have_it(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    images = Store(tmp_path).images()
    found = sharers(images)
    base, own = images[0].layers
    assert found[base.descriptor.digest] == list(images)
    assert found[own.descriptor.digest] == [images[0]]
    assert len(found) == 4
