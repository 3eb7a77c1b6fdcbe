"""The stateful operators of a checkpoint as a batch source: `spark.read.format("state-metadata")`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.checkpoint.logs import BatchLog
from unbounded.checkpoint.operator_metadata import PARTITION_COUNT, OperatorLog
from unbounded.errors import ErrorKind, SparkError
from unbounded.storage.api import FileSystem
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import INTEGER, LONG, STRING, StructField, StructType

_SCHEMA = StructType(
    (
        StructField("operatorId", LONG),
        StructField("operatorName", STRING),
        StructField("stateStoreName", STRING),
        StructField("numPartitions", INTEGER),
        StructField("minBatchId", LONG),
        StructField("maxBatchId", LONG),
        StructField("operatorProperties", STRING),
    )
)
_NO_BATCH = -1


@dataclass(frozen=True, eq=False)
class StateMetadataRows:
    """Implements `connectors.api.ArrowSource`; a row per store. `checkpoint` None: no path was given."""

    checkpoint: str | None
    files: FileSystem
    schema: StructType = _SCHEMA

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        """Raises: SparkError STDS_REQUIRED_OPTION_UNSPECIFIED, and for files that are not what was written"""
        if self.checkpoint is None:
            raise SparkError(ErrorKind.RUNTIME, "STDS_REQUIRED_OPTION_UNSPECIFIED", {"optionName": "path"})
        operators = OperatorLog(self.files, f"{self.checkpoint}/state").read_all()
        batch_ids = BatchLog(self.files, f"{self.checkpoint}/commits").batch_ids() or [_NO_BATCH]
        stores = [(operator, store) for operator in operators for store in operator.stores]
        columns: list[list[object]] = [
            [operator.operator_id for operator, _ in stores],
            [operator.operator_name for operator, _ in stores],
            [store.name for _, store in stores],
            [PARTITION_COUNT] * len(stores),
            [batch_ids[0]] * len(stores),
            [batch_ids[-1]] * len(stores),
            [None] * len(stores),
        ]
        schema = to_arrow_schema(_SCHEMA, "UTC")
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        return pa.Table.from_arrays(arrays, schema=schema).to_reader()
