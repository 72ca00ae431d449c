"""A demo session: the samples on a local registry, and an environment in which `httpd` is pulled from it."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from nbdock.demo import SAMPLES
from nbdock.dock.dock import Dock
from nbdock.errors import Refused, UsageError
from nbdock.oci.reference import HUB
from nbdock.server import Options, Server
from nbdock.store import Store

# Every address contains "samples", so that users see where an image came from.
_LOCATIONS = {HUB: "samples", "gcr.io": "samples/gcr.io"}
_TITLE = "# Samples in place of the images of Docker Hub: written by nbdock demo.\n"
_REGISTRY = """\
[[registry]]
prefix = "{registry}"
location = "{location}"
insecure = {insecure}
{more}"""
_MIRROR = """\
[[registry.mirror]]
location = "{location}"
insecure = {insecure}
{more}"""


@dataclass(frozen=True, slots=True)
class Session:
    """A running session; `folder` exists as long as it does."""

    folder: Path

    def environment(self, store: str = "store") -> Mapping[str, str]:
        """Environment variables for a process that pulls the samples, with a store and logins of the session."""
        return {
            "CONTAINERS_REGISTRIES_CONF": str(self.folder / "registries.conf"),
            "DOCKER_AUTH_CONFIG": "",
            "DOCKER_CONFIG": str(self.folder / "docker"),
            "DOCKER_DEFAULT_PLATFORM": "linux/amd64",
            "NBDOCK_STORE": str(self.folder / store),
            "NBDOCK_STORE_BASE": "",
            "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"),
        }

    def run(self, command: Sequence[str], folder: Path | None = None) -> None:
        """Run a program in the session until it ends, in `folder` or the current directory.

        Raises UsageError if it cannot be started, Refused if it fails.
        """
        try:
            child = subprocess.Popen(command, env={**os.environ, **self.environment()}, cwd=folder)  # noqa: S603
        except OSError as error:
            hint = "give the name or the path of an installed program"
            raise UsageError(f"cannot run {command[0]}: {error.strerror}", hint=hint) from None
        with _signals_for(child):
            code = child.wait()
        if code:
            raise Refused(f"{Path(command[0]).name} ended with exit code {code}")


@contextmanager
def session(dock: Dock, hub: bool = False) -> Iterator[Session]:
    """Within this context the samples replace Docker Hub; with `hub` they are tried after it."""
    with tempfile.TemporaryDirectory(prefix="nbdock-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = _server(_samples(folder / "samples"), dock)
        rule = _after if hub else _instead
        conf = "".join(rule(registry, server, path) for registry, path in _LOCATIONS.items())
        (folder / "registries.conf").write_text(conf if hub else _TITLE + conf, "utf-8")
        try:
            yield Session(folder)
        finally:
            server.stop()


def begin(dock: Dock) -> None:
    """Begin a session that lasts as long as this process, whose environment becomes the session's, unless it is in one.

    A session that tries Docker Hub first is none: what it pulls is not always a sample.
    """
    if _has_begun():
        return
    stack = ExitStack()
    atexit.register(stack.close)
    os.environ.update(stack.enter_context(session(dock)).environment())


def _has_begun() -> bool:
    with suppress(OSError, UnicodeDecodeError):
        conf = Path(os.environ.get("CONTAINERS_REGISTRIES_CONF", ""))
        return conf.is_file() and conf.read_text("utf-8").startswith(_TITLE)
    return False


def _samples(root: Path) -> Store:
    """A store of the samples, under the names they are served by."""
    store = Store(root)
    shutil.copytree(SAMPLES / "blobs", root / "blobs")
    for name in Store(SAMPLES).names():
        if name.reference:
            repository = f"{_LOCATIONS[name.reference.registry]}/{name.reference.repository}"
            store.tag(replace(name.reference, registry="localhost", repository=repository), name.target)
    return store


def _server(samples: Store, dock: Dock) -> Server:
    """On a free port, which other tools reach too, or where there is none on a Unix socket. Raises Refused."""
    try:
        return Server(samples, Options(port=0), dock.registry.repository)
    except UsageError:
        dock.console.warn("No port can be opened here: the samples are served to nbdock alone, inside this process.")
    try:
        return Server(samples, Options(socket=samples.root.parent / "socket"), dock.registry.repository)
    except UsageError as error:
        hint = f"pull them from their folder: nbdock.pull('oci:{SAMPLES}:httpd')"
        raise Refused(f"the samples cannot be served here: {error}", hint=hint) from None


def _instead(registry: str, server: Server, path: str) -> str:
    return _REGISTRY.format(registry=registry, **_location(server, path))


def _after(registry: str, server: Server, path: str) -> str:
    """The registry is its own first mirror, the samples are the second."""
    own = {"location": registry, "insecure": "false", "more": ""}
    return (
        _REGISTRY.format(registry=registry, **own) + _MIRROR.format(**own) + _MIRROR.format(**_location(server, path))
    )


def _location(server: Server, path: str) -> Mapping[str, str]:
    """Where the samples are, in the words of registries.conf."""
    socket = server.options.socket
    more = f'nbdock-socket = "{socket}"\n' if socket else ""
    return {"location": f"{server.host}/{path}", "insecure": "true", "more": more}


@contextmanager
def _signals_for(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ignore Ctrl-C, which the terminal sends to the child too, and pass SIGTERM on to it."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: child.terminate()),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
