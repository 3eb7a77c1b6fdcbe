"""JSON lines and documents -> columns. The engine takes a document apart once; leaves are read by Spark's rules."""

from __future__ import annotations

import json

from unbounded.connectors.files.compressed import read_head
from unbounded.connectors.files.format_options import DateFormats, JsonOptions
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.documents.json_readings import readings
from unbounded.functions.documents.json_values import json_structure, json_value
from unbounded.functions.documents.values import datetime_value
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.lowering.files.lines import is_filled, lower_contents, lower_lines
from unbounded.lowering.files.records import Column, lower_records
from unbounded.lowering.lowered import Lowering
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import DatetimeType, StructField, StructType, TimestampType

_HEAD_BYTES = 4096
_INEXACT_NUMBER = "-?[0-9]+([.][0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)"
"""Numbers the engine does not print as they were written."""
_UNQUOTED = "#"
"""Before the text of a time that is no string in the document; no time begins so."""


def lower_json(scan: FileScan, lowering: Lowering) -> str:
    """A SELECT of the scan's columns as `v0`, `v1`, … in the order of its schema."""
    options = scan.options
    assert isinstance(options, JsonOptions)
    fields = [f for i, f in enumerate(scan.data_schema.fields) if i != scan.corrupt_position]
    documents = lower_documents(scan, options, lowering)
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    parsed = _parsed("line", json_text(StructType(tuple(fields))), options)
    source = f"SELECT line, file{others}, {parsed} AS document FROM ({documents}) AS documents"
    columns = [_column(f, options.formats, lowering.environment) for f in fields]
    return lower_records(scan, options.mode, source, columns, "document IS NULL", lowering)


def _column(field: StructField, formats: DateFormats, environment: Environment) -> Column:
    """How a member is taken out and read. Reading a time mentions its text often, so the text is a cell of its own."""
    member = f"struct_extract(document, {text(field.name)})"
    if is_string_like(field.data_type):
        return Column(_string_cell(field), "{value}")
    if not isinstance(field.data_type, DatetimeType):
        return Column(member, json_value("{value}", field.data_type, formats, environment))
    token = f"CAST({member} AS VARCHAR)"
    cell = f"CASE WHEN starts_with({token}, '\"') THEN {token}[2:-2] ELSE {text(_UNQUOTED)} || {token} END"
    read = datetime_value("{value}", field.data_type, formats, environment)
    if isinstance(field.data_type, TimestampType):
        seconds = f"TRY_CAST({{value}}[{len(_UNQUOTED) + 1}:] AS BIGINT)"
        is_number = f"starts_with({{value}}, {text(_UNQUOTED)})"
        read = f"CASE WHEN {is_number} THEN make_timestamp({seconds} * 1000000) ELSE {read} END"
    return Column(cell, read)


def _string_cell(field: StructField) -> str:
    """What is read as a string and is none comes as it stands in the document."""
    value = f"struct_extract(document, {text(field.name)})"
    is_number = f"{value} < ':' AND regexp_full_match({value}, '{_INEXACT_NUMBER}')"
    is_nested = f"starts_with({value}, '{{') OR starts_with({value}, '[')"
    exact = f"coalesce(kernel_json_member_text(line, {text(field.name)}), {value})"
    return f"CASE WHEN {is_nested} OR ({is_number}) THEN {exact} ELSE {value} END"


def lower_documents(scan: FileScan, options: JsonOptions, lowering: Lowering) -> str:
    """`line` (the text of one document), `file` and the partition texts."""
    if options.is_multi_line:
        return _members(scan, lower_contents(scan))
    lines = lower_lines(scan, lowering, separator=options.line_separator, keeps_blank=False)
    filled = f"SELECT * FROM ({lines}) AS lines WHERE {is_filled('line')}"
    return _members(scan, filled) if _begins_with_array(scan) else filled


def json_text(schema: StructType) -> str:
    """The structure the engine extracts, as its JSON notation; a document without fields is an object of one."""
    members = {f.name: json_structure(f.data_type) for f in schema.fields}
    return json.dumps(members or {"_": "JSON"}, ensure_ascii=False)


def _begins_with_array(scan: FileScan) -> bool:
    """Arrays as lines are looked for at the beginning of each file only: taking them apart costs time."""
    return any(read_head(path, _HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") for path in scan.paths)


def _members(scan: FileScan, documents: str) -> str:
    """A document that is an array stands for its members."""
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    array = "TRY(json_transform(line, '[\"JSON\"]'))"
    is_array = _begins_with("line", "[")
    members = f"coalesce(CASE WHEN {is_array} THEN CAST({array} AS VARCHAR[]) END, [line])"
    return f"SELECT unnest({members}) AS line, file{others} FROM ({documents}) AS arrays"


def _parsed(document: str, structure: str, options: JsonOptions) -> str:
    """The document as a struct; NULL if it is not one."""
    shape = text(structure)
    attempts = ", ".join(f"TRY(json_transform({reading}, {shape}))" for reading in readings(document, options))
    is_object = _begins_with(document, "{")
    if options.allows_comments:
        is_object = f"regexp_matches({document}, '^[ \\t\\r\\n]*(/[*].*)?{{')"
    return f"CASE WHEN {is_object} THEN coalesce({attempts}) END"


def _begins_with(document: str, bracket: str) -> str:
    """Whether a document's first character besides blanks is `bracket`; most have no blanks there."""
    trimmed = f"starts_with(ltrim({document}, e' \\t\\r\\n'), '{bracket}')"
    return f"CASE WHEN starts_with({document}, '{bracket}') THEN true ELSE {trimmed} END"
