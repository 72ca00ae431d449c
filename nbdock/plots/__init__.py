"""Pictures of images and of what is in them, from frames. They need no network, and every notebook viewer shows them.

    nbdock.plots.treemap(nbdock.files("httpd"))           # folders by their bytes, in the colours of the layers
    nbdock.plots.icicle(nbdock.files("httpd"))            # the same as rows
    nbdock.plots.waste(nbdock.waste("httpd"))             # what each instruction wrote in vain
    nbdock.plots.diff(nbdock.diff("httpd:2.4", "httpd:2.2", show="files"))
    nbdock.plots.waterfall(nbdock.history("httpd"))       # the bytes that each step added
    nbdock.plots.treemap(layers)                          # images and their layers by size
    nbdock.plots.sharing(layers)                          # the bytes that images share

`layers` is a frame of several images: `nbdock.layers()`. Each picture takes a `title`, a `width` and a `theme`. In
JupyterLab, Notebook and Voila, hovering tells what a box is, and a click enlarges its folder; a second one goes back.
"""

from nbdock.plots.figure import Figure
from nbdock.plots.folders import diff, icicle, treemap
from nbdock.plots.images import sharing
from nbdock.plots.steps import waste, waterfall

__all__ = ["Figure", "diff", "icicle", "sharing", "treemap", "waste", "waterfall"]
