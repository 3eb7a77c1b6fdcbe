"""The console sink: every batch as a table on standard output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TextIO

import pyarrow as pa

from unbounded.connectors.streams import OutputMode
from unbounded.errors import ErrorKind, SparkError

RenderTable = Callable[[pa.Table, int, int], str]
"""(rows, row count, truncate) -> the table as show() prints it."""

_RULE = "-" * 43
_ROWS_MAX = 2147483632


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """`row_count` rows at most, cells cut at `truncate` characters (0: not at all)."""

    row_count: int
    truncate: int


def console_options(options: Mapping[str, str]) -> ConsoleOptions:
    """`numRows` (20) and `truncate` (true); names in lower case. Raises: SparkError for what is no boolean"""
    row_count = min(int(options.get("numrows", "20")), _ROWS_MAX)
    return ConsoleOptions(row_count, 20 if _boolean(options.get("truncate", "true")) else 0)


class ConsoleSink:
    """Prints a table for each batch, also for an empty one."""

    takes_parts = False

    def __init__(self, options: ConsoleOptions, render: RenderTable, out: TextIO) -> None:
        self._options = options
        self._render = render
        self._out = out

    @property
    def description(self) -> str:
        return f"org.apache.spark.sql.execution.streaming.ConsoleTable$@{id(self) & 0xFFFFFFFF:x}"

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> int:
        table = self._render(rows, self._options.row_count, self._options.truncate)
        blank = "" if table.endswith(("rows\n", "row\n")) else "\n"
        self._out.write(f"{_RULE}\nBatch: {batch_id}\n{_RULE}\n{table}{blank}")
        self._out.flush()
        count: int = rows.num_rows
        return count

    def close(self) -> None:
        self._out.flush()


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "_LEGACY_ERROR_TEMP_3206", {"value": text})
    return text.lower() == "true"
