"""Real registries (CNCF distribution, Debian's `docker-registry`) on free loopback ports, each as a context manager.

Each has a folder of its own: what it holds is in `folder/data`, what it says in `folder/log`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.parts import certificates
from tests.parts.programs import program, run
from tests.parts.tokens import ISSUER, SERVICE, USER, TokenServer, token_server

BCRYPT = "$2b$04$Bkdhz1/tDwdziZyHP4.TcuWpY8KJvNExWuxpNfK2BQAgW6GsrpJnq"  # of tokens.PASSWORD


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that runs: `host` is "127.0.0.1:PORT".

    Where it has TLS, `ca` is the certificate to trust it by; `tokens` is the token server that it sends its clients to.
    """

    host: str
    root: Path
    log: Path
    config: Path
    ca: Path | None = None
    tokens: TokenServer | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.ca else 'http'}://{self.host}"

    def requests(self) -> list[str]:
        """What it has been asked so far: `GET /v2/library/httpd/manifests/2.4`."""
        return re.findall(r'"([A-Z]+ \S+) HTTP/', self.log.read_text())

    def garbage_collect(self) -> str:
        """Drop every blob that no manifest names; the registry must not be used meanwhile. What it printed."""
        return run("docker-registry", "garbage-collect", self.config).decode()


def open_registry(folder: Path) -> AbstractContextManager[Registry]:
    """Anyone may pull, push and delete."""
    return _registry(folder)


def readonly_registry(folder: Path) -> AbstractContextManager[Registry]:
    """Anyone may pull; a push or a delete is answered by 405."""
    return _registry(folder, storage={"maintenance": {"readonly": {"enabled": True}}})


def proxy_registry(folder: Path, of: str) -> AbstractContextManager[Registry]:
    """A pull-through cache of the registry at the URL `of`."""
    return _registry(folder, proxy={"remoteurl": of})


def private_registry(folder: Path) -> AbstractContextManager[Registry]:
    """For alice alone, by Basic authentication."""
    users = folder / "htpasswd"
    users.write_text(f"{USER}:{BCRYPT}\n")
    return _registry(folder, auth={"htpasswd": {"realm": "nbdock tests", "path": str(users)}})


@contextmanager
def tls_registry(folder: Path) -> Iterator[Registry]:
    """Over TLS, with a certificate of an authority of its own: `ca`, alone in its folder, as skopeo's --cert-dir."""
    authority = certificates.authority(folder)
    server = certificates.loopback(folder, authority)
    trusted = folder / "trusted"
    trusted.mkdir()
    ca = shutil.copy(authority.certificate, trusted)
    tls = {"certificate": str(server.certificate), "key": str(server.key)}
    with _registry(folder, ca=Path(ca), http={"tls": tls}) as registry:
        yield registry


@contextmanager
def token_registry(folder: Path) -> Iterator[Registry]:
    """By tokens: anyone may pull from library/… and public/…, alice may do everything."""
    with token_server(folder) as tokens:
        auth = {"realm": tokens.realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(tokens.certificate)}
        with _registry(folder, auth={"token": auth}) as registry:
            yield replace(registry, tokens=tokens)


@contextmanager
def _registry(folder: Path, /, ca: Path | None = None, **sections: dict[str, Any]) -> Iterator[Registry]:
    config, log, root = folder / "config.json", folder / "log", folder / "data"
    config.write_text(json.dumps(_config(root, **sections)))
    with log.open("w") as output:
        # The registry ends with the tests, even where they are killed.
        command = [program("setpriv"), "--pdeathsig", "KILL", program("docker-registry"), "serve", str(config)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield Registry(_address(process, log), root, log, config, ca)
    finally:
        process.kill()
        process.wait()


def _config(root: Path, **sections: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(root)}, "delete": {"enabled": True}},
        "http": {"addr": "127.0.0.1:0"},
    }
    for name, section in sections.items():
        config[name] = config.get(name, {}) | section
    return config


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the registry listens, once it does: it chose the port itself, so that nobody else can have it."""
    while process.poll() is None:
        if found := re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text()):
            return found[1]
        time.sleep(0.002)
    raise AssertionError(f"docker-registry did not start: {log.read_text()}")
