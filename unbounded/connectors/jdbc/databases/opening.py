"""Kinds of databases and what talks to them."""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.connectors.jdbc.database import Database
from unbounded.connectors.jdbc.databases.duckdb_file.client import DuckDbFile
from unbounded.connectors.jdbc.databases.mysql.client import MySql
from unbounded.connectors.jdbc.databases.postgresql.access import CAN_BE_OPTIONS
from unbounded.connectors.jdbc.databases.postgresql.client import Postgres
from unbounded.connectors.jdbc.databases.sqlite.client import Sqlite
from unbounded.connectors.jdbc.urls import DatabaseKind

_DATABASES: Mapping[DatabaseKind, Database] = {
    DatabaseKind.POSTGRESQL: Postgres(),
    DatabaseKind.SQLITE: Sqlite(),
    DatabaseKind.DUCKDB: DuckDbFile(),
    DatabaseKind.MYSQL: MySql(),
    DatabaseKind.MARIADB: MySql(),
}
_PROPERTIES: Mapping[DatabaseKind, frozenset[str]] = {DatabaseKind.POSTGRESQL: CAN_BE_OPTIONS}


def database_of(kind: DatabaseKind) -> Database:
    return _DATABASES[kind]


def connection_properties(kind: DatabaseKind) -> frozenset[str]:
    """Properties of the connection that may be options, too, in lower case."""
    return _PROPERTIES.get(kind, frozenset())
