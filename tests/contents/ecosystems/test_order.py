"""The order of versions, by the rules of each ecosystem."""

from __future__ import annotations

import pytest

from nbdock.contents.ecosystems.order import order

ASCENDING = {
    "deb": ["1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0-2", "1.10-1", "1:0.5-1"],
    "opkg": ["1.0-r1", "1.0-r2", "1.10-r0"],
    "rpm": ["0:1.0~rc1-1", "1.0-1.el9", "1.0-2.el9", "1.10-1.el9", "1:0.5-1"],
    "apk": ["1.2.3_rc1-r0", "1.2.3-r0", "1.2.3-r1", "1.2.10-r0"],
    "pypi": ["1.0.dev1", "1.0rc1", "1.0", "1.0.post1", "1.10", "1!0.5"],
    "conda": ["1.0rc1", "1.0", "1.10"],
    "npm": ["1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0", "1.10.0"],
    "cargo": ["0.9.0", "1.0.0-rc.1", "1.0.0", "1.10.0"],
    "maven": ["2.0-alpha1", "2.0-rc1", "2.0", "2.14.1", "2.17.0"],
    "golang": ["v0.0.0-20200101000000-abcdefabcdef", "v1.2.0-rc.1", "v1.2.0", "v1.10.0"],
    "gem": ["1.0.a", "1.0", "1.10"],
}


@pytest.mark.parametrize("ecosystem", ASCENDING)
def test_each_ecosystem_has_its_own_order(ecosystem: str) -> None:
    versions = ASCENDING[ecosystem]
    for at, one in enumerate(versions):
        for place, other in enumerate(versions):
            assert order(ecosystem, one, other) == (at > place) - (at < place), (one, other)


@pytest.mark.parametrize("ecosystem", ASCENDING)
@pytest.mark.parametrize("odd", [None, "", "-" * 500, "1." * 249, "1-" * 249, "latest?", "²", "1.٣", "(devel)"])
def test_odd_versions_are_no_error(ecosystem: str, odd: str | None) -> None:
    assert order(ecosystem, odd, "1.0") in (None, -1, 0, 1)
    assert order(ecosystem, "1.0", odd) in (None, -1, 0, 1)
