"""Surveys of real registries: the data set, and that only what is missing is asked for."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbdock
from nbdock.__main__ import main
from nbdock.api import Dock
from nbdock.errors import Cancelled, UsageError
from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.digest import Digest
from nbdock.surveys import documents
from nbdock.surveys.address import Address
from nbdock.surveys.layers import LayerTable
from tests.parts.layers import file, layer, whiteout
from tests.parts.registries import Registry
from tests.registry.faults import Reply, Server

TIMELESS = {"seen_at": None}
TIMED = ("seen", "problems")


@pytest.fixture
def dock(home: Path) -> Dock:
    return Dock(home / "store")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def rows(where: Path | str) -> dict[str, list[Any]]:
    """All rows of a data set but for times, in an order of their own; those of several times once."""
    address = Address.of(where)
    tables = {name: documents.read(address, name) for name in documents.TABLES}
    tables |= {kind: LayerTable.listed(address, kind).dataset().to_table() for kind in ("files", "packages")}
    plain = {
        name: [json.dumps({**row, **TIMELESS}, default=str) for row in table.to_pylist()]
        for name, table in tables.items()
    }
    return {name: sorted(set(found) if name in TIMED else found) for name, found in plain.items()}


def asked(registry: Registry, before: int) -> list[str]:
    return [line.split()[0] for line in registry.requests()[before:]]


def counted(frame: Any, of: str) -> dict[str, Any]:
    found: dict[str, Any] = frame.set_index("counted").loc[of].to_dict()
    return found


def test_a_catalog_becomes_a_data_set(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    frame = dock.survey(f"{registry.host}/", into=tmp_path / "set", files=True, packages=True)
    assert frame.failed.sum() == frame.left.sum() == 0
    assert counted(frame, "names")["found"] == counted(frame, "names")["read"] == 9
    survey = nbdock.Survey(tmp_path / "set")
    assert set(survey.images.repository.str.removeprefix(f"{registry.host}/")) == {
        *("library/busybox", "library/httpd", "library/hello-world", "private/hello-world", "google-samples/hello-app")
    }
    assert len(survey.layers) == survey.layers.layer.nunique() == counted(frame, "layers")["read"]
    assert survey.images.size_bytes.notna().all() and survey.layers.entries.notna().all()
    assert survey.sql("SELECT count(*) AS n FROM files").n[0] == survey.layers.entries.sum()


def test_it_says_what_a_pull_says(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    """The image, its history and its files, as they are when the image is in the store."""
    dock.survey(f"{registry.host}/library/httpd:2.4", into=tmp_path, files=True, platforms="linux/amd64")
    dock.pull(f"{registry.host}/library/httpd:2.4", platform="linux/amd64")
    survey, here = nbdock.Survey(tmp_path), dock.ls()
    for name in "image_id created size_bytes compressed_bytes layers platform digest manifest_digest".split():
        assert survey.images[name].tolist() == here[name].tolist(), name
    ours = survey.history.sort_values("step", ascending=False)[["created_by", "size_bytes", "layer", "diff_id"]]
    assert ours.astype(object).fillna("").values.tolist() == (
        dock.history(f"{registry.host}/library/httpd:2.4")[list(ours)].astype(object).fillna("").values.tolist()
    )
    files = dock.sql("SELECT diff_id, path, hex(content) AS content FROM files ORDER BY ALL")
    assert survey.sql("SELECT diff_id, path, hex(content) AS content FROM files ORDER BY ALL").equals(files)


def test_metadata_alone_reads_no_layer(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    before = len(registry.requests())
    dock.survey(f"{registry.host}/", into=tmp_path)
    survey = nbdock.Survey(tmp_path)
    layers = set(survey.layers.layer)
    assert not any(line.rpartition("/")[2] in layers for line in registry.requests()[before:])
    assert survey.layers.entries.isna().all() and survey.layers.diff_id.notna().all()


def test_a_second_survey_asks_for_nothing_but_what_names_stand_for(
    registry: Registry, dock: Dock, tmp_path: Path
) -> None:
    names = [f"{registry.host}/library/httpd:2.4", f"{registry.host}/library/busybox:latest"]
    dock.survey(names, into=tmp_path, files=True)
    before = len(registry.requests())
    frame = dock.survey(names, into=tmp_path, files=True)
    assert asked(registry, before) == ["HEAD", "HEAD"]
    assert frame.known.dropna().tolist() == frame.found[1:].tolist()
    assert nbdock.Survey(tmp_path).seen.seen_at.nunique() == 2


def test_layers_that_are_wanted_later_need_no_manifest(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    name = f"{registry.host}/library/httpd:2.4"
    dock.survey(name, into=tmp_path)
    before = len(registry.requests())
    dock.survey(name, into=tmp_path, files=True)
    assert {line.split("/")[-2] for line in registry.requests()[before + 1 :]} == {"blobs"}


def test_a_frame_of_names_is_surveyed(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    tags = dock.tags(f"{registry.host}/library/httpd")
    frame = dock.survey(tags, into=tmp_path)
    assert counted(frame, "names")["found"] == len(tags)


def test_a_dry_run_writes_nothing_and_says_what_it_takes(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    name = f"{registry.host}/library/httpd"
    plan = dock.survey(name, dry_run=True, into=tmp_path / "set", files=True)
    assert not (tmp_path / "set").exists()
    before = len(registry.requests())
    done = dock.survey(name, into=tmp_path / "set", files=True)
    assert counted(plan, "layers")["left"] == counted(done, "layers")["read"] > 0
    assert counted(plan, "layers")["left_bytes"] == nbdock.Survey(tmp_path / "set").layers.compressed_bytes.sum()
    listed = 1 + counted(plan, "names")["found"]
    assert len(registry.requests()) - before <= listed + plan.requests.sum()
    rest = dock.survey(name, dry_run=True, into=tmp_path / "set", files=True)
    assert rest.left.sum() == 0


def test_a_dry_run_of_metadata_reads_no_manifest(registry: Registry, dock: Dock) -> None:
    before = len(registry.requests())
    plan = dock.survey(f"{registry.host}/library/httpd:2.4", dry_run=True)
    assert asked(registry, before) == ["HEAD"]
    assert counted(plan, "images")["left"] == 1


@pytest.mark.parametrize("ending", range(0, 24, 5))
def test_what_was_ended_anywhere_goes_on(
    registry: Registry, dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: int
) -> None:
    dock.survey(f"{registry.host}/", into=tmp_path / "whole", files=True, packages=True)
    write, left = Address.write, iter(range(ending))

    def failing(address: Address, name: str, content: bytes) -> None:
        if next(left, None) is None:
            raise Cancelled("killed")
        write(address, name, content)

    with monkeypatch.context() as patched, pytest.raises(Cancelled):
        patched.setattr(Address, "write", failing)
        dock.survey(f"{registry.host}/", into=tmp_path / "ended", files=True, packages=True)
    frame = dock.survey(f"{registry.host}/", into=tmp_path / "ended", files=True, packages=True)
    assert rows(tmp_path / "ended") == rows(tmp_path / "whole")
    assert frame.left.sum() == 0


def test_a_layer_that_was_read_is_not_read_again_though_nobody_told_of_it(
    registry: Registry, dock: Dock, tmp_path: Path
) -> None:
    name = f"{registry.host}/library/httpd:2.4"
    dock.survey(name, into=tmp_path, files=True)
    for part in (tmp_path / "layers").iterdir():
        part.unlink()
    before = len(registry.requests())
    dock.survey(name, into=tmp_path, files=True)
    layers = set(nbdock.Survey(tmp_path).layers.layer)
    assert layers and not [line for line in registry.requests()[before:] if line.rpartition("/")[2] in layers]


def test_two_at_once_do_no_harm(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    dock.survey(f"{registry.host}/", into=tmp_path / "one", files=True, packages=True)
    both = [
        threading.Thread(
            target=Dock(tmp_path / str(number)).survey,
            args=(f"{registry.host}/",),
            kwargs={"into": tmp_path / "two", "files": True, "packages": True},
        )
        for number in range(2)
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert rows(tmp_path / "two") == rows(tmp_path / "one")


def test_compacting_changes_no_row(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    dock.survey(f"{registry.host}/library/*", into=tmp_path, files=True, packages=True)
    dock.survey(f"{registry.host}/", into=tmp_path, files=True, packages=True)
    before, survey = rows(tmp_path), nbdock.Survey(tmp_path)
    found = survey.where("/etc/")
    survey.compact()
    assert rows(tmp_path) == before
    assert {name: len(list((tmp_path / name).rglob("*.parquet"))) for name in before} == dict.fromkeys(
        [name for name in before if name != "problems"], 1
    ) | {"problems": 0}
    assert (
        survey.where("/etc/")
        .sort_values(["reference", "path"], ignore_index=True)
        .equals(found.sort_values(["reference", "path"], ignore_index=True))
    )
    requests = len(registry.requests())
    dock.survey(f"{registry.host}/library/httpd:2.4", into=tmp_path, files=True, packages=True)
    assert asked(registry, requests) == ["HEAD"]


def test_files_of_layers_that_a_run_has_do_not_count(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    """As where compacting was killed before it deleted them."""
    dock.survey(f"{registry.host}/library/httpd", into=tmp_path, files=True)
    kept = {path: path.read_bytes() for path in (tmp_path / "files").rglob("*.parquet")}
    before = rows(tmp_path)["files"]
    nbdock.Survey(tmp_path).compact()
    for path, content in kept.items():
        path.write_bytes(content)
    survey = nbdock.Survey(tmp_path)
    assert survey.sql("SELECT count(*) AS n FROM files").n[0] == survey.layers.entries.sum()
    survey.compact()
    assert rows(tmp_path)["files"] == before


def test_registries_with_tokens_and_tls(
    token_registry: Registry, tls_registry: Registry, dock: Dock, home: Path, tmp_path: Path
) -> None:
    trusted = home / ".config" / "docker" / "certs.d" / tls_registry.host
    trusted.mkdir(parents=True)
    assert tls_registry.ca
    (trusted / "ca.crt").write_bytes(tls_registry.ca.read_bytes())
    names = [f"{token_registry.host}/library/httpd:2.4", f"{tls_registry.host}/library/httpd:2.4"]
    frame = dock.survey(names, into=tmp_path, files=True)
    assert frame.left.sum() == 0 and counted(frame, "names")["read"] == 2


def test_the_served_store_is_surveyed(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    dock.pull(f"{registry.host}/library/httpd:2.4")
    served = dock.serve(port=0).address[0]
    frame = dock.survey(f"{served}/", into=tmp_path, files=True)
    dock.serve(stop=True)
    assert counted(frame, "images")["read"] == 1 and frame.left.sum() == 0


def test_what_cannot_be_read_is_a_problem_and_not_the_end(server: Server, dock: Dock, tmp_path: Path) -> None:
    good, bad = image(server, "team/app", "good"), image(server, "team/app", "bad")
    (whole,) = server._replies[f"GET /v2/team/app/blobs/{bad}"]
    server.on(f"GET /v2/team/app/blobs/{bad}", Reply(200, whole.body[::-1]))
    image(server, "team/app", "lying", diff_id="sha256:" + "0" * 64)
    artifact(server, "team/app", "chart")
    server.on("GET /v2/team/app/tags/list", Reply(200, b'{"tags": ["good", "bad", "lying", "chart", "none"]}'))
    frame = dock.survey(f"{server.host}/team/app", into=tmp_path, files=True)
    survey = nbdock.Survey(tmp_path)
    problems = survey.problems.set_index(survey.problems.reference.str.rpartition(":")[2])
    assert counted(frame, "layers")["read"] == 1
    assert good in survey.layers[survey.layers.entries.notna()].layer.tolist()
    assert problems.loc["bad", "layer"] == bad and "digest" in problems.loc["bad", "problem"]
    assert "the diff id of layer" in problems.loc["lying", "problem"] and problems.loc["lying", "lasting"]
    assert "not a container image" in problems.loc["chart", "problem"] and problems.loc["chart", "lasting"]
    assert "not found" in problems.loc["none", "problem"]
    before = len(server.requests)
    dock.survey(f"{server.host}/team/app", into=tmp_path, files=True)
    again = [each.path for each in server.requests[before:] if each.method == "GET"]
    assert not any(str(part) in path for path in again for part in ("lying", "chart"))


@pytest.mark.parametrize(
    ("links", "problem"),
    [
        (lambda number: f"/v2/_catalog?page={number + 1}", "no end"),
        (lambda number: "/v2/_catalog?n=1000", "leads back"),
        (lambda number: "https://elsewhere.example/v2/_catalog", "another host"),
    ],
)
def test_a_hostile_catalog_is_named(server: Server, dock: Dock, tmp_path: Path, links: Any, problem: str) -> None:
    image(server, "team/app", "1.0")
    server.on("GET /v2/team/app/tags/list", Reply(200, b'{"tags": ["1.0"]}'))
    names = json.dumps({"repositories": ["team/app", "x" * 5000, "Team/App"]}).encode()
    pages = [Reply(200, names, {"Link": f'<{links(number)}>; rel="next"'}) for number in range(100)]
    server.on("GET /v2/_catalog", *pages)
    frame = dock.survey(f"{server.host}/", into=tmp_path)
    assert counted(frame, "names")["read"] == 1
    problems = nbdock.Survey(tmp_path).problems
    assert problems.reference.tolist() == [f"{server.host}/"] * 2
    assert problems.problem.str.contains(problem).any()
    assert problems.problem.str.contains("2 that are no names of repositories").any()


def test_a_pull_limit_is_left_alone_and_what_is_left_is_said(server: Server, dock: Dock, tmp_path: Path) -> None:
    tags = [f"1.{number}" for number in range(4)]
    for tag in tags:
        image(server, "team/app", tag)
    for line, replies in list(server._replies.items()):
        limits = {"ratelimit-limit": "10;w=21600", "ratelimit-remaining": "1;w=21600"}
        server.on(line, *(Reply(each.status, each.body, {**each.headers, **limits}) for each in replies))
    frame = dock.survey([f"{server.host}/team/app:{tag}" for tag in tags], into=tmp_path)
    assert server.asked("GET", "/v2/team/app/manifests") == []
    assert counted(frame, "images")["left"] == 4
    assert nbdock.Survey(tmp_path).problems.problem.str.contains("1 of 10 pulls are left").all()


def test_a_terminal_surveys_too(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["survey", f"{registry.host}/library/httpd", "--tags", "2.*", "--into", str(tmp_path), "--files"]
    assert main(words) == 0
    said = capsys.readouterr()
    table = {name: numbers for name, *numbers in map(str.split, said.out.splitlines())}
    assert table["names"][:2] == ["2", "0"]
    assert "2/2 names" in said.err + said.out


def test_a_survey_needs_a_place(dock: Dock) -> None:
    with pytest.raises(UsageError, match="needs a place"):
        dock.survey("httpd")


def test_a_place_that_cannot_be_written_is_said(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot"):
        dock.survey(f"{registry.host}/library/httpd:2.4", into=tmp_path / "file")


def test_where_knows_what_layers_above_have_done(server: Server, dock: Dock, tmp_path: Path) -> None:
    base = layer(file("usr/bin/openssl", b"1"), file("usr/bin/env", b"1"), file("opt/a/b", b"1"), file("opt/c", b""))
    above = layer(whiteout("usr/bin/openssl"), file("usr/bin/env", b"2"), whiteout("opt"))
    image(server, "team/base", "1.0", base)
    image(server, "team/app", "1.0", base, above)
    dock.survey([f"{server.host}/team/base:1.0", f"{server.host}/team/app:1.0"], into=tmp_path, files=True)
    survey = nbdock.Survey(tmp_path)

    def fates(path: str) -> dict[str, list[str]]:
        found = survey.where(path)
        return found.groupby(found.reference.str.split("/").str[-1]).fate.agg(sorted).to_dict()

    for _ in range(2):
        assert fates("/usr/bin/openssl") == {"base:1.0": ["visible"], "app:1.0": ["deleted"]}
        assert fates("/usr/bin/env") == {"base:1.0": ["visible"], "app:1.0": ["overwritten", "visible"]}
        assert fates("/opt/a/b") == {"base:1.0": ["visible"], "app:1.0": ["deleted"]}
        assert fates("/opt/") == {"base:1.0": ["visible", "visible"], "app:1.0": ["deleted", "deleted"]}
        assert fates("/usr/*/e*") == {"base:1.0": ["visible"], "app:1.0": ["overwritten", "visible"]}
        assert fates("/opt/*") == {"base:1.0": ["visible"], "app:1.0": ["deleted"]}
        assert fates("/usr/bin/%") == {}
        survey.compact()


def test_a_base_whose_name_has_moved_is_outdated(server: Server, dock: Dock, tmp_path: Path) -> None:
    old, new = layer(file("etc/debian_version", b"12.0")), layer(file("etc/debian_version", b"12.1"))
    names = [f"{server.host}/team/{name}" for name in ("base:12", "app:1.0", "fresh:1.0")]
    image(server, "team/base", "12", old, created="2024-01-01T00:00:00Z")
    image(server, "team/app", "1.0", old, layer(file("app", b"")))
    image(server, "team/fresh", "1.0", new, layer(file("app", b"")))
    dock.survey(names, into=tmp_path)
    assert nbdock.Survey(tmp_path).outdated_bases().empty
    image(server, "team/base", "12", new, created="2024-01-31T00:00:00Z")
    dock.survey(names, into=tmp_path)
    found = nbdock.Survey(tmp_path).outdated_bases()
    assert found.reference.tolist() == [names[1]]
    assert found.base_reference.tolist() == [names[0]]
    assert found.newer_days.tolist() == [30] and found.newer_layers.tolist() == [1]
    growth = nbdock.Survey(tmp_path).sql(
        "SELECT seen_at, count(*) AS images FROM seen JOIN images USING (reference, image_id) GROUP BY ALL ORDER BY ALL"
    )
    assert growth.images.tolist() == [3, 3]


def test_what_layers_share_and_who_ships_a_package(server: Server, dock: Dock, tmp_path: Path) -> None:
    status = b"Package: openssl\nStatus: install ok installed\nVersion: 3.0.11-1\nArchitecture: amd64\n\n"
    base = layer(file("var/lib/dpkg/status", status))
    image(server, "team/base", "1.0", base)
    image(server, "team/app", "1.0", base, layer(file("app", b"")))
    dock.survey([f"{server.host}/team/{name}:1.0" for name in ("base", "app")], into=tmp_path, packages=True)
    survey = nbdock.Survey(tmp_path)
    assert survey.packages("openssl").version.tolist() == ["3.0.11-1"] * 2
    assert survey.packages("open*").reference.nunique() == 2
    assert survey.packages("nothing").empty
    shared = survey.shared().sort_values("images")
    assert shared.images.tolist() == [1, 2]
    assert shared.deduplicated_bytes.tolist() == [0, len(base)]


def test_sql_reads_nothing_but_the_tables(registry: Registry, dock: Dock, tmp_path: Path) -> None:
    dock.survey(f"{registry.host}/library/httpd", into=tmp_path)
    survey = nbdock.Survey(tmp_path)
    with pytest.raises(UsageError):
        survey.sql(f"SELECT * FROM read_parquet('{tmp_path}/images/*.parquet')")
    assert survey.sql("SELECT $tag IN (SELECT tag FROM images) AS there", variables={"tag": "2.4"}).there[0]


def image(
    server: Server, repository: str, tag: str, *blobs: bytes, diff_id: str = "", created: str = "2024-06-01T00:00:00Z"
) -> str:
    """An image of these layers, or of one of its own; returns the digest of the lowest."""
    made = blobs or (layer(file(f"file-of-{tag}", b"")),)
    held = [server.holds(repository, blob, f"{media.OCI_LAYER}+gzip") for blob in made]
    diff_ids = [diff_id or str(Digest.of(gzip.decompress(blob))) for blob in made]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }
    about = server.holds(repository, json.dumps(config).encode(), media.OCI_CONFIG).json()
    layers = [each.json() for each in held]
    manifest = {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": about, "layers": layers}
    server.holds(repository, json.dumps(manifest).encode(), media.OCI_MANIFEST, tag)
    return str(held[0].digest)


def artifact(server: Server, repository: str, tag: str) -> Descriptor:
    held = server.holds(repository, b"{}", "application/vnd.cncf.helm.config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, "config": held.json(), "layers": []}
    return server.holds(repository, json.dumps(manifest).encode(), media.OCI_MANIFEST, tag)
