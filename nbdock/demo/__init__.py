"""The course with nothing to set up: the sample images served for one session, and the notebooks that pull them."""

from nbdock.demo.start import start

__all__ = ["start"]
