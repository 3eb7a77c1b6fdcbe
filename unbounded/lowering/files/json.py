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
from unbounded.types.datatypes import StructType

_HEAD_BYTES = 4096


def lower_json(scan: FileScan, lowering: Lowering) -> str:
    """A SELECT of the scan's columns as `v0`, `v1`, … in the order of its schema."""
    options = scan.options
    assert isinstance(options, JsonOptions)
    fields = [f for i, f in enumerate(scan.data_schema.fields) if i != scan.corrupt_position]
    documents = lower_documents(scan, options, lowering)
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    parsed = _parsed("line", json_text(StructType(tuple(fields))), options)
    source = f"SELECT line, file{others}, {parsed} AS document FROM ({documents}) AS documents"
    columns = [
        Column(
            f"struct_extract(document, {text(f.name)})",
            json_value("{value}", f.data_type, options.formats, lowering.environment),
        )
        for f in fields
    ]
    return lower_records(scan, options.mode, source, columns, "document IS NULL", lowering.environment)


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


def first_object(document: str) -> str:
    """The text up to the last brace: Spark does not look at what stands behind the first object."""
    return f"regexp_extract({document}, '(?s)^.*}}')"


def _parsed(document: str, structure: str, options: JsonOptions) -> str:
    """The document as a struct; NULL if it is not one. What follows an object is passed over."""
    shape = text(structure)

    def tried(source: str) -> str:
        return f"TRY(json_transform({source}, {shape}))"

    attempts = [tried(document), tried(first_object(document))]
    if options.allows_single_quotes:
        attempts.append(tried(f"CASE WHEN NOT contains({document}, '\"') THEN replace({document}, '''', '\"') END"))
    is_object = f"starts_with(ltrim({document}, e' \\t\\r\\n'), '{{')"
    return f"CASE WHEN {is_object} THEN coalesce({', '.join(attempts)}) END"
