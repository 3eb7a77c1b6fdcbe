"""Queries that look into CSV and JSON files so that their types can be told. The rules are in `connectors`."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.csv_inference import CellKind, kind_bit
from unbounded.connectors.files.format_options import CsvOptions, DateFormats, JsonOptions
from unbounded.connectors.files.json_inference import ELEMENT, Path
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.documents.csv_tokens import cell
from unbounded.functions.documents.json_readings import readings
from unbounded.functions.documents.values import csv_value, datetime_value
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.lowering.files.csv import lower_csv_tokens
from unbounded.lowering.files.json import lower_documents
from unbounded.lowering.lowered import LoweredQuery, Lowering
from unbounded.plan.expressions import Attribute
from unbounded.types.datatypes import BOOLEAN, DATE, DOUBLE, INTEGER, STRING, TIMESTAMP, DataType

_STRING, _BOOLEAN = kind_bit(CellKind.STRING), kind_bit(CellKind.BOOLEAN)


def csv_kinds_query(
    scan: FileScan, options: CsvOptions, column_count: int, environment: Environment, prefix: str
) -> LoweredQuery:
    """One row: for each column its cell kinds as bits (the position in `CellKind`), and the digits of its longest
    integer beyond 64 bits."""
    lowering = Lowering(environment, prefix)
    columns = range(column_count)
    cells = ", ".join(f"{cell(i, options)} AS cell{i}" for i in columns)
    tokens = f"SELECT line, {cells} FROM ({lower_csv_tokens(scan, options, lowering)}) AS tokenized"
    kinds = ", ".join(f"cell{i}, {_kind(f'cell{i}', options, environment)} AS kind{i}" for i in columns)
    items = ", ".join(
        f"bit_or(kind{i}) FILTER (WHERE cell{i} IS NOT NULL), "
        f"CAST(max(length(ltrim(cell{i}, '+-'))) FILTER (WHERE kind{i} = {kind_bit(CellKind.DECIMAL)}) AS INTEGER)"
        for i in columns
    )
    output = [(name, INTEGER) for i in columns for name in (f"kinds{i}", f"digits{i}")]
    return _query(f"SELECT {items} FROM (SELECT {kinds} FROM ({tokens}) AS celled) AS classified", output, lowering)


def csv_first_record_query(scan: FileScan, options: CsvOptions, environment: Environment, prefix: str) -> LoweredQuery:
    """One row: the tokens of the first record (`scan` is of one file and `options` without a header)."""
    lowering = Lowering(environment, prefix)
    tokens = lower_csv_tokens(scan, options, lowering)
    sql = f"SELECT CAST(to_json(tokens) AS VARCHAR) FROM ({tokens}) AS tokenized LIMIT 1"
    return _query(sql, [("tokens", STRING)], lowering)


def _kind(value: str, options: CsvOptions, environment: Environment) -> str:
    """The bit of a cell's kind. A word is told from a number or a time by its first letter, where that is enough."""
    text_kind = (
        f"CASE WHEN {csv_value(value, BOOLEAN, options, environment)} IS NULL THEN {_STRING} ELSE {_BOOLEAN} END"
    )
    clean = f"CASE WHEN CAST(TRY_CAST({value} AS INTEGER) AS VARCHAR) = {value} THEN {kind_bit(CellKind.INTEGER)}"
    number = csv_value(value, DOUBLE, options, environment)
    return (
        f"{clean} WHEN {_is_word(value, options)} THEN {text_kind} "
        f"WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN {_whole_kind(value)} "
        f"WHEN {number} IS NOT NULL THEN {kind_bit(CellKind.DOUBLE)} "
        f"{_time_kinds(value, options, environment)} ELSE {text_kind} END"
    )


def _is_word(value: str, options: CsvOptions) -> str:
    """Cells that begin behind the digits, and with no letter that a special number or a time may begin with."""
    if options.formats != DateFormats():
        return "false"
    letters = {"N", "I", "T", options.nan[:1], options.positive_infinity[:1], options.negative_infinity[:1]} - {""}
    return f"({value} >= ':' AND {value}[1] NOT IN ({', '.join(map(text, sorted(letters)))}))"


def _whole_kind(value: str) -> str:
    return (
        f"CASE WHEN TRY_CAST({value} AS INTEGER) IS NOT NULL THEN {kind_bit(CellKind.INTEGER)} "
        f"WHEN TRY_CAST({value} AS BIGINT) IS NOT NULL THEN {kind_bit(CellKind.LONG)} "
        f"ELSE {kind_bit(CellKind.DECIMAL)} END"
    )


def _time_kinds(value: str, options: CsvOptions, environment: Environment) -> str:
    date = f"{datetime_value(value, DATE, options.formats, environment)} IS NOT NULL"
    if options.formats.date is None:
        date = f"regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') AND {date}"
    dates = f"WHEN {date} THEN {kind_bit(CellKind.DATE)} " if options.prefers_date else ""
    timestamp = datetime_value(value, TIMESTAMP, options.formats, environment)
    return f"{dates}WHEN {timestamp} IS NOT NULL THEN {kind_bit(CellKind.TIMESTAMP)}"


def json_structures_query(scan: FileScan, options: JsonOptions, environment: Environment, prefix: str) -> LoweredQuery:
    """The distinct structures of documents, NULL for malformed ones; whether one has a number of 19 digits or more."""
    lowering = Lowering(environment, prefix)
    documents = lower_documents(scan, options, lowering)
    attempts = ", ".join(f"TRY(json_structure({reading}))" for reading in readings("line", options))
    sql = (
        f"SELECT CAST(coalesce({attempts}) AS VARCHAR) AS structure, bool_or(regexp_matches(line, '[0-9]{{19}}')) "
        f"FROM ({documents}) AS documents GROUP BY 1"
    )
    return _query(sql, [("structure", STRING), ("has_large", BOOLEAN)], lowering)


def json_numbers_query(
    scan: FileScan, options: JsonOptions, paths: Sequence[Path], environment: Environment, prefix: str
) -> LoweredQuery:
    """One row: for each leaf the most integer digits, the largest scale, whether it has integers, and fractions."""
    items, output = [], []
    for i, path in enumerate(paths):
        numbers = f"list_filter({_tokens(path)}, lambda x : regexp_full_match(x, '-?[0-9]+([.][0-9]+)?'))"
        fractions = f"list_filter({numbers}, lambda x : contains(x, '.'))"
        items += [
            f"max(list_max(list_transform({numbers}, lambda x : length(ltrim(split_part(x, '.', 1), '-')))))",
            f"max(list_max(list_transform({fractions}, lambda x : length(split_part(x, '.', 2)))))",
            f"bool_or(len({numbers}) > len({fractions}))",
            f"bool_or(len({fractions}) > 0)",
        ]
        output += [(f"digits{i}", INTEGER), (f"scale{i}", INTEGER), (f"ints{i}", BOOLEAN), (f"fracs{i}", BOOLEAN)]
    return _over_documents(items, output, scan, options, environment, prefix)


def json_timestamps_query(
    scan: FileScan, options: JsonOptions, paths: Sequence[Path], environment: Environment, prefix: str
) -> LoweredQuery:
    """One row: for each leaf whether all its strings are timestamps."""
    items = []
    for path in paths:
        inside = f"list_transform(list_filter({_tokens(path)}, lambda x : starts_with(x, '\"')), lambda x : x[2:-2])"
        read = datetime_value("x", TIMESTAMP, DateFormats(timestamp=options.formats.timestamp), environment)
        items.append(f"bool_and(list_bool_and(list_transform({inside}, lambda x : {read} IS NOT NULL)))")
    output = [(f"all{i}", BOOLEAN) for i in range(len(paths))]
    return _over_documents(items, output, scan, options, environment, prefix)


def _over_documents(
    items: Sequence[str],
    output: Sequence[tuple[str, DataType]],
    scan: FileScan,
    options: JsonOptions,
    environment: Environment,
    prefix: str,
) -> LoweredQuery:
    lowering = Lowering(environment, prefix)
    documents = lower_documents(scan, options, lowering)
    valid = f"SELECT line FROM ({documents}) AS documents WHERE json_valid(line)"
    return _query(f"SELECT {', '.join(items)} FROM ({valid}) AS valid", output, lowering)


def _tokens(path: Path) -> str:
    """The JSON texts at `path` of the document `line`, as a list of VARCHAR."""
    steps = "".join("[*]" if step == ELEMENT else '."' + step.replace('"', '\\"') + '"' for step in path)
    found = f"json_extract(line, {text('$' + steps)})"
    return f"CAST({found} AS VARCHAR[])" if ELEMENT in path else f"[CAST({found} AS VARCHAR)]"


def _query(sql: str, output: Sequence[tuple[str, DataType]], lowering: Lowering) -> LoweredQuery:
    attributes = tuple(Attribute(i, name, data_type) for i, (name, data_type) in enumerate(output))
    return LoweredQuery(sql, attributes, tuple(lowering.inputs))
