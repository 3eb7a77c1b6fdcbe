"""Types and schemas as SQL text (`a INT NOT NULL, b ARRAY<STRING>`), both ways. No other SQL is understood here."""

from __future__ import annotations

from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    ArrayType,
    CharType,
    DataType,
    DayTimeField,
    DayTimeIntervalType,
    MapType,
    StructField,
    StructType,
    VarcharType,
    YearMonthField,
    YearMonthIntervalType,
    quote_name,
)
from unbounded.types.ddl_tokens import TokenKind, TokenReader
from unbounded.types.decimal_bounds import decimal_type
from unbounded.types.json_form import from_json
from unbounded.types.metadata import COMMENT_KEY, DEFAULT_KEY

_SIMPLE: dict[str, DataType] = {
    "boolean": BOOLEAN,
    "tinyint": BYTE,
    "byte": BYTE,
    "smallint": SHORT,
    "short": SHORT,
    "int": INTEGER,
    "integer": INTEGER,
    "bigint": LONG,
    "long": LONG,
    "float": FLOAT,
    "real": FLOAT,
    "double": DOUBLE,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ltz": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
    "string": STRING,
    "binary": BINARY,
    "void": NULL,
    "variant": VARIANT,
    "interval": CALENDAR_INTERVAL,
}
_DECIMAL_NAMES = ("decimal", "dec", "numeric")
_SIZED: dict[str, type[CharType | VarcharType]] = {"char": CharType, "character": CharType, "varchar": VarcharType}
_REFUSED = ("time", "geometry", "geography")
_INCOMPLETE = {
    "array": ("INCOMPLETE_TYPE_DEFINITION.ARRAY", {"elementType": "<INT>"}),
    "map": ("INCOMPLETE_TYPE_DEFINITION.MAP", {}),
    "struct": ("INCOMPLETE_TYPE_DEFINITION.STRUCT", {}),
}


def parse_data_type(text: str) -> DataType:
    """One type: `int`, `struct<a:int>`, `interval day to second`. Raises a ParseException (kind PARSE)."""
    reader = TokenReader(text)
    data_type = _read_type(reader)
    reader.expect_end()
    return data_type


def parse_columns(text: str) -> StructType:
    """A list of columns: `a INT, b STRING NOT NULL COMMENT 'x'`."""
    reader = TokenReader(text)
    fields = [_read_field(reader, takes_colon=False)]
    while reader.accept_symbol(","):
        fields.append(_read_field(reader, takes_colon=False))
    reader.expect_end()
    return StructType(tuple(fields))


def parse_ddl(text: str) -> DataType:
    """A list of columns, a type, or the inside of a struct (`a: int, b: string`), tried in this order as Spark does.

    Raises the error of the first attempt.
    """
    try:
        return parse_columns(text)
    except SparkError as error:
        if error.kind is not ErrorKind.PARSE:
            raise
        for alternative in (text, f"struct<{text.strip()}>"):
            parsed = _parse_or_none(alternative)
            if parsed is not None:
                return parsed
        raise error from None


def parse_ddl_or_json(text: str) -> DataType:
    """As `parse_ddl`, and Spark's JSON form too (told by its first character)."""
    return from_json(text) if text.lstrip()[:1] in ("{", '"') else parse_ddl(text)


def parse_schema(text: str) -> StructType:
    """The schema of a reader: columns, `struct<…>`, or JSON; anything else is refused."""
    data_type = parse_ddl_or_json(text)
    if isinstance(data_type, StructType):
        return data_type
    return parse_columns(text)  # not columns either: raises Spark's error for a bare type


def to_ddl(schema: StructType) -> str:
    """Spark's `StructType.toDDL`."""
    return ",".join(_column_ddl(field) for field in schema.fields)


def _column_ddl(field: StructField) -> str:
    metadata = dict(field.metadata)
    default = f" DEFAULT {metadata[DEFAULT_KEY]}" if DEFAULT_KEY in metadata else ""
    return f"{quote_name(field.name)} {_type_ddl(field.data_type)}{_not_null(field)}{default}{_comment(field)}"


def _type_ddl(data_type: DataType) -> str:
    match data_type:
        case ArrayType(element_type=element_type):
            return f"ARRAY<{_type_ddl(element_type)}>"
        case MapType(key_type=key_type, value_type=value_type):
            return f"MAP<{_type_ddl(key_type)}, {_type_ddl(value_type)}>"
        case StructType(fields=fields):
            return f"STRUCT<{', '.join(_member_ddl(field) for field in fields)}>"
        case _:
            return data_type.sql_name


def _member_ddl(field: StructField) -> str:
    return f"{quote_name(field.name)}: {_type_ddl(field.data_type)}{_not_null(field)}{_comment(field)}"


def _not_null(field: StructField) -> str:
    return "" if field.nullable else " NOT NULL"


def _comment(field: StructField) -> str:
    comment = dict(field.metadata).get(COMMENT_KEY)
    return "" if comment is None else " COMMENT '" + str(comment).replace("'", "\\'") + "'"


def _parse_or_none(text: str) -> DataType | None:
    try:
        return parse_data_type(text)
    except SparkError as error:
        if error.kind is not ErrorKind.PARSE:
            raise
        return None


def _read_field(reader: TokenReader, *, takes_colon: bool) -> StructField:
    name = reader.expect_identifier()
    if takes_colon:
        reader.accept_symbol(":")
    data_type = _read_type(reader)
    nullable = not reader.accept_words("not", "null")
    comment = reader.expect_strings() if reader.accept_words("comment") else None
    return StructField(name, data_type, nullable, () if comment is None else ((COMMENT_KEY, comment),))


def _read_type(reader: TokenReader) -> DataType:
    if reader.token.kind is TokenKind.QUOTED:
        raise reader.syntax_error()
    start = reader.token.start
    name = reader.expect_identifier().lower()
    reader.type_start = start
    match name:
        case "array" | "map" | "struct":
            return _read_complex(reader, name)
        case "interval":
            return _read_interval(reader)
        case "timestamp":
            return _read_timestamp(reader)
        case _:
            return _read_primitive(reader, name)


def _read_complex(reader: TokenReader, name: str) -> DataType:
    if not reader.accept_symbol("<"):
        condition, parameters = _INCOMPLETE[name]
        return _postpone(reader, condition, parameters)
    match name:
        case "array":
            data_type: DataType = ArrayType(_read_type(reader))
        case "map":
            key_type = _read_type(reader)
            reader.expect_symbol(",")
            data_type = MapType(key_type, _read_type(reader))
        case _:
            data_type = StructType(tuple(_read_members(reader)))
    reader.expect_symbol(">")
    return data_type


def _read_members(reader: TokenReader) -> list[StructField]:
    if reader.is_symbol(">"):
        return []
    fields = [_read_field(reader, takes_colon=True)]
    while reader.accept_symbol(","):
        fields.append(_read_field(reader, takes_colon=True))
    return fields


def _read_interval(reader: TokenReader) -> DataType:
    if reader.is_word("year", "month"):
        start, end = _read_units(reader, ("year", "month"))
        return YearMonthIntervalType(YearMonthField[start], YearMonthField[end])
    if reader.is_word("day", "hour", "minute", "second"):
        start, end = _read_units(reader, ("day", "hour", "minute", "second"))
        return DayTimeIntervalType(DayTimeField[start], DayTimeField[end])
    return CALENDAR_INTERVAL


def _read_units(reader: TokenReader, units: tuple[str, ...]) -> tuple[str, str]:
    """The field names of `day to second`; the second must come later than the first."""
    start = end = reader.take().text.lower()
    if reader.accept_words("to"):
        if not reader.is_word(*units):
            raise reader.syntax_error()
        end = reader.take().text.lower()
        if units.index(end) <= units.index(start):
            parameters = {"input": "", "from": start, "to": end}
            raise SparkError(ErrorKind.PARSE, "INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION", parameters)
    return start.upper(), end.upper()


def _read_timestamp(reader: TokenReader) -> DataType:
    if reader.accept_words("without", "time", "zone"):
        return TIMESTAMP_NTZ
    if reader.accept_words("with", "local", "time", "zone"):
        return TIMESTAMP
    return _read_primitive(reader, "timestamp")


def _read_primitive(reader: TokenReader, name: str) -> DataType:
    parameters = _read_parameters(reader)
    if name in _REFUSED:
        raise not_supported(f"The type {name.upper()}", "Use STRING or a number.")
    if name in _SIZED and len(parameters) == 1:
        return _SIZED[name](parameters[0])
    if name in _SIZED and not parameters:
        return _postpone(reader, "DATATYPE_MISSING_SIZE", {"type": f'"{name.upper()}"'})
    if name in _DECIMAL_NAMES and len(parameters) <= 2:
        precision, scale = (*parameters, *(10, 0)[len(parameters) :])
        return _parsed_decimal(precision, scale)
    if name in _SIMPLE and not parameters:
        _refuse_collation(reader, name)
        return _SIMPLE[name]
    shown = f"({','.join(map(str, parameters))})" if parameters else ""
    return _postpone(reader, "UNSUPPORTED_DATATYPE", {"typeName": f'"{name.upper()}{shown}"'})


def _parsed_decimal(precision: int, scale: int) -> DataType:
    """An error that Spark finds while it parses is a ParseException."""
    try:
        return decimal_type(precision, scale)
    except SparkError as error:
        kind = ErrorKind.PARSE if error.kind is ErrorKind.ANALYSIS else error.kind
        raise SparkError(kind, error.condition, error.parameters) from None


def _postpone(reader: TokenReader, condition: str, parameters: dict[str, str]) -> DataType:
    reader.postpone(condition, parameters)
    return NULL


def _read_parameters(reader: TokenReader) -> list[int]:
    if not reader.accept_symbol("("):
        return []
    parameters = [reader.expect_integer()]
    while reader.accept_symbol(","):
        parameters.append(reader.expect_integer())
    reader.expect_symbol(")")
    return parameters


def _refuse_collation(reader: TokenReader, name: str) -> None:
    if name == "string" and reader.accept_words("collate"):
        collation = reader.expect_identifier()
        if collation.upper() != "UTF8_BINARY":
            raise not_supported(f"The collation {collation}", "Only UTF8_BINARY is there.")
