"""Claims about images as BuildKit, cosign, syft and oras write them.

None of these programs is here: the documents follow their specifications by hand (BuildKit's docs/attestations,
cosign's specs/*.md, SPDX 2.3, CycloneDX 1.5, SLSA v0.2 and v1, in-toto's statement, DSSE's envelope).
"""

from __future__ import annotations

import base64
import json
from typing import Any

IN_TOTO = "application/vnd.in-toto+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SPDX_TYPE, CYCLONEDX_TYPE = "https://spdx.dev/Document", "https://cyclonedx.org/bom"
SLSA_02, SLSA_1 = "https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"

SPDX: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "creationInfo": {"creators": ["Organization: Anchore, Inc", "Tool: syft-1.4.1"]},
    "packages": [
        {"SPDXID": "SPDXRef-root", "name": "app", "versionInfo": "sha256:00", "primaryPackagePurpose": "CONTAINER"},
        {
            "SPDXID": "SPDXRef-zlib",
            "name": "zlib1g",
            "versionInfo": "1:1.2.13",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "Zlib",
            "externalRefs": [
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:z:z"},
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": "pkg:deb/debian/zlib1g@1%3A1.2.13?arch=amd64",
                },
            ],
        },
        {"SPDXID": "SPDXRef-own", "name": "own", "licenseDeclared": "NONE"},
    ],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relatedSpdxElement": "SPDXRef-root",
            "relationshipType": "DESCRIBES",
        }
    ],
}
CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"tools": {"components": [{"type": "application", "name": "trivy", "version": "0.50"}]}},
    "components": [
        {
            "type": "library",
            "group": "org.slf4j",
            "name": "slf4j-api",
            "version": "2.0.9",
            "purl": "pkg:maven/org.slf4j/slf4j-api@2.0.9",
            "licenses": [{"license": {"id": "MIT"}}, {"expression": "Apache-2.0 OR BSD-3-Clause"}],
            "components": [{"type": "library", "name": "inner", "version": "1", "purl": "pkg:npm/inner@1"}],
        },
        {"type": "operating-system", "name": "debian", "version": "12"},
    ],
}
PROVENANCE_02: dict[str, Any] = {
    "builder": {"id": "https://builder.example/runs/7"},
    "buildType": "https://mobyproject.org/buildkit@v1",
    "materials": [{"uri": "pkg:docker/alpine@3.17?platform=linux%2Famd64", "digest": {"sha256": "89" * 32}}],
    "invocation": {
        "configSource": {"entryPoint": "Dockerfile"},
        "parameters": {"frontend": "dockerfile.v0", "args": {"build-arg:FOO": "bar", "target": "release"}},
        "environment": {"platform": "linux/amd64"},
    },
    "metadata": {
        "buildInvocationID": "rpv7a389",
        "buildStartedOn": "2023-01-01T10:00:00Z",
        "buildFinishedOn": "2023-01-01T10:01:00Z",
        "https://mobyproject.org/buildkit@v1#metadata": {
            "vcs": {"source": "https://git.example/app.git", "revision": "4b22" * 10}
        },
    },
}
PROVENANCE_1: dict[str, Any] = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {
            "workflow": {"ref": "refs/heads/main", "repository": "https://git.example/app", "path": "build.yml"}
        },
        "resolvedDependencies": [
            {"uri": "git+https://git.example/app@refs/heads/main", "digest": {"gitCommit": "8c1a" * 10}}
        ],
    },
    "runDetails": {
        "builder": {"id": "https://builder.example/hosted"},
        "metadata": {
            "invocationId": "run-1",
            "startedOn": "2024-02-01T10:00:00Z",
            "finishedOn": "2024-02-01T10:03:00Z",
        },
    },
}


def statement(about: str, predicate_type: str, predicate: dict[str, Any]) -> bytes:
    """An in-toto statement about the manifest of a digest."""
    algorithm, _, value = about.partition(":")
    subject = [{"name": "pkg:docker/app@1", "digest": {algorithm: value}}]
    made = {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": predicate_type, "subject": subject}
    return json.dumps({**made, "predicate": predicate}).encode()


def envelope(content: bytes) -> dict[str, Any]:
    """A DSSE envelope, with a signature of nobody."""
    payload = base64.b64encode(content).decode()
    return {"payloadType": IN_TOTO, "payload": payload, "signatures": [{"keyid": "", "sig": "MEUCIQ=="}]}


def bundle(content: bytes) -> bytes:
    """A bundle of sigstore with a statement."""
    return json.dumps({"mediaType": BUNDLE, "verificationMaterial": {}, "dsseEnvelope": envelope(content)}).encode()


def payload(about: str, name: str) -> bytes:
    """What cosign signs."""
    image = {"docker-manifest-digest": about}
    critical = {"identity": {"docker-reference": name}, "image": image, "type": "cosign container image signature"}
    return json.dumps({"critical": critical, "optional": None}).encode()
