"""Where a stream of a Delta table is: Delta's own offset, as its JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from unbounded.errors import analysis_error

BEFORE_FIRST = -1
_SOURCE_VERSION = 1


@dataclass(frozen=True, slots=True)
class DeltaOffset:
    """After file `index` of the whole table as it was in `version` (`is_snapshot`), or of what the version added."""

    version: int
    index: int
    is_snapshot: bool

    def to_json(self, table_id: str) -> str:
        value = {
            "sourceVersion": _SOURCE_VERSION,
            "reservoirId": table_id,
            "reservoirVersion": self.version,
            "index": self.index,
            "isStartingVersion": self.is_snapshot,
        }
        return json.dumps(value, separators=(",", ":"))


def offset_from_json(text: str, table_id: str) -> DeltaOffset:
    """Raises: SparkError DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE"""
    value = json.loads(text)
    if value["reservoirId"] != table_id:
        parameters = {"oldTableId": value["reservoirId"], "newTableId": table_id}
        raise analysis_error("DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE", **parameters)
    index = max(value["index"], BEFORE_FIRST)
    return DeltaOffset(value["reservoirVersion"], index, value["isStartingVersion"])
