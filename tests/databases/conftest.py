"""Sessions of the real client and a PostgreSQL server; tests that need one are skipped where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from tests.databases.mysql_server import MySqlServer
from tests.databases.postgresql_server import PostgresServer
from tests.databases.services import mariadb_binary, postgresql_binaries
from tests.databases.temporary_server import PASSWORD, USER

_NUMBERS = count()


@pytest.fixture
def spark(engine_url: str) -> Iterator[SparkSession]:
    """A new session on the engine that all tests share."""
    session = SparkSession.builder.remote(engine_url).create()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    binaries = postgresql_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    server = PostgresServer(binaries)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MySqlServer]:
    binary = mariadb_binary()
    if binary is None:
        pytest.skip("MariaDB is not installed")
    server = MySqlServer(binary)
    yield server
    server.remove()


@pytest.fixture
def mysql(mysql_server: MySqlServer) -> Iterator[MySqlServer]:
    """An empty database."""
    yield mysql_server
    mysql_server.clear()


@dataclass(frozen=True)
class Schema:
    """A schema of one test's own, in which names of tables need not be qualified."""

    server: PostgresServer
    name: str

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.server.port}/postgres?currentSchema={self.name}"

    @property
    def access(self) -> dict[str, str]:
        return {"url": self.url, "user": USER, "password": PASSWORD}

    def execute(self, *statements: str) -> None:
        self.server.execute(f"SET search_path TO {self.name}", *statements)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SET search_path TO {self.name}")
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def read(self, spark: SparkSession, **options: object) -> DataFrame:
        return spark.read.format("jdbc").options(**{**self.access, **options}).load()

    def write(self, frame: DataFrame, table: str, mode: str = "append", **options: object) -> None:
        writer = frame.write.format("jdbc").mode(mode)
        writer.options(**{**self.access, "dbtable": table, **options}).save()


@pytest.fixture
def schema(server: PostgresServer) -> Iterator[Schema]:
    found = Schema(server, f"test_{next(_NUMBERS)}")
    server.execute(f"CREATE SCHEMA {found.name}")
    yield found
    server.execute(f"DROP SCHEMA {found.name} CASCADE")
