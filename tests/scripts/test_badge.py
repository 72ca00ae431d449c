"""scripts/badge in clones of repositories here and there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "scripts/badge"
BADGE = "[![{}](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/{}/HEAD?urlpath=lab/tree/notebooks/{})\n"
COURSES = {"Open the course on Binder": "01-course.ipynb", "Binder에서 한국어 강좌 열기": "ko/01-course.ipynb"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def badges(repository: str) -> str:
    return "".join(BADGE.format(said, repository, notebook) for said, notebook in COURSES.items())


def git(clone: Path, *command: str) -> None:
    subprocess.run(["git", *command], cwd=clone, check=True)


def badge(clone: Path) -> tuple[int, str, str]:
    done = subprocess.run([clone / "scripts/badge"], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/ann/nbdock.git", "gh/ann/nbdock"),
        ("https://github.com/ann/nbdock/", "gh/ann/nbdock"),
        ("https://ann:secret@github.com/ann/nbdock", "gh/ann/nbdock"),
        ("git@github.com:ann/nbdock.git", "gh/ann/nbdock"),
        ("ssh://git@github.com/ann/nbdock.git", "gh/ann/nbdock"),
        ("ssh://git@github.com:22/ann/nbdock.git", "gh/ann/nbdock"),
        ("https://gitlab.com/class/2026/nbdock.git", "gl/class%2F2026%2Fnbdock"),
        ("git@gitlab.com:ann/nbdock.git", "gl/ann%2Fnbdock"),
    ],
)
def test_the_badge_names_the_remote(clone: Path, url: str, repository: str) -> None:
    git(clone, "remote", "add", "origin", url)
    assert badge(clone) == (0, badges(repository), "")


def test_the_remote_of_the_branch_comes_before_origin(clone: Path) -> None:
    git(clone, "remote", "add", "origin", "https://github.com/ann/nbdock")
    git(clone, "remote", "add", "mine", "https://github.com/bob/nbdock")
    git(clone, "config", "branch.main.remote", "mine")
    assert badge(clone)[1] == badges("gh/bob/nbdock")


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/ann/nbdock.git",
        "https://notgithub.com/ann/nbdock.git",
        "https://example.org/github.com/ann/nbdock",
        "/srv/git/nbdock",
    ],
)
def test_a_remote_elsewhere_is_refused(clone: Path, url: str) -> None:
    git(clone, "remote", "add", "origin", url)
    code, shown, error = badge(clone)
    assert (code, shown) == (1, "")
    assert error == (
        "the remote 'origin' is on neither GitHub nor GitLab; "
        "Binder opens public repositories of github.com and gitlab.com\n"
    )


@pytest.mark.parametrize("url", ["https://github.com/ann", "https://github.com/ann/nb dock", "git@github.com:a/b](x)"])
def test_a_remote_that_is_no_repository_is_refused(clone: Path, url: str) -> None:
    git(clone, "remote", "add", "origin", url)
    code, shown, error = badge(clone)
    assert (code, shown) == (1, "") and error.startswith("the remote 'origin' names no repository; ")


def test_a_clone_without_a_remote_is_refused(clone: Path) -> None:
    code, shown, error = badge(clone)
    assert (code, shown) == (1, "") and error.startswith("this clone has no remote; ")
