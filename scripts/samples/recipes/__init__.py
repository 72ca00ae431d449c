"""The recipes, one module for each repository, and text that they share."""

from __future__ import annotations

from scripts.samples.changeset import file

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

SAMPLE = file(
    "SAMPLE",
    """\
This is a sample image, made by nbdock for places with no network.

It has the shape of a real image: its steps, its settings, its layers, their
sizes relative to each other. Its files hold generated text where the real ones
hold programs, so nothing in it runs. The real image comes from its registry.
""",
)
"""A notice in the first layer of every sample."""
