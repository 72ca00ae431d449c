"""What the application tells of one image, compared with the commands, and with images that are odd."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbdock.api import Dock
from nbdock.back.backend import Backend, backend
from nbdock.back.jobs import Job
from nbdock.demo import SAMPLES
from nbdock.dock.inside import contents, reading
from nbdock.errors import Cancelled, ImageNotFound, NbdockError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.store import Store

Ask = Callable[..., Any]


@pytest.fixture
def samples(home: Path) -> Backend:
    """All samples, in a store of the test's own."""
    shutil.copytree(SAMPLES, Dock().settings.store)
    return backend()


@pytest.fixture
def ask(samples: Backend) -> Ask:
    """Asks about an image by its name."""

    def ask(name: str, image: str, **asked: object) -> Any:
        answer = samples.ask(name, {"image": id_of(image), **asked}, Job())
        return json.loads(json.dumps(answer))

    return ask


def id_of(image: str) -> str:
    return str(next(each.id for each in Dock().store.images() if any(tag.familiar == image for tag in each.tags)))


def store_image(name: str, config: object, layers: tuple[Descriptor, ...] = ()) -> None:
    store = Store(Dock().settings.store)

    def put(media_type: str, content: object) -> Descriptor:
        raw = json.dumps(content).encode()
        store.write(Descriptor.of(media_type, raw), [raw])
        return Descriptor.of(media_type, raw)

    about = put(media.OCI_CONFIG, config).json()
    manifest = {"schemaVersion": 2, "config": about, "layers": [layer.json() for layer in layers]}
    store.tag(Reference.parse(name), put(media.OCI_MANIFEST, manifest))


def test_layers_read_as_a_dockerfile(ask: Ask) -> None:
    told = ask("layers", "httpd:2.4")
    steps = told["steps"]
    assert [step["text"].split()[0] for step in steps[1:5]] == ["ENV", "ENV", "RUN", "WORKDIR"]
    assert not any("/bin/sh -c" in step["text"] or "buildkit" in step["text"] for step in steps)
    made = [step for step in steps if "digest" in step]
    assert sum(step["size"] for step in made) == told["size"] == Dock().ls("httpd:2.4").iloc[0]["size_bytes"]
    assert [step["digest"] for step in made] == list(Dock().layers("httpd:2.4")["layer"])
    assert all(step["here"] for step in made)
    assert len(made[0]["shared"]) == 3 and made[0]["more"] == 3
    assert made[1]["shared"] == ["httpd:2.2", "httpd:2.0"] and made[1]["more"] == 0


def test_waste_is_that_of_the_command(ask: Ask) -> None:
    told = ask("waste", "nbdock/wasteful:latest")
    wasted = Dock().waste("nbdock/wasteful")
    by_layer = wasted.groupby("layer")["wasted_bytes"].sum()
    digests = list(Dock().layers("nbdock/wasteful")["layer"])
    assert {
        digest: layer["bytes"] for digest, layer in zip(digests, told["layers"], strict=True) if layer["bytes"]
    } == {**by_layer}
    assert told["wasted"] == wasted["wasted_bytes"].sum()
    path, size, remedy = max((path for layer in told["layers"] for path in layer["paths"]), key=lambda path: path[1])
    assert [path, size, remedy] == wasted.iloc[0][["path", "wasted_bytes", "remedy"]].tolist()
    assert max(len(layer["paths"]) for layer in told["layers"]) == 5


def test_packages_are_those_of_the_command(ask: Ask) -> None:
    told = ask("packages", "python:3.12")["packages"]
    frame = Dock().packages("python:3.12")
    assert [each["name"] for each in told] == list(frame["name"])
    assert [each["layer"] for each in told] == list(frame["position"])
    assert [each["deleted"] for each in told] == list(frame["deleted"])


def test_what_reads_layers_tells_how_far_it_is_and_is_cancelled(
    samples: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LONG", 0)
    samples.ask("waste", {"image": id_of("python:3.12")}, Job())  # the store has read each layer, as a pull does
    shutil.rmtree(Dock().store.root / "nbdock" / "tables", ignore_errors=True)
    contents._contents.cache_clear()
    heard: list[dict[str, Any]] = []
    leave = samples.join(heard.append)
    image = id_of("python:3.12")
    cancelled = Job()
    cancelled.cancel()
    with pytest.raises(Cancelled):
        samples.ask("waste", {"image": image}, cancelled)
    samples.ask("waste", {"image": image}, Job())
    leave()
    told = [each for each in heard if each["about"] == f"reading {image}"]
    assert told[-1] == {"about": f"reading {image}", "gone": True}
    assert any(0 < each["done"] <= each["total"] for each in told[:-1])


def test_config_names_and_users(ask: Ask) -> None:
    health = {"Test": ["CMD", "true"], "Interval": 90_000_000_000, "Retries": 3}
    runs = {"Env": ["A=b=c", "EMPTY="], "Entrypoint": ["/x", "y z"], "ExposedPorts": {"80/tcp": {}, "81/udp": {}}}
    about = {**runs, "Healthcheck": health, "Labels": {"b": "2", "a": "1"}, "User": 7}
    store_image("mine:1", {"architecture": "amd64", "os": "linux", "config": about})
    told = ask("config", "mine:1")
    assert dict(told["settings"]) == {
        "Entrypoint": '["/x", "y z"]',
        "ExposedPorts": "80/tcp\n81/udp",
        "Healthcheck": "--interval=1m30s --retries=3 CMD true",
        "Platform": "linux/amd64",
    }
    assert told["env"] == [["A", "b=c"], ["EMPTY", ""]]
    assert told["labels"] == [["a", "1"], ["b", "2"]]
    tagged, by_digest = ask("names", "mine:1")["names"]
    assert tagged["name"] == "mine:1" and tagged["tag"] and tagged["pulled"]
    assert tagged["pull"] == by_digest["name"] == f"mine@{tagged['digest']}"
    Dock().tag("mine:1", "other:1")
    assert [(each["name"], bool(each["pull"])) for each in ask("names", "mine:1")["names"][1:]] == [
        ("other:1", False),
        (by_digest["name"], True),
    ]
    Dock().container_create("python:3.12-slim", "python3", "-i", name="box")
    told = ask("used_by", "python:3.12-slim")
    assert [(each["name"], each["command"]) for each in told["containers"]] == [("box", "python3 -i")]
    sizes = [each["size"] for each in told["images"]]
    assert sizes == sorted(sizes, reverse=True) and "python:3.12" in [
        each["name"].replace("latest", "3.12") for each in told["images"]
    ]


def test_the_images_below_and_above(ask: Ask) -> None:
    below = next(image for image in Dock().store.images() if str(image.id) == id_of("httpd:2.4"))
    source = json.loads(below.config.raw)
    source["history"].append({"created_by": "ENV MORE=1", "empty_layer": True})
    store_image("above:1", source, below.manifest.layers)
    how = {each["name"]: each["how"] for each in ask("used_by", "httpd:2.4")["images"]}
    assert how["above:1"] == "above" and how["httpd:2.2"] == ""
    below_it = [each for each in ask("used_by", "above:1")["images"] if each["how"] == "below"]
    assert [each["id"] for each in below_it] == [str(below.id)]


def test_json_is_raw_indented_and_bounded(ask: Ask) -> None:
    assert (
        json.loads(ask("raw_json", "httpd:2.4")["text"])
        == json.loads(str(Dock().inspect("httpd:2.4", format="json")))[0]
    )
    image = next(image for image in Dock().store.images() if str(image.id) == id_of("httpd:2.4"))
    assert json.loads(ask("raw_json", "httpd:2.4", kind="config")["text"]) == json.loads(image.config.raw)
    assert json.loads(ask("raw_json", "httpd:2.4", kind="manifest")["text"]) == json.loads(image.manifest.raw)
    with pytest.raises(NbdockError, match="there is no nonsense"):
        ask("raw_json", "httpd:2.4", kind="nonsense")
    store_image("long:1", {"architecture": "a", "os": "l", "config": {"Labels": {"long": "\u202e" + "x" * 300_000}}})
    cut, whole = (ask("raw_json", "long:1", kind="config", whole=whole) for whole in (False, True))
    assert cut["cut"] and len(cut["text"]) < 210_000 and not whole["cut"] and len(whole["text"]) > 300_000
    assert "\u202e" not in whole["text"]


def test_a_damaged_config_costs_what_is_in_it_and_no_more(ask: Ask) -> None:
    image = next(image for image in Dock().store.images() if str(image.id) == id_of("httpd:2.4"))
    path = Dock().store.root / "blobs" / "sha256" / image.id.hex
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    told = ask("layers", "httpd:2.4")
    assert len(told["steps"]) == 6 and told["size"] and str(image.id) in told["problem"]
    assert {step["text"] for step in told["steps"]} == {""}
    for name in ("config", "raw_json"):
        with pytest.raises(NbdockError, match=str(image.id)):
            ask(name, "httpd:2.4")
    assert json.loads(ask("raw_json", "httpd:2.4", kind="manifest")["text"])
    assert ask("names", "httpd:2.4")["names"] and ask("used_by", "httpd:2.4")["images"]
    assert ask("packages", "httpd:2.4")["packages"]
    assert ask("waste", "httpd:2.4")["wasted"] > 0


def test_a_missing_layer_is_told_of(ask: Ask) -> None:
    layer = Dock().layers("httpd:2.4").iloc[-1]["layer"].partition(":")[2]
    (Dock().store.root / "blobs" / "sha256" / layer).unlink()
    steps = [step for step in ask("layers", "httpd:2.4")["steps"] if "digest" in step]
    assert [step["here"] for step in steps] == [True] * 5 + [False]
    with pytest.raises(ImageNotFound, match="No such image"):
        backend().ask("layers", {"image": "sha256:" + "0" * 64}, Job())


def test_hostile_images_are_answered_soon_and_bounded(ask: Ask) -> None:
    said = ["|1 " + "/a" * 500_000, *["|1 " + "/a" * 1000, "|1 " + "/sh -x " * 300] * 1000]
    history = [{"created_by": each, "empty_layer": True} for each in said]
    config = {"Labels": {f"label-{number:05}": "x" * 200 for number in range(10_000)}, "Env": [f"E={'y' * 500_000}"]}
    store_image("evil:1", {"architecture": "a", "os": "l", "history": history, "config": config})
    began = time.monotonic()
    told = ask("layers", "evil:1")
    assert len(told["steps"]) == 1000 and told["more"] == 1001
    assert max(len(step["text"]) for step in told["steps"]) <= 4001
    told = ask("config", "evil:1")
    assert len(told["labels"]) == 10_000
    assert len(json.dumps(told)) < 4_000_000
    assert time.monotonic() - began < 30
