"""Pull, push and delete manifests (OCI distribution spec, "Pulling manifests", "Pushing Manifests")."""

from __future__ import annotations

import asyncio

from nbdock.oci import media
from nbdock.oci.digest import Digest
from nbdock.server.errors import APIError
from nbdock.server.handler import Handler, Services

_MAX_TAGS = 100
"""In one request."""


class ManifestHandler(Handler):
    """`/v2/<name>/manifests/<reference>`, where the reference is a tag or a digest."""

    def initialize(self, services: Services) -> None:
        super().initialize(services)
        self._body = bytearray()

    async def receive(self, chunk: bytes) -> None:
        self.services.bodies.hold(len(chunk))
        self._body += chunk
        if len(self._body) > media.MAX_MANIFEST:
            raise APIError(413, "SIZE_INVALID", f"manifest is larger than {media.MAX_MANIFEST} bytes")

    def on_finish(self) -> None:
        super().on_finish()
        self._release()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._release()

    def _release(self) -> None:
        self.services.bodies.hold(-len(self._body))
        self._body = bytearray()

    async def get(self, repository: str, reference: str) -> None:
        manifest, self.origin = await self.services.content.manifest(repository, reference)
        if not self.has_client(manifest.digest, manifest.media_type):
            await self.send_content(repository, manifest, range(manifest.size))
            if self.request.method == "GET":
                self.services.metrics.pulled(self.origin)

    head = get

    async def put(self, repository: str, reference: str) -> None:
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        tags = list(dict.fromkeys(self.get_query_arguments("tag")))
        if len(tags) > _MAX_TAGS:
            raise APIError(400, "MANIFEST_INVALID", f"more than {_MAX_TAGS} tags")
        put, body = self.services.repositories.put_manifest, self._body
        digest, manifest = await asyncio.to_thread(lambda: put(repository, reference, bytes(body), media_type, tags))
        self._release()  # before the response: a client that has it may push the next one at once
        if manifest.subject:
            self.set_header("OCI-Subject", str(manifest.subject.digest))
        if tags:
            self.set_header("OCI-Tag", ", ".join(tags))
        self.services.metrics.pushed()
        self.send_created(f"/v2/{repository}/manifests/{digest}", digest)

    async def delete(self, repository: str, reference: str) -> None:
        repositories = self.services.repositories
        if ":" in reference:
            await asyncio.to_thread(repositories.delete_manifest, repository, Digest.parse(reference))
        else:
            await asyncio.to_thread(repositories.delete_tag, repository, reference)
        self.set_status(202)
