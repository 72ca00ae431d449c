"""The table of commands: a typed function's signature is its grammar.

From it come `%image rm`, `%docker rmi`, `nbdock rm` in a terminal, their help, completion and docs/commands.md.
"""

from nbdock.grammar.complete import Completion, Names, complete
from nbdock.grammar.parse import Call, FlagError
from nbdock.grammar.signature import Arg, Command, Opt, Text
from nbdock.grammar.table import Table, command, table

__all__ = [
    "Arg",
    "Call",
    "Command",
    "Completion",
    "FlagError",
    "Names",
    "Opt",
    "Table",
    "Text",
    "command",
    "complete",
    "table",
]
