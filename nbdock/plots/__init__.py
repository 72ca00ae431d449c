"""Drawings of images and their layers, from frames: offline, and static wherever a notebook is shown.

    nbdock.plots.waterfall(nbdock.history("httpd"))     # which instruction made which bytes
    nbdock.plots.treemap(layers)                        # images, and in each its layers
    nbdock.plots.sharing(layers)                        # the bytes that images have in common

`layers` are the histories of several images, one under the other: `pd.concat(map(nbdock.history, names))`. A column
`reference`, where there is one, names the images.
"""

from nbdock.plots.figure import Figure
from nbdock.plots.sharing import sharing
from nbdock.plots.treemap import treemap
from nbdock.plots.waterfall import waterfall

__all__ = ["Figure", "sharing", "treemap", "waterfall"]
