"""Building and reading structs, arrays and maps by position or key; time windows."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind, analysis_error
from unbounded.functions.durations import parse_duration_us
from unbounded.functions.engine import cast, engine_type, quote, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import (
    P_TIMESTAMP,
    different_types,
    implicit_cast,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.functions.text_forms import to_shown_text
from unbounded.plan.expressions import Alias, Attribute, Expression, GetField, LambdaVariable, Literal
from unbounded.types.coercion import common_type_of
from unbounded.types.datatypes import (
    LONG,
    STRING,
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    TimestampNTZType,
)

Typed = tuple[tuple[Expression, ...], DataType]


def _type_named_struct(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """name, value, name, value, …"""
    if len(arguments) % 2:
        raise wrong_argument_count(name, len(arguments), "2n (n > 0)")
    fields = []
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            raise analysis_error(
                "DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING",
                sqlExpr=f'"{name}({", ".join(map(pretty_name, arguments))})"',
                inputExprs=f"[{pretty_name(key)}]",
            )
        fields.append(StructField(key.value, value.data_type, value.nullable))
    return tuple(arguments), StructType(tuple(fields))


def _type_struct(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Fields are named after the columns; other expressions are `col1`, `col2`, …"""
    fields = tuple(
        StructField(_field_name(a, i), a.data_type, a.nullable) for i, a in enumerate(arguments, 1)
    )
    return tuple(arguments), StructType(fields)


def _field_name(argument: Expression, position: int) -> str:
    match argument:
        case Attribute(name=name) | LambdaVariable(name=name) | Alias(name=name):
            return name
        case GetField():
            return argument.field.name
        case _:
            return f"col{position}"


def _lower_struct(invocation: Invocation) -> str:
    assert isinstance(invocation.data_type, StructType)
    is_named = invocation.name == "named_struct"
    values = invocation.sql[1::2] if is_named else invocation.sql
    members = (f"{quote(f.name)} := {v}" for f, v in zip(invocation.data_type.fields, values, strict=True))
    return f"struct_pack({', '.join(members)})"


def _type_array(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    element = common_type_of(a.data_type for a in arguments)
    if element is None:
        raise different_types(name, arguments, [a.data_type for a in arguments])
    coerced = tuple(implicit_cast(a, element) for a in arguments)
    return coerced, ArrayType(element, any(a.nullable for a in coerced))


def _lower_array(invocation: Invocation) -> str:
    return f"CAST([{', '.join(invocation.sql)}] AS {engine_type(invocation.data_type)})"


def _type_get_item(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    container = arguments[0].data_type
    if isinstance(container, ArrayType):
        return tuple(arguments), container.element_type
    if isinstance(container, MapType):
        return tuple(arguments), container.value_type
    raise wrong_argument_type(name, arguments, 0, '("ARRAY" or "MAP")')


def _lower_get_item(invocation: Invocation) -> str:
    """`array[i]` counts from 0 and raises outside; `map[key]` is NULL for a missing key."""
    container, key = invocation.sql
    if isinstance(invocation.type_of(0), MapType):
        return f"map_extract_value({container}, {key})"
    failure = raise_error(
        ErrorKind.ARRAY_INDEX,
        "INVALID_ARRAY_INDEX",
        {},
        {"indexValue": f"CAST({key} AS VARCHAR)", "arraySize": f"CAST(len({container}) AS VARCHAR)"},
    )
    return f"CASE WHEN {key} < 0 OR {key} >= len({container}) THEN {failure} ELSE {container}[CAST({key} AS BIGINT) + 1] END"


def _type_window(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """time, length, [slide, [start]]: the durations become microseconds."""
    if not 2 <= len(arguments) <= 4:
        raise wrong_argument_count(name, len(arguments), "[2, 3, 4]")
    time = arguments[0]
    if isinstance(time.data_type, StructType):
        time = GetField(time, len(time.data_type.fields) - 1)
    if not isinstance(time.data_type, TimestampNTZType):
        target = P_TIMESTAMP.accept(time.data_type)
        if target is None:
            raise wrong_argument_type(name, arguments, 0, '("TIMESTAMP" or "TIMESTAMP WITHOUT TIME ZONE")')
        time = implicit_cast(time, target)
    lengths = [_duration_us(name, arguments, position) for position in range(1, len(arguments))]
    length, slide, start = lengths[0], (lengths[1:] or lengths)[0], (lengths[2:] or [0])[0]
    _check_window(name, arguments, length, slide, start)
    durations = tuple(Literal(value, LONG) for value in (length, slide, start))
    struct = StructType((StructField("start", time.data_type), StructField("end", time.data_type)))
    return (time, *durations), struct


def _duration_us(name: str, arguments: Sequence[Expression], position: int) -> int:
    argument = arguments[position]
    if isinstance(argument, Literal) and isinstance(argument.value, str):
        return parse_duration_us(argument.value)
    if isinstance(argument, Literal) and isinstance(argument.value, int):
        return argument.value
    raise wrong_argument_type(name, arguments, position, f'"{STRING.sql_name}"')


def _check_window(name: str, arguments: Sequence[Expression], length: int, slide: int, start: int) -> None:
    for value, shown in ((length, "window_duration"), (slide, "slide_duration")):
        if value <= 0:
            raise analysis_error(
                "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                sqlExpr=f'"{name}({", ".join(map(pretty_name, arguments))})"',
                exprName=f"`{shown}`",
                valueRange="(0, 9223372036854775807]",
                currentValue=f"{value}L",
            )
    if slide > length or abs(start) >= slide:
        wrong = ("slide_duration", "<=", "window_duration") if slide > length else ("abs(start_time)", "<", "slide_duration")
        values = (slide, length) if slide > length else (abs(start), slide)
        raise analysis_error(
            "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION",
            sqlExpr=f'"{name}({", ".join(map(pretty_name, arguments))})"',
            leftExprName=f"`{wrong[0]}`",
            leftExprValue=f"{values[0]}L",
            constraint=wrong[1],
            rightExprName=f"`{wrong[2]}`",
            rightExprValue=f"{values[1]}L",
        )


def _lower_tumbling(invocation: Invocation) -> str:
    """start = time - (time - offset) mod slide, with a non-negative remainder."""
    time, length, slide, start = invocation.sql
    begin = _window_start(time, slide, start)
    return cast(f"struct_pack(\"start\" := make_timestamp({begin}), \"end\" := make_timestamp({begin} + {length}))", invocation.data_type)


def _window_start(time: str, slide: str, start: str) -> str:
    return f"(epoch_us({time}) - (((epoch_us({time}) - {start}) % {slide}) + {slide}) % {slide})"


def _lower_sliding(invocation: Invocation) -> str:
    """Every window that contains the time, latest start first, as Spark orders them."""
    time, length, slide, start = invocation.sql
    last = _window_start(time, slide, start)
    starts = f"range({last}, epoch_us({time}) - {length}, -{slide})"
    window = f"struct_pack(\"start\" := make_timestamp(s), \"end\" := make_timestamp(s + {length}))"
    return f"list_transform({starts}, lambda s : {window})"


def _type_show_text(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    return tuple(arguments), STRING


def _lower_show_text(invocation: Invocation) -> str:
    """A cell of show(): line breaks are escaped."""
    (value,) = invocation.sql
    shown = to_shown_text(value, invocation.type_of(0), invocation.environment)
    for character, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        shown = f"replace({shown}, chr({ord(character)}), '{escape}')"
    return f"coalesce({shown}, 'NULL')"


FUNCTIONS: dict[str, Function] = {
    "struct": Function(_type_struct, _lower_struct, nullability=Nullability.NEVER),
    "named_struct": Function(_type_named_struct, _lower_struct, nullability=Nullability.NEVER),
    "array": Function(_type_array, _lower_array, nullability=Nullability.NEVER),
    "get_item": Function(_type_get_item, _lower_get_item, nullability=Nullability.ALWAYS),
    "window": Function(_type_window, "{0}", nullability=Nullability.NEVER),
    "show_text": Function(_type_show_text, _lower_show_text, nullability=Nullability.NEVER),
    "tumbling_window": Function(_type_window, _lower_tumbling, nullability=Nullability.NEVER),
    "sliding_windows": Function(_type_window, _lower_sliding, nullability=Nullability.NEVER),
}
