"""Java archives, and archives in archives."""

from __future__ import annotations

import zipfile

import pytest

from .made import jar, names, pom, row, rows

LOG4J = pom("org.apache.logging.log4j", "log4j-core", "2.14.1")


def test_log4j_is_found_by_what_maven_wrote() -> None:
    found = row("/app/renamed.jar", jar(LOG4J))
    assert (found["name"], found["version"]) == ("org.apache.logging.log4j:log4j-core", "2.14.1")
    assert found["purl"] == "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
    assert (found["path"], found["inner_path"]) == ("/app/renamed.jar", None)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_jars_in_jars_are_read(compression: int) -> None:
    inner = jar({"BOOT-INF/lib/log4j-core-2.14.1.jar": jar(LOG4J)})
    content = jar({**pom("my", "app", "1"), "WEB-INF/lib/inner.war": inner}, compression)
    found = {each["name"]: each["inner_path"] for each in rows({"/app/app.jar": content})}
    assert found == {
        "my:app": None,
        "inner": "WEB-INF/lib/inner.war",
        "org.apache.logging.log4j:log4j-core": "WEB-INF/lib/inner.war!/BOOT-INF/lib/log4j-core-2.14.1.jar",
    }


def test_a_shaded_jar_names_each_of_its_parts() -> None:
    assert names({"/app/shaded.jar": jar({**pom("my", "app", "1"), **LOG4J})}) == [
        ("my:app", "1"),
        ("org.apache.logging.log4j:log4j-core", "2.14.1"),
    ]


@pytest.mark.parametrize(
    ("name", "manifest", "package"),
    [
        ("guava-31.1-jre.jar", "", ("guava", "31.1-jre")),
        ("tool.jar", "Implementation-Version: 1.2\r\n", ("tool", "1.2")),
        ("tool.jar", "Bundle-Version: 1.2\r\n .3\r\n", ("tool", "1.2.3")),
        ("tool-1.0.jar", "Implementation-Vendor-Id: org.tool\nImplementation-Version: 2\n", ("org.tool:tool", "1.0")),
        ("tool.jar", "", ("tool", None)),
    ],
)
def test_without_maven_the_name_and_the_manifest_tell(
    name: str, manifest: str, package: tuple[str, str | None]
) -> None:
    content = jar({"META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\n{manifest}", "a.class": b""})
    assert names({f"/app/{name}": content}) == [package]


def test_a_script_before_the_archive_does_no_harm() -> None:
    assert names({"/app/app.jar": b"#!/bin/sh\nexec java -jar $0\n" + jar(LOG4J)}) == [
        ("org.apache.logging.log4j:log4j-core", "2.14.1")
    ]


def test_archives_are_read_to_a_bounded_depth() -> None:
    content = jar(LOG4J)
    for _ in range(20):
        content = jar({"a.jar": content})
    assert len(rows({"/app/a.jar": content})) == 5


def test_an_entry_that_inflates_to_much_is_not_read() -> None:
    bomb = jar({"META-INF/MANIFEST.MF": bytes(1 << 24)})
    (found,) = rows({"/app/bomb.jar": bomb})
    assert found["problem"] == "an entry is too long"


def test_an_entry_that_lies_about_its_size_is_not_read_further() -> None:
    content = bytearray(jar({"META-INF/MANIFEST.MF": b"A: b\n" * (1 << 20)}))
    at = content.rfind(b"PK\1\2") + 24
    content[at : at + 4] = (100).to_bytes(4, "little")
    (found,) = rows({"/app/liar.jar": bytes(content)})
    assert found["problem"] or found["name"] == "liar"


@pytest.mark.parametrize("end", [b"PK\6\6", b""])
def test_a_directory_that_would_take_much_memory_is_refused(end: bytes) -> None:
    content = bytearray(jar(LOG4J))
    at = content.rfind(b"PK\5\6")
    content[at + 12 : at + 16] = b"\xff" * 4
    (found,) = rows({"/app/large.jar": bytes(content[:at] + end + content[at:])})
    assert found["problem"] == "it has too many entries"


def test_other_files_with_such_names_cost_nothing() -> None:
    assert rows({"/app/music.par": b"PAR2\0", "/app/bean.ear": b"text"}) == []


def test_what_is_no_zip_costs_one_line() -> None:
    (found,) = rows({"/app/a.jar": b"PK\3\4" * 100})
    assert found["problem"] == "it is no zip"
