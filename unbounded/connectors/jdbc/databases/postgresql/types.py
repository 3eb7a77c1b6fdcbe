"""Types of PostgreSQL as Spark maps them, and how a SELECT must ask for their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from unbounded.connectors.jdbc.database import Comparison, ForeignColumn
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    BooleanType,
    ByteType,
    DataType,
    DecimalType,
)

_UNLIMITED = DecimalType(38, 18)
_MAX_PRECISION = 38


@dataclass(frozen=True, slots=True)
class Declared:
    """What the catalog says of a column: its type modifier (-1: none) and dimensions of its arrays."""

    modifier: int
    dimensions: int


@dataclass(frozen=True, slots=True)
class _Type:
    """`form` is the SQL of a value, `{0}` its column."""

    data_type: DataType
    form: str = "{0}"
    comparison: Comparison = Comparison.ORDER


_ENDS = "CASE {{0}} WHEN 'infinity' THEN {last} WHEN '-infinity' THEN {first} ELSE {{0}} END"
_TIME = "('1970-01-01'::date + {0})"


def _finite(type_name: str, last: str, first: str) -> str:
    """Spark has no infinite times: they are the days that the JVM shows for pgjdbc's numbers."""
    return _ENDS.format(last=f"'{last}'::{type_name}", first=f"'{first}'::{type_name}")


_LAST, _FIRST = "9999-12-31 23:59:59.999", "0001-01-03 00:00:00"
_TYPES: Mapping[str, _Type] = {
    "bool": _Type(BOOLEAN),
    "int2": _Type(SHORT),
    "int4": _Type(INTEGER),
    "int8": _Type(LONG),
    "float4": _Type(FLOAT),
    "float8": _Type(DOUBLE),
    "text": _Type(STRING),
    "varchar": _Type(STRING),
    "bpchar": _Type(STRING, comparison=Comparison.EQUALITY),
    "name": _Type(STRING, "{0}::text", Comparison.NONE),
    "inet": _Type(STRING, "abbrev({0})", Comparison.NONE),
    "bytea": _Type(BINARY),
    "date": _Type(DATE, _finite("date", "9999-12-31", "0001-01-03")),
    "timestamptz": _Type(TIMESTAMP, _finite("timestamptz", f"{_LAST}+00", f"{_FIRST}+00")),
    "timestamp": _Type(TIMESTAMP, _finite("timestamp", _LAST, _FIRST), Comparison.NONE),
    "time": _Type(TIMESTAMP, _TIME, Comparison.NONE),
    "timetz": _Type(TIMESTAMP, _TIME, Comparison.NONE),
    "oid": _Type(DecimalType(20, 0), "{0}::text", Comparison.NONE),
}
_OTHER = _Type(STRING, "{0}::text", Comparison.NONE)
_NTZ = {
    "timestamp": _Type(TIMESTAMP_NTZ, _TYPES["timestamp"].form, Comparison.ORDER),
    "time": _Type(TIMESTAMP_NTZ, _TIME, Comparison.NONE),
}
_IN_JSON = frozenset({"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar"})
"""Elements that JSON holds exactly."""
_ELEMENTS_AS_THEY_ARE = _IN_JSON | {"bytea", "date", "timestamp", "timestamptz"}
_REFUSING = "CASE WHEN array_ndims({{0}}) > 1 THEN ('an array of arrays: ' || {{0}}::text)::int4::text::text[]::{}[]"
"""Fails for a row with an array of arrays, whose text is no number."""


def declared_type(field: pa.Field[pa.DataType]) -> str:
    """PostgreSQL's name of the type of a column; that of an array begins with `_`."""
    metadata: dict[bytes, bytes] = field.metadata or {}
    return metadata.get(b"POSTGRESQL:type", b"").decode()


def needs_catalog(schema: pa.Schema) -> bool:
    """Whether a result says too little about its columns."""
    return any(name == "bit" or name.startswith("_") for name in map(declared_type, schema))


def foreign_column(field: pa.Field[pa.DataType], declared: Declared | None, *, prefers_ntz: bool) -> ForeignColumn:
    """How a column with the library's `field` is read."""
    name = declared_type(field)
    if name.startswith("_"):
        found = _array(name[1:], declared, prefers_ntz=prefers_ntz)
    else:
        found = _scalar(field, name, declared, prefers_ntz=prefers_ntz)
    column = '"' + field.name.replace('"', '""') + '"'
    return ForeignColumn(field.name, found.data_type, found.form.format(column), found.comparison, is_exact=True)


def _scalar(field: pa.Field[pa.DataType], name: str, declared: Declared | None, *, prefers_ntz: bool) -> _Type:
    if name == "numeric":
        decimal, cast = _numeric(int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1")))
        return _Type(decimal, f"{{0}}::{cast}::text" if cast else "{0}::text")
    if name == "bit":
        if declared is not None and declared.modifier == 1:
            return _Type(BOOLEAN, "({0}::text = '1')", Comparison.NONE)
        return _Type(BINARY, "convert_to({0}::text, 'UTF8')", Comparison.NONE)
    if prefers_ntz and name in _NTZ:
        return _NTZ[name]
    return _TYPES.get(name, _OTHER)


def _numeric(modifier: int) -> tuple[DecimalType, str]:
    """NUMERIC(p, s) with Spark's bounds, and the type the server must cast to, which rounds and refuses what does not
    fit; empty if none."""
    if modifier < 0:
        return _UNLIMITED, "numeric(38,18)"
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
    scale = scale - 0x800 if scale & 0x400 else scale
    if scale < 0:
        precision, scale = precision - scale, 0
    precision = max(precision, scale)
    if precision <= _MAX_PRECISION:
        return DecimalType(precision, scale), ""
    kept = max(scale - (precision - _MAX_PRECISION), 0)
    return DecimalType(_MAX_PRECISION, kept), f"numeric({_MAX_PRECISION},{kept})"


def _array(element: str, declared: Declared | None, *, prefers_ntz: bool) -> _Type:
    """Arrays of arrays come as JSON, which keeps their shape; where none are declared, none may be."""
    modifier = -1 if declared is None else declared.modifier
    dimensions = 1 if declared is None else declared.dimensions
    found, form = _element(element, modifier, prefers_ntz=prefers_ntz)
    if dimensions > 1:
        data_type: DataType = found if element in _IN_JSON else STRING
        form = "{0}" if element in _IN_JSON else "{0}::text[]"
        for _ in range(dimensions):
            data_type = ArrayType(data_type, True)
        return _Type(data_type, f"array_to_json({form})::text", Comparison.NONE)
    shown = element if element in _ELEMENTS_AS_THEY_ARE or element == "numeric" else "text"
    return _Type(ArrayType(found, True), f"{_REFUSING.format(shown)} ELSE {form} END", Comparison.NONE)


def _element(element: str, modifier: int, *, prefers_ntz: bool) -> tuple[DataType, str]:
    """The type of an array's elements, and the SQL of the array."""
    if element == "numeric":
        decimal, cast = _numeric(modifier)
        return decimal, f"{{0}}::{cast}[]" if cast else "{0}"
    if element in _ELEMENTS_AS_THEY_ARE:
        times = _NTZ if prefers_ntz and element in _NTZ else _TYPES
        return times[element].data_type, "{0}"
    return STRING, "{0}::text[]"


_TAKEN: Mapping[str, frozenset[str]] = {
    "SMALLINT": frozenset({"int2"}),
    "INT": frozenset({"int4"}),
    "BIGINT": frozenset({"int8"}),
    "FLOAT": frozenset({"float4"}),
    "DOUBLE": frozenset({"float8"}),
    "STRING": frozenset({"text", "varchar", "bpchar"}),
    "BINARY": frozenset({"bytea"}),
    "DATE": frozenset({"date"}),
    "TIMESTAMP": frozenset({"timestamptz"}),
    "TIMESTAMP_NTZ": frozenset({"timestamp"}),
}


def takes_rows_of(name: str, data_type: DataType) -> bool:
    """Whether COPY's binary form of `data_type` is that of the column's type `name`."""
    match data_type:
        case ArrayType(element_type=element):
            return name.startswith("_") and takes_rows_of(name[1:], element)
        case BooleanType():
            return name == "bool"
        case ByteType():
            return name == "int2"
        case DecimalType():
            return name == "numeric"
        case _:
            return name in _TAKEN.get(data_type.sql_name, ())
