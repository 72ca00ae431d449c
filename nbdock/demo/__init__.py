"""The demo: sample images served in place of Docker Hub, and the notebooks that use them."""

from pathlib import Path

__all__ = ["SAMPLES"]

SAMPLES = Path(__file__).parent / "samples"
"""The sample images, an OCI image layout. `scripts/make-samples` builds it."""
