from pathlib import Path

import pytest

from nbdock import Digest, Platform, Reference
from nbdock.demo import SAMPLES
from nbdock.errors import BlobNotFound
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.manifest import Index, Manifest, is_attestation, parse
from nbdock.reading import pair, read
from nbdock.store import Store
from scripts.samples import layout
from tests.samples.opened import Opened, entries, opened

DIGESTS = {
    "httpd:latest": "883571c4fc90af171d0970d3331c45623d5b8148a2574df25742224bd6aaa02a",
    "httpd:2.4": "883571c4fc90af171d0970d3331c45623d5b8148a2574df25742224bd6aaa02a",
    "httpd:2.2": "3c911dfe746666608e7e91db9f768c5916c13773f82f4602faf97d596cdd4ddb",
    "httpd:2.0": "29e2547e4dcc59e53284c252709e3820b8b3cd31c0516cf29c43006cee3afb50",
    "busybox:latest": "4e3e8cd603040f0959403a5babf1dc6372e96c9683183909a0552ec10d688361",
    "busybox:1.36": "4e3e8cd603040f0959403a5babf1dc6372e96c9683183909a0552ec10d688361",
    "hello-world:latest": "365cd03e0b64f8b5cca0fda8cfcab32335aaecb5d62fe30868793bd7eed635df",
    "gcr.io/google-samples/hello-app:1.0": "8920f9cd2992346b5afbbdcc567af7acf8eb88ac1e887ddeaf41555eecef68e9",
    "gcr.io/google-samples/hello-app:2.0": "5b2d880746730d912b81dff5e9467fd9dd5bc40c08261c2569dea7c0815abf52",
    "python:latest": "7cff69f0f9c80c4fb879929fa75f07c12843c849d304d0d773d194b24dcf71c4",
    "python:3.12": "7cff69f0f9c80c4fb879929fa75f07c12843c849d304d0d773d194b24dcf71c4",
    "python:3.12-slim": "504edfc46ebdf8a8544d240ba680cd819236a0a1e59d5802699af5bbe9be9dd5",
    "nbdock/wasteful:latest": "bf83f2658cc40ca5879fe0f6b56a4538e6095fb4ed66bb7aab20b70a82288010",
    "nbdock/frugal:latest": "7eeff2b3517514143f918278a058d5f82aeaede90e163f9cbf8273c531bb293f",
    "nbdock/service:latest": "99b6e70fe32a9d8a61443efc933957bbe74deb821c95edfd20ea9f39bb503ee8",
}

IMAGES = sorted(DIGESTS)


def only(samples: Store, name: str) -> Opened:
    (image,) = opened(samples, name)
    return image


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def everything(samples: Store, name: str) -> list[Descriptor]:
    """The descriptor behind a name and all below it."""
    found = [samples.resolve(Reference.parse(name))]
    for descriptor in found:
        if descriptor.media_type.endswith(("index.v1+json", "manifest.v1+json")):
            found += parse(read(samples, descriptor)).children
    return found


def test_the_names_are_those_of_the_table(samples: Store) -> None:
    assert [name.reference and name.reference.familiar for name in samples.names()] == list(DIGESTS)


@pytest.mark.parametrize("name", IMAGES)
def test_digests_never_change(samples: Store, name: str) -> None:
    assert samples.resolve(Reference.parse(name)).digest.hex == DIGESTS[name]


@pytest.mark.parametrize("name", IMAGES)
def test_all_content_is_what_its_descriptor_says(samples: Store, name: str) -> None:
    for descriptor in everything(samples, name):
        assert descriptor == Descriptor.of(descriptor.media_type, b"".join(samples.open(descriptor)))


@pytest.mark.parametrize("name", IMAGES)
def test_layers_are_what_the_config_says(samples: Store, name: str) -> None:
    for image in opened(samples, name):
        assert [layer.diff_id for layer in pair(image.manifest, image.config)] == [Digest.of(tar) for tar in image.tars]


@pytest.mark.parametrize("name", IMAGES)
def test_each_layer_has_its_row_in_the_history(samples: Store, name: str) -> None:
    for image in opened(samples, name):
        assert sum(not step.empty_layer for step in image.config.history) == len(image.tars)
        assert all(step.created_by and step.created for step in image.config.history)
        assert image.config.created == image.config.history[-1].created


@pytest.mark.parametrize("name", IMAGES)
def test_each_says_that_it_is_a_sample(samples: Store, name: str) -> None:
    for image in opened(samples, name):
        labels = image.config.labels
        assert labels["dev.nbdock.sample"] == "true"
        assert labels["org.opencontainers.image.title"].startswith("Sample of ")
        assert labels["org.opencontainers.image.description"].endswith("Made by nbdock; nothing in it runs.")
        first = {info.name: content for info, content in entries(image.tars[0])}
        assert first["SAMPLE"].startswith(b"This is a sample image, made by nbdock")


@pytest.mark.parametrize("name", IMAGES)
def test_paths_are_plain_and_no_layer_has_one_twice(samples: Store, name: str) -> None:
    for image in opened(samples, name):
        for tar in image.tars:
            paths = [info.name for info, _ in entries(tar)]
            assert len(set(paths)) == len(paths)
            assert not [path for path in paths if path.startswith("/") or ".." in path.split("/")]


def test_a_pull_is_instant(samples: Store) -> None:
    layers = {layer for name in IMAGES for image in opened(samples, name) for layer in image.manifest.layers}
    assert max(layer.size for layer in layers) < 1_000_000
    assert sum(layer.size for layer in layers) < 4_000_000


def test_the_data_are_what_the_recipes_say(tmp_path: Path) -> None:
    layout.samples().write(tmp_path)
    if files(tmp_path) != files(SAMPLES):
        pytest.fail("nbdock/demo/samples is not what scripts/samples builds: run scripts/make-samples", pytrace=False)


def test_two_builds_are_the_same() -> None:
    assert layout.samples().blobs == layout.samples().blobs


def test_the_data_are_what_the_names_need_and_no_more(samples: Store) -> None:
    needed = {descriptor.digest.hex for name in IMAGES for descriptor in everything(samples, name)}
    assert {path.name for path in files(SAMPLES)} == {*needed, "oci-layout", "index.json"}
    assert sum(map(len, files(SAMPLES).values())) < 3_000_000


def test_httpd_has_the_shape_of_the_real_one(samples: Store) -> None:
    httpd = only(samples, "httpd")
    assert len(httpd.config.history) == 14
    assert httpd.config.config["Cmd"] == ["httpd-foreground"]
    assert httpd.config.config["ExposedPorts"] == {"80/tcp": {}}
    assert httpd.config.config["WorkingDir"] == "/usr/local/apache2"
    assert "HTTPD_VERSION=2.4.62" in httpd.config.config["Env"]


def test_a_row_of_0B_may_be_a_layer_or_none(samples: Store) -> None:
    httpd = only(samples, "httpd")
    sizes = iter(httpd.sizes)
    rows = [("none" if step.empty_layer else next(sizes), step.created_by.split()[0]) for step in httpd.config.history]
    assert ("none", "ENV") in rows and ("none", "CMD") in rows
    assert (0, "RUN") in rows and (0, "WORKDIR") in rows
    assert [size for size, _ in rows if size not in (0, "none")] == [187_239, 32_786, 152_221, 169]


def test_tags_of_a_repository_share_layers(samples: Store) -> None:
    new, old = only(samples, "httpd:2.4").manifest, only(samples, "httpd:2.2").manifest
    assert new.layers[:3] == old.layers[:3]
    assert not set(new.layers[3:5]) & set(old.layers[3:5])
    oldest = only(samples, "httpd:2.0").manifest
    assert [layer in old.layers for layer in oldest.layers] == [True, True, True, True, False, True]
    assert samples.resolve(Reference.parse("httpd")) == samples.resolve(Reference.parse("httpd:2.4"))


def test_images_share_their_base(samples: Store) -> None:
    images = [only(samples, name) for name in ("httpd", "python:3.12-slim", "nbdock/wasteful", "nbdock/frugal")]
    assert len({image.manifest.layers[0] for image in images}) == 1
    assert images[0].manifest.layers[0] != only(samples, "python").manifest.layers[0]


def test_a_slim_tag_is_an_eighth_of_the_whole(samples: Store) -> None:
    whole, slim = sum(only(samples, "python:3.12").sizes), sum(only(samples, "python:3.12-slim").sizes)
    assert 7 < whole / slim < 9


def test_sizes_stand_to_each_other_as_the_real_ones_do(samples: Store) -> None:
    names = ("hello-world", "busybox", "gcr.io/google-samples/hello-app:1.0", "httpd", "python")
    sizes = [sum(opened(samples, name)[0].sizes) for name in names]
    assert sizes == sorted(sizes)


def test_the_classic_builder_is_remembered(samples: Store) -> None:
    config = only(samples, "gcr.io/google-samples/hello-app:1.0").config
    assert config.json["docker_version"] == "20.10.24"
    assert config.history[1].created_by == "/bin/sh -c #(nop) WORKDIR /"


def test_busybox_comes_for_three_platforms_with_their_provenance(samples: Store) -> None:
    index = Index.parse(read(samples, samples.resolve(Reference.parse("busybox"))))
    assert [str(child.platform) for child in index.images] == ["linux/amd64", "linux/arm64", "linux/arm/v7"]
    attestations = [child for child in index.manifests if is_attestation(child)]
    assert [child.annotations["vnd.docker.reference.digest"] for child in attestations] == [
        str(child.digest) for child in index.images
    ]
    for image in opened(samples, "busybox"):
        assert image.config.platform in {child.platform for child in index.images}
    statement = Manifest.parse(read(samples, attestations[0])).layers[0]
    assert index.images[0].digest.hex.encode() in b"".join(samples.open(statement))


def test_one_program_of_busybox_has_many_names(samples: Store) -> None:
    links = [info for info, _ in entries(opened(samples, "busybox")[0].tars[0]) if info.islnk()]
    assert len(links) > 90
    assert {link.linkname for link in links} == {"bin/busybox"}


def test_wasteful_and_frugal_hold_the_same_files(samples: Store) -> None:
    wasteful, frugal = only(samples, "nbdock/wasteful"), only(samples, "nbdock/frugal")
    assert wasteful.files() == frugal.files()


def test_wasteful_carries_four_times_what_it_shows(samples: Store) -> None:
    wasteful, frugal = only(samples, "nbdock/wasteful"), only(samples, "nbdock/frugal")
    assert sum(wasteful.sizes) > 4 * sum(frugal.sizes)
    names = [info.name.rpartition("/")[2] for tar in wasteful.tars for info, _ in entries(tar)]
    assert names.count(".wh..wh..opq") == 1
    assert sum(name.startswith(".wh.") for name in names) == 5
    assert names.count("settings.ini") == 3


def test_content_is_read_from_any_byte(samples: Store) -> None:
    layer = only(samples, "python").manifest.layers[3]
    whole = b"".join(samples.open(layer))
    assert len(list(samples.open(layer))) > 1
    for start in (0, 1, 300_000, layer.size - 1, layer.size):
        assert b"".join(samples.open(layer, start)) == whole[start:]


def test_content_that_no_sample_has_is_not_found_at_once(samples: Store) -> None:
    with pytest.raises(BlobNotFound):
        samples.open(Descriptor.of("text/plain", b"nothing"))


def test_the_platform_is_amd64_where_there_is_one(samples: Store) -> None:
    assert {only(samples, name).config.platform for name in IMAGES if not name.startswith("busybox")} == {
        Platform("linux", "amd64")
    }
