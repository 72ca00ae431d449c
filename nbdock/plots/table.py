"""Which layers each image of a frame has."""

from __future__ import annotations

import pandas as pd


def layers_of(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """By image, the bytes of each of its layers. `frame` has `image_id`, `layer`, `size_bytes` and perhaps
    `reference`, as histories and pulls have them; one image under two references is one image."""
    made = frame[frame["layer"].notna()]
    names = made["reference"] if "reference" in made else made["image_id"].str.removeprefix("sha256:").str[:12]
    images: dict[str, dict[str, int]] = {}
    titles: dict[str, str] = {}
    rows = zip(made["image_id"], names, made["layer"], made["size_bytes"].fillna(0), strict=True)
    for image, name, layer, size in rows:
        images.setdefault(titles.setdefault(image, str(name)), {})[str(layer)] = int(size)
    return images
