"""JSON lines and documents -> columns. The engine takes a document apart once; leaves are read by Spark's rules."""

from __future__ import annotations

import json

from unbounded.connectors.files.compressed import read_head
from unbounded.connectors.files.format_options import JsonOptions
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.engine import text
from unbounded.lowering.files.lines import lower_contents, lower_lines
from unbounded.lowering.files.records import Column, lower_records
from unbounded.lowering.files.values import json_structure, json_value
from unbounded.lowering.lowered import Lowering
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import StructField, StructType

_HEAD_BYTES = 4096
_INEXACT_NUMBER = "-?[0-9]+([.][0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)"
"""Numbers the engine does not print as they were written."""


def lower_json(scan: FileScan, lowering: Lowering) -> str:
    """A SELECT of the scan's columns as `v0`, `v1`, … in the order of its schema."""
    options = scan.options
    assert isinstance(options, JsonOptions)
    fields = [f for i, f in enumerate(scan.data_schema.fields) if i != scan.corrupt_position]
    documents = lower_documents(scan, options, lowering)
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    parsed = _parsed("line", json_text(StructType(tuple(fields))), options)
    source = f"SELECT line, file{others}, {parsed} AS document FROM ({documents}) AS documents"
    columns = [Column(_cell(f), json_value("{value}", f.data_type, options.formats, lowering.environment)) for f in fields]
    return lower_records(scan, options.mode, source, columns, "document IS NULL", lowering.environment)


def _cell(field: StructField) -> str:
    """The value of a member. What is read as a string and is none comes as it stands in the document."""
    value = f"struct_extract(document, {text(field.name)})"
    if not is_string_like(field.data_type):
        return value
    is_number = f"{value} < ':' AND regexp_full_match({value}, '{_INEXACT_NUMBER}')"
    is_nested = f"starts_with({value}, '{{') OR starts_with({value}, '[')"
    exact = f"coalesce(kernel_json_member_text(line, {text(field.name)}), {value})"
    return f"CASE WHEN {is_nested} OR ({is_number}) THEN {exact} ELSE {value} END"


def lower_documents(scan: FileScan, options: JsonOptions, lowering: Lowering) -> str:
    """`line` (the text of one document), `file` and the partition texts."""
    if options.is_multi_line:
        return _members(scan, lower_contents(scan))
    lines = lower_lines(scan, lowering, separator=options.line_separator, keeps_blank=False)
    filled = f"SELECT * FROM ({lines}) AS lines WHERE trim(line, e' \\t\\r') <> ''"
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
    members = f"coalesce(CASE WHEN starts_with(ltrim(line, e' \\t\\r\\n'), '[') THEN CAST({array} AS VARCHAR[]) END, [line])"
    return f"SELECT unnest({members}) AS line, file{others} FROM ({documents}) AS arrays"


_REPAIRS: tuple[tuple[str, str, str], ...] = (
    ("allows_comments", "(?s)/\\*.*?\\*/|//[^\\n]*", ""),
    ("allows_single_quotes", """'([^'"\\\\]*)'""", '"\\1"'),
    ("allows_unquoted_names", "([{,]\\s*)([A-Za-z_$][A-Za-z0-9_$]*)\\s*:", '\\1"\\2":'),
    ("allows_leading_zeros", "([:\\[,]\\s*-?)0+([0-9])", "\\1\\2"),
    ("allows_any_escape", """\\\\([^"\\\\/bfnrtu])""", "\\1"),
    ("allows_control_characters", "[\\x00-\\x1f]", " "),
)
"""Options under which Spark reads more than JSON: what a text that is not JSON is changed to before it is tried again."""


def readings(document: str, options: JsonOptions) -> list[str]:
    """The texts to try for a document, in order: itself, up to its last brace (Spark does not look at what stands
    behind the first object), and repaired as the options allow."""
    repaired = document
    for name, pattern, replacement in _REPAIRS:
        if getattr(options, name):
            repaired = f"regexp_replace({repaired}, {text(pattern)}, {text(replacement)}, 'g')"
    found = [document, f"regexp_extract({document}, '(?s)^.*}}')"]
    return found if repaired == document else [*found, f"regexp_extract({repaired}, '(?s)^.*}}')"]


def _parsed(document: str, structure: str, options: JsonOptions) -> str:
    """The document as a struct; NULL if it is not one."""
    shape = text(structure)
    attempts = ", ".join(f"TRY(json_transform({reading}, {shape}))" for reading in readings(document, options))
    is_object = f"regexp_matches({document}, '^[ \\t\\r\\n]*(/[*].*)?{{')" if options.allows_comments else (
        f"starts_with(ltrim({document}, e' \\t\\r\\n'), '{{')"
    )
    return f"CASE WHEN {is_object} THEN coalesce({attempts}) END"
