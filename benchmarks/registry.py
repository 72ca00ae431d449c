"""Ask a registry about many images, with nbdock and with its other clients in turn; print seconds and ratios.

    python benchmarks/registry.py [--images 200] [--megabytes 300] [--delay 20]

The registry is docker's own, on loopback; then the same behind a relay on whose line every round trip takes `--delay`
milliseconds, and a connection one of them. Other clients are skopeo, crane and dive, where they are installed. nbdock
answers in one process that has pandas; the others start once for each image, as their users start them.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.parts.layers import Entry, file, layer
from tests.parts.layout import Layout, Step
from tests.parts.registries import Registry, open_registry

BUILT = "2024-01-01T00:00:00Z"
STEPS = 12
"""Instructions of each image: a config of 2 kB."""
CODE = """
import sys, time
import pandas
import nbdock
dock = nbdock.Dock(sys.argv[1])
names = sys.argv[2].split(",")
began = time.perf_counter()
{question}
print(time.perf_counter() - began)
"""
HISTORY = "assert dock.history(names).reference.nunique() == len(names)"
TAGS = """assert len(dock.tags(names[0].rpartition(":")[0]).created.dropna()) == len(names)"""
FILES = "assert len(dock.files(names[0]))"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--delay", type=float, default=20)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "registry").mkdir()
        registry = stack.enter_context(open_registry(folder / "registry"))
        print(f"{given.images} images, on loopback")
        _many(folder, registry.host, _filled(registry, folder / "layout", given.images), 1 / 5, 1 / 3)
        print(f"{given.images} images, {given.delay:.0f} ms a round trip")
        far = stack.enter_context(relay(registry.host, given.delay / 1000))
        names = [f"{far}/bench/many:{number}" for number in range(given.images)]
        _many(folder, far, names, 1 / 20, 1 / 20)
        print(f"{'tags, with dates and sizes':44}{_asked(folder, TAGS, names):9.2f} s   aim 2")
        print(f"one image of {given.megabytes} MB, on loopback")
        _inside(folder, _large(registry, folder / "large", given.megabytes))


def _many(folder: Path, host: str, names: list[str], than_skopeo: float, than_crane: float) -> None:
    own = _asked(folder, HISTORY, names)
    print(f"{'nbdock, history of all in one call':44}{own:9.2f} s")
    skopeo = ["skopeo", "inspect", "-n", "--tls-verify=false"]
    _compare(own, names, "skopeo inspect -n", [*skopeo, "docker://{}"], than_skopeo)
    _compare(own, names, "skopeo inspect -n --config", [*skopeo, "--config", "docker://{}"], than_skopeo)
    _compare(own, names, "crane config", ["crane", "config", "--insecure", "{}"], than_crane)


def _compare(own: float, names: list[str], what: str, command: list[str], aim: float) -> None:
    if not shutil.which(command[0]):
        print(f"{what:44}  is not installed")
        return
    spent = sum(_timed(*(word.format(name) for word in command)) for name in names)
    print(f"{what:44}{spent:9.2f} s   nbdock / it = {own / spent:.3f}, aim {aim:.3f}")


def _inside(folder: Path, name: str) -> None:
    """The files of one image, beside what dive needs to list them."""
    own = _asked(folder, FILES, [name])
    print(f"{'nbdock, files':44}{own:9.2f} s")
    if not shutil.which("dive"):
        print(f"{'dive':44}  is not installed")
        return
    archive = folder / "image.tar"
    copied = ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{name}", f"docker-archive:{archive}"]
    listed = ["dive", "--source", "docker-archive", str(archive), "--json", str(folder / "dive.json")]
    spent = _timed(*copied) + _timed(*listed)
    print(f"{'skopeo to docker-archive, then dive':44}{spent:9.2f} s   nbdock / it = {own / spent:.3f}, aim 0.250")


def _asked(folder: Path, question: str, names: list[str]) -> float:
    """Seconds of a question in a process with pandas, on a store that knows nothing."""
    store = tempfile.mkdtemp(dir=folder)
    command = [sys.executable, "-c", CODE.format(question=question), store, ",".join(names)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _timed(*command: str) -> float:
    began = time.perf_counter()
    _run(*command)
    return time.perf_counter() - began


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _filled(registry: Registry, folder: Path, images: int) -> list[str]:
    """Images of one layer that all have and one of their own, as tags of one repository; their names."""
    layout, base = Layout(folder), layer(file("etc/os-release", b"ID=debian\n"))
    made = {
        str(number): layout.image(
            [
                Step(BUILT, "ADD rootfs / # buildkit", base),
                *(Step(BUILT, f"ENV STEP_{step}=a value of image {number} {'x' * 60}") for step in range(STEPS)),
                Step(BUILT, "COPY file / # buildkit", layer(file("file", b"%d" % number))),
            ]
        )
        for number in range(images)
    }
    layout.write(made)
    for tag in made:
        _run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{folder}:{tag}", _name(registry, f"many:{tag}"))
    return [f"{registry.host}/bench/many:{tag}" for tag in made]


def _large(registry: Registry, folder: Path, megabytes: int) -> str:
    """One image of files of /usr in four layers; its name."""
    paths = (path for path in sorted(Path("/usr/lib").rglob("*")) if path.is_file() and not path.is_symlink())
    layout, layers = Layout(folder), 4
    steps = [
        Step(BUILT, f"COPY part{number} / # buildkit", layer(*_some(paths, megabytes * 1_000_000 // layers)))
        for number in range(layers)
    ]
    layout.write({"1": layout.image(steps)})
    _run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{folder}:1", _name(registry, "large:1"))
    return f"{registry.host}/bench/large:1"


def _some(paths: Iterator[Path], size: int) -> Iterator[Entry]:
    for path in paths:
        with suppress(OSError):
            content = path.read_bytes()
            yield file(str(path).lstrip("/"), content)
            size -= len(content)
        if size < 0:
            return


def _name(registry: Registry, name: str) -> str:
    return f"docker://{registry.host}/bench/{name}"


@contextmanager
def relay(to: str, delay: float) -> Iterator[str]:
    """The address of a line to `to` on which a round trip takes `delay` seconds; a process of its own."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    process = multiprocessing.get_context("fork").Process(target=_relay, args=(listener, to, delay), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()


def _relay(listener: socket.socket, to: str, delay: float) -> None:
    host, _, port = to.partition(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(delay)  # of the connection itself
        there = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_pass(reader, there[1], delay / 2), _pass(there[0], writer, delay / 2))

    async def run() -> None:
        async with await asyncio.start_server(serve, sock=listener) as server:
            await server.serve_forever()

    asyncio.run(run())


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Pass on each chunk `delay` seconds after it came."""
    loop = asyncio.get_running_loop()
    while chunk := await reader.read(1 << 16):
        loop.call_later(delay, writer.write, chunk)
    loop.call_later(delay, writer.close)


if __name__ == "__main__":
    main()
