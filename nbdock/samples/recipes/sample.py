"""What every sample has in its first layer."""

from __future__ import annotations

from nbdock.samples.changeset import file

SAMPLE = file(
    "SAMPLE",
    """\
This is a sample image, made by nbdock for places with no network.

It has the shape of a real image: its steps, its settings, its layers, their
sizes relative to each other. Its files hold generated text where the real ones
hold programs, so nothing in it runs. The real image comes from its registry.
""",
)
