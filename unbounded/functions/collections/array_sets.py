"""Arrays as sets: distinct elements, union, intersection, difference, overlap; and zipping arrays to structs.

Elements keep the order of their first occurrence. NULL equals NULL and NaN equals NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import not_supported
from unbounded.functions.collections.typing import STRICT_ARRAY, require_array, same_arrays
from unbounded.functions.engine import bind, cast, quote
from unbounded.functions.environment import Environment
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import Types, implicit_cast, wrong_argument_count, wrong_argument_type
from unbounded.plan.expressions import Alias, Attribute, Expression, GetField, LambdaVariable
from unbounded.types.datatypes import BOOLEAN, NULL, ArrayType, DataType, NullType, StructField, StructType

Typed = tuple[tuple[Expression, ...], DataType]


def _type_set(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_two(name, arguments)
    return same_arrays(name, arguments)


def _type_overlap(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_two(name, arguments)
    return same_arrays(name, arguments)[0], BOOLEAN


def _check_two(name: str, arguments: Sequence[Expression]) -> None:
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")


def _type_zip(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """Fields are named after columns, else by their positions from 0."""
    if not arguments:
        raise not_supported("arrays_zip() without arguments", "Give it at least one array.")
    coerced: list[Expression] = []
    fields = []
    for position, argument in enumerate(arguments):
        if isinstance(argument.data_type, NullType):
            argument = implicit_cast(argument, ArrayType(NULL))
        if not isinstance(argument.data_type, ArrayType):
            raise wrong_argument_type(name, arguments, position, '"ARRAY"')
        array = require_array(name, [argument])
        fields.append(StructField(_field_name(argument, position), array.element_type))
        coerced.append(argument)
    return tuple(coerced), ArrayType(StructType(tuple(fields)), False)


def _field_name(argument: Expression, position: int) -> str:
    match argument:
        case Attribute(name=name) | LambdaVariable(name=name) | Alias(name=name):
            return name
        case GetField():
            return argument.field.name
        case _:
            return str(position)


def distinct(array: str) -> str:
    return bind(array, "d", lambda a: f"list_filter({a}, lambda x, i : list_position({a}, x) = i)")


def _same_array(types: Types) -> DataType:
    return types[0]


def _lower_distinct(invocation: Invocation) -> str:
    return distinct(invocation.sql[0])


def _lower_union(invocation: Invocation) -> str:
    left, right = invocation.sql
    both = f"CASE WHEN {left} IS NOT NULL AND {right} IS NOT NULL THEN {left} || {right} END"
    return distinct(both)


def _lower_kept(invocation: Invocation, condition: str) -> str:
    """The distinct elements of the left array for which `condition` (over `x` and the right array) holds."""
    left, right = invocation.sql

    def kept(other: str) -> str:
        found = f"list_position({other}, x) IS {condition}"
        return f"CASE WHEN {other} IS NOT NULL THEN list_filter({distinct(left)}, lambda x : {found}) END"

    return bind(right, "r", kept)


def _lower_intersect(invocation: Invocation) -> str:
    return _lower_kept(invocation, "NOT NULL")


def _lower_except(invocation: Invocation) -> str:
    return _lower_kept(invocation, "NULL")


def _lower_overlap(invocation: Invocation) -> str:
    """Unknown if nothing but a NULL on either side could make them overlap."""
    left, right = invocation.sql

    def overlap(a: str, b: str) -> str:
        shared = f"len(list_filter({a}, lambda x : x IS NOT NULL AND list_position({b}, x) IS NOT NULL)) > 0"
        has_null = f"list_position({a}, NULL) IS NOT NULL OR list_position({b}, NULL) IS NOT NULL"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN {shared} THEN true "
            f"WHEN len({a}) > 0 AND len({b}) > 0 AND ({has_null}) THEN NULL ELSE false END"
        )

    return bind(left, "a", lambda a: bind(right, "b", lambda b: overlap(a, b)))


def _lower_zip(invocation: Invocation) -> str:
    assert isinstance(invocation.data_type, ArrayType) and isinstance(invocation.data_type.element_type, StructType)
    names = invocation.data_type.element_type.names
    members = ", ".join(f"{quote(n)} := {v}[i]" for n, v in zip(names, invocation.sql, strict=True))
    longest = f"greatest({', '.join(f'len({v})' for v in invocation.sql)})"
    given = " AND ".join(f"{v} IS NOT NULL" for v in invocation.sql)
    zipped = f"list_transform(range(1, {longest} + 1), lambda i : struct_pack({members}))"
    return cast(f"CASE WHEN {given} THEN {zipped} END", invocation.data_type)


FUNCTIONS: dict[str, Function] = {
    "array_distinct": scalar([STRICT_ARRAY], _same_array, _lower_distinct),
    "array_union": Function(_type_set, _lower_union),
    "array_intersect": Function(_type_set, _lower_intersect),
    "array_except": Function(_type_set, _lower_except),
    "arrays_overlap": Function(_type_overlap, _lower_overlap, nullability=Nullability.ALWAYS),
    "arrays_zip": Function(_type_zip, _lower_zip),
}
