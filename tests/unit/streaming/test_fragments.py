"""How the rows of a source come into a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.execution.database import Database
from unbounded.functions.environment import Environment
from unbounded.plan.logical import Scan
from unbounded.streaming.fragments import FragmentRunner
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import TIMESTAMP, StructField, StructType

SCHEMA = StructType((StructField("at", TIMESTAMP),))
ROWS = pa.table([[1, 2]], schema=to_arrow_schema(SCHEMA, "UTC"))


@dataclass(frozen=True)
class Once:
    """A source that tells how often it was read."""

    reads: list[str] = field(default_factory=list, hash=False)
    schema: StructType = SCHEMA

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        self.reads.append("read")
        return ROWS.to_reader()


def test_a_source_is_read_once_whatever_the_zone() -> None:
    source = Once()
    runner = FragmentRunner(Environment(time_zone="Asia/Tokyo"), Database({}), Cancellation())
    rows = runner.read(Scan(source, Ids().attributes(SCHEMA)), 0)
    assert rows == ROWS.cast(to_arrow_schema(SCHEMA, "Asia/Tokyo"))
    assert source.reads == ["read"]
