"""Types, record batches and single values as messages, read back as the client reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.connect.expressions import LiteralExpression
from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

from unbounded.connect.encode import MESSAGE_BYTES_MAX, Chunking, encode_batch, encode_data_type
from unbounded.connect.encode_literals import encode_literal
from unbounded.types.ddl import parse_ddl

TYPES = [
    "void",
    "boolean",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(12,3)",
    "string",
    "binary",
    "date",
    "timestamp",
    "timestamp_ntz",
    "interval day to minute",
    "interval year",
    "interval",
    "variant",
    "array<int>",
    "map<string,array<double>>",
    "struct<a:int,b:struct<c:string>>",
]

VALUES: list[tuple[Any, pa.DataType]] = [
    (None, pa.int32()),
    (True, pa.bool_()),
    (-5, pa.int8()),
    (7, pa.int64()),
    (1.5, pa.float64()),
    (Decimal("1.20"), pa.decimal128(5, 2)),
    ("ä", pa.string()),
    (b"\x00", pa.binary()),
    (date(2020, 2, 29), pa.date32()),
    (datetime(2020, 1, 1, 12, 0, 0, 5), pa.timestamp("us")),
    (timedelta(days=-1, microseconds=3), pa.duration("us")),
    ([1, None], pa.list_(pa.int32())),
    ({"a": "x", "b": None}, pa.struct([("a", pa.string()), ("b", pa.int64())])),
]


@pytest.mark.parametrize("ddl", TYPES)
def test_types(ddl: str) -> None:
    message = encode_data_type(parse_ddl(f"x {ddl}"))
    assert proto_schema_to_pyspark_data_type(message)["x"].dataType.simpleString() == ddl


def test_nullability_and_metadata_travel() -> None:
    message = encode_data_type(parse_ddl("a int not null comment 'key', b array<int>"))
    schema = proto_schema_to_pyspark_data_type(message)
    assert [field.nullable for field in schema] == [False, True]
    assert schema["a"].metadata == {"comment": "key"}


@pytest.mark.parametrize(("value", "arrow_type"), VALUES)
def test_values(value: Any, arrow_type: pa.DataType) -> None:
    read = LiteralExpression._to_value(encode_literal(pa.scalar(value, arrow_type)))
    assert (tuple(read.values()) if isinstance(read, dict) else read) == (
        tuple(value.values()) if isinstance(value, dict) else value
    )


def test_an_instant_is_counted_from_the_epoch_whatever_its_zone() -> None:
    noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    scalar = pa.scalar(noon, pa.timestamp("us", tz="Asia/Tokyo"))
    assert encode_literal(scalar).timestamp == int(noon.timestamp()) * 1_000_000


def test_a_large_batch_is_cut_by_rows() -> None:
    batch = pa.record_batch({"x": pa.array(range(2_000_000), pa.int64())})
    messages = list(encode_batch(batch, 10, Chunking()))
    assert len(messages) == 4
    assert [message.start_offset for message in messages] == [10, 524_298, 1_048_586, 1_572_874]
    assert sum(message.row_count for message in messages) == batch.num_rows
    assert all(len(message.data) < MESSAGE_BYTES_MAX * 1.01 for message in messages)


def test_a_large_row_is_cut_by_bytes_if_the_client_allows() -> None:
    batch = pa.record_batch({"x": ["x" * 5000]})
    whole = list(encode_batch(batch, 0, Chunking()))
    chunks = list(encode_batch(batch, 0, Chunking(allows_chunks=True, bytes_max=2048)))
    assert [message.HasField("chunk_index") for message in whole] == [False]
    assert [message.chunk_index for message in chunks] == [0, 1, 2]
    assert {(message.num_chunks_in_batch, message.start_offset, message.row_count) for message in chunks} == {(3, 0, 1)}
    assert b"".join(message.data for message in chunks) == whole[0].data


@pytest.mark.parametrize(
    "batch", [pa.record_batch({"x": pa.array([], pa.int32())}), pa.record_batch({"x": [1]}).select([])]
)
def test_a_batch_without_rows_or_columns_is_one_message(batch: pa.RecordBatch) -> None:
    (message,) = encode_batch(batch, 0, Chunking())
    assert message.row_count == batch.num_rows
    assert [read.num_rows for read in pa.ipc.open_stream(message.data)] == [batch.num_rows]
