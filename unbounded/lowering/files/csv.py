"""CSV lines -> columns, by the rules of Spark's parser: ragged rows, headers, malformed records."""

from __future__ import annotations

from unbounded.connectors.files.format_options import CsvOptions
from unbounded.connectors.files.headers import header_line_count
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.documents.csv_tokens import cell, csv_tokens, exactly, quoted_pattern
from unbounded.functions.documents.values import csv_value
from unbounded.functions.engine import text
from unbounded.lowering.files.lines import is_filled, lower_contents, lower_lines
from unbounded.lowering.files.records import Column, lower_records
from unbounded.lowering.lowered import Lowering


def lower_csv(scan: FileScan, lowering: Lowering) -> str:
    """A SELECT of the scan's columns as `v0`, `v1`, … in the order of its schema."""
    options = scan.options
    assert isinstance(options, CsvOptions)
    fields = [f for i, f in enumerate(scan.data_schema.fields) if i != scan.corrupt_position]
    source = lower_csv_tokens(scan, options, lowering)
    columns = [
        Column(cell(i, options), csv_value("{value}", f.data_type, options, lowering.environment))
        for i, f in enumerate(fields)
    ]
    uses_all = scan.corrupt_position is not None or all(scan.requires(i) for i in range(len(scan.data_schema.fields)))
    wrong_width = f"len(tokens) <> {len(fields)}" if uses_all else None
    return lower_records(scan, options.mode, source, columns, wrong_width, lowering)


def lower_csv_tokens(scan: FileScan, options: CsvOptions, lowering: Lowering) -> str:
    """`line`, `file`, partition texts and `tokens`, a list of VARCHAR in which NULL and '' are an empty cell."""
    skips = [header_line_count(path, options) for path in scan.paths] if options.has_header else None
    if options.is_multi_line:
        lines = _records_of_contents(scan, options)
    else:
        lines = lower_lines(scan, lowering, separator=options.line_separator, keeps_blank=False, skipped_lines=skips)
    comment = f" AND NOT starts_with(line, {text(options.comment)})" if options.comment else ""
    tokens = csv_tokens("line", options)
    return f"SELECT *, {tokens} AS tokens FROM ({lines}) AS lines WHERE {is_filled('line')}{comment}"


def _records_of_contents(scan: FileScan, options: CsvOptions) -> str:
    """Lines of whole files, where a quoted line break does not end a record."""
    quoted = quoted_pattern(options)
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    record = text(f"(?s)((?:{quoted}|[^\\r\\n{exactly(options.quote)}]|{exactly(options.quote)})*)(?:\\r\\n|\\r|\\n|$)")
    found = f"regexp_extract_all(line, {record}, 1)"
    if options.has_header:
        found = f"list_filter({found}, lambda r : trim(r) <> '')[2:]"
    contents = "ltrim(line, '\ufeff') AS line"
    inner = f"SELECT {contents}, file{others} FROM ({lower_contents(scan)}) AS whole"
    return f"SELECT unnest({found}) AS line, file{others} FROM ({inner}) AS marked"
