"""Rows to write as engine queries: lines of text for CSV, JSON and text, columns for Parquet; and each row's folder.

The last column of every query is `folder`: the path of the row's partition below the target, empty without partitions.
"""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.partitions import ESCAPED, NULL_NAME
from unbounded.connectors.files.write_options import WriteFormat
from unbounded.connectors.formats import FileFormat
from unbounded.functions.documents.texts import csv_cell, json_text
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.lowering.casts import cast_value
from unbounded.lowering.lowered import LoweredQuery, Lowering, column
from unbounded.lowering.plans import lower_plan
from unbounded.plan.expressions import Attribute, CastMode
from unbounded.plan.logical import LogicalPlan
from unbounded.types.datatypes import (
    INTEGER,
    LONG,
    STRING,
    DataType,
    DayTimeIntervalType,
    StructType,
    YearMonthIntervalType,
)


def lower_output(
    plan: LogicalPlan,
    partitions: Sequence[Attribute],
    file_format: FileFormat,
    options: WriteFormat,
    environment: Environment,
    prefix: str,
) -> LoweredQuery:
    """The query whose rows a file sink takes. `partitions` are columns of `plan` that go into folder names."""
    lowering = Lowering(environment, prefix)
    rows = lower_plan(plan, lowering)
    ids = {a.id for a in partitions}
    data = tuple(a for a in plan.output if a.id not in ids)
    items, output = _columns(data, file_format, options, environment)
    folder = _folder(partitions, environment)
    sql = f"SELECT {', '.join([*items, f'{folder} AS folder'])} FROM ({rows}) AS written"
    attributes = (*output, Attribute(len(output), "folder", STRING, False))
    return LoweredQuery(sql, attributes, tuple(lowering.inputs), lowering.functions)


def _columns(
    data: tuple[Attribute, ...], file_format: FileFormat, options: WriteFormat, environment: Environment
) -> tuple[list[str], tuple[Attribute, ...]]:
    if file_format is FileFormat.PARQUET:
        output = tuple(Attribute(i, a.name, _stored_type(a.data_type), a.nullable) for i, a in enumerate(data))
        return [column(a) for a in data], output
    write_line = {FileFormat.CSV: _csv_line, FileFormat.JSON: _json_line}.get(file_format, _text_line)
    ended = f"{write_line(data, options, environment)} || {text(options.line_separator)} AS line"
    return [ended], (Attribute(0, "line", STRING, False),)


def _stored_type(data_type: DataType) -> DataType:
    """Parquet has no intervals: Spark keeps their counts, and the type in the schema beside."""
    if isinstance(data_type, DayTimeIntervalType):
        return LONG
    return INTEGER if isinstance(data_type, YearMonthIntervalType) else data_type


def _csv_line(data: tuple[Attribute, ...], options: WriteFormat, environment: Environment) -> str:
    cells = [csv_cell(column(a), a.data_type, options, environment) for a in data]
    return "(" + f" || {text(options.separator)} || ".join(cells) + ")"


def _json_line(data: tuple[Attribute, ...], options: WriteFormat, environment: Environment) -> str:
    struct = StructType(tuple(a.to_field() for a in data))
    values = [column(a) for a in data]
    return json_text(values, struct, options, environment)


def _text_line(data: tuple[Attribute, ...], options: WriteFormat, environment: Environment) -> str:
    return f"coalesce({column(data[0])}, '')"


def _folder(partitions: Sequence[Attribute], environment: Environment) -> str:
    """`k=v/l=w` with the characters escaped that Spark escapes; NULL and the empty string have one name."""
    parts = []
    for attribute in partitions:
        shown = cast_value(column(attribute), attribute.data_type, STRING, CastMode.ANSI, environment)
        value = f"coalesce(nullif({_escaped_sql(shown)}, ''), {text(NULL_NAME)})"
        parts.append(f"{text(escape_name(attribute.name) + '=')} || {value}")
    return " || '/' || ".join(parts) or "''"


def escape_name(name: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in ESCAPED else c for c in name)


def _escaped_sql(value: str) -> str:
    """Most values have nothing to escape; the others are changed character by character."""
    found = "".join(f"\\x{{{ord(c):x}}}" for c in ESCAPED)
    code = "upper(printf('%%%02x', unicode(x)))"
    character = f"CASE WHEN contains({text(ESCAPED)}, x) THEN {code} ELSE x END"
    changed = f"list_transform(string_split({value}, ''), lambda x : {character})"
    return (
        f"CASE WHEN regexp_matches({value}, {text(f'[{found}]')}) THEN array_to_string({changed}, '') ELSE {value} END"
    )
