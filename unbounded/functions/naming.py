"""Names of expressions as Spark shows them: columns without an alias, and `sqlExpr` in error messages.

The form is Spark's "pretty SQL": implicit casts and qualifiers are not shown, strings are shown without quotes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from unbounded.plan.expressions import (
    AggregateCall,
    AggregateStep,
    Alias,
    Attribute,
    Call,
    Cast,
    CastMode,
    Exists,
    Expression,
    Frame,
    FrameEdge,
    FrameUnit,
    GeneratorCall,
    GetField,
    InSubquery,
    Lambda,
    LambdaVariable,
    Literal,
    PartialAggregate,
    PythonCall,
    ScalarSubquery,
    SortOrder,
    WindowCall,
    WindowFunctionCall,
)
from unbounded.types.datatypes import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DayTimeIntervalType,
    DecimalType,
    DoubleType,
    FloatType,
    MapType,
    StructType,
    TimestampNTZType,
    TimestampType,
    YearMonthIntervalType,
)
from unbounded.types.datetime_text import date_text, timestamp_text
from unbounded.types.interval_text import day_time_text, year_month_text

INFIX = {
    "+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "==": "=", "=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "<=>": "<=>", "and": "AND", "or": "OR", "&": "&", "|": "|", "^": "^", "div": "div", "<<": "<<", ">>": ">>",
    ">>>": ">>>",
}  # fmt: skip


_STEPS = {AggregateStep.UPDATE: "partial_", AggregateStep.MERGE: "merge_", AggregateStep.FINISH: ""}


def pretty_name(expression: Expression) -> str:
    """The column name Spark gives to `expression`."""
    match expression:
        case Attribute(name=name) | LambdaVariable(name=name) if isinstance(expression, Attribute):
            return name
        case LambdaVariable():
            return "namedlambdavariable()"
        case Literal(value=value, data_type=data_type, shown=shown):
            return shown or literal_name(value, data_type)
        case Alias(child=child, name=name):
            return f"{pretty_name(child)} AS {name}"
        case Cast():
            return _cast_name(expression)
        case Call(function="from_json", data_type=MapType()):
            return "entries"
        case Call(function=function, arguments=arguments):
            return call_name(function, arguments)
        case PartialAggregate(call=call, step=step):
            return _STEPS[step] + pretty_name(call)
        case AggregateCall():
            return _aggregate_name(expression)
        case WindowFunctionCall(function="nth_value", arguments=arguments, ignores_nulls=True):
            return _prefix_name("nth_value", arguments) + " ignore nulls"
        case (
            WindowFunctionCall(function=function, arguments=arguments)
            | GeneratorCall(function=function, arguments=arguments)
        ):
            return _prefix_name(function, arguments)
        case WindowCall():
            return _window_name(expression)
        case GetField(child=Call(function="window" | "session_window" as function)):
            return f"{function}.{expression.field.name}"
        case GetField(child=child):
            return f"{pretty_name(child)}.{expression.field.name}"
        case Lambda(parameters=parameters, body=body):
            return f"lambdafunction({', '.join(map(pretty_name, (body, *parameters)))})"
        case PythonCall(name=name, arguments=arguments):
            return _prefix_name(name, arguments)
        case ScalarSubquery():
            return "scalarsubquery()"
        case Exists():
            return "exists()"
        case InSubquery(values=values):
            return f"({_row_name(values)} IN (listquery()))"
        case _:
            raise TypeError(f"no name for {type(expression).__name__}")


def _row_name(values: tuple[Expression, ...]) -> str:
    """Several values before IN are a struct, whose members keep the names of columns."""
    if len(values) == 1:
        return pretty_name(values[0])
    names = (v.name if isinstance(v, Attribute) else f"col{i}" for i, v in enumerate(values, 1))
    members = (f"'{name}', {pretty_name(value)}" for name, value in zip(names, values, strict=True))
    return f"named_struct({', '.join(members)})"


def literal_name(value: Any, data_type: DataType) -> str:
    """A constant as it appears in a column name."""
    if value is None:
        return "NULL"
    match data_type:
        case BooleanType():
            return "true" if value else "false"
        case BinaryType():
            return f"X'{value.hex().upper()}'"
        case DateType():
            return f"DATE '{date_text(value)}'"
        case TimestampType():
            return f"TIMESTAMP '{timestamp_text(value)}'"
        case TimestampNTZType():
            return f"TIMESTAMP_NTZ '{timestamp_text(value)}'"
        case DayTimeIntervalType():
            return day_time_text(value, data_type)
        case YearMonthIntervalType():
            return year_month_text(value, data_type)
        case ArrayType(element_type=element):
            return f"ARRAY({', '.join(literal_name(v, element) for v in value)})"
        case MapType(key_type=key, value_type=item):
            pairs = (f"{literal_name(k, key)}, {literal_name(v, item)}" for k, v in value)
            return f"MAP({', '.join(pairs)})"
        case StructType(fields=fields):
            members = (f"{literal_name(v, f.data_type)} AS {f.name}" for f, v in zip(fields, value, strict=True))
            return f"NAMED_STRUCT({', '.join(members)})"
        case FloatType():
            return floating_text(_shortest_float(value))
        case DoubleType():
            return floating_text(value)
        case DecimalType():
            return str(Decimal(value))
        case _:
            return str(value)


def text_name(value: str) -> str:
    """A string as SQL would write it, as messages show it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def sort_order_name(order: SortOrder) -> str:
    direction = "ASC" if order.is_ascending else "DESC"
    return f"{pretty_name(order.child)} {direction} NULLS {'FIRST' if order.has_nulls_first else 'LAST'}"


def _cast_name(cast: Cast) -> str:
    if cast.is_implicit or isinstance(cast.data_type, ArrayType | MapType | StructType):
        return pretty_name(cast.child)
    keyword = "TRY_CAST" if cast.mode is CastMode.TRY else "CAST"
    return f"{keyword}({pretty_name(cast.child)} AS {cast.data_type.sql_name})"


def call_name(function: str, arguments: Sequence[Expression]) -> str:
    """The name of a call, also in messages about it before it is typed."""
    if function in INFIX and len(arguments) == 2:
        return f"({pretty_name(arguments[0])} {INFIX[function]} {pretty_name(arguments[1])})"
    if function == "to_varchar" and arguments and isinstance(arguments[0].data_type, BinaryType):
        return _binary_text_name(arguments)
    special = _SPECIAL.get(function)
    return special([pretty_name(a) for a in arguments]) if special and arguments else _prefix_name(function, arguments)


def _binary_text_name(arguments: Sequence[Expression]) -> str:
    """The format of `to_varchar` is shown where it names a character set."""
    value, *formats = map(pretty_name, arguments)
    shown = [value, *(f for f in formats if f.lower() == "utf-8")]
    return f"to_varchar({', '.join(shown)})"


_UPPER_CASE = frozenset(
    [
        "sqrt", "cbrt", "exp", "expm1", "log10", "log2", "log1p", "power", "hypot", "sin", "cos", "tan", "cot", "sec",
        "csc", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "degrees", "radians",
        "signum", "e", "pi", "spark_partition_id", "rank", "dense_rank", "percent_rank",
    ]
)  # fmt: skip
"""Functions that Spark shows in capitals; their other names it shows as they are called."""


_SHOWN_AS = {"current_database": "current_schema", "random": "rand", "to_varchar": "to_char"}


def _prefix_name(function: str, arguments: Sequence[Expression]) -> str:
    function = function.upper() if function in _UPPER_CASE else _SHOWN_AS.get(function, function)
    return f"{function}({', '.join(map(pretty_name, arguments))})"


def _case_name(names: list[str]) -> str:
    """`when` takes condition, value, condition, value, …, and at the end perhaps an ELSE value."""
    branches = [f"WHEN {names[i]} THEN {names[i + 1]}" for i in range(0, len(names) - 1, 2)]
    rest = [f"ELSE {names[-1]}"] if len(names) % 2 else []
    return " ".join(["CASE", *branches, *rest, "END"])


def _first_only(name: str) -> Callable[[list[str]], str]:
    return lambda names: f"{name}({', '.join(names[:1])})"


_SPECIAL: dict[str, Callable[[list[str]], str]] = {
    "not": lambda a: f"(NOT {a[0]})",
    "positive": lambda a: f"(+ {a[0]})",
    "-": lambda a: f"(- {a[0]})",
    "+": lambda a: f"(+ {a[0]})",
    "~": lambda a: f"~{a[0]}",
    "isnull": lambda a: f"({a[0]} IS NULL)",
    "isnotnull": lambda a: f"({a[0]} IS NOT NULL)",
    "in": lambda a: f"({a[0]} IN ({', '.join(a[1:])}))",
    "like": lambda a: f"{a[0]} LIKE {a[1]}" + (f" ESCAPE '{a[2]}'" if len(a) > 2 else ""),
    "ilike": lambda a: f"ilike({a[0]}, {a[1]})",
    **{name: _first_only(name) for name in ("likeall", "likeany", "notlikeall", "notlikeany")},
    "nullif": lambda a: f"nullif({a[0]}, {a[1]})",
    "ceil": lambda a: f"CEIL({a[0]})" if len(a) == 1 else f"ceil({a[0]}, {a[1]})",
    "floor": lambda a: f"FLOOR({a[0]})" if len(a) == 1 else f"floor({a[0]}, {a[1]})",
    "log": lambda a: f"LOG({', '.join(a if len(a) > 1 else ['E()', *a])})",
    "trim": lambda a: f"trim({a[0]})" if len(a) == 1 else f"TRIM(BOTH {a[0]} FROM {a[1]})",
    "ltrim": lambda a: f"ltrim({a[0]})" if len(a) == 1 else f"TRIM(LEADING {a[0]} FROM {a[1]})",
    "rtrim": lambda a: f"rtrim({a[0]})" if len(a) == 1 else f"TRIM(TRAILING {a[0]} FROM {a[1]})",
    "raise_error": lambda a: f"raise_error(USER_RAISED_EXCEPTION, map(errorMessage, {a[0]}))",
    "rlike": lambda a: f"RLIKE({a[0]}, {a[1]})",
    "regexp_like": lambda a: f"REGEXP_LIKE({a[0]}, {a[1]})",
    "regexp": lambda a: f"REGEXP({a[0]}, {a[1]})",
    "||": lambda a: f"concat({', '.join(a)})",
    "when": _case_name,
    "if": lambda a: f"(IF({', '.join(a)}))",
    "get_item": lambda a: f"{a[0]}[{a[1]}]",
    "update_fields": lambda a: f"update_fields({a[1]})",
    "shuffle": lambda a: f"shuffle({a[0]})",
    "from_json": lambda a: f"from_json({a[0]})",
    "to_json": lambda a: f"to_json({a[0]})",
    "schema_of_json": lambda a: f"schema_of_json({a[0]})",
    "from_csv": lambda a: f"from_csv({a[0]})",
    "to_csv": lambda a: f"to_csv({a[0]})",
    "schema_of_csv": lambda a: f"schema_of_csv({a[0]})",
    "datetime_plus": lambda a: f"{a[0]} + {a[1]}",
    "datetime_minus": lambda a: f"{a[0]} - {a[1]}",
    "extract": lambda a: f"extract({a[0]} FROM {a[1]})",
    "datepart": lambda a: f"datepart({a[0]} FROM {a[1]})",
    "try_make_timestamp": lambda a: f"try_make_timestamp({', '.join(a[:6])})",
    "between": lambda a: f"between({', '.join(a)})",
}


def _aggregate_name(call: AggregateCall) -> str:
    special = _SPECIAL_AGGREGATES.get((call.function, len(call.arguments)))
    name = special([pretty_name(a) for a in call.arguments]) if special else _plain_aggregate_name(call)
    return f"{name} FILTER (WHERE {pretty_name(call.filter)})" if call.filter is not None else name


def _plain_aggregate_name(call: AggregateCall) -> str:
    function = "listagg" if call.function == "string_agg" and call.order else call.function
    arguments = ", ".join(map(pretty_name, call.arguments))
    name = f"{function}({'DISTINCT ' if call.is_distinct else ''}{arguments})"
    order = ", ".join(map(sort_order_name, call.order))
    return f"{name} WITHIN GROUP (ORDER BY {order})" if order else name


def _within_group_name(function: str, value: str, is_descending: bool) -> str:
    return f"{function} WITHIN GROUP (ORDER BY {value}{' DESC' if is_descending else ''})"


_SPECIAL_AGGREGATES: dict[tuple[str, int], Callable[[list[str]], str]] = {
    ("percentile_cont", 3): lambda a: _within_group_name(f"percentile_cont({a[0]})", a[1], a[2] == "true"),
    ("percentile_disc", 3): lambda a: _within_group_name(f"percentile_disc({a[0]})", a[1], a[2] == "true"),
    # Spark shows the direction of `mode` the wrong way round.
    ("approx_count_distinct", 2): lambda a: f"approx_count_distinct({a[0]})",
    ("mode", 2): lambda a: _within_group_name("mode()", a[0], a[1] == "false"),
}


def _window_name(window: WindowCall) -> str:
    parts = []
    if window.partition:
        parts.append(f"PARTITION BY {', '.join(map(pretty_name, window.partition))}")
    if window.order:
        parts.append(f"ORDER BY {', '.join(map(sort_order_name, window.order))}")
    parts.append(_offset_frame_name(window) or frame_name(window.frame))
    return f"{pretty_name(window.function)} OVER ({' '.join(parts)})"


def _offset_frame_name(window: WindowCall) -> str:
    """The one row that lag and lead look at."""
    if not isinstance(window.function, WindowFunctionCall) or window.function.function not in ("lag", "lead"):
        return ""
    edge = window.frame.lower
    return f"ROWS BETWEEN {edge.value} FOLLOWING AND {edge.value} FOLLOWING" if isinstance(edge, Literal) else ""


def frame_name(frame: Frame) -> str:
    lower, upper = edge_name(frame.lower, "PRECEDING"), edge_name(frame.upper, "FOLLOWING")
    return f"{frame.unit.value if isinstance(frame.unit, FrameUnit) else frame.unit} BETWEEN {lower} AND {upper}"


def edge_name(edge: FrameEdge | Literal, unbounded_side: str) -> str:
    if edge is FrameEdge.UNBOUNDED:
        return f"UNBOUNDED {unbounded_side}"
    if isinstance(edge, FrameEdge):
        return "CURRENT ROW"
    is_preceding = edge.value < 0
    return f"{literal_name(abs(edge.value), edge.data_type)} {'PRECEDING' if is_preceding else 'FOLLOWING'}"


def _shortest_float(value: float) -> float:
    """The number with the fewest digits that is the same in single precision."""
    candidates = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return next((c for c in candidates if _single(c) == _single(value)), value)


def _single(value: float) -> bytes:
    try:
        return struct.pack("f", value)
    except OverflowError:
        return struct.pack("f", float("inf") if value > 0 else float("-inf"))


def floating_text(value: float) -> str:
    """Java's `Double.toString`."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "." in repr(value) else f"{value:.1f}"
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
