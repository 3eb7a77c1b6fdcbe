"""CSV lines -> columns, by the rules of Spark's parser: quotes, escapes, ragged rows, malformed records.

A line without a quote is split at the separator; only lines with quotes go through the pattern. A token is
quoted if it ends right before a separator or the end of the line; a quoted token that is never closed runs to the end;
a quote in the middle makes the token plain text up to the next separator.
"""

from __future__ import annotations

from unbounded.connectors.files.format_options import CsvOptions
from unbounded.connectors.files.headers import header_line_count
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.engine import text
from unbounded.lowering.files.lines import lower_contents, lower_lines
from unbounded.lowering.files.records import Column, lower_records
from unbounded.lowering.files.values import csv_value
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
    return lower_records(scan, options.mode, source, columns, wrong_width, lowering.environment)


def lower_csv_tokens(scan: FileScan, options: CsvOptions, lowering: Lowering) -> str:
    """`line`, `file`, partition texts and `tokens`, a list of VARCHAR in which NULL and '' are an empty cell."""
    skips = [header_line_count(path, options) for path in scan.paths] if options.has_header else None
    if options.is_multi_line:
        lines = _records_of_contents(scan, options)
    else:
        lines = lower_lines(
            scan, lowering, separator=options.line_separator, keeps_blank=False, skipped_lines=skips
        )
    comment = f" AND NOT starts_with(line, {text(options.comment)})" if options.comment else ""
    return f"SELECT *, {_tokens(options)} AS tokens FROM ({lines}) AS lines WHERE trim(line, e' \\t\\r') <> ''{comment}"


def cell(position: int, options: CsvOptions) -> str:
    """The text of a cell; NULL for an empty one and for the null value."""
    token = f"tokens[{position + 1}]"
    if not options.null_value:
        return f"nullif({token}, '')"
    if not options.empty_value and options.quote:
        plain = f"CASE WHEN contains(line, {text(options.quote)}) THEN {token} ELSE nullif({token}, '') END"
        return f"nullif({plain}, {text(options.null_value)})"
    return f"nullif(nullif({token}, ''), {text(options.null_value)})"


def _records_of_contents(scan: FileScan, options: CsvOptions) -> str:
    """Lines of whole files, where a quoted line break does not end a record."""
    quoted = _quoted(options)
    others = "".join(f", part{i}" for i in range(len(scan.partition_schema.fields)))
    record = text(f"(?s)((?:{quoted}|[^\\r\\n{_class(options.quote)}]|{_literal(options.quote)})*)(?:\\r\\n|\\r|\\n|$)")
    found = f"regexp_extract_all(line, {record}, 1)"
    if options.has_header:
        found = f"list_filter({found}, lambda r : trim(r) <> '')[2:]"
    contents = "ltrim(line, '\ufeff') AS line"
    inner = f"SELECT {contents}, file{others} FROM ({lower_contents(scan)}) AS whole"
    return f"SELECT unnest({found}) AS line, file{others} FROM ({inner}) AS marked"


def _tokens(options: CsvOptions) -> str:
    split = f"string_split(line, {text(options.separator)})"
    if options.trims_start or options.trims_end:
        split = f"list_transform({split}, lambda x : {_trimmed('x', options)})"
    if not options.quote:
        return split
    separator = text(options.separator)
    found = f"regexp_extract_all(line || {separator}, {text(_token_pattern(options))}, 1)"
    unquoted = f"list_transform({found}, lambda x : {_unquoted(options)})"
    return f"CASE WHEN contains(line, {text(options.quote)}) THEN {unquoted} ELSE {split} END"


def _token_pattern(options: CsvOptions) -> str:
    quoted, blank = _quoted(options), "[ \\t]*"
    opened = f"{_literal(options.quote)}(?:{_inside(options)})*"
    before = blank if options.trims_start else ""
    return f"(?s)({before}{quoted}{blank}|{before}{quoted}.*?|{before}{opened}|.*?){_literal(options.separator)}"


def _quoted(options: CsvOptions) -> str:
    quote = _literal(options.quote)
    return f"{quote}(?:{_inside(options)})*{quote}"


def _inside(options: CsvOptions) -> str:
    """One character between quotes, or an escaped one."""
    quote, escape = options.quote, options.escape
    if escape == quote:
        return f"[^{_class(quote)}]|{_literal(quote)}{_literal(quote)}"
    if not escape:
        return f"[^{_class(quote)}]"
    return f"[^{_class(quote)}{_class(escape)}]|{_literal(escape)}."


def _unquoted(options: CsvOptions) -> str:
    """The token `x` without its quotes; NULL if it is empty and unquoted."""
    quote, blank = _literal(options.quote), "[ \\t]*" if options.trims_start else ""
    whole = text(f"(?s){blank}{_quoted(options)}[ \\t]*")
    opened = text(f"(?s){blank}{quote}(?:{_inside(options)})*")
    start = "ltrim(x, e' \\t')" if options.trims_start else "x"
    closed = f"rtrim({start}, e' \\t')[2:-2]"
    empty = f"CASE WHEN {closed} = '' THEN {text(options.empty_value)} ELSE {_unescaped(closed, options)} END"
    plain = f"nullif({_trimmed('x', options)}, '')"
    return (
        f"CASE WHEN NOT starts_with({start}, {text(options.quote)}) THEN {plain} "
        f"WHEN regexp_full_match(x, {whole}) THEN {empty} "
        f"WHEN regexp_full_match(x, {opened}) THEN {_unescaped(f'{start}[2:]', options)} ELSE {plain} END"
    )


def _unescaped(value: str, options: CsvOptions) -> str:
    if not options.escape:
        return value
    quote, escape = _literal(options.quote), _literal(options.escape)
    escaped = f"{quote}|{escape}" if options.escape_of_escape == options.escape else quote
    return f"regexp_replace({value}, {text(f'{escape}({escaped})')}, '\\1', 'g')"


def _trimmed(value: str, options: CsvOptions) -> str:
    blank = "e' \\t'"
    if options.trims_start and options.trims_end:
        return f"trim({value}, {blank})"
    if options.trims_start:
        return f"ltrim({value}, {blank})"
    return f"rtrim({value}, {blank})" if options.trims_end else value


def _literal(characters: str) -> str:
    """Characters as a pattern that matches exactly them."""
    return "".join(f"\\x{{{ord(c):x}}}" for c in characters)


def _class(characters: str) -> str:
    return _literal(characters)
