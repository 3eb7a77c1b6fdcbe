"""Text of one cell as a typed value, by the rules of Spark's CSV parser: NULL where it cannot be read."""

from __future__ import annotations

from unbounded.connectors.files.format_options import CsvOptions, DateFormats
from unbounded.functions.datetimes.reading import instant_sql, wall_clock_sql
from unbounded.functions.engine import engine_type, text
from unbounded.functions.environment import Environment
from unbounded.functions.text_forms import from_text
from unbounded.functions.zones import local_time
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import (
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    TimestampNTZType,
    TimestampType,
)

_ZONE_BEHIND = ":[0-9.]+ ?[A-Za-z+-]"
_NUMBER = "'[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?'"


def csv_value(value: str, data_type: DataType, options: CsvOptions, environment: Environment) -> str:
    """`value` is a VARCHAR engine expression, NULL for NULL."""
    engine = engine_type(data_type)
    match data_type:
        case _ if is_string_like(data_type):
            return value
        case BooleanType():
            return f"CASE lower({value}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        case IntegralType():
            return f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN TRY_CAST({value} AS {engine}) END"
        case FloatType() | DoubleType():
            return _csv_floating(value, engine, options)
        case DecimalType():
            plain = f"replace({value}, ',', '')"
            return f"CASE WHEN regexp_full_match({plain}, {_NUMBER}) THEN TRY_CAST({plain} AS {engine}) END"
        case DateType() | TimestampType() | TimestampNTZType():
            return datetime_value(value, data_type, options.formats, environment)
        case BinaryType():
            return f"encode({value})"
        case _:
            return from_text(value, data_type, environment)


def _csv_floating(value: str, engine: str, options: CsvOptions) -> str:
    """Java's `toDouble` trims, and reads a trailing d or f; the names of the special values are options."""
    special = {
        options.nan: "nan",
        options.positive_infinity: "inf",
        options.negative_infinity: "-inf",
        "NaN": "nan",
        "Infinity": "inf",
        "+Infinity": "inf",
        "-Infinity": "-inf",
    }
    words = " ".join(f"WHEN {text(name)} THEN CAST('{number}' AS {engine})" for name, number in special.items())
    number = f"TRY_CAST({value} AS {engine})"
    suffixed = f"TRY_CAST(regexp_replace(trim({value}), '[dDfF]$', '') AS {engine})"
    return (
        f"CASE WHEN regexp_full_match({value}, {_NUMBER}) THEN {number} ELSE CASE {value} {words} "
        f"ELSE CASE WHEN regexp_full_match(trim({value}), {_NUMBER[:-1]}[dDfF]?') THEN {suffixed} END END END"
    )


def datetime_value(value: str, data_type: DataType, formats: DateFormats, environment: Environment) -> str:
    """Dates and timestamps in the pattern given, or in the forms CAST reads."""
    match data_type:
        case DateType() if formats.date is not None:
            return f"CAST({local_time(instant_sql(value, formats.date, environment), environment)} AS DATE)"
        case TimestampType() if formats.timestamp is not None:
            return instant_sql(value, formats.timestamp, environment)
        case TimestampNTZType() if formats.timestamp_ntz is not None:
            return wall_clock_sql(value, formats.timestamp_ntz)
        case TimestampNTZType():
            read = from_text(value, data_type, environment)
            return f"CASE WHEN NOT regexp_matches({value}, '{_ZONE_BEHIND}') THEN {read} END"
        case _:
            return from_text(value, data_type, environment)
