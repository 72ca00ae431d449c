"""The panel of JupyterLab and Notebook 7: a Jupyter server's part of it. The pages are in `front/`.

Every Jupyter server imports this at its start: nothing else of nbdock is imported before a page asks for it.
"""

from __future__ import annotations

from typing import Any


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the front end is, for `jupyter-builder develop`."""
    return [{"src": "../front", "dest": "nbdock"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbdock.lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    from nbdock.lab.handlers import routes

    root = getattr(app.contents_manager, "root_dir", app.root_dir)  # what the file browser shows
    app.web_app.add_handlers(".*$", routes(app.web_app.settings, root))
