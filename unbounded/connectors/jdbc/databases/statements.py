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


def drop_and_rename(table: TableName, successor: TableName) -> tuple[str, ...]:
    """`successor` takes the place of `table`, in a transaction that may do so."""
    return (f"DROP TABLE {table.text}", f"ALTER TABLE {successor.text} RENAME TO {table.parts[-1]}")
