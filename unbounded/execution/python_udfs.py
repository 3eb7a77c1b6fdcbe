"""Python UDFs inside engine expressions: each becomes an engine function over Arrow, for the length of one query."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from unbounded.errors import not_supported
from unbounded.plan.expressions import PythonCall


def register_udfs(cursor: duckdb.DuckDBPyConnection, functions: Mapping[str, PythonCall], time_zone: str) -> None:
    """Makes the functions callable by their engine names on `cursor`."""
    if functions:
        raise not_supported("Python UDFs", "They come next.")
