"""Rows in memory as a batch source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.types.datatypes import StructType


@dataclass(frozen=True, eq=False)
class ArrowRows:
    """Implements `connectors.api.ArrowSource`; `table` has the columns of `schema` by position."""

    table: pa.Table
    schema: StructType

    def input_files(self) -> Sequence[str]:
        return []

    def read(self) -> pa.RecordBatchReader:
        return self.table.to_reader()
