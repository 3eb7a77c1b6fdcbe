"""Parquet files this engine wrote for a Delta table, as its log names them: path, partition values, statistics."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq

from unbounded.connectors.files.partitions import read_values
from unbounded.storage.api import FileStatus

_SHOWN_CHARACTERS_MAX = 32
"""A longer text has no bounds: cut off, its upper bound would be too small."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """`name`: relative to the table, as a URI. `null_counts`: of the columns inside, where they are known."""

    name: str
    path: str
    size_bytes: int
    modified_ms: int
    partition_values: Mapping[str, str | None]
    row_count: int
    null_counts: Mapping[str, int]
    bounds: Mapping[str, tuple[Any, Any]]

    @property
    def statistics(self) -> str:
        lower = {name: low for name, (low, _) in self.bounds.items()}
        upper = {name: high for name, (_, high) in self.bounds.items()}
        counts = {"numRecords": self.row_count, "minValues": lower, "maxValues": upper, "nullCount": self.null_counts}
        return json.dumps(counts, ensure_ascii=False, separators=(",", ":"))


def written_files(table_path: str, statuses: Sequence[FileStatus]) -> list[WrittenFile]:
    """What was written below `table_path`; files without rows are deleted and left out."""
    found = [_written(table_path, status) for status in statuses]
    for file in found:
        if file.row_count == 0:
            os.unlink(file.path)
    return [file for file in found if file.row_count]


def _written(table_path: str, status: FileStatus) -> WrittenFile:
    relative = os.path.relpath(status.path, table_path)
    folders = [name for name in os.path.dirname(relative).split(os.sep) if "=" in name]
    metadata = pq.read_metadata(status.path)
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    columns = [list(column) for column in zip(*map(_columns, groups), strict=True)]
    known = [c for c in columns if all(part.is_stats_set and "." not in part.path_in_schema for part in c)]
    return WrittenFile(
        quote(relative, safe="/="),
        status.path,
        status.size_bytes,
        status.modified_ms,
        dict(read_values(folders) or ()),
        metadata.num_rows,
        {c[0].path_in_schema: sum(part.statistics.null_count for part in c) for c in known},
        dict(_bounds(known)),
    )


def _columns(group: Any) -> Iterator[Any]:
    return (group.column(i) for i in range(group.num_columns))


def _bounds(columns: Iterable[list[Any]]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for column in columns:
        if not all(part.statistics.has_min_max for part in column):
            continue
        low = min(part.statistics.min for part in column)
        high = max(part.statistics.max for part in column)
        if _is_shown(low) and _is_shown(high):
            yield column[0].path_in_schema, (_shown(low), _shown(high))


def _is_shown(value: Any) -> bool:
    """Whole numbers, dates and short texts: bounds of other types need care that their readers differ about."""
    if isinstance(value, str):
        return len(value) <= _SHOWN_CHARACTERS_MAX
    return type(value) in (int, date)


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
