"""Arrow types: the same as the official client derives from a schema, and every input a program may bring."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyspark.sql.pandas import types as client_types
from pyspark.sql.types import StructType as ClientStructType

from unbounded.errors import SparkError
from unbounded.types.arrow import from_arrow_schema, from_arrow_type, to_arrow_schema, to_arrow_type
from unbounded.types.datatypes import (
    CALENDAR_INTERVAL,
    NULL,
    YEAR_MONTH_INTERVAL,
    ArrayType,
    CharType,
    StructField,
    StructType,
)
from unbounded.types.ddl import parse_columns
from unbounded.types.json_form import from_json, to_json

EVERY_TYPE = """
    a boolean, b tinyint, c smallint not null, d int, e bigint, f float, g double, h decimal(38,18),
    i string comment 'x', j binary, k date, l timestamp, m timestamp_ntz, n interval day to second,
    o array<struct<p:int not null>>, q map<string, array<timestamp>>,
    r struct<s: string, t: struct<u: int>>, v void, w variant
"""


def test_same_schema_as_the_client() -> None:
    schema = parse_columns(EVERY_TYPE)
    client_schema = ClientStructType.fromJson(json.loads(to_json(schema)))
    expected = client_types.to_arrow_schema(client_schema, timezone="Asia/Tokyo")
    assert to_arrow_schema(schema, "Asia/Tokyo").equals(expected, check_metadata=False)


def test_client_reads_metadata() -> None:
    schema = parse_columns("a int comment 'it is', b struct<c: int comment 'inner'>")
    read = client_types.from_arrow_schema(to_arrow_schema(schema, "UTC"))
    assert from_json(read.json()) == schema


def test_round_trip() -> None:
    schema = parse_columns(EVERY_TYPE)
    assert from_arrow_schema(to_arrow_schema(schema, "UTC")) == schema


@pytest.mark.parametrize(
    ("arrow_type", "simple_string"),
    [
        (pa.large_string(), "string"),
        (pa.string_view(), "string"),
        (pa.large_binary(), "binary"),
        (pa.binary(16), "binary"),
        (pa.dictionary(pa.int32(), pa.string()), "string"),
        (pa.timestamp("ns"), "timestamp_ntz"),
        (pa.timestamp("s", tz="Europe/Paris"), "timestamp"),
        (pa.duration("ns"), "interval day to second"),
        (pa.decimal256(20, 3), "decimal(20,3)"),
        (pa.large_list(pa.int8()), "array<tinyint>"),
        (pa.list_(pa.float32(), 3), "array<float>"),
    ],
)
def test_input_of_a_program(arrow_type: pa.DataType, simple_string: str) -> None:
    assert from_arrow_type(arrow_type).simple_string == simple_string


@pytest.mark.parametrize("arrow_type", [pa.uint8(), pa.float16(), pa.date64(), pa.time64("us")])
def test_refused_input(arrow_type: pa.DataType) -> None:
    with pytest.raises(SparkError) as raised:
        from_arrow_type(arrow_type)
    assert raised.value.condition == "UNSUPPORTED_ARROWTYPE"


def test_types_that_do_not_come_back() -> None:
    assert to_arrow_type(YEAR_MONTH_INTERVAL, "UTC") == pa.int32()
    assert to_arrow_type(CharType(3), "UTC") == pa.string()
    assert to_arrow_type(CALENDAR_INTERVAL, "UTC") == pa.month_day_nano_interval()
    assert to_arrow_type(StructType(), "UTC") == pa.struct([])


def test_void_that_is_not_null() -> None:
    schema = StructType((StructField("a", ArrayType(NULL, contains_null=False), nullable=False),))
    assert to_arrow_schema(schema, "UTC") == pa.schema([pa.field("a", pa.list_(pa.field("element", pa.null())), False)])
