"""Which columns of a query are parts of Kafka's records, and their rows for a producer. Knows no broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from unbounded.connectors.kafka.client.failures import illegal_state
from unbounded.connectors.kafka.source.records import HEADERS, HEADERS_FIELD
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import SparkError, analysis_error
from unbounded.types.datatypes import BINARY, INTEGER, STRING, DataType, StructType

OUTGOING_SCHEMA = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("key", pa.binary()),
        ("value", pa.binary()),
        HEADERS_FIELD,
    ]
)
"""What a producer takes. Partition -1: the one its key decides on; a NULL topic is an error."""

_TEXT_OR_BYTES = (STRING, BINARY)
_TYPES: Sequence[tuple[str, Sequence[DataType]]] = (
    ("topic", (STRING,)),
    ("key", _TEXT_OR_BYTES),
    ("value", _TEXT_OR_BYTES),
    ("headers", (HEADERS,)),
    ("partition", (INTEGER,)),
)
_ANY_PARTITION = -1


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """`places`: the positions of the columns there are; `topic` goes before the column of that name."""

    places: dict[str, int]
    topic: str | None

    @property
    def has_headers(self) -> bool:
        return "headers" in self.places

    def records(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Of OUTGOING_SCHEMA. Raises: SparkError for rows that cannot be records"""
        found = {name: rows.column(place) for name, place in self.places.items()}
        if self.topic is not None:
            found["topic"] = pa.repeat(pa.scalar(self.topic), rows.num_rows)
        if found["topic"].null_count:
            raise illegal_state("KAFKA_NULL_TOPIC_IN_DATA")
        if "headers" in found:
            _check_headers(found["headers"])
        found["partition"] = _partitions(found.get("partition"), rows.num_rows)
        columns = [_column(found.get(field.name), field.type, rows.num_rows) for field in OUTGOING_SCHEMA]
        return pa.RecordBatch.from_arrays(columns, schema=OUTGOING_SCHEMA)


def record_columns(schema: StructType, topic: str | None) -> RecordColumns:
    """Columns by their exact names; others are left out. Raises: SparkError as Spark's sink"""
    fields = {field.name: (i, field.data_type) for i, field in enumerate(schema.fields)}
    if topic is None and "topic" not in fields:
        message = "topic option required when no 'topic' attribute is present."
        raise _unfit(f"{message} Use the topic option for setting a topic.")
    for name, types in _TYPES:
        if name == "value" and name not in fields:
            raise _unfit("Required attribute 'value' not found")
        if name in fields and not (name == "topic" and topic is not None):
            _check_type(name, fields[name][1], types)
    wanted = {name for name, _ in _TYPES} - ({"topic"} if topic is not None else set())
    return RecordColumns({name: place for name, (place, _) in fields.items() if name in wanted}, topic)


def _check_type(name: str, found: DataType, types: Sequence[DataType]) -> None:
    if found.simple_string not in [one.simple_string for one in types]:
        allowed = " or ".join(one.simple_string for one in types)
        message = f"{name} attribute unsupported type {found.simple_string}. {name} must be a(n) {allowed}"
        raise _unfit(message)


def _unfit(message: str) -> SparkError:
    return analysis_error("_LEGACY_ERROR_TEMP_3080", msg=message)


def _partitions(column: pa.Array | None, count: int) -> pa.Array:
    if column is None:
        return pa.repeat(pa.scalar(_ANY_PARTITION, pa.int32()), count)
    least = pc.min(column).as_py()
    if least is not None and least < 0:
        message = f"Invalid partition: {least}. Partition number should always be non-negative or null."
        raise illegal_argument(message)
    return column.fill_null(_ANY_PARTITION)


def _check_headers(column: pa.ListArray) -> None:
    if column.flatten().flatten()[0].null_count:
        raise illegal_argument("A header of a Kafka record needs a key: one is NULL.")


def _column(column: pa.Array | None, target: pa.DataType, count: int) -> pa.Array:
    if column is None:
        return pa.nulls(count, target)
    return column if column.type == target else column.cast(target)
