"""Where the parts of a read begin and end: numbers of rows per part as Spark 4.2 reads them."""

from __future__ import annotations

import re
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from unbounded.connectors.jdbc.database import ForeignColumn
from unbounded.connectors.jdbc.databases.postgresql.dialect import PostgresDialect
from unbounded.connectors.jdbc.partitions import Partitioning, Zones, part_conditions
from unbounded.types.datatypes import DATE, LONG, TIMESTAMP, DataType, StructField, StructType


def parts(data_type: DataType, lower: str, upper: str, count: int, zones: Zones | None = None) -> list[str | None]:
    column = ForeignColumn("c", data_type, '"c"')
    schema = StructType((StructField("c", data_type),))
    partitioning = Partitioning("C", lower, upper, count)
    return list(part_conditions(partitioning, [column], schema, zones or Zones(UTC, UTC), PostgresDialect()))


def counts(conditions: list[str | None], values: range) -> list[int]:
    """How many of `values` each condition is true for."""
    found = []
    for condition in conditions:
        lower = re.search(r">= (-?\d+)", condition or "")
        upper = re.search(r"< (-?\d+)", condition or "")
        low = int(lower[1]) if lower else values.start
        found.append(sum(low <= v < (int(upper[1]) if upper else values.stop) for v in values))
    return found


@pytest.mark.parametrize(
    ("lower", "upper", "count", "rows"),
    [
        (-5, 100, 7, [9, 11, 0, 0, 0, 0, 0]),
        (5, 7, 30, [5, 15]),
        (2, 2, 2, [20]),
        (5, 15, 0, [20]),
        (5, 15, 3, [7, 3, 10]),
    ],
)
def test_rows_per_part(lower: int, upper: int, count: int, rows: list[int]) -> None:
    assert counts(parts(LONG, str(lower), str(upper), count), range(1, 21)) == rows


def test_conditions() -> None:
    assert parts(DATE, "2024-01-01", "2024-01-10", 3) == [
        '"c" < \'2024-01-04\'::date or "c" is null',
        "\"c\" >= '2024-01-04'::date AND \"c\" < '2024-01-07'::date",
        "\"c\" >= '2024-01-07'::date",
    ]
    zones = Zones(ZoneInfo("America/New_York"), UTC)
    assert parts(TIMESTAMP, "2024-06-01 00:00:00", "2024-06-03 00:00:00", 2, zones) == [
        '"c" < \'2024-06-02 04:00:00.000000\'::timestamp or "c" is null',
        "\"c\" >= '2024-06-02 04:00:00.000000'::timestamp",
    ]
    longs = parts(LONG, str(-(2**63)), str(2**63 - 1), 3)
    assert longs[1] == '"c" >= -3074457345618258603 AND "c" < 3074457345618258602'
