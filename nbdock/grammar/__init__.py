"""The table of commands: a typed function's signature is its grammar.

From it come `%image rm`, `%docker rmi`, `nbdock rm` in a terminal, their help, completion and docs/commands.md.
"""

from nbdock.grammar.complete import Completion, Names, complete
from nbdock.grammar.parse import FlagError, Invocation
from nbdock.grammar.signature import Arg, Command, Opt, Text
from nbdock.grammar.table import CommandTable, command, table
from nbdock.grammar.values import Bytes, Destination, DockerName, InputFile, NamePattern, NewName, Origin

__all__ = [
    "Arg",
    "Bytes",
    "Command",
    "CommandTable",
    "Completion",
    "Destination",
    "DockerName",
    "FlagError",
    "InputFile",
    "Invocation",
    "NamePattern",
    "Names",
    "NewName",
    "Opt",
    "Origin",
    "Text",
    "command",
    "complete",
    "table",
]
