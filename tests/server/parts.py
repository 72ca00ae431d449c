"""Make content and push it with plain httpx."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any

import httpx

from nbdock.oci import media
from nbdock.oci.descriptor import Descriptor
from nbdock.oci.reference import Reference
from nbdock.server.content import Upstream
from nbdock.store import Store
from nbdock.task import Task

TEXT = "text/plain"


def digest(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def described(content: bytes, media_type: str = TEXT, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}


def manifest(*layers: bytes, config: bytes = b"{}", **more: Any) -> bytes:
    """An artifact manifest; `more` are further fields."""
    parts = {"config": described(config, media.OCI_EMPTY), "layers": [described(layer) for layer in layers]}
    return json.dumps({"schemaVersion": 2, "mediaType": media.OCI_MANIFEST, **parts, **more}).encode()


def index(*manifests: bytes, **more: Any) -> bytes:
    children = [described(each, media.OCI_MANIFEST) for each in manifests]
    return json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": children, **more}).encode()


def push_blob(client: httpx.Client, repository: str, content: bytes) -> str:
    """Push a blob with POST and PUT; returns its digest."""
    location = httpx.URL(client.post(f"/v2/{repository}/blobs/uploads/").headers["Location"])
    response = client.put(location.copy_merge_params({"digest": digest(content)}), content=content)
    assert response.status_code == 201, response.text
    return digest(content)


def put_manifest(client: httpx.Client, repository: str, reference: str, content: bytes) -> httpx.Response:
    media_type = json.loads(content).get("mediaType", media.OCI_MANIFEST)
    return client.put(f"/v2/{repository}/manifests/{reference}", content=content, headers={"Content-Type": media_type})


def push(client: httpx.Client, repository: str, reference: str, *layers: bytes, **more: Any) -> bytes:
    """Push a manifest and its blobs; returns the manifest."""
    for blob in (b"{}", *layers):
        push_blob(client, repository, blob)
    made = manifest(*layers, **more)
    response = put_manifest(client, repository, reference if reference else digest(made), made)
    assert response.status_code == 201, response.text
    return made


def error(response: httpx.Response) -> tuple[int, str]:
    """The status and the error code of a response."""
    return response.status_code, response.json()["errors"][0]["code"]


def chunks(content: bytes, count: int = 4) -> Iterable[bytes]:
    """Content in chunks: httpx sends them without a Content-Length."""
    size = len(content) // count + 1
    return (content[start : start + size] for start in range(0, len(content), size))


def noise(size: int) -> bytes:
    return os.urandom(size)


def no_upstream(_reference: Reference, _task: Task) -> Upstream:
    raise AssertionError("this server is not a cache")


def keep(store: Store, name: str, *layers: bytes, **more: Any) -> bytes:
    """Put an artifact into a store under any reference; returns its manifest."""
    made = manifest(*layers, **more)
    for content, media_type in [*((blob, TEXT) for blob in (b"{}", *layers)), (made, media.OCI_MANIFEST)]:
        store.write(Descriptor.of(media_type, content), [content])
    store.tag(Reference.parse(name), Descriptor.of(media.OCI_MANIFEST, made))
    return made
