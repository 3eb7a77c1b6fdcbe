"""Kinds of databases and what talks to them. Each is loaded when first used: programs without one start sooner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from unbounded.connectors.jdbc.database import Database
from unbounded.connectors.jdbc.databases.postgresql.access import CAN_BE_OPTIONS
from unbounded.connectors.jdbc.urls import DatabaseKind

_CLASSES: Mapping[DatabaseKind, tuple[str, str]] = {
    DatabaseKind.POSTGRESQL: ("postgresql", "Postgres"),
    DatabaseKind.SQLITE: ("sqlite", "Sqlite"),
    DatabaseKind.DUCKDB: ("duckdb_file", "DuckDbFile"),
    DatabaseKind.MYSQL: ("mysql", "MySql"),
    DatabaseKind.MARIADB: ("mysql", "MySql"),
}
"""The folder beside this module, and the class in its `client`."""
_PROPERTIES: Mapping[DatabaseKind, frozenset[str]] = {DatabaseKind.POSTGRESQL: CAN_BE_OPTIONS}


@cache
def database_of(kind: DatabaseKind) -> Database:
    folder, name = _CLASSES[kind]
    database: Database = getattr(import_module(f"{__package__}.{folder}.client"), name)()
    return database


def connection_properties(kind: DatabaseKind) -> frozenset[str]:
    """Properties of the connection that may be options, too, in lower case."""
    return _PROPERTIES.get(kind, frozenset())
