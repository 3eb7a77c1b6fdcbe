"""Schemas of single documents, for `schema_of_json` and `schema_of_csv`: constants, so they are read in Python."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from unbounded.connectors.files.csv_inference import CellKind, column_type
from unbounded.connectors.files.format_options import CsvOptions, JsonOptions, csv_options, json_options
from unbounded.connectors.files.json_inference import finished, number_type, wider
from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError
from unbounded.types.datatypes import (
    BOOLEAN,
    DOUBLE,
    NULL,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    StructField,
    StructType,
)

_CORRUPT = "_corrupt_record"
_TIMESTAMP = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_INTEGER = re.compile(r"[+-]?\d+")
_DOUBLE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?|NaN|[+-]?Infinity|[+-]?Inf")
_MAX_EXPONENT = 308

Pairs = Iterable[tuple[str, str]]


# ------------------------------------------------------------------------------------------------ JSON


def json_schema_text(document: str, pairs: Pairs) -> str:
    """Spark's SQL form of the type of a document.

    Raises: SparkError MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION
    """
    options = json_options(FileOptions(pairs, FileFormat.JSON), _CORRUPT)
    if not document.strip():
        return STRING.sql_name
    return _finished(_type_of(_parsed(document, options), options), options).sql_name


def _finished(data_type: DataType, options: JsonOptions) -> DataType:
    if isinstance(data_type, StructType):
        return finished(data_type, options)
    wrapped = finished(StructType((StructField("value", data_type),)), options)
    return wrapped.fields[0].data_type if wrapped.fields else STRING


_REPAIRS: tuple[tuple[str, str, str], ...] = (
    ("allows_comments", r"(?s)/\*.*?\*/|//[^\n]*", ""),
    ("allows_single_quotes", r"""'([^'"\\]*)'""", r'"\1"'),
    ("allows_unquoted_names", r"([{,]\s*)([A-Za-z_$][A-Za-z0-9_$]*)\s*:", r'\1"\2":'),
    ("allows_leading_zeros", r"([:\[,]\s*-?)0+([0-9])", r"\1\2"),
)


def _parsed(document: str, options: JsonOptions) -> Any:
    repaired = document
    for name, pattern, replacement in _REPAIRS:
        if getattr(options, name):
            repaired = re.sub(pattern, replacement, repaired)
    decoder = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)
    for reading in (document, repaired):
        try:
            return decoder.raw_decode(reading.lstrip())[0]
        except ValueError:
            continue
    parameters = {"badRecord": document, "failFastMode": "FAILFAST"}
    raise SparkError(ErrorKind.SPARK, "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", parameters)


def _type_of(value: Any, options: JsonOptions) -> DataType:
    match value:
        case None:
            return NULL
        case dict():
            fields = (StructField(name, _type_of(member, options)) for name, member in sorted(value.items()))
            return StructType(tuple(fields))
        case list():
            element: DataType = NULL
            for member in value:
                element = wider(element, _type_of(member, options))
            return ArrayType(element)
        case str():
            is_time = options.infers_timestamp and _TIMESTAMP.fullmatch(value) is not None
            return TIMESTAMP if is_time else STRING
        case _ if options.primitives_as_string:
            return STRING
        case bool():
            return BOOLEAN
        case Decimal():
            return _number(value, options)
        case _:
            return DOUBLE


def _number(value: Decimal, options: JsonOptions) -> DataType:
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    has_fraction = exponent != 0
    if abs(value.adjusted()) > _MAX_EXPONENT:
        return DOUBLE
    scale = max(-exponent, 0)
    integer_digits = max(len(digits) + exponent, 1)
    return number_type(
        integer_digits,
        scale,
        has_integers=not has_fraction,
        has_fractions=has_fraction,
        prefers_decimal=options.prefers_decimal,
    )


# ------------------------------------------------------------------------------------------------ CSV


def csv_schema_text(line: str, pairs: Pairs) -> str:
    """Spark's SQL form of the type of a line; columns are `_c0`, `_c1`, …"""
    options = csv_options(FileOptions(pairs, FileFormat.CSV), _CORRUPT)
    fields = (StructField(f"_c{i}", _cell_type(cell, options)) for i, cell in enumerate(_cells(line, options)))
    return StructType(tuple(fields)).sql_name


def _cells(line: str, options: CsvOptions) -> list[str]:
    escape = options.escape if options.escape and options.escape != options.quote else None
    reader = csv.reader(
        [line],
        delimiter=options.separator[0],
        quotechar=options.quote or None,
        escapechar=escape,
        doublequote=escape is None,
        quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
    )
    return next(reader, [])


def _cell_type(cell: str, options: CsvOptions) -> DataType:
    if cell in ("", options.null_value):
        return STRING
    digits = len(cell.lstrip("+-")) if _INTEGER.fullmatch(cell) else 0
    return column_type([_kind(cell, options)], digits)


def _kind(cell: str, options: CsvOptions) -> CellKind:
    if _INTEGER.fullmatch(cell):
        bits = int(cell).bit_length()
        return CellKind.INTEGER if bits < 32 else CellKind.LONG if bits < 64 else CellKind.DECIMAL
    if _DOUBLE.fullmatch(cell):
        return CellKind.DOUBLE
    if options.prefers_date and _DATE.fullmatch(cell):
        return CellKind.DATE
    if _TIMESTAMP.fullmatch(cell):
        return CellKind.TIMESTAMP
    return CellKind.BOOLEAN if cell.lower() in ("true", "false") else CellKind.STRING
