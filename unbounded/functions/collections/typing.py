"""Types of arguments that must agree with an array's elements or a map's keys, and Spark's errors when they do not."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import SparkError, analysis_error
from unbounded.functions.signature import Parameter, implicit_cast, quoted_call, wrong_argument_type
from unbounded.plan.expressions import Expression
from unbounded.types.coercion import as_decimal, common_type, is_string_like
from unbounded.types.datatypes import (
    NULL,
    ArrayType,
    CalendarIntervalType,
    DataType,
    DecimalType,
    IntegralType,
    MapType,
    NullType,
    StructType,
)

STRICT_ARRAY = Parameter('"ARRAY"', lambda given: given if isinstance(given, ArrayType) else None)
"""An array that may not be written as a bare NULL."""

STRICT_MAP = Parameter('"MAP"', lambda given: given if isinstance(given, MapType) else None)


def tightest_type(left: DataType, right: DataType) -> DataType | None:
    """The common type without turning strings into anything else, or anything else into strings."""
    match left, right:
        case ArrayType(element_type=a), ArrayType(element_type=b):
            element = tightest_type(a, b)
            return None if element is None else ArrayType(element, left.contains_null or right.contains_null)
        case MapType(key_type=a, value_type=b), MapType(key_type=c, value_type=d):
            key, value = tightest_type(a, c), tightest_type(b, d)
            is_nullable = left.value_contains_null or right.value_contains_null
            return None if key is None or value is None else MapType(key, value, is_nullable)
        case _ if is_string_like(left) != is_string_like(right) and NULL not in (left, right):
            return None
        case (IntegralType() as whole, DecimalType() as decimal) | (DecimalType() as decimal, IntegralType() as whole):
            digits = as_decimal(whole).precision
            return decimal if decimal.precision - decimal.scale >= digits else None
        case _:
            return common_type(left, right)


def is_orderable(data_type: DataType) -> bool:
    match data_type:
        case MapType() | CalendarIntervalType():
            return False
        case ArrayType(element_type=element):
            return is_orderable(element)
        case StructType(fields=fields):
            return all(is_orderable(f.data_type) for f in fields)
        case _:
            return True


def require_array(name: str, arguments: Sequence[Expression], position: int = 0) -> ArrayType:
    data_type = arguments[position].data_type
    if isinstance(data_type, ArrayType):
        return data_type
    raise wrong_argument_type(name, arguments, position, '"ARRAY"')


def require_map(name: str, arguments: Sequence[Expression], position: int = 0) -> MapType:
    data_type = arguments[position].data_type
    if isinstance(data_type, MapType):
        return data_type
    raise wrong_argument_type(name, arguments, position, '"MAP"')


def require_orderable(name: str, arguments: Sequence[Expression], data_type: DataType) -> None:
    if not is_orderable(data_type):
        raise analysis_error(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            dataType=f'"{data_type.sql_name}"',
        )


def with_element(
    name: str, arguments: Sequence[Expression], array: int, value: int
) -> tuple[tuple[Expression, ...], ArrayType]:
    """The arguments with the array and the value at these positions cast to one element type."""
    array_type = arguments[array].data_type
    element = None
    if isinstance(array_type, ArrayType):
        element = tightest_type(array_type.element_type, arguments[value].data_type)
    if element is None or not isinstance(array_type, ArrayType):
        raise element_differs(name, arguments, array_type, arguments[value].data_type)
    result = ArrayType(element, array_type.contains_null)
    casts = {array: result, value: element}
    return tuple(implicit_cast(a, casts[i]) if i in casts else a for i, a in enumerate(arguments)), result


def with_key(name: str, arguments: Sequence[Expression], key_position: int = 1) -> tuple[Expression, ...]:
    """A map and a key, the key cast to the map's key type."""
    map_type = require_map(name, arguments)
    given = arguments[key_position].data_type
    if isinstance(given, NullType):
        raise null_type(name, arguments)
    if tightest_type(map_type.key_type, given) is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            dataType='"MAP"',
            leftType=f'"{map_type.sql_name}"',
            rightType=f'"{given.sql_name}"',
        )
    return (arguments[0], implicit_cast(arguments[key_position], map_type.key_type))


def same_arrays(name: str, arguments: Sequence[Expression]) -> tuple[tuple[Expression, ...], ArrayType]:
    """Two arrays cast to one array type."""
    left, right = (a.data_type for a in arguments)
    common = tightest_type(left, right) if isinstance(left, ArrayType) and isinstance(right, ArrayType) else None
    if not isinstance(common, ArrayType):
        raise analysis_error(
            "DATATYPE_MISMATCH.BINARY_ARRAY_DIFF_TYPES",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            arrayType='"ARRAY"',
            leftType=f'"{left.sql_name}"',
            rightType=f'"{right.sql_name}"',
        )
    return tuple(implicit_cast(a, common) for a in arguments), common


def element_differs(name: str, arguments: Sequence[Expression], array: DataType, value: DataType) -> SparkError:
    return analysis_error(
        "DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES",
        sqlExpr=quoted_call(name, arguments),
        functionName=f"`{name}`",
        dataType='"ARRAY"',
        leftType=f'"{array.sql_name}"',
        rightType=f'"{value.sql_name}"',
    )


def null_type(name: str, arguments: Sequence[Expression]) -> SparkError:
    return analysis_error("DATATYPE_MISMATCH.NULL_TYPE", sqlExpr=quoted_call(name, arguments), functionName=f"`{name}`")
