"""What every group of commands stands on: a dock, and how a command's result becomes a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbdock.commands import choosing
from nbdock.dock import dock
from nbdock.dock.find import Wanted
from nbdock.frames.schema import Table
from nbdock.grammar import Command, Text
from nbdock.grammar.values import convert
from nbdock.oci.platform import Platform

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbdock.oci.digest import Digest
    from nbdock.oci.reference import Reference
    from nbdock.places import Image


class Base(dock.Dock):
    """A dock that runs commands for Python."""

    def _found(self, image: str | Reference | Digest, platform: str | Platform | None, local: bool = False) -> Image:
        """The image of this name or id."""
        say = self.console.warn
        wanted = convert(image, Wanted, "image", say)
        of_platform = convert(platform, Platform, "platform", say, optional=True)
        return choosing.one(self, wanted, of_platform, local=local).image

    def _result(self, command: Command[Table | Text], *given: Any, **flags: Any) -> Any:
        """A frame of the command's table, or its text."""
        result = command(self, *given, **flags)
        return result.frame() if isinstance(result, Table) else result

    def _frame(self, command: Command[Table], *given: Any, **flags: Any) -> DataFrame:
        return command(self, *given, **flags).frame()

    def _text(self, command: Command[Text], *given: Any, **flags: Any) -> str:
        return command(self, *given, **flags)
