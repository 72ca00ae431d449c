"""The front end as one module: what it needs to be one, and that its words have translations."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from nbdock.widgets import bundle

FILES = sorted(bundle.FRONT.glob("*.js"))
TOP = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)|^(?:const|let) \{([^}]*)\}", re.MULTILINE)
IMPORTS = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";$', re.MULTILINE)


def test_no_two_modules_use_a_name_for_different_things() -> None:
    names = Counter(name for file in FILES for name, _ in TOP.findall(file.read_text()) if name)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_modules_import_what_others_export(file: object) -> None:
    source = file.read_text()  # type: ignore[attr-defined]
    for names, other in IMPORTS.findall(source):
        exported = {name for name, _ in TOP.findall((bundle.FRONT / other).read_text())}
        assert {name.strip() for name in names.split(",")} <= exported
    rest = IMPORTS.sub("", source)
    assert not re.search(r"^import\b(?! *\()", rest, re.MULTILINE)
    assert not re.search(r"\bimport\.meta\b", rest) or file.name not in bundle.order("kernel.js")  # type: ignore[attr-defined]


EXPORT = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.MULTILINE)
EXPORTED = {name for file in FILES for name in EXPORT.findall(file.read_text())}
NO_CODE = re.compile(r'//.*|"(?:[^"\\]|\\.)*"|^ +(?:async |get |static )?\w+\([^)]*\) \{$', re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_modules_import_what_they_call_of_others(file: object) -> None:
    """In the bundle a missing import is not seen, but the panel loads the modules as they are."""
    source = file.read_text()  # type: ignore[attr-defined]
    imported = {name.strip() for names, _ in IMPORTS.findall(source) for name in names.split(",")}
    own = {name for name, _ in TOP.findall(source)} | set(re.findall(r"\b(?:const|let) (?:\{ )?(\w+)", source))
    called = set(re.findall(r"(?<![.\w])(\w+)\(", NO_CODE.sub("", IMPORTS.sub("", source))))
    assert called & EXPORTED - imported - own == set()


def test_the_bundle_has_neither_imports_nor_exports() -> None:
    made = bundle.script("kernel.js")
    assert re.findall(r"^(?:import|export).*", made, re.MULTILINE) == ["export default {"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_are_short_and_never_set_markup(file: object) -> None:
    source = file.read_text()  # type: ignore[attr-defined]
    assert len(source.splitlines()) <= 400
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)


CALLS = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')
KOREAN = dict(
    re.findall(r'^  "((?:[^"\\]|\\.)*)": "((?:[^"\\]|\\.)*)",$', (bundle.FRONT / "korean.js").read_text(), re.MULTILINE)
)
VALUES = re.compile(r"\{(\w+)")


def test_every_text_has_a_korean_translation_with_the_same_values() -> None:
    texts = {text for file in FILES for text in CALLS.findall(file.read_text())}
    assert texts == set(KOREAN)
    assert [text for text, korean in KOREAN.items() if set(VALUES.findall(text)) != set(VALUES.findall(korean))] == []


SELECTOR = re.compile(r"\.(nbdock-[\w-]+)")


def test_no_two_style_sheets_are_about_the_same_class() -> None:
    """A class that two parts use for different things looks wrong in one of them; what is common is in look.css."""
    common = set(SELECTOR.findall((bundle.FRONT / "look.css").read_text()))
    owners = Counter(
        name
        for sheet in bundle.FRONT.glob("*.css")
        if sheet.name != "look.css"
        for name in set(SELECTOR.findall(re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL))) - common
    )
    assert [name for name, count in owners.items() if count > 1] == []
