"""Container images as data, in any notebook, with no Docker."""

from nbdock.errors import NbdockError
from nbdock.oci.digest import Digest
from nbdock.oci.platform import Platform
from nbdock.oci.reference import Reference

__all__ = ["Digest", "NbdockError", "Platform", "Reference"]
