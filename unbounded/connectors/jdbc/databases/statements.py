"""Pieces of SQL that all databases share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from unbounded.connectors.jdbc.table_names import TableName


class _Quoting(Protocol):
    def quote(self, name: str) -> str: ...


def name_list(names: Sequence[str], dialect: _Quoting) -> str:
    return ", ".join(map(dialect.quote, names))


def assignments(names: Sequence[str], form: str, dialect: _Quoting) -> str:
    """`form` for every name, which stands for `{0}`."""
    return ", ".join(form.format(dialect.quote(name)) for name in names)


def double_quoted(name: str) -> str:
    """A name as the SQL standard quotes it."""
    return '"' + name.replace('"', '""') + '"'


def upsert_on_conflict(
    table: TableName, columns: Sequence[str], keys: Sequence[str], rows: str, dialect: _Quoting
) -> str:
    """Puts the rows of the query `rows` into `table`; those whose keys are there replace them."""
    into = f"INSERT INTO {table.text} ({name_list(columns, dialect)}) {rows}"
    changes = assignments([c for c in columns if c not in keys], "{0} = EXCLUDED.{0}", dialect)
    action = f"DO UPDATE SET {changes}" if changes else "DO NOTHING"
    return f"{into} ON CONFLICT ({name_list(keys, dialect)}) {action}"


def drop_and_rename(table: TableName, successor: TableName) -> tuple[str, ...]:
    """`successor` takes the place of `table`, in a transaction that may do so."""
    return (f"DROP TABLE {table.text}", f"ALTER TABLE {successor.text} RENAME TO {table.parts[-1]}")
