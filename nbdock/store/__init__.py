"""The local store: a plain OCI image layout, shared by many kernels at once. docs/store-format.md describes it."""

from nbdock.store.store import Store

__all__ = ["Store"]
