"""Questions in SQL about tables, with DuckDB. The text reaches it as it is, and it reaches nothing but the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbdock.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from nbdock.task import Task

_ALONE = {
    "enable_external_access": False,  # no file, no network, no extension
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,  # no variable of Python as a table
    "temp_directory": "",
    "lock_configuration": True,
}


def query(text: str, tables: Mapping[str, Any], variables: Mapping[str, Any], task: Task) -> pa.Table:
    """The rows of the last statement. `$name` in the text is bound to the value of that variable.

    `tables` are Arrow tables and datasets by name. Raises UsageError, Cancelled.
    """
    duckdb = _duckdb()
    with duckdb.connect(":memory:", config=_ALONE) as connection, task.closing(connection.interrupt):
        for name, table in tables.items():
            connection.register(name, table)
        try:
            return _run(connection, text, variables)
        except duckdb.Error as error:
            task.check()
            raise _told(str(error)) from None


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise UsageError("sql requires duckdb", hint="pip install duckdb") from None
    return duckdb


def _run(connection: Any, text: str, variables: Mapping[str, Any]) -> pa.Table:
    import pyarrow as pa

    rows = None
    for statement in connection.extract_statements(text):
        bound = {name: _value(name, variables) for name in statement.named_parameters}
        found = connection.sql(statement, params=bound or None)
        rows = None if found is None else found.to_arrow_table()
    return pa.table({}) if rows is None else rows


def _value(name: str, variables: Mapping[str, Any]) -> Any:
    """A variable as DuckDB takes it: an array, a Series or a set is a list."""
    if name not in variables:
        raise UsageError(f"${name} has no value", hint="set a variable of that name first")
    value = variables[name]
    if isinstance(value, set | frozenset):
        return list(value)
    return value.tolist() if hasattr(value, "tolist") else value


def _told(message: str) -> UsageError:
    """DuckDB's first line; its advice and the line of the text that it is about are the hint."""
    first, *others = (line.strip() for line in message.splitlines() if line.strip(" ^"))
    return UsageError(
        first, hint="; ".join(others) or "SHOW TABLES lists the tables, and DESCRIBE files the columns of one"
    )
