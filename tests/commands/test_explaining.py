"""why, waste and lint: what an image's size consists of, and what to change."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from nbdock.api import Dock
from nbdock.demo import SAMPLES
from nbdock.errors import LintFailed, UsageError, Wasteful
from nbdock.grammar import FlagError
from tests.commands.conftest import Recorder
from tests.contents.test_dive import PROGRAM
from tests.parts.layers import Entry, directory, file, hard_link, layer, symlink, whiteout
from tests.parts.layout import Layout, Step
from tests.parts.programs import skopeo

WASTEFUL = "nbdock/wasteful"
# no real ones: each is put together here, so that no scanner of this repository finds one
TOKENS = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "b3BlbnNzaC1rZXk" * 4 + "\n",
    "AWS access key": "id = AKI" + "A" + "ABCDEFGHIJ234567",
    "GitHub token": "gh" + "p_" + "a1B2" * 9,
    "GitLab token": "glpa" + "t-" + "a1B2" * 5,
    "Slack token": "xox" + "b-" + "1234567890-" * 3,
    "Stripe key": "sk_" + "live_" + "a1B2" * 6,
    "Google key": "AI" + "za" + "a1B2c" * 7,
    "npm token": "np" + "m_" + "a1B2" * 9,
    "PyPI token": "pypi-" + "AgE" + "a1B2" * 15,
    "Docker token": "dckr" + "_pat_" + "a1B2" * 6,
    "registry log-in": '{"auths": {"x": {"au' + 'th": "dXNlcjpwYXNzd29yZA=="}}}',
}


def stored(dock: Dock, folder: Path, *steps: tuple[str, tuple[Entry, ...] | None], **config: object) -> str:
    """The name of an image of these instructions and layers, in the store."""
    layout = Layout(folder / "layout")
    made = [Step("2024-11-07T17:20:00Z", text, None if entries is None else layer(*entries)) for text, entries in steps]
    layout.write({"x": layout.image(made, config=config)})
    skopeo("copy", "-q", f"oci:{layout.folder}:x", f"oci:{dock.store.root}:docker.io/library/x:1")
    return "x:1"


@pytest.mark.parametrize("depth", [0, 1, 2, 7])
def test_why_explains_every_byte_of_every_sample(dock: Dock, depth: int) -> None:
    for image in dock.ls().itertuples():
        why = dock.why(image.reference, depth=depth)
        assert why.size_bytes.sum() == image.size_bytes
        assert why.wasted_bytes.sum() == dock.waste(image.reference).wasted_bytes.sum()
        assert list(why.size_bytes) == sorted(why.size_bytes, reverse=True)
        assert {folder.count("/") for folder in why.folder} <= set(range(depth + 1)) | {1}


def test_why_says_which_instruction_wrote_into_which_folder(dock: Dock) -> None:
    why = dock.why(WASTEFUL)
    first = why.iloc[0]
    assert (first.folder, first.instruction, first.size_bytes, first.wasted_bytes) == (
        "/usr/lib",
        "RUN",
        600_000,
        600_000,
    )
    assert dock.history(WASTEFUL).set_index("step").created_by[first.step] == first.created_by
    assert "docker.io/nbdock/wasteful:latest" in set(why.reference)


def test_waste_says_who_wrote_it_who_ended_it_how_and_what_to_do(dock: Dock) -> None:
    waste = dock.waste(WASTEFUL)
    model = waste[waste.path == "/tmp/model.tar"].iloc[0]
    assert (model.how, model.wasted_bytes, model.remedy) == ("deleted", 400_000, "delete it in the RUN that writes it")
    assert "curl" in model.created_by and "rm -rf" in model.ended_by and model.step < model.ended_step
    copied = waste[(waste.path == "/app/main.c")].iloc[0]
    assert copied.how == "metadata changed" and "COPY --chown" in copied.remedy
    assert set(waste.how) == {"deleted", "hidden", "metadata changed", "overwritten"}


def test_what_is_written_twice_the_same_is_told_apart(dock: Dock, tmp_path: Path) -> None:
    same, other = file("a", b"1" * 1000), file("a", b"2" * 900)
    name = stored(dock, tmp_path, ("COPY a /", (same,)), ("COPY a /", (same,)), ("COPY b /a", (other, file("a", b"3"))))
    found = dock.waste(name)
    assert list(zip(found.how, found.wasted_bytes, strict=True)) == [
        ("same again", 1000),
        ("overwritten", 1000),
        ("overwritten", 900),
    ]
    assert found.remedy.iloc[2] == "write it once: one layer has it twice"


def test_the_scores_are_right_and_beside_them_dive_s_own(dock: Dock, tmp_path: Path) -> None:
    scores = dock.waste("nbdock/wasteful", "nbdock/frugal", "httpd", "python", summary=True)
    assert (scores.score == 1 - scores.wasted_bytes / scores.size_bytes).all()
    for image in scores.itertuples():
        archive, report = tmp_path / f"{image.Index}.tar", tmp_path / f"{image.Index}.json"
        skopeo("copy", "-q", f"oci:{SAMPLES}:{image.reference}", f"docker-archive:{archive}:x:x")
        command = [PROGRAM, "--source", "docker-archive", archive, "--json", report]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        truth = json.loads(report.read_text())["image"]
        assert (image.dive_score, image.dive_wasted_bytes) == (truth["efficiencyScore"], truth["inefficientBytes"])


def test_too_much_waste_ends_a_job(dock: Dock, console: Recorder) -> None:
    assert len(dock.waste("httpd", min_score=0.9, max_waste="20kB"))
    with pytest.raises(Wasteful, match=r"wasteful:latest has a score of 0\.2378, less than 0\.9: 2\.26MB are wasted"):
        dock.waste("httpd", WASTEFUL, min_score=0.9)
    assert len(console.shown) == 1
    with pytest.raises(Wasteful, match=r"wastes 2\.26MB, more than 1\.5MB"):
        dock.waste(WASTEFUL, max_waste=1_500_000)
    for wrong in ({"min_score": 90}, {"max_waste": "much"}, {"min_score": float("nan")}):
        with pytest.raises(UsageError):
            dock.waste(WASTEFUL, **wrong)  # type: ignore[call-overload]


def test_the_terminal_says_it_by_its_exit_code(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbdock.__main__ import main

    monkeypatch.setenv("NBDOCK_STORE", str(sample_store))
    assert main(["waste", WASTEFUL, "--min-score", "0.2", "--max-waste=3MB"]) == 0
    assert main(["waste", WASTEFUL, "--max-waste", "1KiB"]) == 1
    with pytest.raises(FlagError, match="invalid argument"):
        from nbdock.commands import table

        table.read(["waste", WASTEFUL, "--min-score", "good"], "nbdock")


def test_docker_s_own_words_stay_docker_s(dock: Dock) -> None:
    from nbdock.commands import table
    from nbdock.errors import Refused

    with pytest.raises(Refused, match="does not run containers"):
        table.read(["diff", "httpd"], "docker")
    for root in ("image", "nbdock"):
        assert table.find(["diff", "a", "b"], root)


def test_an_image_without_layers_has_nothing_to_say(dock: Dock, tmp_path: Path) -> None:
    name = stored(dock, tmp_path, ('CMD ["x"]', None))
    assert dock.why(name).empty and dock.waste(name).empty
    assert dock.waste(name, summary=True).score.tolist() == [1.0]
    assert set(dock.lint(name).rule) == {"root", "no health check"}


def test_hard_links_and_symlinks_count_as_docker_counts_them(dock: Dock, tmp_path: Path) -> None:
    entries = (directory("d"), file("d/a", b"1" * 3000), hard_link("d/b", "d/a"), symlink("d/c", "a" * 100))
    name = stored(dock, tmp_path, ("COPY d /d", entries), ("RUN rm /d/a /d/c", (whiteout("d/a"), whiteout("d/c"))))
    assert dock.why(name).size_bytes.sum() == 3100 == dock.inspect(name).size_bytes[0]
    assert dock.waste(name)[["path", "wasted_bytes"]].to_numpy().tolist() == [["/d/c", 100]]


def test_every_format_has_the_columns(dock: Dock) -> None:
    lines = dock.waste(WASTEFUL, format="json").splitlines()
    assert json.loads(lines[0])["wasted_bytes"] == 400_000 and len(lines) == len(dock.waste(WASTEFUL))
    assert dock.why(WASTEFUL, format="{{.folder}} {{.size_bytes}}").splitlines()[0] == "/usr/lib 600000"
    assert dock.lint(WASTEFUL, format="table {{.rule}}").splitlines()[0] == "RULE"


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("deleted", [False, True])
def test_lint_finds_secrets_by_what_is_in_a_file_and_shows_none(
    dock: Dock, tmp_path: Path, kind: str, deleted: bool
) -> None:
    held = file("srv/notes", f"x\n{TOKENS[kind]}\n".encode())
    binary = file("srv/binary", b"\0" + TOKENS[kind].encode())
    steps = [
        ("COPY . .", (held, binary)),
        ("RUN rm notes", (whiteout("srv/notes"),) if deleted else (file("x", b"x"),)),
    ]
    lint = dock.lint(stored(dock, tmp_path, *steps))
    found = lint[lint.rule == "secret"]
    assert found.path.tolist() == ["/srv/notes"] and found.remedy.iloc[0].startswith(kind)
    assert found.at_step.tolist() == [0] and ("still in the layer" in found.remedy.iloc[0]) == deleted
    assert not [line for line in TOKENS[kind].split() if len(line) > 12 and line in lint.to_csv()]


def test_lint_finds_secrets_by_name_in_files_variables_and_instructions(dock: Dock, tmp_path: Path) -> None:
    files = ("root/.ssh/id_ed25519", "root/.npmrc", "app/.env", "root/.aws/credentials", "x.p12")
    steps = [
        ("ARG API_TOKEN=hunter2", None),
        ("|1 DB_PASSWORD=hunter2 /bin/sh -c make", tuple(file(path, b"hunter2") for path in files)),
        ("RUN curl -H " + TOKENS["GitHub token"], None),
        ("ENV GPG_KEY=A035C8C1 PASSWORD_FILE=/run/x", None),
    ]
    name = stored(dock, tmp_path, *steps, Env=["SECRET=hunter2", "GPG_KEY=A035C8C1", "TOKEN=", "PASSWORD_FILE=/run/x"])
    lint = dock.lint(name)
    assert sorted(lint[lint.rule == "secret"].path) == sorted(f"/{path}" for path in files)
    assert lint[lint.rule == "secret variable"].remedy.str.startswith("the variable SECRET:").tolist() == [True]
    assert lint[lint.rule == "secret instruction"].at_step.tolist() == [0, 1, 2]
    assert "hunter2" not in lint.to_csv() and TOKENS["GitHub token"] not in lint.to_csv()


def test_lint_finds_what_is_left_over_and_says_what_it_saves(dock: Dock, tmp_path: Path) -> None:
    left = {
        "var/lib/apt/lists/main": ("apt lists", 900),
        "var/cache/apt/pkgcache.bin": ("package cache", 800),
        "root/.cache/pip/http/1": ("user cache", 700),
        "tmp/archive.zip": ("temporary files", 600),
        "app/.git/pack": ("version control", 500),
        "app/node_modules/x.js": ("copied modules", 400),
        "app/__pycache__/x.pyc": ("copied bytecode", 300),
        "usr/lib/libx.a": ("build tools", 200),
        "usr/share/doc/x/README": ("documentation", 100),
    }
    entries = tuple(file(path, b"x" * size) for path, (_, size) in left.items())
    lint = dock.lint(stored(dock, tmp_path, ("COPY . .", entries), ("RUN pip install -r requirements.txt", None)))
    saving = lint.dropna(subset="saved_bytes")
    found = {row.path[1:]: (row.rule, row.saved_bytes) for row in saving.itertuples()}
    assert {path: found.get(path) for path in left} == left
    assert {"root", "no health check", "copy before install"} <= set(lint.rule)
    run = dock.lint(stored(dock, tmp_path / "run", ("RUN npm ci", entries)))
    assert not {"copied modules", "copied bytecode"} & set(run.rule)


def test_lint_has_little_to_say_of_a_careful_image(dock: Dock, tmp_path: Path) -> None:
    steps = (("COPY --chown=app app /app", (file("app/main", b"x"),)), ("USER app", None))
    assert dock.lint(stored(dock, tmp_path, *steps, User="app", Healthcheck={"Test": ["CMD", "x"]})).empty


def test_lint_fails_a_job_on_the_rules_that_it_was_given(dock: Dock, console: Recorder, tmp_path: Path) -> None:
    name = stored(
        dock, tmp_path, ("COPY . .", (file(".env", b"x"),)), Env=["PASSWORD=x"], User="x", Healthcheck={"Test": ["x"]}
    )
    assert set(dock.lint(name).rule) == {"secret", "secret variable"}
    assert len(dock.lint(name, fail_on="root, latest,"))
    assert not console.shown
    with pytest.raises(LintFailed) as raised:
        dock.lint("httpd", name, fail_on="secret")
    assert str(raised.value) == "docker.io/library/x:1: secret; docker.io/library/x:1: secret variable"
    assert len(console.shown) == 1 and "remedy" in raised.value.hint
    for rules in ("any", "copy,secret var"):
        with pytest.raises(LintFailed):
            dock.lint(name, fail_on=rules)
    with pytest.raises(UsageError, match="--fail-on secrets is no rule") as wrong:
        dock.lint(name, fail_on="root,secrets")
    assert "no health check" in wrong.value.hint


def test_every_rule_that_finds_something_can_be_failed_on(dock: Dock) -> None:
    from nbdock.dock.inside.linting import RULES

    assert set(dock.lint(*dock.ls().reference).rule) <= set(RULES) and len(set(RULES)) == len(RULES)
