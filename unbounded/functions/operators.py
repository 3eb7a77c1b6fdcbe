"""Operators: arithmetic, comparison, logic, bits, conditionals. Result types follow Spark's ANSI rules.

Decimal result types: Spark's `DecimalPrecision` (SQL Server's rules), cut at 38 digits by `adjusted_decimal`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from unbounded.errors import analysis_error
from unbounded.functions.datetimes.arithmetic import lower_datetimes, stands_for, type_datetimes
from unbounded.functions.engine import engine_type
from unbounded.functions.environment import Environment
from unbounded.functions.math.arithmetic import (
    lower_abs,
    lower_div,
    lower_negative,
    lower_numbers,
    manner_of,
)
from unbounded.functions.math.decimals import Manner
from unbounded.functions.math.operands import (
    incompatible_operands,
    infix_expression,
    type_div,
    type_numbers,
    type_operands,
    with_whole_bound,
)
from unbounded.functions.naming import INFIX, pretty_name
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    ANY,
    INTEGRAL,
    NUMERIC_OR_ANSI_INTERVAL,
    NUMERIC_OR_ANY_INTERVAL,
    P_BOOLEAN,
    Signature,
    Types,
    implicit_cast,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Cast, CastMode, Expression
from unbounded.types.coercion import common_type, common_type_of, implicit_cast_type, is_string_like
from unbounded.types.datatypes import (
    BOOLEAN,
    DOUBLE,
    ArrayType,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    DecimalType,
    IntervalType,
    MapType,
    StructType,
)

Typed = tuple[tuple[Expression, ...], DataType]


# ------------------------------------------------------------------------------------------------ typing


_NEGATIVE = Signature((NUMERIC_OR_ANY_INTERVAL,), lambda types: types[0])


def _type_arithmetic(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """`+ - * / %` over numbers, dates, timestamps and intervals; `+` and `-` also of one number or interval."""
    if len(arguments) == 1 and name in ("+", "-"):
        return _NEGATIVE.apply(name, arguments)
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    left, right = arguments
    operator = "%" if name in ("mod", "pmod") else name
    moved = type_datetimes(operator, left, right)
    return moved if moved is not None else type_numbers(operator, left, right, environment)


def _type_div(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    left, right = arguments
    return type_div(left, right, environment)


def _type_bits(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    left, right = arguments
    operand = type_operands(name, left, right, environment)
    return (implicit_cast(left, operand), implicit_cast(right, operand)), operand


def _type_comparison(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    left, right = with_whole_bound(name, *arguments)
    target = _compared_type(left.data_type, right.data_type, environment)
    if target is None:
        raise incompatible_operands(name, left, right)
    if isinstance(target, MapType | CalendarIntervalType):
        raise analysis_error(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            sqlExpr=infix_expression(name, left, right),
            functionName=f"`{INFIX[name]}`",
            dataType=f'"{target.sql_name}"',
        )
    return (implicit_cast(left, target), implicit_cast(right, target)), BOOLEAN


def _compared_type(a: DataType, b: DataType, environment: Environment) -> DataType | None:
    """Outside ANSI mode a string takes the other side's type; beside a decimal both are DOUBLE."""
    if _mixes_members(a, b):
        return None
    if environment.is_ansi or is_string_like(a) == is_string_like(b):
        return common_type(a, b)
    other = b if is_string_like(a) else a
    return DOUBLE if isinstance(other, DecimalType) else other


def _mixes_members(a: DataType, b: DataType) -> bool:
    """Whether members of nested types would have to be cast between strings and something else."""
    match a, b:
        case ArrayType(element_type=x), ArrayType(element_type=y):
            return is_string_like(x) != is_string_like(y) or _mixes_members(x, y)
        case StructType(fields=x), StructType(fields=y) if len(x) == len(y):
            return any(
                is_string_like(f.data_type) != is_string_like(g.data_type) or _mixes_members(f.data_type, g.data_type)
                for f, g in zip(x, y, strict=True)
            )
        case _:
            return False


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
    for position in range(0, len(arguments) - 1, 2):
        if implicit_cast_type(arguments[position].data_type, BOOLEAN) is None:
            raise wrong_argument_type(name, arguments, position, '"BOOLEAN"')
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


# ------------------------------------------------------------------------------------------------ engine rules


def _lower_arithmetic(invocation: Invocation) -> str:
    if isinstance(invocation.type_of(0), DatetimeType | IntervalType):
        return lower_datetimes(invocation, invocation.name)
    operator = "%" if invocation.name == "mod" else invocation.name
    return lower_numbers(operator, invocation, manner_of(invocation))


def _lower_plus(invocation: Invocation) -> str:
    return invocation.sql[0] if len(invocation.sql) == 1 else _lower_arithmetic(invocation)


def _lower_negative(invocation: Invocation) -> str:
    return lower_negative(invocation) if len(invocation.sql) == 1 else _lower_arithmetic(invocation)


def _lower_try(operator: str) -> Callable[[Invocation], str]:
    """NULL where the operator raises; errors of the arguments still are errors."""

    def lower(invocation: Invocation) -> str:
        plain = replace(invocation, name=operator)
        if isinstance(invocation.type_of(0), DatetimeType | IntervalType):
            return lower_datetimes(plain, operator, is_try=True)
        return lower_numbers(operator, plain, Manner.TRY)

    return lower


def _lower_membership(invocation: Invocation) -> str:
    value, *choices = invocation.sql
    return f"({value} IN ({', '.join(choices)}))"


def _lower_case(invocation: Invocation) -> str:
    sql = invocation.sql
    branches = [f"WHEN {sql[i]} THEN {sql[i + 1]}" for i in range(0, len(sql) - 1, 2)]
    rest = sql[-1] if len(sql) % 2 else f"CAST(NULL AS {engine_type(invocation.data_type)})"
    return f"CASE {' '.join(branches)} ELSE {rest} END"


# ------------------------------------------------------------------------------------------------ rows


def _arithmetic(lower: Callable[[Invocation], str] = _lower_arithmetic) -> Function:
    return Function(_type_arithmetic, lower, stands_for=stands_for)


def _division() -> Function:
    return Function(_type_arithmetic, _lower_arithmetic, nullability=Nullability.ALWAYS, stands_for=stands_for)


def _tried_cast(argument: Expression) -> Expression:
    """A string that is no number is NULL, as the rest that cannot be computed."""
    if isinstance(argument, Cast) and argument.is_implicit and is_string_like(argument.child.data_type):
        return replace(argument, mode=CastMode.TRY)
    return argument


def _tried(operator: str) -> Function:
    def type_call(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
        if len(arguments) != 2:
            raise wrong_argument_count(name, len(arguments), "2")
        coerced, result = _type_arithmetic(operator, arguments, environment)
        return tuple(map(_tried_cast, coerced)), result

    return Function(type_call, _lower_try(operator), nullability=Nullability.ALWAYS)


def _comparison(engine: str, nullability: Nullability = Nullability.ARGUMENTS) -> Function:
    return Function(_type_comparison, engine, nullability=nullability)


def _first(types: Types) -> DataType:
    return types[0]


def _bits(engine: str) -> Function:
    return Function(_type_bits, engine)


_EQUAL = _comparison("({0} = {1})")

FUNCTIONS: dict[str, Function] = {
    "+": _arithmetic(_lower_plus),
    "-": _arithmetic(_lower_negative),
    "*": _arithmetic(),
    "/": _division(),
    "%": _division(),
    "mod": _division(),
    "pmod": _division(),
    "div": Function(_type_div, lower_div, nullability=Nullability.ALWAYS),
    "negative": Function(_NEGATIVE, lower_negative),
    "positive": Function(_NEGATIVE, "{0}"),
    "abs": Function(Signature((NUMERIC_OR_ANSI_INTERVAL,), lambda types: types[0]), lower_abs),
    "try_add": _tried("+"),
    "try_subtract": _tried("-"),
    "try_multiply": _tried("*"),
    "try_divide": _tried("/"),
    "try_mod": _tried("%"),
    "==": _EQUAL,
    "=": _EQUAL,
    "<": _comparison("({0} < {1})"),
    "<=": _comparison("({0} <= {1})"),
    ">": _comparison("({0} > {1})"),
    ">=": _comparison("({0} >= {1})"),
    "<=>": _comparison("({0} IS NOT DISTINCT FROM {1})", Nullability.NEVER),
    "and": _bits("({0} AND {1})"),
    "or": _bits("({0} OR {1})"),
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
