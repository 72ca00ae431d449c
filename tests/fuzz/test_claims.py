"""What referrers claim: statements, SBOMs, provenance, payloads of signatures."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from nbdock.claims import kinds
from nbdock.claims.packages import bill
from nbdock.claims.provenance import facts
from nbdock.claims.signatures import signed
from nbdock.claims.statements import statement
from nbdock.human import printable
from tests.fuzz.strategies import changed, documents, of_words, own_errors, texts
from tests.parts import claims

ABOUT = f"sha256:{'52' * 32}"
STATEMENT = json.loads(claims.statement(ABOUT, claims.SPDX_TYPE, claims.SPDX))
ENVELOPE = claims.envelope(claims.statement(ABOUT, claims.SLSA_1, claims.PROVENANCE_1))
BUNDLE = json.loads(claims.bundle(b"{}"))


@given(documents(STATEMENT, ENVELOPE, BUNDLE))
def test_statements(raw: bytes) -> None:
    with own_errors():
        found = statement(raw)
        json.dumps(found.content)
        assert found.predicate_type is not None and all(":" in each for each in found.about)


@given(documents(STATEMENT).map(base64.b64encode) | st.binary(max_size=50))
def test_payloads_in_envelopes(payload: bytes) -> None:
    with own_errors():
        statement(json.dumps({"payload": payload.decode(errors="replace")}).encode())


@given(changed(claims.SPDX, claims.CYCLONEDX))
def test_sboms(source: object) -> None:
    with own_errors():
        if isinstance(source, dict):
            found = bill(source)
            for each in found.packages:
                for text in (each.name, each.version, each.license, each.purl, each.ecosystem):
                    assert text is None or text == printable(text)
            assert found.claimant == printable(found.claimant)


@given(changed(claims.PROVENANCE_02, claims.PROVENANCE_1))
def test_provenance(source: object) -> None:
    with own_errors():
        if isinstance(source, dict):
            assert all(name == printable(name) and value == printable(value) for name, value in facts(source))


@given(documents(json.loads(claims.payload(ABOUT, "registry.example.com/app"))))
def test_signed_payloads(raw: bytes) -> None:
    with own_errors():
        text = signed(raw)
        assert text.startswith("signature (not checked)") and text == printable(text)


@given(of_words("spdx", "in-toto", "cosign.simplesigning", "/", "+json"), st.dictionaries(texts, texts, max_size=3))
def test_kinds(media_type: str, annotations: dict[str, str]) -> None:
    assert kinds.kind(media_type, annotations) in ("", *kinds.KINDS)
