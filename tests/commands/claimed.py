"""An image with everything that can refer to it, as its builders and signers push it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import httpx

from nbdock.oci import media
from tests.parts import claims
from tests.server.parts import described, digest, push_blob, put_manifest

LAYER = bytes(1024)  # a tar with nothing in it
CONFIG = json.dumps(
    {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(LAYER)]}}
).encode()
Content = tuple[bytes, str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Made:
    """The digests of an index, of its image for linux/amd64, and what cosign's tags for that are called."""

    index: str
    image: str

    @property
    def tag(self) -> str:
        return self.image.replace(":", "-")


def artifact(client: httpx.Client, repository: str, tag: str, *layers: Content, **more: object) -> bytes:
    """Push a manifest with these layers: content, media type, annotations."""
    config = b"{}"
    for content, *_ in layers:
        push_blob(client, repository, content)
    push_blob(client, repository, config)
    parts = [described(content, kind, annotations=notes) for content, kind, notes in layers]
    config_type = media.OCI_EMPTY if "artifactType" in more else media.OCI_CONFIG
    made = {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        "config": described(config, config_type),
        "layers": parts,
    }
    raw = json.dumps({**made, **more}).encode()
    assert put_manifest(client, repository, tag or digest(raw), raw).status_code == 201
    return raw


def built(client: httpx.Client, repository: str = "app", tag: str = "1") -> Made:
    """Push an image as buildx does with --sbom and --provenance: an index with an attestation beside the image."""
    for blob in (CONFIG, LAYER):
        push_blob(client, repository, blob)
    image = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": described(CONFIG, media.OCI_CONFIG),
            "layers": [described(LAYER, media.OCI_LAYER)],
        }
    ).encode()
    put_manifest(client, repository, digest(image), image)
    about = digest(image)
    layers = [
        (claims.statement(about, kind, content), claims.IN_TOTO, {"in-toto.io/predicate-type": kind})
        for kind, content in ((claims.SPDX_TYPE, claims.SPDX), (claims.SLSA_02, claims.PROVENANCE_02))
    ]
    attestation = artifact(client, repository, "", *layers)
    notes = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about}
    unknown = {"os": "unknown", "architecture": "unknown"}
    children = [
        described(image, media.OCI_MANIFEST, platform={"os": "linux", "architecture": "amd64"}),
        described(attestation, media.OCI_MANIFEST, platform=unknown, annotations=notes),
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": children}).encode()
    assert put_manifest(client, repository, tag, index).status_code == 201
    return Made(digest(index), about)


def signed(client: httpx.Client, made: Made, name: str, repository: str = "app") -> None:
    """Push a signature and an attestation in a DSSE envelope, under cosign's tags."""
    signature = {"dev.cosignproject.cosign/signature": "MEQCIA=="}
    artifact(client, repository, f"{made.tag}.sig", (claims.payload(made.image, name), claims.PAYLOAD, signature))
    content = claims.statement(made.image, claims.CYCLONEDX_TYPE, claims.CYCLONEDX)
    enveloped = json.dumps(claims.envelope(content)).encode()
    artifact(client, repository, f"{made.tag}.att", (enveloped, claims.DSSE, {}))


def attached(client: httpx.Client, made: Made, repository: str = "app") -> list[bytes]:
    """Push what has a subject: a plain SBOM as oras attaches it, and provenance in a bundle of sigstore."""
    subject = {"mediaType": media.OCI_MANIFEST, "digest": made.image, "size": 1}
    created = {"org.opencontainers.image.created": "2024-03-08T18:18:20Z"}
    sbom_type = "application/vnd.cyclonedx+json"
    sbom = json.dumps(claims.CYCLONEDX).encode()
    bundle = claims.bundle(claims.statement(made.image, claims.SLSA_1, claims.PROVENANCE_1))
    noted = {"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": claims.SLSA_1}
    return [
        artifact(
            client, repository, "", (sbom, sbom_type, {}), artifactType=sbom_type, subject=subject, annotations=created
        ),
        artifact(
            client,
            repository,
            "",
            (bundle, claims.BUNDLE, {}),
            artifactType=claims.BUNDLE,
            subject=subject,
            annotations=noted,
        ),
    ]
