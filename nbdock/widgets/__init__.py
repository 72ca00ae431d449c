"""The application for notebooks, and its parts, which also stand alone.

    nbdock.ui()                          # all of it
    nbdock.widgets.Images()              # the local images: plan, delete, undo, tag, prune, inspect
    nbdock.widgets.Layers("httpd")       # which instruction made which bytes
    nbdock.widgets.Search()              # find, see what a pull would cost, pull
    nbdock.widgets.Login()               # log in and out

All of them stand on one dock and follow its store, whoever changes it. `close()` ends that.
"""

from nbdock.widgets.application import Application
from nbdock.widgets.images import Images
from nbdock.widgets.layers import Layers
from nbdock.widgets.login import Login
from nbdock.widgets.pulls import Pulls
from nbdock.widgets.search import Search

__all__ = ["Application", "Images", "Layers", "Login", "Pulls", "Search"]
