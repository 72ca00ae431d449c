"""The config of an image while a stage is built, as BuildKit changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbdock.dockerfile import checks, copies, forms
from nbdock.dockerfile.checks import BuildWarning
from nbdock.dockerfile.heredocs import Heredoc, Opening
from nbdock.dockerfile.located import at
from nbdock.dockerfile.parser import BACKSLASH, Instruction, parse
from nbdock.dockerfile.settings import Settings
from nbdock.dockerfile.stages import MOST_TRIGGERS, Dockerfile
from nbdock.dockerfile.steps import Copy, MakeFolder, Run, Step
from nbdock.dockerfile.values import shown
from nbdock.errors import UsageError

COMMENT = "buildkit.dockerfile.v0"
"""What BuildKit writes into the comment of each entry of the history."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FIELDS = (
    "User ExposedPorts Env Entrypoint Cmd Volumes WorkingDir Labels StopSignal ArgsEscaped Healthcheck OnBuild Shell"
).split()
"""The fields of a config that BuildKit knows, in docker's order."""
_ORDER = {field: index for index, field in enumerate(FIELDS)}
_SETS = ("ExposedPorts", "Volumes", "Labels")
_ONCE = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


class State(Settings):
    """The config of a stage, which each of its instructions changes.

    `base` is the field `config` of the image that the stage is built on, {} for scratch; a stage that is built on an
    earlier one begins with `child` of its state. `arguments` are those of `--build-arg`.
    """

    def __init__(self, base: Mapping[str, Any], dockerfile: Dockerfile, arguments: Mapping[str, str]) -> None:
        super().__init__(base or {"WorkingDir": "/"}, dockerfile.source.escape, dockerfile.budget)
        self.author = ""
        self._dockerfile, self._arguments = dockerfile, arguments
        self._declared: dict[str, str] = {}
        self._has_folder = False
        self._warnings: list[BuildWarning] = []
        self._effect: Copy | MakeFolder | Run | None = None
        self._begin()

    def child(self) -> State:
        """The state of a stage that is built on this one: its config, its variables, its arguments."""
        made = State(self.config, self._dockerfile, self._arguments)
        made._variables.update(self._variables)
        made.author, made._declared = self.author, self._declared.copy()
        made._has_folder = self._has_folder
        return made

    def _begin(self) -> None:
        if "PATH" not in self._env:
            self._env["PATH"] = f"PATH={_PATH}"
            self._variables["PATH"] = _PATH
        if folder := self._config.pop("WorkingDir", None):
            self._config["WorkingDir"] = self._absolute(folder)
        self._triggers = tuple(self._config.pop("OnBuild", None) or ())
        self._written: dict[str, int] = {}

    @property
    def config(self) -> dict[str, Any]:
        """The config's JSON object, its fields in docker's order."""
        fields = sorted(super().config.items(), key=lambda field: _ORDER.get(field[0], -1))
        return {key: dict(sorted(each.items())) if key in _SETS else each for key, each in fields}

    def triggers(self, line: int = 1) -> tuple[Instruction, ...]:
        """What the ONBUILD of the base adds to the stage, above its own instructions. `line` is that of its FROM."""
        if len(self._triggers) > MOST_TRIGGERS:
            raise UsageError("the base has too many ONBUILD", hint=f"{MOST_TRIGGERS} are the most")
        parsed = [each for trigger in self._triggers for each in parse(trigger).instructions]
        found = tuple(each._replace(line=line, end=line) for each in parsed)
        for each in found:
            with at(each):
                forms.check(each)
                if each.keyword == "FROM":
                    raise UsageError("FROM isn't allowed as an ONBUILD trigger", hint="the base has it: use another")
        return found

    def apply(self, step: Instruction) -> Step:
        """Do what an instruction says. Raises DockerfileError."""
        with at(step):
            self._variables.restart()
            self._effect, self._warnings = None, list(self._habits(step))
            created_by = self._spend(self.change(step))
            self._warnings += checks.undefined(self._variables, self._declared, step.line)
            return Step(step, created_by, self._effect, self._dockerfile.checks.kept(self._warnings, step))

    def _habits(self, step: Instruction) -> Iterator[BuildWarning]:
        """What is said of an instruction before it is done."""
        if step.keyword in ("CMD", "ENTRYPOINT") and not self._config.get("Shell"):
            yield from checks.shell_form(step)
        if step.keyword in _ONCE:
            if line := self._written.get(step.keyword):
                yield checks.repeated(step, line)
            self._written[step.keyword] = step.line
        yield from checks.habits(step)

    def cmd(self, given: Instruction) -> str:
        """`CMD []` is none."""
        self._config["ArgsEscaped"] = True
        said = super().cmd(given)
        if not self._config["Cmd"]:
            del self._config["Cmd"]
        return said

    def entrypoint(self, given: Instruction) -> str:
        """A command of the base is none for this entrypoint."""
        if "CMD" not in self._written:
            self._config.pop("Cmd", None)
        return super().entrypoint(given)

    def maintainer(self, given: Instruction) -> str:
        self.author = forms.one(given)
        return f"MAINTAINER {self.author}"

    def shell(self, given: Instruction) -> str:
        self._config["Shell"] = forms.shell(given)
        return f"SHELL {shown(self._config['Shell'])}"

    def arg(self, given: Instruction) -> str:
        """An argument is a variable of the instructions below it, and of those of the stages that are built on it."""
        said: list[str] = []
        for name, default in forms.arguments(given):
            value = self._arguments.get(name)
            if value is None:
                value = self._dockerfile.arguments.get(name) if default is None else self._expanded(default)
            if value is not None:
                self._variables[name] = value
            self._declared[name] = value or ""
            said.append(name if value is None else f"{name}={value}")
        return f"ARG {' '.join(said)}"

    def workdir(self, given: Instruction) -> str:
        path = self._one(given)
        if not self._has_folder and not path.startswith("/"):
            self._warnings.append(checks.relative(path, given.line))
        self._has_folder = True
        self._config["WorkingDir"] = folder = self._spend(self._absolute(path))
        if folder != "/":
            self._effect = MakeFolder(folder, self._config.get("User") or "")
        return f"WORKDIR {folder}"

    def run(self, given: Instruction) -> str:
        command = forms.run(given)
        if given.heredocs:
            command = forms.Command((_script(given),), False)
        words = self._command(command)
        self._effect = Run(" ".join(words))
        arguments = [f"{name}={self._variables.get(name, value)}" for name, value in self._declared.items()]
        return " ".join(["RUN", *([f"|{len(arguments)}", *arguments] if arguments else []), *words, "# buildkit"])

    def copy(self, given: Instruction) -> str:
        form = forms.files(given)
        flags = {name: self._expanded(form.options.get(name, "")) for name in ("chown", "chmod", "checksum")}
        if form.options.get("checksum") and not flags["checksum"]:
            hint = "a variable that is not set is empty: give it with --build-arg"
            raise UsageError("the checksum is empty", hint=hint)
        target = self._expanded(form.target)
        filled = form._replace(
            sources=tuple(map(self._expanded, form.sources)),
            inline=tuple(map(self._filled, form.inline)),
            target=copies.absolute(target, self._config.get("WorkingDir") or "/"),
            options={**form.options, **flags},
        )
        self._effect = made = copies.copy(given, filled)
        return copies.history(given.keyword, made, target)

    add = copy

    def _filled(self, heredoc: Heredoc) -> Heredoc:
        if not heredoc.expand:
            return heredoc
        return heredoc._replace(content=self._expanded(heredoc.content, escape=BACKSLASH, keep_quotes=True))


def _script(given: Instruction) -> str:
    """What the shell is given of a RUN with heredocs: the only one, or all of the text."""
    first = given.heredocs[0]
    if not Opening.of(given.text):
        return given.text + "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in given.heredocs)
    return f"/dev/pipes/{first.name}" if first.content.startswith("#!") else first.content
