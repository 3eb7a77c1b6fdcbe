"""Every type survives a trip through DDL, JSON and Arrow, as far as the form can carry it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from unbounded.types.arrow import from_arrow_schema, to_arrow_schema
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
    DAY_TIME_INTERVAL,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    ArrayType,
    CharType,
    DataType,
    DayTimeField,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    StructField,
    StructType,
    VarcharType,
    YearMonthField,
    YearMonthIntervalType,
)
from unbounded.types.ddl import parse_columns, parse_data_type, to_ddl
from unbounded.types.json_form import from_json, to_json
from unbounded.types.metadata import freeze_metadata

IN_EVERY_FORM = st.one_of(
    st.sampled_from(
        [BOOLEAN, BYTE, SHORT, INTEGER, LONG, FLOAT, DOUBLE, STRING, BINARY, DATE, TIMESTAMP, TIMESTAMP_NTZ]
    ),
    st.sampled_from([DAY_TIME_INTERVAL, CALENDAR_INTERVAL, VARIANT]),
    st.integers(1, 38).flatmap(lambda precision: st.integers(0, precision).map(lambda s: DecimalType(precision, s))),
)
IN_TEXT_ONLY = st.one_of(
    st.just(NULL),
    st.builds(CharType, st.integers(0, 99)),
    st.builds(VarcharType, st.integers(0, 99)),
    st.sampled_from([DayTimeIntervalType(a, b) for a in DayTimeField for b in DayTimeField if a <= b]),
    st.sampled_from([YearMonthIntervalType(a, b) for a in YearMonthField for b in YearMonthField if a <= b]),
)
NAMES = st.text(min_size=1, max_size=8)
COMMENTS = st.text(max_size=8).filter(lambda text: "\\" not in text)
"""Spark writes a backslash of a comment as it is and reads it as an escape, so DDL cannot carry one."""
JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=3), values, max_size=3),
    max_leaves=5,
)
NO_METADATA = st.just(())
COMMENT_ONLY = NO_METADATA | COMMENTS.map(lambda comment: (("comment", comment),))
ANY_METADATA = st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=2).map(freeze_metadata)


def schemas(leaves: st.SearchStrategy[Any], metadata: st.SearchStrategy[Any]) -> st.SearchStrategy[StructType]:
    def nested(types: st.SearchStrategy[DataType]) -> st.SearchStrategy[DataType]:
        return st.one_of(
            st.builds(ArrayType, types, st.booleans()),
            st.builds(MapType, types, types, st.booleans()),
            structs(types),
        )

    def structs(types: st.SearchStrategy[Any]) -> st.SearchStrategy[StructType]:
        fields = st.builds(StructField, NAMES, types, st.booleans(), metadata)
        return st.lists(fields, min_size=1, max_size=3).map(lambda columns: StructType(tuple(columns)))

    return structs(st.recursive(leaves, nested, max_leaves=4))


def without_inner_nullability(data_type: DataType) -> DataType:
    """DDL says NOT NULL of fields, but not of array elements and map values."""
    match data_type:
        case ArrayType(element_type=element_type):
            return ArrayType(without_inner_nullability(element_type))
        case MapType(key_type=key_type, value_type=value_type):
            return MapType(without_inner_nullability(key_type), without_inner_nullability(value_type))
        case StructType(fields=fields):
            return StructType(
                tuple(
                    StructField(field.name, without_inner_nullability(field.data_type), field.nullable, field.metadata)
                    for field in fields
                )
            )
        case _:
            return data_type


@given(schemas(IN_EVERY_FORM | IN_TEXT_ONLY, COMMENT_ONLY).map(without_inner_nullability))
def test_ddl(schema: StructType) -> None:
    assert parse_columns(to_ddl(schema)) == schema
    bare = schema.fields[0].data_type
    assert parse_data_type(to_ddl(StructType((StructField("a", bare),))).removeprefix("a ")) == bare


@given(schemas(IN_EVERY_FORM | IN_TEXT_ONLY, ANY_METADATA))
def test_json(schema: StructType) -> None:
    assert from_json(to_json(schema)) == schema


@given(schemas(IN_EVERY_FORM, ANY_METADATA))
def test_arrow(schema: StructType) -> None:
    assert from_arrow_schema(to_arrow_schema(schema, "UTC")) == schema
