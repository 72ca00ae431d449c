"""Drawings of images and their layers, from frames. They need no network, and every notebook viewer shows them.

    nbdock.plots.waterfall(nbdock.history("httpd"))     # the bytes that each step added
    nbdock.plots.treemap(layers)                        # images and their layers by size
    nbdock.plots.sharing(layers)                        # the bytes that images share

`layers` is a frame of several images: `nbdock.layers()`.
"""

from nbdock.plots.drawings import sharing, treemap, waterfall
from nbdock.plots.figure import Figure

__all__ = ["Figure", "sharing", "treemap", "waterfall"]
