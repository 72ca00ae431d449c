"""The course: its twins agree, a learner gets through it, and it speaks of nothing that it did not introduce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from nbdock.api import table
from nbdock.demo import notebooks
from nbdock.demo.session import Session, session
from nbdock.dock.dock import Dock
from tests.notebooks.course import COURSES, ENGLISH, KOREAN, answers, cells, numbered, prose, said, spans, typed

TERMS = {
    "en": {
        "image": r"\bimages?\b",
        "Dockerfile": r"\bDockerfile",
        "registry": r"\bregistr",
        "container": r"\bcontainer",
        "tag": r"\btags?\b",
        "store": r"\bstore\b",
        "layer": r"\blayers?\b",
        "hash": r"\bhash",
        "digest": r"\bdigest",
        "config": r"\bconfig\b",
        "manifest": r"\bmanifest",
        "index": r"\bindex",
        "diff id": r"\bdiff id",
        "layer digest": r"\blayer digest",
        "chain id": r"\bchain id",
        "image id": r"\bimage id",
        "manifest digest": r"\bmanifest digest",
        "index digest": r"\bindex digest",
        "namespace": r"\bnamespace",
        "repository": r"\brepositor",
        "base64": r"\bbase64",
        "dangling": r"\bdangling",
        "base": r"\bbase\b",
        "build context": r"\bbuild context",
    },
    "ko": {
        "이미지": "이미지",
        "Dockerfile": "Dockerfile",
        "레지스트리": "레지스트리",
        "컨테이너": "컨테이너",
        "태그": "태그",
        "저장소": "저장소",
        "레이어": "레이어",
        "해시": "해시",
        "다이제스트": "다이제스트",
        "설정(config)": r"config\b",
        "매니페스트": "매니페스트",
        "인덱스": "인덱스",
        "diff ID": "diff ID",
        "레이어 다이제스트": "레이어 다이제스트",
        "chain ID": "chain ID",
        "이미지 ID": "이미지 ID",
        "매니페스트 다이제스트": "매니페스트 다이제스트",
        "인덱스 다이제스트": "인덱스 다이제스트",
        "네임스페이스": "네임스페이스",
        "리포지토리": "리포지토리",
        "base64": "base64",
        "댕글링(dangling)": "댕글링",
        "베이스": "베이스",
        "빌드 컨텍스트": "빌드 컨텍스트",
    },
}
"""What the course teaches, and how it is recognised. A term is in bold where it is introduced."""
HASH = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]*…?")

both = pytest.mark.parametrize("language", COURSES)
INTRODUCED = [(language, term) for language, terms in TERMS.items() for term in terms]


@pytest.fixture(scope="module")
def running() -> Iterator[Session]:
    with session(Dock()) as begun:
        yield begun


def plain(source: str) -> str:
    """Code as Python sees it, in either language."""
    return re.sub(r"#.*", "#", source).replace("nbdock.course.korean", "nbdock.course")


def test_the_twins_have_the_same_cells_and_the_same_code() -> None:
    for english, korean in zip(cells(ENGLISH), cells(KOREAN), strict=True):
        assert (english.id, english.cell_type, english.metadata) == (korean.id, korean.cell_type, korean.metadata)
        if english.cell_type == "code":
            assert plain(english.source) == plain(korean.source), english.id


def test_the_twins_explain_the_same() -> None:
    for english, korean in zip(cells(ENGLISH), cells(KOREAN), strict=True):
        if english.cell_type == "markdown":
            assert sorted(spans(english)) == sorted(spans(korean)), english.id
            for mark in (r"^#+ ", r"^[-|] ?", r"^```python\n(.*?)^```", r"<details>", r"\]\("):
                found = [re.findall(mark, each.source, re.MULTILINE | re.DOTALL) for each in (english, korean)]
                assert found[0] == found[1], english.id
            assert re.search("[가-힣]", korean.source)


@both
def test_what_it_points_to_is_there(language: str) -> None:
    path = COURSES[language]
    links = [link for cell in cells(path) for link in re.findall(r"\]\(([^)]+)\)", cell.source)]
    assert len(links) == 4 and all((path.parent / link).is_file() for link in links)


@pytest.mark.parametrize(("language", "term"), INTRODUCED)
def test_no_cell_speaks_of_what_was_not_introduced(language: str, term: str) -> None:
    first = next(
        cell
        for cell in cells(COURSES[language])
        if cell.cell_type == "markdown" and re.search(TERMS[language][term], prose(cell))
    )
    assert re.search(rf"\*\*{re.escape(term)}", first.source), f"{first.id} speaks of it first"


@both
def test_no_cell_runs_a_command_that_was_not_introduced(language: str) -> None:
    known: set[str] = set()
    for cell in cells(COURSES[language]):
        if cell.cell_type == "markdown":
            known |= set(spans(cell))
        for line in typed(cell.source):  # in the code of an answer too
            words = line.rstrip(";").split()[1:]
            _, rest = table.find(words, "docker") or (None, words[1:])
            command = " ".join(["docker", *words[: len(words) - len(rest)]])
            assert any(span.removeprefix("%").startswith(command) for span in known), f"{cell.id}: {command}"


@both
def test_every_hash_in_the_answer_of_rm_was_seen_before(language: str) -> None:
    seen, removals = set[str](), 0
    for cell in cells(COURSES[language]):
        found = set(HASH.findall(said(cell)))
        if re.search(r"%docker (?:image rm|rmi|image prune)\b", cell.source) and "deleted" in said(cell):
            assert found and found <= seen, cell.id
            removals += 1
        seen |= found
    assert removals >= 3


@both
def test_nothing_is_answered_in_the_next_cell(language: str) -> None:
    path, ids = COURSES[language], [cell.id for cell in cells(COURSES[language])]
    assert len(answers(path)) >= 6 and list(answers(path)) == list(range(1, len(answers(path)) + 1))
    for number, answer in answers(path).items():
        at = ids.index(f"exercise-{number}")
        assert ids[at + 1 : at + 4] == [f"exercise-{number}-{kind}" for kind in ("yours", "check", "help")]
        assert numbered(path, "yours")[number].source.startswith("# ") and answer
        assert numbered(path, "help")[number].source.count("<details>") == 2
    quiz = [cell.source for cell in cells(path) if cell.id.startswith("quiz-")]
    assert len(quiz) >= 6 and all(each.count("<details>") == each.count("</details>") == 1 for each in quiz)


@both
def test_the_saved_checks_say_what_is_missing(language: str) -> None:
    checks = [said(cell) for cell in numbered(COURSES[language], "check").values()]
    assert len(checks) == len(set(checks)) == 10 and all(each.startswith("✘ ") for each in checks)


@both
def test_its_words_are_those_of_the_vocabulary(language: str) -> None:
    glossary = next(cell for cell in cells(COURSES[language]) if cell.id == "glossary").source
    rows = [line.strip("| ").split(" | ") for line in glossary.splitlines()[4:]]
    page = (notebooks.folder().parent / "docs" / "vocabulary.md").read_text()
    here = {row[0 if language == "en" else 1] for row in rows}
    assert all(len(row) == 3 for row in rows)
    assert {row[0] for row in rows} >= {
        term for term in TERMS[language] if " digest" not in term and " 다이제" not in term
    }
    elsewhere = {"base64", "container", "Dockerfile", "hash", "namespace", "store"}
    assert {word for word in here - elsewhere if f"**{word}**" not in page} == set()


@pytest.mark.slow
@both
def test_a_learner_gets_through_it(running: Session, tmp_path: Path, language: str) -> None:
    notebook = nbformat.read(COURSES[language], 4)
    for number, answer in answers(COURSES[language]).items():
        next(cell for cell in notebook.cells if cell.id == f"exercise-{number}-yours").source = answer
    path = tmp_path / "learner.ipynb"
    nbformat.write(notebook, path)
    ran = notebooks.execute(path, running.environment(f"learner-{language}"), lambda cell: None)
    checks = [said(cell) for cell in ran.cells if cell.id.endswith("-check")]
    assert len(checks) == 10 and all(each.startswith("✔ ") for each in checks), checks
