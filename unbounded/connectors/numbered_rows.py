"""Rows of the rate sources as a batch source: consecutive values, each with a time computed from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import LONG, TIMESTAMP, StructField, StructType

SCHEMA = StructType((StructField("timestamp", TIMESTAMP), StructField("value", LONG)))
_ARROW_SCHEMA = to_arrow_schema(SCHEMA, "UTC")
_ROWS_PER_BATCH = 1 << 20


@dataclass(frozen=True, slots=True)
class NumberedRows:
    """Implements `connectors.api.ArrowSource`: values `first` to `end - 1`, those of a partition together.

    A value v has the time `first_ms` + round((v - first) * `ms_per_value`), halves up.
    """

    first: int
    end: int
    first_ms: int
    ms_per_value: float = 0.0
    partition_count: int = 1

    @property
    def schema(self) -> StructType:
        return SCHEMA

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(_ARROW_SCHEMA, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        step = _ROWS_PER_BATCH * self.partition_count
        for partition in range(min(self.partition_count, self.end - self.first)):
            for start in range(self.first + partition, self.end, step):
                yield self._batch(np.arange(start, min(start + step, self.end), self.partition_count, dtype=np.int64))

    def _batch(self, values: np.ndarray) -> pa.RecordBatch:
        exact = (values - self.first) * self.ms_per_value
        whole = np.floor(exact)
        relative = whole.astype(np.int64) + (exact - whole >= 0.5)
        times = pa.array((relative + self.first_ms) * 1000).cast(_ARROW_SCHEMA.types[0])
        return pa.RecordBatch.from_arrays([times, pa.array(values)], schema=_ARROW_SCHEMA)
