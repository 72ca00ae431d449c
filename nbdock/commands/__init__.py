"""Docker's image commands as typed functions of a dock that return a table or text. Signatures are the grammar."""

from nbdock.commands.accounts import login, logout
from nbdock.commands.asking import outdated, plan, tags
from nbdock.commands.building import build
from nbdock.commands.claimed import manifest, referrers
from nbdock.commands.comparing import diff
from nbdock.commands.containers import container_create, container_ls, container_prune, container_rm
from nbdock.commands.data import export_tables, sql
from nbdock.commands.demo import demo
from nbdock.commands.explaining import lint, waste, why
from nbdock.commands.importing import import_image
from nbdock.commands.inside import cat, cp, files, where
from nbdock.commands.installed import packages
from nbdock.commands.loading import load
from nbdock.commands.local import history, inspect, layers, ls, tag
from nbdock.commands.remote import copy, pull, push, search
from nbdock.commands.removing import prune, rm
from nbdock.commands.saving import save
from nbdock.commands.serving import serve
from nbdock.commands.sharing import base, shared
from nbdock.commands.surveys import survey
from nbdock.commands.system import df, info, version
from nbdock.grammar import table

__all__ = [
    "base",
    "build",
    "cat",
    "container_create",
    "container_ls",
    "container_prune",
    "container_rm",
    "copy",
    "cp",
    "demo",
    "df",
    "diff",
    "export_tables",
    "files",
    "history",
    "import_image",
    "info",
    "inspect",
    "layers",
    "lint",
    "load",
    "login",
    "logout",
    "ls",
    "manifest",
    "outdated",
    "packages",
    "plan",
    "prune",
    "pull",
    "push",
    "referrers",
    "rm",
    "save",
    "search",
    "serve",
    "shared",
    "sql",
    "survey",
    "table",
    "tag",
    "tags",
    "version",
    "waste",
    "where",
    "why",
]
