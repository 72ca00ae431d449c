"""The local store: a plain OCI image layout that many processes share. docs/store-format.md describes it."""

from nbdock.store.batch import Batch
from nbdock.store.catalog import Images, Match
from nbdock.store.store import Store

__all__ = ["Batch", "Images", "Match", "Store"]
