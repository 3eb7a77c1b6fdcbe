"""Types as Spark's schema JSON, both ways. Collations, user-defined types and TIME are refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
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
    MapType,
    StructField,
    StructType,
    VarcharType,
    YearMonthField,
    YearMonthIntervalType,
)
from unbounded.types.decimal_bounds import decimal_type
from unbounded.types.metadata import COLLATIONS_KEY, Metadata, freeze_metadata, thaw_metadata

_NAMES: dict[str, DataType] = {
    "void": NULL,
    "boolean": BOOLEAN,
    "byte": BYTE,
    "short": SHORT,
    "integer": INTEGER,
    "long": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "string": STRING,
    "binary": BINARY,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
    "interval": CALENDAR_INTERVAL,
    "variant": VARIANT,
}
_OTHER_NAMES = {"null": NULL, "timestamp_ltz": TIMESTAMP, "decimal": decimal_type(10, 0)}
_NAME_OF = {data_type: name for name, data_type in _NAMES.items()}
_DAY_TIME, _YEAR_MONTH = "day|hour|minute|second", "year|month"

_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], DataType]], ...] = (
    (re.compile(r"decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)"), lambda match: decimal_type(int(match[1]), int(match[2]))),
    (re.compile(r"char\(\s*(\d+)\s*\)"), lambda match: CharType(int(match[1]))),
    (re.compile(r"varchar\(\s*(\d+)\s*\)"), lambda match: VarcharType(int(match[1]))),
    (
        re.compile(rf"interval ({_DAY_TIME})(?: to ({_DAY_TIME}))?"),
        lambda match: DayTimeIntervalType(*(DayTimeField[unit.upper()] for unit in _units(match))),
    ),
    (
        re.compile(rf"interval ({_YEAR_MONTH})(?: to ({_YEAR_MONTH}))?"),
        lambda match: YearMonthIntervalType(*(YearMonthField[unit.upper()] for unit in _units(match))),
    ),
)
_REFUSED = re.compile(r"string collate |time\(|geometry|geography")


def json_name(data_type: DataType) -> str:
    """Spark's `typeName` of a type (`integer`, `array`, `decimal(5,2)`), as in JSON and in printSchema."""
    if isinstance(data_type, ArrayType | MapType | StructType):
        return data_type.name
    return _NAME_OF.get(data_type, data_type.simple_string)


def to_json(data_type: DataType) -> str:
    """Compact JSON text, as Spark's `DataType.json`."""
    return json.dumps(to_json_value(data_type), ensure_ascii=False, separators=(",", ":"))


def to_json_value(data_type: DataType) -> Any:
    match data_type:
        case ArrayType(element_type=element_type, contains_null=contains_null):
            return {"type": "array", "elementType": to_json_value(element_type), "containsNull": contains_null}
        case MapType(key_type=key_type, value_type=value_type, value_contains_null=value_contains_null):
            types = {"keyType": to_json_value(key_type), "valueType": to_json_value(value_type)}
            return {"type": "map", **types, "valueContainsNull": value_contains_null}
        case StructType(fields=fields):
            return {"type": "struct", "fields": [_field_to_json(field) for field in fields]}
        case _:
            return json_name(data_type)


def from_json(text: str) -> DataType:
    """The type of a schema JSON. Raises INVALID_JSON_DATA_TYPE for what is no type."""
    try:
        value = json.loads(text)
    except ValueError:
        raise _invalid(text) from None
    return from_json_value(value)


def from_json_value(value: Any) -> DataType:
    match value:
        case str():
            return _from_name(value)
        case {"type": "array", "elementType": element_type, "containsNull": bool(contains_null)}:
            return ArrayType(from_json_value(element_type), contains_null)
        case {"type": "map", "keyType": key, "valueType": item, "valueContainsNull": bool(contains_null)}:
            return MapType(from_json_value(key), from_json_value(item), contains_null)
        case {"type": "struct", "fields": list(fields)}:
            return StructType(tuple(_field_from_json(field) for field in fields))
        case {"type": "udt"}:
            raise not_supported("A user-defined type", "Use its underlying SQL type.")
        case _:
            raise _invalid(json.dumps(value, separators=(",", ":")))


def metadata_from_json(text: str) -> Metadata:
    """Field metadata from its JSON text; empty text means none."""
    return freeze_metadata(json.loads(text)) if text else ()


def metadata_to_json(metadata: Metadata) -> str:
    return json.dumps(thaw_metadata(metadata), ensure_ascii=False, separators=(",", ":"))


def _field_to_json(field: StructField) -> dict[str, Any]:
    data_type, metadata = to_json_value(field.data_type), thaw_metadata(field.metadata)
    return {"name": field.name, "type": data_type, "nullable": field.nullable, "metadata": metadata}


def _field_from_json(value: Any) -> StructField:
    match value:
        case {"name": str(name), "type": data_type}:
            metadata: Mapping[str, Any] = value.get("metadata") or {}
            if COLLATIONS_KEY in metadata:
                raise not_supported(f"The collation of column {name}", "Only UTF8_BINARY is there.")
            nullable = value.get("nullable", True)
            return StructField(name, from_json_value(data_type), nullable, freeze_metadata(metadata))
        case _:
            raise _invalid(json.dumps(value, separators=(",", ":")))


def _from_name(name: str) -> DataType:
    named = _NAMES.get(name) or _OTHER_NAMES.get(name)
    if named is not None:
        return named
    for pattern, build in _PATTERNS:
        if match := pattern.fullmatch(name):
            return build(match)
    if _REFUSED.match(name):
        raise not_supported(f"The type {name.upper()}", "Use STRING or a number.")
    raise _invalid(name)


def _units(match: re.Match[str]) -> tuple[str, str]:
    return match[1], match[2] or match[1]


def _invalid(text: str) -> SparkError:
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, "INVALID_JSON_DATA_TYPE", {"invalidType": text})
