"""from_csv, to_csv and schema_of_csv."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.connectors.files.format_options import CsvOptions, Mode, csv_options
from unbounded.connectors.files.write_options import write_format
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, analysis_error, unsupported_error
from unbounded.functions.documents.arguments import (
    check_corrupt_column,
    check_count,
    check_mode,
    document,
    example_argument,
    file_options,
    options_of,
    schema_argument,
)
from unbounded.functions.documents.csv_tokens import cell, csv_tokens
from unbounded.functions.documents.schemas import csv_schema_text
from unbounded.functions.documents.texts import csv_cell
from unbounded.functions.documents.values import csv_value
from unbounded.functions.engine import bind, quote, raise_error, text
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import quoted_call
from unbounded.functions.text_forms import to_text
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import is_string_like
from unbounded.types.datatypes import STRING, ArrayType, DataType, MapType, StructField, StructType

Typed = tuple[tuple[Expression, ...], DataType]


# ------------------------------------------------------------------------------------------------ typing


def _type_from_csv(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """text, schema, [options]"""
    check_count(name, arguments, 2)
    schema = schema_argument(arguments[1])
    if not isinstance(schema, StructType):
        shown = f'"{schema.sql_name}"'
        raise analysis_error("INVALID_SCHEMA.NON_STRUCT_TYPE", inputSchema=shown, dataType=shown)
    source = document(name, arguments)
    for field in schema.fields:
        if isinstance(field.data_type, StructType | ArrayType | MapType):
            raise unsupported_error("UNSUPPORTED_DATATYPE", typeName=f'"{field.data_type.sql_name}"')
    options = _options(arguments, environment)
    check_mode(name, options.mode)
    check_corrupt_column(schema, options.corrupt_column)
    return (source, *arguments[1:]), schema


def _type_to_csv(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    check_count(name, arguments, 1)
    file_options(arguments, 1, FileFormat.CSV)
    if not isinstance(arguments[0].data_type, StructType):
        raise analysis_error(
            "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
            sqlExpr=quoted_call(name, arguments[:1]),
            functionName=f"`{name}`",
            dataType=f'"{arguments[0].data_type.sql_name}"',
        )
    return tuple(arguments), STRING


def _type_schema(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    check_count(name, arguments, 1)
    example_argument(name, arguments, "csv")
    options_of(arguments[1] if len(arguments) > 1 else None)
    return tuple(arguments), STRING


def _options(arguments: Sequence[Expression], environment: Environment) -> CsvOptions:
    return csv_options(file_options(arguments, 2, FileFormat.CSV), environment.corrupt_record_column)


# ------------------------------------------------------------------------------------------------ engine rules


def _lower_from_csv(invocation: Invocation) -> str:
    options = _options(invocation.arguments, invocation.environment)
    schema = invocation.data_type
    assert isinstance(schema, StructType)

    def read(line: str) -> str:
        tokens = bind(
            csv_tokens(line, options), "ts", lambda ts: _row(ts, line, schema, options, invocation.environment)
        )
        return f"CASE WHEN {line} IS NOT NULL THEN {tokens} END"

    return bind(invocation.sql[0], "l", read)


def _row(tokens: str, line: str, schema: StructType, options: CsvOptions, environment: Environment) -> str:
    fields = [f for f in schema.fields if f.name != options.corrupt_column]
    cells = {f.name: cell(i, options, tokens, line) for i, f in enumerate(fields)}
    values = {f.name: csv_value(cells[f.name], f.data_type, options, environment) for f in fields}
    unread = (
        f"({cells[f.name]} IS NOT NULL AND {values[f.name]} IS NULL)" for f in fields if not is_string_like(f.data_type)
    )
    is_bad = f"({' OR '.join([f'len({tokens}) <> {len(fields)}', *unread])})"
    corrupt = f"CASE WHEN {is_bad} THEN {line} END"
    row = f"struct_pack({', '.join(f'{quote(f.name)} := {values.get(f.name, corrupt)}' for f in schema.fields)})"
    if options.mode is not Mode.FAIL_FAST:
        return row
    return f"CASE WHEN {is_bad} THEN {_malformed(values, fields, environment)} ELSE {row} END"


def _malformed(values: dict[str, str], fields: Sequence[StructField], environment: Environment) -> str:
    shown = (f"coalesce({to_text(values[f.name], f.data_type, environment)}, 'null')" for f in fields)
    return raise_error(
        ErrorKind.SPARK,
        "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
        {"failFastMode": Mode.FAIL_FAST.value},
        {"badRecord": f"'[' || concat_ws(',', {', '.join(shown)}) || ']'"},
    )


def _lower_to_csv(invocation: Invocation) -> str:
    schema = invocation.type_of(0)
    assert isinstance(schema, StructType)
    options = write_format(file_options(invocation.arguments, 1, FileFormat.CSV), FileFormat.CSV, "none")

    def written(row: str) -> str:
        cells = (_cell(f"struct_extract({row}, {text(f.name)})", f.data_type) for f in schema.fields)
        joined = f" || {text(options.separator)} || ".join(cells) or "''"
        return f"CASE WHEN {row} IS NOT NULL THEN nullif({joined}, '') END"

    def _cell(value: str, data_type: DataType) -> str:
        if isinstance(data_type, StructType | ArrayType | MapType):
            value, data_type = to_text(value, data_type, invocation.environment), STRING
        return csv_cell(value, data_type, options, invocation.environment)

    return bind(invocation.sql[0], "r", written)


def _lower_schema(invocation: Invocation) -> str:
    example = example_argument(invocation.name, invocation.arguments, "csv")
    return text(
        csv_schema_text(example, options_of(invocation.arguments[1] if len(invocation.arguments) > 1 else None))
    )


FUNCTIONS: dict[str, Function] = {
    "from_csv": Function(_type_from_csv, _lower_from_csv, nullability=Nullability.ALWAYS),
    "to_csv": Function(_type_to_csv, _lower_to_csv),
    "schema_of_csv": Function(_type_schema, _lower_schema, nullability=Nullability.NEVER),
}
