"""Signatures: what a function takes and returns, as data; `apply` coerces arguments and finds the result type.

A parameter answers which type an argument of a given type is cast to, or None. Signatures raise Spark's
WRONG_NUM_ARGS and DATATYPE_MISMATCH errors; they know nothing of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unbounded.errors import SparkError, analysis_error
from unbounded.functions.naming import call_name, pretty_name
from unbounded.plan.expressions import Cast, Expression, Literal
from unbounded.types.coercion import common_type_of, implicit_cast_type, is_string_like
from unbounded.types.datatypes import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    ArrayType,
    CalendarIntervalType,
    DataType,
    DatetimeType,
    DayTimeIntervalType,
    IntegralType,
    MapType,
    NullType,
    NumericType,
    StringType,
    StructType,
    YearMonthIntervalType,
)

Types = tuple[DataType, ...]
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `accept` maps an argument's type to the type it is cast to, `name` is Spark's wording of it."""

    name: str
    accept: Callable[[DataType], DataType | None]


def exactly(data_type: DataType) -> Parameter:
    """Takes `data_type` and whatever is implicitly cast to it."""
    return Parameter(f'"{data_type.sql_name}"', lambda given: implicit_cast_type(given, data_type))


def strictly(data_type: DataType, kind: type[DataType] | None = None, name: str = "") -> Parameter:
    """Takes `data_type`, or any type of `kind`, and NULL; casts nothing else."""

    def accept(given: DataType) -> DataType | None:
        is_taken = given == data_type or (kind is not None and isinstance(given, kind))
        return given if is_taken else data_type if isinstance(given, NullType) else None

    return Parameter(name or f'"{data_type.sql_name}"', accept)


def one_of(name: str, *choices: DataType | type[DataType], default: DataType) -> Parameter:
    """Takes a type of `choices` as it is, else the first type of them it can be implicitly cast to.

    To a kind of types (`NumericType`) only a string and NULL are cast: to `default`.
    """
    targets = [choice for choice in choices if isinstance(choice, DataType)]

    def accept(given: DataType) -> DataType | None:
        if isinstance(given, NullType):
            return default
        if any(given == choice or (isinstance(choice, type) and isinstance(given, choice)) for choice in choices):
            return given
        if not targets:
            return default if is_string_like(given) else None
        return next((t for t in targets if implicit_cast_type(given, t) is not None), None)

    return Parameter(name, accept)


ANY = Parameter('"ANY"', lambda given: given)
NUMERIC = one_of('"NUMERIC"', NumericType, default=DOUBLE)
INTEGRAL = strictly(LONG, IntegralType, '"INTEGRAL"')
STRICT_STRING = strictly(STRING)
STRING_OR_BINARY = one_of('("STRING" or "BINARY")', STRING, BINARY, default=STRING)
STRING_OR_ARRAY = one_of('("STRING" or "ARRAY")', STRING, ArrayType, default=STRING)
NUMERIC_OR_INTERVAL = one_of(
    '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")',
    NumericType,
    DayTimeIntervalType,
    YearMonthIntervalType,
    CalendarIntervalType,
    default=DOUBLE,
)
_ANSI_INTERVALS = (DayTimeIntervalType, YearMonthIntervalType)
NUMERIC_OR_ANSI_INTERVAL = one_of(
    '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH")', NumericType, *_ANSI_INTERVALS, default=DOUBLE
)
NUMERIC_OR_ANY_INTERVAL = one_of(
    '("NUMERIC" or "INTERVAL DAY TO SECOND" or "INTERVAL YEAR TO MONTH" or "INTERVAL")',
    NumericType,
    *_ANSI_INTERVALS,
    CalendarIntervalType,
    default=DOUBLE,
)
ARRAY = Parameter('"ARRAY"', lambda given: given if isinstance(given, ArrayType) else _void_to(given, ArrayType(NULL)))
MAP = Parameter('"MAP"', lambda given: given if isinstance(given, MapType) else _void_to(given, MapType(NULL, NULL)))
ARRAY_OR_MAP = Parameter(
    '("ARRAY" or "MAP")',
    lambda given: given if isinstance(given, ArrayType | MapType) else _void_to(given, ArrayType(NULL)),
)
STRUCT = Parameter('"STRUCT"', lambda given: given if isinstance(given, StructType) else None)
LAMBDA = Parameter('"FUNCTION"', lambda given: given)
P_STRING, P_BOOLEAN, P_INTEGER, P_LONG, P_DOUBLE = map(exactly, (STRING, BOOLEAN, INTEGER, LONG, DOUBLE))
P_DATE, P_TIMESTAMP, P_BINARY = map(exactly, (DATE, TIMESTAMP, BINARY))
DATETIME = one_of('("DATE" or "TIMESTAMP")', DatetimeType, default=TIMESTAMP)


def array_of(element: DataType) -> Parameter:
    return exactly(ArrayType(element))


def _void_to(given: DataType, target: DataType) -> DataType | None:
    return target if isinstance(given, NullType) else None


@dataclass(frozen=True, slots=True)
class Signature:
    """`optional`: how many parameters at the end may be missing. `is_variadic`: the last one repeats (0 or more).

    `unified`: positions of arguments that are first cast to their common type ("all" for every argument).
    `returns`: the result type, or its rule over the coerced argument types. `defaults`: what stands for the missing
    optional arguments; it is part of the call's name, as Spark shows it.
    """

    parameters: tuple[Parameter, ...]
    returns: DataType | Callable[[Types], DataType]
    optional: int = 0
    is_variadic: bool = False
    unified: tuple[int, ...] | str = ()
    defaults: tuple[Expression, ...] = ()

    def apply(self, name: str, arguments: Sequence[Expression]) -> tuple[tuple[Expression, ...], DataType]:
        """Coerced arguments and result type.

        Raises: SparkError WRONG_NUM_ARGS.WITHOUT_SUGGESTION, DATATYPE_MISMATCH.*
        """
        self._check_count(name, len(arguments))
        missing = len(self.parameters) - len(arguments)
        arguments = (*arguments, *self.defaults[max(len(self.defaults) - missing, 0) :]) if missing > 0 else arguments
        arguments = self._unify(name, arguments)
        coerced = tuple(self._coerce(name, arguments, position) for position in range(len(arguments)))
        types = tuple(argument.data_type for argument in coerced)
        return coerced, self.returns if isinstance(self.returns, DataType) else self.returns(types)

    def _check_count(self, name: str, count: int) -> None:
        most = len(self.parameters)
        least = most - self.optional - (1 if self.is_variadic else 0)
        if least <= count and (self.is_variadic or count <= most):
            return
        raise wrong_argument_count(name, count, self._expected_counts(least, most))

    def _expected_counts(self, least: int, most: int) -> str:
        if self.is_variadic:
            return f"> {least - 1}" if least > 0 else ">= 0"
        return str(least) if least == most else "[" + ", ".join(map(str, range(least, most + 1))) + "]"

    def _parameter(self, position: int) -> Parameter:
        return self.parameters[min(position, len(self.parameters) - 1)]

    def _coerce(self, name: str, arguments: Sequence[Expression], position: int) -> Expression:
        argument = arguments[position]
        target = self._parameter(position).accept(argument.data_type)
        if target is None:
            raise wrong_argument_type(name, arguments, position, self._parameter(position).name)
        return implicit_cast(argument, target)

    def _unify(self, name: str, arguments: Sequence[Expression]) -> Sequence[Expression]:
        positions = range(len(arguments)) if self.unified == "all" else self.unified
        chosen = [p for p in positions if isinstance(p, int) and p < len(arguments)]
        if not chosen:
            return arguments
        target = common_type_of(arguments[p].data_type for p in chosen)
        if target is None:
            raise different_types(name, arguments, [arguments[p].data_type for p in chosen])
        return [implicit_cast(a, target) if p in chosen else a for p, a in enumerate(arguments)]


def implicit_cast(expression: Expression, target: DataType) -> Expression:
    """`expression` as `target`, through an invisible cast if the types differ."""
    if expression.data_type == target or (is_string_like(expression.data_type) and isinstance(target, StringType)):
        return expression
    return Cast(expression, target, is_implicit=True)


def is_null(expression: Expression) -> bool:
    """Whether `expression` is the constant NULL, cast or not."""
    plain = expression.child if isinstance(expression, Cast) else expression
    return isinstance(plain, Literal) and plain.value is None


def wrong_argument_count(name: str, count: int, expected: str) -> SparkError:
    """Spark counts the arguments of a variadic function ("> 0") too late to know its place in the text."""
    error = analysis_error(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        functionName=f"`{name}`",
        expectedNum=expected,
        actualNum=str(count),
        docroot="https://spark.apache.org/docs/latest",
    )
    return error.without_place() if expected.startswith(">") else error


def wrong_argument_type(name: str, arguments: Sequence[Expression], position: int, required: str) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        sqlExpr=quoted_call(name, arguments),
        paramIndex=ORDINALS[position] if position < len(ORDINALS) else str(position + 1),
        requiredType=required,
        inputSql=f'"{pretty_name(arguments[position])}"',
        inputType=f'"{arguments[position].data_type.sql_name}"',
    )


def different_types(name: str, arguments: Sequence[Expression], types: Sequence[DataType]) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
        sqlExpr=quoted_call(name, arguments),
        functionName=f"`{name}`",
        dataType="(" + " or ".join(f'"{t.sql_name}"' for t in types) + ")",
    )


def quoted_call(name: str, arguments: Sequence[Expression]) -> str:
    """A call as error messages show it: `"upper(a)"`."""
    return f'"{call_name(name, arguments)}"'
