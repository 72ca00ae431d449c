"""Writes nbdock/demo/samples, the sample images in the package."""

from __future__ import annotations

from nbdock.demo import SAMPLES
from scripts.samples.layout import samples

samples().write(SAMPLES)
