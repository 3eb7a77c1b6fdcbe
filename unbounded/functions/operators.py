"""Operators: arithmetic, comparison, logic, bits, conditionals. Result types follow Spark's ANSI rules.

Decimal result types: Spark's `DecimalPrecision` (SQL Server's rules), cut at 38 digits by `adjusted_decimal`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unbounded.errors import ErrorKind, analysis_error
from unbounded.functions.engine import cast, engine_type, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import INFIX, pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    ANY,
    INTEGRAL,
    NUMERIC_OR_INTERVAL,
    P_BOOLEAN,
    Signature,
    Types,
    implicit_cast,
)
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import adjusted_decimal, as_decimal, common_type, common_type_of
from unbounded.types.datatypes import (
    BOOLEAN,
    DATE,
    DAY_TIME_INTERVAL,
    DOUBLE,
    INTEGER,

    TIMESTAMP,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    DateType,
    DayTimeField,
    DayTimeIntervalType,
    DecimalType,
    FloatType,
    DoubleType,
    IntegralType,
    IntervalType,
    MapType,
    NullType,
    NumericType,
    StringType,
    YearMonthIntervalType,
)

Typed = tuple[tuple[Expression, ...], DataType]


# ------------------------------------------------------------------------------------------------ typing


def _type_arithmetic(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """`+ - * / %` over numbers, dates, timestamps and intervals."""
    if len(arguments) == 1:
        return Signature((NUMERIC_OR_INTERVAL,), lambda types: types[0]).apply(name, arguments)
    left, right = arguments
    moved = _type_datetime_arithmetic(name, left, right)
    return moved if moved is not None else _type_numeric_arithmetic(name, left, right)


def _type_numeric_arithmetic(name: str, left: Expression, right: Expression) -> Typed:
    operand = _operand_type(left.data_type, right.data_type)
    if operand is None or not isinstance(operand, NumericType):
        raise _incompatible(name, left, right)
    if isinstance(operand, DecimalType):
        return _type_decimal_arithmetic(name, left, right)
    if name == "/":
        operand = DOUBLE
    return (implicit_cast(left, operand), implicit_cast(right, operand)), operand


def _operand_type(left: DataType, right: DataType) -> DataType | None:
    """The type both operands are computed in: strings give way to the other side, void to double."""
    if isinstance(left, NullType) and isinstance(right, NullType):
        return DOUBLE
    if isinstance(left, StringType) and isinstance(right, StringType):
        return DOUBLE
    return common_type(left, right)


def _type_decimal_arithmetic(name: str, left: Expression, right: Expression) -> Typed:
    sides = [_decimal_operand(side, other) for side, other in ((left, right), (right, left))]
    types = [as_decimal(side.data_type) for side in sides]
    arguments = tuple(implicit_cast(side, data_type) for side, data_type in zip(sides, types, strict=True))
    return arguments, DECIMAL_RESULTS[name](*types)


def _decimal_operand(side: Expression, other: Expression) -> Expression:
    """A void or string operand takes the other side's type."""
    is_number = isinstance(side.data_type, DecimalType | IntegralType)
    return side if is_number else implicit_cast(side, other.data_type)


def _plus_type(a: DecimalType, b: DecimalType) -> DecimalType:
    scale = max(a.scale, b.scale)
    return adjusted_decimal(max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)


def _times_type(a: DecimalType, b: DecimalType) -> DecimalType:
    return adjusted_decimal(a.precision + b.precision + 1, a.scale + b.scale)


def _divide_type(a: DecimalType, b: DecimalType) -> DecimalType:
    scale = max(6, a.scale + b.precision + 1)
    return adjusted_decimal(a.precision - a.scale + b.scale + scale, scale)


def _remainder_type(a: DecimalType, b: DecimalType) -> DecimalType:
    scale = max(a.scale, b.scale)
    return adjusted_decimal(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)


DECIMAL_RESULTS: dict[str, Callable[[DecimalType, DecimalType], DecimalType]] = {
    "+": _plus_type,
    "-": _plus_type,
    "*": _times_type,
    "/": _divide_type,
    "%": _remainder_type,
}


def _type_datetime_arithmetic(name: str, left: Expression, right: Expression) -> Typed | None:
    """Dates, timestamps and intervals; None if neither side is one."""
    a, b = left.data_type, right.data_type
    match name, a, b:
        case "-", DateType(), DateType():
            return (left, right), DayTimeIntervalType(DayTimeField.DAY, DayTimeField.DAY)
        case "-", DatetimeType(), DatetimeType():
            return tuple(implicit_cast(s, common_type(a, b) or TIMESTAMP) for s in (left, right)), DAY_TIME_INTERVAL
        case "-", DatetimeType(), StringType():
            return (left, implicit_cast(right, a)), DAY_TIME_INTERVAL
        case "+" | "-", DateType(), IntegralType():
            return (left, implicit_cast(right, INTEGER)), DATE
        case "+", IntegralType(), DateType():
            return (right, implicit_cast(left, INTEGER)), DATE
        case "+" | "-", DatetimeType(), IntervalType():
            return (left, right), _moved_type(a, b)
        case "+", IntervalType(), DatetimeType():
            return (right, left), _moved_type(b, a)
        case "+" | "-", IntervalType(), IntervalType() if (common := common_type(a, b)) is not None:
            return (left, right), common
        case "*", IntervalType(), NumericType() | StringType():
            return (left, right if isinstance(b, NumericType) else implicit_cast(right, DOUBLE)), _widest(a)
        case "*", NumericType() | StringType(), IntervalType():
            return (right, left if isinstance(a, NumericType) else implicit_cast(left, DOUBLE)), _widest(b)
        case "/", IntervalType(), NumericType() | StringType():
            return (left, right if isinstance(b, NumericType) else implicit_cast(right, DOUBLE)), _widest(a)
        case _:
            return None


def _moved_type(moment: DataType, interval: DataType) -> DataType:
    """A date moved by days or months stays a date; moved by a finer interval it becomes a timestamp."""
    if not isinstance(moment, DateType):
        return moment
    is_fine = isinstance(interval, DayTimeIntervalType) and interval.end is not DayTimeField.DAY
    return TIMESTAMP if is_fine else DATE


def _widest(interval: DataType) -> DataType:
    match interval:
        case DayTimeIntervalType():
            return DAY_TIME_INTERVAL
        case YearMonthIntervalType():
            return YearMonthIntervalType()
        case _:
            return interval


def _type_comparison(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    left, right = arguments
    target = common_type(left.data_type, right.data_type)
    if target is None:
        raise _incompatible(name, left, right)
    if isinstance(target, MapType):
        raise analysis_error(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            sqlExpr=_infix_expression(name, left, right),
            functionName=f"`{INFIX[name]}`",
            dataType=f'"{target.sql_name}"',
        )
    return (implicit_cast(left, target), implicit_cast(right, target)), BOOLEAN


def _type_membership(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    target = common_type_of(a.data_type for a in arguments)
    if target is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            sqlExpr=f'"({pretty_name(arguments[0])} IN ({", ".join(map(pretty_name, arguments[1:]))}))"',
            functionName="`in`",
            dataType="[" + ", ".join(f'"{a.data_type.sql_name}"' for a in arguments) + "]",
        )
    return tuple(implicit_cast(a, target) for a in arguments), BOOLEAN


def _type_case(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """condition, value, condition, value, …, [else]: conditions boolean, values in their common type."""
    values = [i for i in range(len(arguments)) if i % 2 or (len(arguments) % 2 and i == len(arguments) - 1)]
    target = common_type_of(arguments[i].data_type for i in values)
    if target is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
            sqlExpr=f'"{pretty_case(arguments)}"',
            functionName="`casewhen`",
            dataType="[" + ", ".join(f'"{arguments[i].data_type.sql_name}"' for i in values) + "]",
        )
    coerced = [implicit_cast(a, target if i in values else BOOLEAN) for i, a in enumerate(arguments)]
    return tuple(coerced), target


def pretty_case(arguments: Sequence[Expression]) -> str:
    names = [pretty_name(a) for a in arguments]
    branches = [f"WHEN {names[i]} THEN {names[i + 1]}" for i in range(0, len(names) - 1, 2)]
    return " ".join(["CASE", *branches, *([f"ELSE {names[-1]}"] if len(names) % 2 else []), "END"])


def _incompatible(name: str, left: Expression, right: Expression) -> Exception:
    return analysis_error(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        sqlExpr=_infix_expression(name, left, right),
        left=f'"{left.data_type.sql_name}"',
        right=f'"{right.data_type.sql_name}"',
    )


def _infix_expression(name: str, left: Expression, right: Expression) -> str:
    return f'"({pretty_name(left)} {INFIX[name]} {pretty_name(right)})"'


# ------------------------------------------------------------------------------------------------ engine rules


def _lower_arithmetic(invocation: Invocation) -> str:
    if len(invocation.sql) == 1:
        return f"(-{invocation.sql[0]})" if invocation.name in ("-", "negative") else invocation.sql[0]
    if isinstance(invocation.type_of(0), DatetimeType | IntervalType):
        return _lower_datetime(invocation)
    if isinstance(invocation.data_type, DecimalType):
        return _lower_decimal(invocation)
    left, right = invocation.sql
    match invocation.name:
        case "/":
            return guard_zero(invocation, f"({left} / {right})", "DIVIDE_BY_ZERO")
        case "%":
            remainder = f"fmod({left}, {right})" if _is_floating(invocation.data_type) else f"({left} % {right})"
            return guard_zero(invocation, cast(remainder, invocation.data_type), "REMAINDER_BY_ZERO")
        case operator:
            return f"({left} {operator} {right})"


def guard_zero(invocation: Invocation, expression: str, condition: str) -> str:
    """`expression`, but Spark's error where the second argument is zero (and the first is not NULL)."""
    left, right = invocation.sql
    failure = raise_error(ErrorKind.ARITHMETIC, condition, {"config": '"spark.sql.ansi.enabled"'})
    return f"CASE WHEN {right} = 0 AND {left} IS NOT NULL THEN {failure} ELSE {expression} END"


def _is_floating(data_type: DataType) -> bool:
    return isinstance(data_type, FloatType | DoubleType)


def _lower_decimal(invocation: Invocation) -> str:
    """Exact where the engine's 38 digits suffice; the others go through the 76-digit kernels."""
    left, right = invocation.sql
    name, result = invocation.name, invocation.data_type
    if name == "/":
        return guard_zero(invocation, f"CAST(decimal_divide({left}, {right}, {_scale(result)}) AS {engine_type(result)})", "DIVIDE_BY_ZERO")
    if name == "%":
        return guard_zero(invocation, cast(f"({left} % {right})", result), "REMAINDER_BY_ZERO")
    return cast(f"({left} {name} {right})", result)


def _scale(data_type: DataType) -> int:
    return data_type.scale if isinstance(data_type, DecimalType) else 0


def _lower_datetime(invocation: Invocation) -> str:
    left, right = invocation.sql
    a, b, sign = invocation.type_of(0), invocation.type_of(1), invocation.name
    match a, b:
        case DateType(), DateType():
            return f"(CAST({left} - {right} AS BIGINT) * 86400000000)"
        case DatetimeType(), DatetimeType():
            return f"(epoch_us({left}) - epoch_us({right}))"
        case DateType(), IntegralType():
            return f"({left} {sign} {right})"
        case DatetimeType(), DayTimeIntervalType() if isinstance(invocation.data_type, DateType):
            return f"({left} {sign} CAST({right} // 86400000000 AS INTEGER))"
        case DatetimeType(), DayTimeIntervalType():
            return f"make_timestamp(epoch_us({cast(left, TIMESTAMP)}) {sign} {right})"
        case DatetimeType(), YearMonthIntervalType():
            return cast(f"({left} {sign} to_months({right}))", invocation.data_type)
        case DatetimeType(), CalendarIntervalType():
            return cast(f"({left} {sign} {right})", invocation.data_type)
        case _:
            return _lower_interval(invocation)


def _lower_interval(invocation: Invocation) -> str:
    left, right = invocation.sql
    result = engine_type(invocation.data_type)
    match invocation.name:
        case "+" | "-" as sign:
            return f"({left} {sign} {right})"
        case "*":
            return f"CAST(round({left} * {right}) AS {result})"
        case _:
            return guard_zero(invocation, f"CAST(round({left} / {right}) AS {result})", "INTERVAL_DIVIDED_BY_ZERO")


def _lower_membership(invocation: Invocation) -> str:
    value, *choices = invocation.sql
    return f"({value} IN ({', '.join(choices)}))"


def _lower_case(invocation: Invocation) -> str:
    sql = invocation.sql
    branches = [f"WHEN {sql[i]} THEN {sql[i + 1]}" for i in range(0, len(sql) - 1, 2)]
    rest = sql[-1] if len(sql) % 2 else f"CAST(NULL AS {engine_type(invocation.data_type)})"
    return f"CASE {' '.join(branches)} ELSE {rest} END"


# ------------------------------------------------------------------------------------------------ rows


def _arithmetic(nullability: Nullability = Nullability.ARGUMENTS) -> Function:
    return Function(_type_arithmetic, _lower_arithmetic, nullability=nullability)


def _comparison(engine: str, nullability: Nullability = Nullability.ARGUMENTS) -> Function:
    return Function(_type_comparison, engine, nullability=nullability)


def _first(types: Types) -> DataType:
    return types[0]


def _bits(engine: str) -> Function:
    return scalar([INTEGRAL, INTEGRAL], _first, engine, unified="all")


_EQUAL = _comparison("({0} = {1})")

FUNCTIONS: dict[str, Function] = {
    "+": _arithmetic(),
    "-": _arithmetic(),
    "*": _arithmetic(),
    "/": _arithmetic(),
    "%": _arithmetic(),
    "negative": _arithmetic(),
    "==": _EQUAL,
    "=": _EQUAL,
    "<": _comparison("({0} < {1})"),
    "<=": _comparison("({0} <= {1})"),
    ">": _comparison("({0} > {1})"),
    ">=": _comparison("({0} >= {1})"),
    "<=>": _comparison("({0} IS NOT DISTINCT FROM {1})", Nullability.NEVER),
    "and": scalar([P_BOOLEAN, P_BOOLEAN], BOOLEAN, "({0} AND {1})"),
    "or": scalar([P_BOOLEAN, P_BOOLEAN], BOOLEAN, "({0} OR {1})"),
    "not": scalar([P_BOOLEAN], BOOLEAN, "(NOT {0})"),
    "in": Function(_type_membership, _lower_membership),
    "isnull": scalar([ANY], BOOLEAN, "({0} IS NULL)", nullability=Nullability.NEVER),
    "isnotnull": scalar([ANY], BOOLEAN, "({0} IS NOT NULL)", nullability=Nullability.NEVER),
    "when": Function(_type_case, _lower_case, nullability=Nullability.ALWAYS),
    "&": _bits("({0} & {1})"),
    "|": _bits("({0} | {1})"),
    "^": _bits("xor({0}, {1})"),
    "~": scalar([INTEGRAL], _first, "(~{0})"),
}

