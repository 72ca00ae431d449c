"""Surveys by a Dask cluster of processes, some of which are killed; and data sets in an object store."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

import nbdock
from nbdock.api import Dock
from nbdock.oci.reference import Reference
from nbdock.surveys.address import Address
from nbdock.surveys.brief import Brief, Outcome
from nbdock.surveys.crew import Cluster
from nbdock.surveys.jobs import Resolve
from nbdock.task import Task
from tests.parts.registries import Registry
from tests.surveys.test_surveys import counted, rows


@pytest.fixture
def client(home: Path) -> Iterator[Any]:
    """Two worker processes of one thread each, which are started again where they are killed."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        yield client


@pytest.fixture
def dock(home: Path) -> Dock:
    return Dock(home / "store")


@pytest.mark.slow
def test_workers_that_are_killed_change_no_row(
    registry: Registry, dock: Dock, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock.survey(f"{registry.host}/", into=tmp_path / "quiet", files=True, packages=True)
    doomed, killed = list(client.run(os.getpid).values()), list[int]()
    submit = Cluster._submit

    def submitting(self: Cluster, job: Any) -> Any:
        """Kill a worker once the first layers are read, and the other one a little later."""
        future = submit(self, job)
        if job.key.startswith("read-layer") and doomed:
            killed.append(doomed.pop())
            threading.Timer(0.2 * len(killed), os.kill, (killed[-1], signal.SIGKILL)).start()
        return future

    monkeypatch.setattr(Cluster, "_submit", submitting)
    frame = dock.survey(f"{registry.host}/", into=tmp_path / "killed", files=True, packages=True, client=client)
    assert len(killed) == 2
    assert nbdock.Survey(tmp_path / "killed").problems.problem.tolist() == []
    assert frame.left.sum() == 0
    assert rows(tmp_path / "killed") == rows(tmp_path / "quiet")
    again = dock.survey(f"{registry.host}/", into=tmp_path / "killed", files=True, client=client.scheduler.address)
    assert again.read.sum() == 0
    assert not set(killed) & set(client.run(os.getpid).values())


class LosingClient:
    """A client whose results are lost once with their worker, then made; the last job's worker ends again and again."""

    asynchronous = False

    def __init__(self) -> None:
        self.told: list[tuple[list[str], float]] = []

    def ncores(self) -> dict[str, int]:
        return {"a": 1, "b": 1} if self.told else {"a": 1}

    def run(self, function: Any, brief: Brief, part: float, workers: list[str], on_error: str) -> None:
        self.told.append((workers, part))

    def submit(self, function: Any, brief: Brief, job: Any, **_: Any) -> Any:
        return LosingFuture(job.names[0].tag)

    def subscribe_topic(self, topic: str, handler: Any) -> None: ...

    def unsubscribe_topic(self, topic: str) -> None: ...


class LosingFuture:
    def __init__(self, tag: str | None) -> None:
        self._tag, self.status = tag, "lost"

    def add_done_callback(self, hear: Any) -> None:
        hear(self)

    def result(self, timeout: float) -> Outcome:
        return Outcome((self._tag,))

    def exception(self, timeout: float) -> Exception:
        return RuntimeError("killed")

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name == "status":  # what is lost is made again
            self.status = "error" if self._tag == "last" else "finished"
        return value


def test_a_result_that_is_lost_with_its_worker_is_waited_for(tmp_path: Path) -> None:
    brief, client = Brief(Address.of(tmp_path), datetime.now(UTC)), LosingClient()
    found: list[Outcome] = []
    work = [Resolve((Reference.parse(f"app:{tag}"),)) for tag in ("1.0", "2.0", "last")]
    Cluster(brief, client).run(work, lambda job, outcome: found.append(outcome), Task())
    assert sorted(each.found for each in found) == [(), ("1.0",), ("2.0",)]
    assert [row["problem"] for each in found for row in each.problems] == ["its worker failed: killed"]


def test_those_who_were_there_are_told_of_a_smaller_share_first(tmp_path: Path) -> None:
    client = LosingClient()
    work = [Resolve((Reference.parse("app:1.0"),))]
    cluster = Cluster(Brief(Address.of(tmp_path), datetime.now(UTC)), client)
    cluster.run(work, lambda job, outcome: None, Task())
    assert client.told == [(["a"], 1.0), (["a"], 0.5), (["b"], 0.5)]


@pytest.mark.slow
def test_the_shares_of_all_workers_are_the_budget(registry: Registry, dock: Dock, client: Any, tmp_path: Path) -> None:
    before = len(registry.requests())
    dock.survey(f"{registry.host}/library/*", into=tmp_path, requests=1000, client=client)
    assert sorted(client.run(shares).values()) == [[0.5], [0.5]]
    assert sum(client.run(requests).values()) == len(registry.requests()) - before


def shares() -> list[float]:
    from nbdock.surveys import crew

    return [worker.pace.share for worker in crew._workers.values()]


def requests() -> int:
    from nbdock.surveys import crew

    return sum(sum(worker.pace.asked.values()) for worker in crew._workers.values())


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of an S3-compatible server."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("surveys")
    yield "s3://surveys/ours"
    server.stop()


@pytest.mark.slow  # s3fs wants the newest fsspec, which `scripts/versions lowest` has not
def test_a_data_set_in_an_object_store_is_the_same(registry: Registry, dock: Dock, bucket: str, tmp_path: Path) -> None:
    for where in (tmp_path, bucket):
        frame = dock.survey(f"{registry.host}/library/*", into=where, files=True, packages=True)
        assert counted(frame, "layers")["read"] == counted(frame, "layers")["found"]
    assert rows(bucket) == rows(tmp_path)
    before = len(registry.requests())
    dock.survey(f"{registry.host}/library/httpd:2.4", into=bucket, files=True)
    assert [line.split()[0] for line in registry.requests()[before:]] == ["HEAD"]
    survey = nbdock.Survey(bucket)
    found = survey.where("/etc/passwd").reference.tolist()
    survey.compact()
    assert rows(bucket) == {**rows(tmp_path), "seen": rows(bucket)["seen"]}
    assert survey.where("/etc/passwd").reference.tolist() == found


def test_an_address_that_nobody_knows_is_said(registry: Registry, dock: Dock) -> None:
    with pytest.raises(nbdock.errors.UsageError, match="cannot open never://") as raised:
        dock.survey(f"{registry.host}/library/httpd:2.4", into="never://user:secret@there/set")
    assert "secret" not in str(raised.value)
