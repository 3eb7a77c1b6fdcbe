"""A database whose client library is not installed: the error names the command that installs it."""

from __future__ import annotations

import sys

import pytest

from unbounded.connectors.jdbc.databases.opening import database_of
from unbounded.connectors.jdbc.options import read_options
from unbounded.errors import SparkError


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("jdbc:postgresql://h/d", "adbc_driver_postgresql.dbapi", "postgres"),
        ("jdbc:sqlite::memory:", "adbc_driver_sqlite.dbapi", "sqlite"),
        ("jdbc:mysql://h/d", "pymysql", "mysql"),
    ],
)
def test_the_command_is_named(monkeypatch: pytest.MonkeyPatch, url: str, module: str, extra: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    access = read_options({"url": url, "dbtable": "t"}, "UTC").access
    with pytest.raises(SparkError, match=f"pip install 'unbounded\\[{extra}\\]'"):
        database_of(access.url.kind).connect(access)
