"""Arrays: size, access by position, search, change, order. Sets are in `array_sets`, ranges in `sequences`."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind
from unbounded.functions.collections.typing import (
    STRICT_ARRAY,
    element_differs,
    null_type,
    require_array,
    require_orderable,
    with_element,
    with_key,
)
from unbounded.functions.engine import bind, cast, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.ordering import needs_order_key, order_key
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import (
    ARRAY,
    ARRAY_OR_MAP,
    P_BOOLEAN,
    P_INTEGER,
    P_LONG,
    P_STRING,
    Parameter,
    Types,
    array_of,
    implicit_cast,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import (
    BOOLEAN,
    INTEGER,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    IntegralType,
    LongType,
    MapType,
    NullType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_ALWAYS, _NEVER = Nullability.ALWAYS, Nullability.NEVER
_ARRAY_OF_ARRAY = Parameter(
    '"ARRAY" of "ARRAY"',
    lambda given: given if isinstance(given, ArrayType) and isinstance(given.element_type, ArrayType) else None,
)
_INDEX_OF_ZERO = raise_error(ErrorKind.RUNTIME, "INVALID_INDEX_OF_ZERO", {})


def element_type(types: Types) -> DataType:
    """Of an array in the first place."""
    return types[0].element_type if isinstance(types[0], ArrayType) else NULL


def same_type(types: Types) -> DataType:
    return types[0]


# ------------------------------------------------------------------------------------------------ typing


def _type_contains(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """A bare NULL on either side is refused."""
    _check_two(name, arguments)
    if any(isinstance(a.data_type, NullType) for a in arguments):
        raise null_type(name, arguments)
    require_array(name, arguments)
    return with_element(name, arguments, 0, 1)[0], BOOLEAN


def _type_position(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_two(name, arguments)
    require_array(name, arguments)
    return with_element(name, arguments, 0, 1)[0], LONG


def _type_remove(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_two(name, arguments)
    require_array(name, arguments)
    return with_element(name, arguments, 0, 1)


def _type_append(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """array, value; the result may hold NULL if the array does or the value can be NULL."""
    _check_two(name, arguments)
    require_array(name, arguments)
    coerced, result = with_element(name, arguments, 0, 1)
    return coerced, ArrayType(result.element_type, result.contains_null or arguments[1].nullable)


def _type_insert(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """array, position, value."""
    if len(arguments) != 3:
        raise wrong_argument_count(name, len(arguments), "3")
    if not isinstance(arguments[0].data_type, ArrayType):
        raise element_differs(name, arguments, arguments[0].data_type, arguments[2].data_type)
    coerced, result = with_element(name, arguments, 0, 2)
    position = P_INTEGER.accept(arguments[1].data_type)
    if position is None or isinstance(arguments[1].data_type, NullType):
        raise wrong_argument_type(name, arguments, 1, '"INT"')
    array, at, value = coerced
    return (array, implicit_cast(at, position), value), ArrayType(result.element_type, True)


def _type_element_at(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """An array with a position from 1, negative from the end; or a map with a key."""
    _check_two(name, arguments)
    container, index = (a.data_type for a in arguments)
    if isinstance(container, MapType):
        return with_key(name, arguments), container.value_type
    if not isinstance(container, ArrayType):
        raise wrong_argument_type(name, arguments, 0, '("ARRAY" or "MAP")')
    if not isinstance(index, IntegralType | NullType) or isinstance(index, LongType):
        raise wrong_argument_type(name, arguments, 1, '"INT"')
    return (arguments[0], implicit_cast(arguments[1], INTEGER)), container.element_type


def _type_sort_array(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """The direction is shown even if it is not written."""
    if not 1 <= len(arguments) <= 2:
        raise wrong_argument_count(name, len(arguments), "[1, 2]")
    given = (*arguments, Literal(True, BOOLEAN))[:2]
    array = require_array(name, given)
    if P_BOOLEAN.accept(given[1].data_type) is None or not isinstance(given[1], Literal):
        raise wrong_argument_type(name, given, 1, '"BOOLEAN"')
    require_orderable(name, given, array.element_type)
    return (given[0], implicit_cast(given[1], BOOLEAN)), array


def _type_extreme(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 1:
        raise wrong_argument_count(name, len(arguments), "1")
    array = require_array(name, arguments)
    require_orderable(name, arguments, array.element_type)
    return tuple(arguments), array.element_type


def _type_shuffle(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not 1 <= len(arguments) <= 2:
        raise wrong_argument_count(name, len(arguments), "[1, 2]")
    return tuple(arguments), require_array(name, arguments)


def _check_two(name: str, arguments: Sequence[Expression]) -> None:
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")


def _repeated(types: Types) -> DataType:
    return ArrayType(types[0], True)


def _compacted(types: Types) -> DataType:
    return ArrayType(element_type(types), False)


# ------------------------------------------------------------------------------------------------ engine rules


def _lower_size(invocation: Invocation) -> str:
    (value,) = invocation.sql
    count = f"cardinality({value})" if isinstance(invocation.type_of(0), MapType) else f"len({value})"
    counted = f"CAST({count} AS INTEGER)"
    has_null_size = invocation.environment.is_ansi or invocation.name == "array_size"
    return counted if has_null_size else f"coalesce({counted}, -1)"


def _lower_element_at(invocation: Invocation) -> str:
    """Past the end: an error in ANSI mode, NULL for the `try_` form."""
    container, key = invocation.sql
    if isinstance(invocation.type_of(0), MapType):
        return f"map_extract_value({container}, {key})"
    found = f"{container}[CAST({key} AS BIGINT)]"
    zero = f"WHEN {key} = 0 AND {container} IS NOT NULL THEN {_INDEX_OF_ZERO}"
    if invocation.name == "try_element_at" or not invocation.environment.is_ansi:
        return f"CASE {zero} ELSE {found} END"
    failure = raise_error(
        ErrorKind.ARRAY_INDEX,
        "INVALID_ARRAY_INDEX_IN_ELEMENT_AT",
        {},
        {"indexValue": f"CAST({key} AS VARCHAR)", "arraySize": f"CAST(len({container}) AS VARCHAR)"},
    )
    return f"CASE {zero} WHEN abs(CAST({key} AS BIGINT)) > len({container}) THEN {failure} ELSE {found} END"


def _lower_join(invocation: Invocation) -> str:
    """NULLs are left out, or shown as the third argument."""
    array, separator, *replacement = invocation.sql
    if replacement:
        array = f"list_transform({array}, lambda x : coalesce(x, {replacement[0]}))"
    if invocation.is_constant(1):
        joined = f"coalesce(array_to_string({array}, {separator}), '')"
    else:
        joined = bind(f"list_filter({array}, lambda x : x IS NOT NULL)", "l", lambda kept: _fold(kept, separator))
    given = " AND ".join(f"{value} IS NOT NULL" for value in invocation.sql)
    return f"CASE WHEN {given} THEN {joined} END"


def _fold(array: str, separator: str) -> str:
    """The engine joins only with a constant separator."""
    return f"CASE WHEN len({array}) > 0 THEN list_reduce({array}, lambda a, b : a || {separator} || b) ELSE '' END"


def _lower_slice(invocation: Invocation) -> str:
    array, start, length = invocation.sql
    parameters = {"parameter": "`start`", "functionName": "`slice`"}
    no_start = raise_error(ErrorKind.RUNTIME, "INVALID_PARAMETER_VALUE.START", parameters)
    no_length = raise_error(
        ErrorKind.RUNTIME,
        "INVALID_PARAMETER_VALUE.LENGTH",
        {"parameter": "`length`", "functionName": "`slice`"},
        {"length": f"CAST({length} AS VARCHAR)"},
    )
    first = f"CASE WHEN {start} > 0 THEN CAST({start} AS BIGINT) ELSE len({array}) + {start} + 1 END"
    taken = f"{array}[({first}):({first}) + {length} - 1]"
    return (
        f"CASE WHEN {array} IS NULL OR {start} IS NULL OR {length} IS NULL THEN NULL "
        f"WHEN {start} = 0 THEN {no_start} WHEN {length} < 0 THEN {no_length} "
        f"WHEN ({first}) < 1 OR {length} = 0 THEN {array}[2:1] ELSE {taken} END"
    )


def _lower_insert(invocation: Invocation) -> str:
    """Positions past either end are reached with NULLs; -1 is behind the last element."""
    array, position, value = invocation.sql
    item = cast(f"[{value}]", invocation.data_type)
    gap = cast("[NULL]", invocation.data_type)
    at = f"CASE WHEN {position} > 0 THEN CAST({position} AS BIGINT) ELSE len({array}) + {position} + 2 END"
    head = f"{array}[1:({at}) - 1] || repeat({gap}, greatest(({at}) - 1 - len({array}), 0))"
    inside = f"({head} || {item} || {array}[({at}):])"
    before = f"({item} || repeat({gap}, -({at})) || {array})"
    return (
        f"CASE WHEN {array} IS NULL OR {position} IS NULL THEN NULL WHEN {position} = 0 THEN {_INDEX_OF_ZERO} "
        f"WHEN ({at}) >= 1 THEN {inside} ELSE {before} END"
    )


def _lower_sort_array(invocation: Invocation) -> str:
    array, _ = invocation.sql
    match invocation.constant(1):
        case True:
            return sorted_array(array, invocation.data_type, "ASC", "FIRST")
        case False:
            return sorted_array(array, invocation.data_type, "DESC", "LAST")
        case _:
            return cast("NULL", invocation.data_type)


def sorted_array(array: str, data_type: DataType, direction: str, nulls: str) -> str:
    """`array` in Spark's order of its elements; `nulls` is where they go: FIRST or LAST."""
    element = data_type.element_type if isinstance(data_type, ArrayType) else data_type
    if not needs_order_key(element):
        return f"list_sort({array}, '{direction}', 'NULLS {nulls}')"
    is_null = "x IS NULL" if (nulls == "LAST") == (direction == "ASC") else "x IS NOT NULL"
    keyed = f"list_transform({array}, lambda x : struct_pack(n := {is_null}, k := {order_key('x', element)}, v := x))"
    return cast(f"list_transform(list_sort({keyed}, '{direction}'), lambda s : s.v)", data_type)


def _lower_extreme(invocation: Invocation) -> str:
    array, direction = invocation.sql[0], "ASC" if invocation.name == "array_min" else "DESC"
    if not needs_order_key(invocation.data_type):
        return f"list_{'min' if direction == 'ASC' else 'max'}({array})"
    return f"{sorted_array(array, invocation.type_of(0), direction, 'LAST')}[1]"


def _lower_contains(invocation: Invocation) -> str:
    """Unknown if the value is not there but a NULL is."""
    array, value = invocation.sql
    if isinstance(invocation.arguments[0].data_type, ArrayType) and not invocation.arguments[0].data_type.contains_null:
        return f"list_contains({array}, {value})"
    return bind(
        array,
        "l",
        lambda a: (
            f"CASE WHEN list_contains({a}, {value}) THEN true "
            f"WHEN {a} IS NULL OR {value} IS NULL OR list_position({a}, NULL) IS NOT NULL THEN NULL ELSE false END"
        ),
    )


MAX_ARRAY_LENGTH = 2147483632
"""Elements of the longest array Spark makes."""


def _lower_repeat(invocation: Invocation) -> str:
    value, count = invocation.sql
    within = f"CASE WHEN {count} > {MAX_ARRAY_LENGTH} THEN 0 ELSE {count} END"
    repeated = f"repeat({cast(f'[{value}]', invocation.data_type)}, CAST({within} AS BIGINT))"
    too_many = raise_error(
        ErrorKind.RUNTIME,
        "COLLECTION_SIZE_LIMIT_EXCEEDED.PARAMETER",
        {
            "functionName": "`array_repeat`",
            "maxRoundedArrayLength": str(MAX_ARRAY_LENGTH),
            "parameter": "`count`",
        },
        {"numberOfElements": f"CAST({count} AS VARCHAR)"},
    )
    return f"CASE WHEN {count} > {MAX_ARRAY_LENGTH} THEN {too_many} WHEN {count} IS NOT NULL THEN {repeated} END"


def _lower_shuffle(invocation: Invocation) -> str:
    """By a random number for every element; with a seed by a hash, which is not Spark's order."""
    array = invocation.sql[0]
    key = "random()" if len(invocation.sql) == 1 else f"hash(i, {invocation.sql[1]})"
    keyed = f"list_transform({array}, lambda x, i : struct_pack(k := {key}, v := x))"
    return cast(f"list_transform(list_sort({keyed}), lambda s : s.v)", invocation.data_type)


def _lower_compact(invocation: Invocation) -> str:
    return f"list_filter({invocation.sql[0]}, lambda x : x IS NOT NULL)"


def reverse_array(invocation: Invocation) -> str:
    """`reverse` of an array."""
    return f"list_reverse({invocation.sql[0]})"


def concatenated_arrays(invocation: Invocation) -> str:
    """`concat` of arrays: NULL if any of them is."""
    given = " AND ".join(f"{value} IS NOT NULL" for value in invocation.sql)
    return f"CASE WHEN {given} THEN {' || '.join(invocation.sql)} END"


# ------------------------------------------------------------------------------------------------ rows

_APPEND = "CASE WHEN {0} IS NOT NULL THEN list_append({0}, {1}) END"
_PREPEND = "CASE WHEN {0} IS NOT NULL THEN list_prepend({1}, {0}) END"
_POSITION = (
    "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT) END"
)
_REMOVE = "CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda x : x IS DISTINCT FROM {1}) END"
_FLATTEN = "CASE WHEN list_position({0}, NULL) IS NULL THEN CAST(flatten({0}) AS {type}) END"
_SIZE = scalar([ARRAY_OR_MAP], INTEGER, _lower_size)
_ELEMENT_AT = Function(_type_element_at, _lower_element_at, nullability=_ALWAYS)

FUNCTIONS: dict[str, Function] = {
    "size": _SIZE,
    "cardinality": _SIZE,
    "array_size": scalar([ARRAY], INTEGER, _lower_size),
    "get": scalar(
        [STRICT_ARRAY, P_LONG], element_type, "CASE WHEN {1} >= 0 THEN {0}[{1} + 1] END", nullability=_ALWAYS
    ),
    "element_at": _ELEMENT_AT,
    "try_element_at": _ELEMENT_AT,
    "array_contains": Function(_type_contains, _lower_contains, nullability=_ALWAYS),
    "array_position": Function(_type_position, _POSITION),
    "array_remove": Function(_type_remove, _REMOVE),
    "array_append": Function(_type_append, _APPEND),
    "array_prepend": Function(_type_append, _PREPEND),
    "array_insert": Function(_type_insert, _lower_insert),
    "array_compact": scalar([STRICT_ARRAY], _compacted, _lower_compact),
    "array_join": scalar([array_of(STRING), P_STRING, P_STRING], STRING, _lower_join, optional=1),
    "array_repeat": scalar([Parameter('"ANY"', lambda t: t), P_INTEGER], _repeated, _lower_repeat),
    "array_min": Function(_type_extreme, _lower_extreme, nullability=_ALWAYS),
    "array_max": Function(_type_extreme, _lower_extreme, nullability=_ALWAYS),
    "sort_array": Function(_type_sort_array, _lower_sort_array),
    "slice": scalar([ARRAY, P_INTEGER, P_INTEGER], same_type, _lower_slice),
    "flatten": scalar([_ARRAY_OF_ARRAY], element_type, _FLATTEN, nullability=_ALWAYS),
    "shuffle": Function(_type_shuffle, _lower_shuffle, is_deterministic=False),
}
