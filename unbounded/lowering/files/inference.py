"""Queries that look into CSV and JSON files so that their types can be told. The rules are in `connectors`."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.csv_inference import CellKind
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


def csv_kinds_query(
    scan: FileScan, options: CsvOptions, column_count: int, environment: Environment, prefix: str
) -> LoweredQuery:
    """One row: for each column its cell kinds joined by commas, then the digits of its longest integer."""
    lowering = Lowering(environment, prefix)
    tokens = lower_csv_tokens(scan, options, lowering)
    cells = ", ".join(f"{cell(i, options)} AS cell{i}" for i in range(column_count))
    items, output = [], []
    for i in range(column_count):
        kind = _kind(f"cell{i}", options, environment)
        is_integer = f"regexp_full_match(cell{i}, '[+-]?[0-9]+')"
        items += [
            f"array_to_string(list(DISTINCT {kind}) FILTER (WHERE cell{i} IS NOT NULL), ',')",
            f"CAST(max(length(ltrim(cell{i}, '+-'))) FILTER (WHERE {is_integer}) AS INTEGER)",
        ]
        output += [(f"kinds{i}", STRING), (f"digits{i}", INTEGER)]
    sql = f"SELECT {', '.join(items)} FROM (SELECT line, {cells} FROM ({tokens}) AS tokenized) AS celled"
    return _query(sql, output, lowering)


def csv_first_record_query(scan: FileScan, options: CsvOptions, environment: Environment, prefix: str) -> LoweredQuery:
    """One row: the tokens of the first record (`scan` is of one file and `options` without a header)."""
    lowering = Lowering(environment, prefix)
    tokens = lower_csv_tokens(scan, options, lowering)
    sql = f"SELECT CAST(to_json(tokens) AS VARCHAR) FROM ({tokens}) AS tokenized LIMIT 1"
    return _query(sql, [("tokens", STRING)], lowering)


def _kind(value: str, options: CsvOptions, environment: Environment) -> str:
    def name(kind: CellKind) -> str:
        return text(kind.value)

    date = f"{datetime_value(value, DATE, options.formats, environment)} IS NOT NULL"
    if options.formats.date is None:
        date = f"regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') AND {date}"
    timestamp = datetime_value(value, TIMESTAMP, options.formats, environment)
    dates = f"WHEN {date} THEN {name(CellKind.DATE)} " if options.prefers_date else ""
    return (
        f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN "
        f"CASE WHEN TRY_CAST({value} AS INTEGER) IS NOT NULL THEN {name(CellKind.INTEGER)} "
        f"WHEN TRY_CAST({value} AS BIGINT) IS NOT NULL THEN {name(CellKind.LONG)} ELSE {name(CellKind.DECIMAL)} END "
        f"WHEN {csv_value(value, DOUBLE, options, environment)} IS NOT NULL THEN {name(CellKind.DOUBLE)} {dates}"
        f"WHEN {timestamp} IS NOT NULL THEN {name(CellKind.TIMESTAMP)} "
        f"WHEN {csv_value(value, BOOLEAN, options, environment)} IS NOT NULL THEN {name(CellKind.BOOLEAN)} "
        f"ELSE {name(CellKind.STRING)} END"
    )


def json_structures_query(scan: FileScan, options: JsonOptions, environment: Environment, prefix: str) -> LoweredQuery:
    """The distinct structures of documents, NULL for malformed ones; whether one has a number of 19 digits or more."""
    lowering = Lowering(environment, prefix)
    documents = lower_documents(scan, options, lowering)
    attempts = ", ".join(f"TRY(json_structure({text}))" for text in readings("line", options))
    structure = f"CASE WHEN json_valid(line) THEN json_structure(line) ELSE coalesce({attempts}) END"
    sql = (
        f"SELECT CAST({structure} AS VARCHAR) AS structure, bool_or(regexp_matches(line, '[0-9]{{19}}')) "
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
