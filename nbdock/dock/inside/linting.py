"""What to change in an image's Dockerfile, from what its layers, its config and its history say.

A finding never quotes what it found: the text of an instruction, of a variable or of a file may be a secret.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from nbdock.contents.layer import walk
from nbdock.contents.secrets import SECRET_PATHS, Secrets, is_named_secret, kind_of
from nbdock.contents.tree import Fate, Integers
from nbdock.dock.inside.reading import told
from nbdock.dock.steps import history
from nbdock.oci import fields
from nbdock.oci.config import is_root

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.dock.dock import Dock
    from nbdock.dock.inside.contents import Contents
    from nbdock.places import Image
    from nbdock.task import Task


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: `saved` bytes in so many `files`, of which `path` is the largest, and what to do about it.

    `step` is the position in the history of the instruction to change.
    """

    rule: str
    remedy: str
    step: int | None = None
    path: str | None = None
    files: int | None = None
    saved: int | None = None


@dataclass(frozen=True, slots=True)
class _Leftover:
    """Files that an image rarely needs: a pattern of their paths, and what instruction must have written them."""

    rule: str
    pattern: str
    remedy: str
    copied: bool | None = None


_LEFTOVERS = (
    _Leftover("apt lists", "^/var/lib/apt/lists/", "end the RUN with rm -rf /var/lib/apt/lists/*"),
    _Leftover(
        "package cache",
        r"^/var/cache/(?:apt|apk|dnf|yum|zypp|pacman)/|^/var/lib/(?:dnf|yum)/",
        "mount it: RUN --mount=type=cache, or clean it in the same RUN (apt-get clean, apk --no-cache, dnf clean all)",
    ),
    _Leftover(
        "user cache",
        r"^/(?:root|home/[^/]+)/(?:\.cache|\.npm|\.m2|\.gradle|\.cargo/registry|go/pkg/mod/cache)/",
        "mount it: RUN --mount=type=cache, or do not keep it (pip install --no-cache-dir, npm cache clean --force)",
    ),
    _Leftover("temporary files", r"^/(?:var/)?tmp/", "delete them in the RUN that writes them"),
    _Leftover("version control", r"/\.(?:git|hg|svn)/", "name it in .dockerignore"),
    _Leftover("copied modules", r"/node_modules/", "name node_modules in .dockerignore, and install in a RUN", True),
    _Leftover("copied bytecode", r"/__pycache__/|\.pyc$", "name __pycache__ in .dockerignore", True),
    _Leftover(
        "build tools",
        r"^/usr/(?:local/)?(?:lib|libexec)/gcc/|^/usr/(?:local/)?include/|\.a$",
        "build in a stage of its own, and COPY --from it what is needed",
    ),
    _Leftover("documentation", r"^/usr/(?:local/)?share/(?:doc|man|info)/", "leave it out: slim images do"),
)
_ENDINGS = {
    "deleted": ("deleted later", "delete it in the step that writes it, or do not copy it"),
    "hidden": ("replaced later", "delete it in the RUN that writes it, or do not write it"),
    "overwritten": ("overwritten later", "write it once, in its last form"),
    "metadata changed": (
        "copied for its metadata",
        "set owner and mode in the step that writes it: COPY --chown, --chmod",
    ),
    "same again": ("copied again", "leave out the second copy"),
}
_BY_ENDER = ("metadata changed", "same again")
_COPY = re.compile(r"(?:/bin/sh -c #\(nop\) +)?(?:COPY|ADD) ")
_COPY_ALL = re.compile(r"(?:COPY|ADD)(?: --\S+)* \./? |/bin/sh -c #\(nop\) +(?:COPY|ADD) (?:multi|dir):")
_INSTALL = re.compile(
    r"\b(?:pip3? install|npm (?:ci|install)|yarn install|pnpm install|poetry install|uv sync|bundle install"
    r"|go mod download|composer install|apt-get install|apk add|(?:dnf|yum) install)\b"
)
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=\S")
_SECRET = ("secret", "secret variable", "secret instruction")
_SETTINGS = ("root", "latest", "no health check", "copy before install")
RULES = (*(each.rule for each in _LEFTOVERS), *(rule for rule, _ in _ENDINGS.values()), *_SECRET, *_SETTINGS)
"""The names of all rules."""
_EXPOSED = "make it invalid now, and give it to the build by RUN --mount=type=secret: who has the image can read it"


def lint(dock: Dock, inside: Contents, reference: str | None) -> list[Finding]:
    """What to change in an image. Reads its small files once more, in every layer. Raises BlobNotFound, Interrupted."""
    steps = [number for number, step in enumerate(reversed(history(inside.image))) if step.layer]
    content = dock.run(lambda task: _secret_rows(inside, task), quiet=True)
    return [
        *_leftovers(inside, steps),
        *_wasted(inside, steps),
        *_secret_files(inside, steps, content),
        *_secret_settings(inside.image),
        *_settings(inside.image, reference),
    ]


def _leftovers(inside: Contents, steps: list[int]) -> Iterator[Finding]:
    """Files that are visible in the end; each counts for the first rule that it meets."""
    waste, merged = inside.waste, inside.merged
    left = np.flatnonzero((merged.fate == Fate.VISIBLE) & waste.is_used & (waste.sizes > 0)).astype(np.int64)
    for rule in _LEFTOVERS:
        paths = waste.column("path", left)
        met = pc.match_substring_regex(paths, rule.pattern).to_numpy().astype(bool)
        for layer, rows in _by_layer(inside, left[met]).items():
            if rule.copied is None or rule.copied == _is_copy(inside.image, steps[layer]):
                yield _of_files(inside, rule.rule, rule.remedy, steps[layer], rows)
        left = left[~met]


def _wasted(inside: Contents, steps: list[int]) -> Iterator[Finding]:
    """What is written in vain, by the two steps that wrote and ended it."""
    waste, merged = inside.waste, inside.merged
    groups: defaultdict[tuple[str, int, int], list[int]] = defaultdict(list)
    writers, enders = merged.layer_of(waste.rows).tolist(), merged.layer_of(waste.ended_by).tolist()
    for row, *group in zip(waste.rows.tolist(), waste.how, writers, enders, strict=True):
        how, writer, ender = group
        groups[how, writer, ender].append(row)
    for (how, writer, ender), rows in groups.items():
        rule, remedy = _ENDINGS[how]
        yield _of_files(inside, rule, remedy, steps[ender if how in _BY_ENDER else writer], np.array(rows))


def _secret_files(inside: Contents, steps: list[int], content: dict[int, str]) -> Iterator[Finding]:
    """Secrets in every layer, whatever became of them: by what is in the file, or else by its name."""
    waste = inside.waste
    rows = np.flatnonzero(waste.sizes > 0).astype(np.int64)
    paths: pa.Array = waste.column("path", rows)
    named = {
        row: kind
        for kind, pattern in SECRET_PATHS.items()
        for row in rows[pc.match_substring_regex(paths, pattern).to_numpy().astype(bool)].tolist()
    }
    for row, kind in sorted({**named, **content}.items()):
        step = steps[int(inside.merged.layer_of(np.array([row]))[0])]
        deleted = "" if inside.merged.fate[row] == Fate.VISIBLE else ", still in the layer although the image hides it"
        path = waste.column("path", np.array([row]))[0].as_py()
        yield Finding("secret", f"{kind}{deleted}: {_EXPOSED}", step, path, 1)


def _secret_rows(inside: Contents, task: Task) -> dict[int, str]:
    """The rows of files with a secret in them, and its kind."""
    found: dict[int, str] = {}
    for layer, start in zip(inside.image.layers, inside.merged.starts.tolist(), strict=True):
        secrets = Secrets()
        walk(told(layer, task)(0), secrets.visit)
        found |= {start + row: kind for row, kind in secrets.found()}
    return found


def _secret_settings(image: Image) -> Iterator[Finding]:
    """Secrets in the environment, and in the text of instructions."""
    for variable in fields.texts(image.config.config, "Env"):
        name, _, value = variable.partition("=")
        if value and (is_named_secret(name) or kind_of(value.encode())):
            yield Finding("secret variable", f"the variable {name}: {_EXPOSED}")
    for step, entry in enumerate(image.config.history):
        text = entry.created_by
        names = [name for name in _ASSIGNED.findall(text) if is_named_secret(name)]
        if names or kind_of(text.encode()):
            yield Finding("secret instruction", f"{', '.join(names) or 'a token'} in its text: {_EXPOSED}", step)


def _settings(image: Image, reference: str | None) -> Iterator[Finding]:
    """What the config and the history say."""
    if is_root(image.user):
        yield Finding("root", "end with USER and a user that is not root")
    if reference and reference.endswith(":latest"):
        yield Finding("latest", "give it a tag that says the version, and name versions in FROM")
    if not image.config.config.get("Healthcheck"):
        yield Finding("no health check", "add HEALTHCHECK, unless an orchestrator has its own")
    texts = [entry.created_by for entry in image.config.history]
    for step, text in enumerate(texts):
        if _COPY_ALL.match(text) and any(map(_INSTALL.search, texts[step + 1 :])):
            remedy = (
                "copy only what the later RUN needs to install before it, and the rest after it: builds then reuse it"
            )
            yield Finding("copy before install", remedy, step)


def _of_files(inside: Contents, rule: str, remedy: str, step: int, rows: Integers) -> Finding:
    sizes = inside.waste.sizes[rows]
    path = inside.waste.column("path", rows[[int(sizes.argmax())]])[0].as_py()
    return Finding(rule, remedy, step, path, len(rows), int(sizes.sum()))


def _by_layer(inside: Contents, rows: Integers) -> dict[int, Integers]:
    layers = inside.merged.layer_of(rows)
    return {int(layer): rows[layers == layer] for layer in np.unique(layers)}


def _is_copy(image: Image, step: int) -> bool:
    history = image.config.history
    return step < len(history) and bool(_COPY.match(history[step].created_by))
