"""Drawings of images and their layers, from frames. They need no network, and every notebook viewer shows them.

    nbdock.plots.waterfall(nbdock.history("httpd"))     # which step made which bytes
    nbdock.plots.treemap(layers)                        # images, and in each its layers
    nbdock.plots.sharing(layers)                        # the bytes that images have in common

`layers` are histories of several images in one frame: `pd.concat(map(nbdock.history, names))`.
"""

from nbdock.plots.drawings import sharing, treemap, waterfall
from nbdock.plots.figure import Figure

__all__ = ["Figure", "sharing", "treemap", "waterfall"]
