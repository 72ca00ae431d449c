"""The commands for Python: methods of any dock, and functions on the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbdock.api.archives import Archives
from nbdock.api.asking import Asking
from nbdock.api.building import Building
from nbdock.api.claimed import Claimed
from nbdock.api.copies import Copied, Copies
from nbdock.api.data import Data
from nbdock.api.explaining import Explaining
from nbdock.api.inside import Inside
from nbdock.api.installed import Installed
from nbdock.api.looking import Looking
from nbdock.api.moving import Moving
from nbdock.api.removing import Removing
from nbdock.api.single import Image
from nbdock.api.surveys import Survey, Surveys
from nbdock.api.system import System
from nbdock.dock.dock import Settings
from nbdock.grammar import table

if TYPE_CHECKING:
    from nbdock.oci.digest import Digest
    from nbdock.oci.platform import Platform
    from nbdock.oci.reference import Reference

__all__ = ["Copied", "Dock", "Image", "Survey", "copy", "table"]


class Dock(
    Looking,
    Asking,
    Inside,
    Explaining,
    Installed,
    Claimed,
    Moving,
    Copies,
    Archives,
    Building,
    Removing,
    Data,
    Surveys,
    System,
):
    """A store and a registry client, with docker's commands as methods.

    Parameters
    ----------
    store
        The folder of the store; the user's own if omitted.

    Examples
    --------
    >>> dock = nbdock.Dock("class/store")
    >>> dock.pull("httpd:2.4").state.unique().tolist()
    ['Pull complete']
    >>> dock
    Dock('class/store'): 1 image, 203kB on disk
    """

    def image(self, image: str | Reference | Digest, *, platform: str | Platform | None = None) -> Image:
        """Find an image, as an object whose methods return the frames of the commands.

        Parameters
        ----------
        image
            A name, an id or a digest.
        platform
            Fail if the image is for another platform than this.

        Returns
        -------
        Image
            With `files`, `open`, `cat`, `cp`, `history` and `layers`.

        Raises
        ------
        ImageNotFound, PlatformNotFound

        Examples
        --------
        >>> nbdock.image("httpd").open("/etc/debian_version").readline()
        b'12.0\\n'
        """
        return Image(self, str(image), self._found(image, platform, local=True).id)


class _UserDock(Dock):
    """The user's own dock, as the environment describes it at the time of each call."""

    @property
    def settings(self) -> Settings:
        return Settings.read()


class _Annotation(str):
    """An annotation that `inspect.signature` shows without quotes, as it is written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _readable(cls: type) -> None:
    for group in cls.__mro__:
        own = vars(group).values() if group.__module__.startswith(__name__) else ()
        for method in own:
            if callable(method) and hasattr(method, "__annotations__"):
                method.__annotations__ = {name: _Annotation(text) for name, text in method.__annotations__.items()}


_readable(Dock)
_user = _UserDock()
append = _user.append
base = _user.base
build = _user.build
cat = _user.cat
container_create = _user.container_create
container_ls = _user.container_ls
container_prune = _user.container_prune
container_rm = _user.container_rm
copy = _user.copy
cp = _user.cp
create = _user.create
df = _user.df
files = _user.files
diff = _user.diff
export_tables = _user.export_tables
history = _user.history
image = _user.image
images = _user.images
import_image = _user.import_image
info = _user.info
inspect = _user.inspect
layers = _user.layers
lint = _user.lint
load = _user.load
login = _user.login
logout = _user.logout
ls = _user.ls
manifest = _user.manifest
open = _user.open
outdated = _user.outdated
packages = _user.packages
plan = _user.plan
prune = _user.prune
ps = _user.ps
pull = _user.pull
push = _user.push
referrers = _user.referrers
rm = _user.rm
rmi = _user.rmi
save = _user.save
search = _user.search
serve = _user.serve
shared = _user.shared
sql = _user.sql
survey = _user.survey
tag = _user.tag
tags = _user.tags
ui = _user.ui
version = _user.version
where = _user.where
waste = _user.waste
why = _user.why
