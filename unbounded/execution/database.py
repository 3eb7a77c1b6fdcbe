"""The embedded engine: one DuckDB database per process, a cursor per query, interruption. Knows SQL text, no plans."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from unbounded.execution.kernels import DefinedKernels
from unbounded.functions.macros import MACROS

SETTING_PREFIX = "unbounded.duckdb."
_OPTIMIZER_SETTING = "optimizer"
_NO_DIVISION_ERRORS = "SET GLOBAL error_on_division_by_zero = false"
"""Division by zero is tested for in the query's text; the engine must not find it in branches that are never taken."""


class EngineSettingRefused(ValueError):
    """An engine option that there is not, or a value it cannot have."""


class Database:
    """An in-memory database that spills to disk. `settings`: engine options under `unbounded.duckdb.*`."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises: EngineSettingRefused"""
        self._connection = duckdb.connect(":memory:", config={"preserve_insertion_order": "true"})
        for statement in ("SET TimeZone = 'UTC'", "SET python_scan_all_frames = false", _NO_DIVISION_ERRORS):
            self._connection.execute(statement)
        for macro in MACROS:
            self._connection.execute(macro)
        self.kernels = DefinedKernels(self._connection)
        self._apply(settings)

    def _apply(self, settings: Mapping[str, str]) -> None:
        for key, value in settings.items():
            name = key.removeprefix(SETTING_PREFIX)
            if name == key:
                continue
            try:
                self._connection.execute(_statement(name, value))
            except duckdb.Error as error:
                sentence = str(error).partition("\n")[0]
                raise EngineSettingRefused(f"the setting {key}={value} cannot be used: {sentence}") from error

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same database, for one query."""
        return self._connection.cursor()

    def close(self) -> None:
        self._connection.close()


def _statement(name: str, value: str) -> str:
    if name == _OPTIMIZER_SETTING:
        return f"PRAGMA {'enable' if value == 'true' else 'disable'}_optimizer"
    quoted_name, quoted_value = name.replace('"', '""'), value.replace("'", "''")
    return f"SET GLOBAL \"{quoted_name}\" = '{quoted_value}'"
