"""Functions with lambdas over arrays and maps. A lambda arrives as engine text `(lambda c1, c2 : body)`."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import ErrorKind, analysis_error
from unbounded.functions.collections.arrays import sorted_array
from unbounded.functions.collections.maps import make_map
from unbounded.functions.collections.typing import is_orderable, require_array, require_map, tightest_type
from unbounded.functions.engine import bind, cast, raise_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import Function, Invocation, LambdaParameter, LambdaRule, Nullability
from unbounded.functions.signature import implicit_cast, quoted_call, wrong_argument_count, wrong_argument_type
from unbounded.plan.expressions import Call, Cast, Expression, Lambda, LambdaRole, LambdaVariable, Literal
from unbounded.types.datatypes import (
    BOOLEAN,
    INTEGER,
    ArrayType,
    BooleanType,
    DataType,
    MapType,
    NullType,
)

Typed = tuple[tuple[Expression, ...], DataType]
Offered = list[tuple[LambdaParameter, ...]]

_INDEX = LambdaParameter(INTEGER, False, LambdaRole.INDEX)


# ------------------------------------------------------------------------------------------------ variables


def _element(given: Sequence[Expression]) -> LambdaParameter:
    match given[0].data_type if given else None:
        case ArrayType(element_type=element, contains_null=nullable):
            return LambdaParameter(element, nullable)
        case other:
            return LambdaParameter(other or NullType())


def _of_element(given: Sequence[Expression]) -> Offered:
    return [(_element(given),)]


def _of_element_and_index(given: Sequence[Expression]) -> Offered:
    return [(_element(given), _INDEX)]


def _of_accumulator(given: Sequence[Expression]) -> Offered:
    state = LambdaParameter(given[1].data_type if len(given) > 1 else NullType())
    return [(state, _element(given)), (state,)]


def _of_two_elements(given: Sequence[Expression]) -> Offered:
    return [(_element(given), _element(given))]


def _of_entry(given: Sequence[Expression]) -> Offered:
    match given[0].data_type if given else None:
        case MapType(key_type=key, value_type=value, value_contains_null=nullable):
            return [_parts(LambdaParameter(key, False), LambdaParameter(value, nullable))]
        case _:
            return [_parts(LambdaParameter(NullType()), LambdaParameter(NullType()))]


def _of_pair(given: Sequence[Expression]) -> Offered:
    left, right = (_element([g]) for g in given[:2])
    return [_parts(LambdaParameter(left.data_type), LambdaParameter(right.data_type))]


def _of_key_and_values(given: Sequence[Expression]) -> Offered:
    (first,), (second,) = ((_of_entry([g])[0],) for g in given[:2])
    values = (LambdaParameter(p.data_type) for p in (first[1], second[1]))
    return [_parts(first[0], *values)]


def _parts(*parameters: LambdaParameter) -> tuple[LambdaParameter, ...]:
    roles = (LambdaRole.KEY, LambdaRole.VALUE, LambdaRole.OTHER)
    return tuple(LambdaParameter(p.data_type, p.nullable, role) for p, role in zip(parameters, roles, strict=False))


# ------------------------------------------------------------------------------------------------ typing


def _lambda(name: str, arguments: Sequence[Expression], position: int) -> Lambda:
    """Any other expression is a lambda that does not look at its arguments."""
    argument = arguments[position]
    if isinstance(argument, Lambda):
        return argument
    hidden = LambdaVariable(-3 - position, "unused", NullType())
    return Lambda((hidden,), argument)


def _predicate(name: str, arguments: Sequence[Expression], position: int) -> Lambda:
    """A lambda that gives a boolean; a bare NULL counts as one."""
    predicate = _lambda(name, arguments, position)
    if isinstance(predicate.data_type, NullType):
        return Lambda(predicate.parameters, Cast(predicate.body, BOOLEAN, is_implicit=True))
    if not isinstance(predicate.data_type, BooleanType):
        raise wrong_argument_type(name, arguments, position, '"BOOLEAN"')
    return predicate


def _check_count(name: str, arguments: Sequence[Expression], *counts: int) -> None:
    if len(arguments) not in counts:
        expected = str(counts[0]) if len(counts) == 1 else f"[{', '.join(map(str, counts))}]"
        raise wrong_argument_count(name, len(arguments), expected)


def _type_transform(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 2)
    require_array(name, arguments)
    function = _lambda(name, arguments, 1)
    return (arguments[0], function), ArrayType(function.data_type, function.nullable)


def _type_filter(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 2)
    array = require_array(name, arguments)
    return (arguments[0], _predicate(name, arguments, 1)), array


def _type_quantifier(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 2)
    require_array(name, arguments)
    return (arguments[0], _predicate(name, arguments, 1)), BOOLEAN


def _type_aggregate(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """array, start, merge, [finish]; the merge must give the type of the start."""
    _check_count(name, arguments, 3, 4)
    require_array(name, arguments)
    merge = _lambda(name, arguments, 2)
    start_type = arguments[1].data_type
    finish = _lambda(name, arguments, 3) if len(arguments) > 3 else Lambda(merge.parameters[:1], merge.parameters[0])
    given = (*arguments[:3], finish)
    if merge.data_type != start_type and not _differs_in_nulls(merge.data_type, start_type):
        raise wrong_argument_type(name, given, 2, f'"{start_type.sql_name}"')
    return given, finish.data_type


def _differs_in_nulls(a: DataType, b: DataType) -> bool:
    """One type but for whether members can be NULL."""
    return a.simple_string == b.simple_string


def _type_zip_with(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 3)
    for position in (0, 1):
        require_array(name, arguments, position)
    function = _lambda(name, arguments, 2)
    return tuple(arguments), ArrayType(function.data_type, function.nullable)


def _type_sort(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    """With a comparator that gives an integer; without one, the natural order is written as a comparator."""
    _check_count(name, arguments, 1, 2)
    array = require_array(name, arguments)
    if len(arguments) == 1:
        natural = natural_order(array.element_type)
        if not is_orderable(array.element_type):
            raise _unordered(natural.parameters, array.element_type)
        return (arguments[0], natural), array
    comparator = _lambda(name, arguments, 1)
    if comparator.data_type != INTEGER:
        raise analysis_error(
            "DATATYPE_MISMATCH.UNEXPECTED_RETURN_TYPE",
            sqlExpr=quoted_call(name, arguments),
            functionName="`lambdafunction`",
            expectedType='"INT"',
            actualType=f'"{comparator.data_type.sql_name}"',
        )
    return tuple(arguments), array


def natural_order(element: DataType) -> Lambda:
    """Spark's default comparator of `array_sort`: NULLs at the end."""
    left, right = (LambdaVariable(number, name, element) for number, name in ((-1, "left"), (-2, "right")))
    nulls = [Call("isnull", (side,), BOOLEAN, False) for side in (left, right)]
    less, more = (Call(sign, (left, right), BOOLEAN) for sign in ("<", ">"))
    chain: Expression = Literal(0, INTEGER)
    both = Call("and", tuple(nulls), BOOLEAN, False)
    for condition, value in ((more, 1), (less, -1), (nulls[1], -1), (nulls[0], 1), (both, 0)):
        chain = Call("if", (condition, Literal(value, INTEGER), chain), INTEGER, False)
    return Lambda((left, right), chain)


def _unordered(sides: Sequence[Expression], element: DataType) -> Exception:
    shown = " < ".join(map(pretty_name, sides))
    return analysis_error(
        "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
        sqlExpr=f'"({shown})"',
        functionName="`<`",
        dataType=f'"{element.sql_name}"',
    )


def _type_map_filter(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 2)
    map_type = require_map(name, arguments)
    return (arguments[0], _predicate(name, arguments, 1)), map_type


def _type_transform_keys(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 2)
    map_type = require_map(name, arguments)
    key = _lambda(name, arguments, 1).data_type
    return tuple(arguments), MapType(key, map_type.value_type, map_type.value_contains_null)


def _type_transform_values(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 2)
    map_type = require_map(name, arguments)
    function = _lambda(name, arguments, 1)
    return tuple(arguments), MapType(map_type.key_type, function.data_type, function.nullable)


def _type_map_zip(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    _check_count(name, arguments, 3)
    left, right = require_map(name, arguments, 0), require_map(name, arguments, 1)
    key = tightest_type(left.key_type, right.key_type)
    if key is None:
        raise analysis_error(
            "DATATYPE_MISMATCH.MAP_ZIP_WITH_DIFF_TYPES",
            sqlExpr=quoted_call(name, arguments),
            functionName=f"`{name}`",
            leftType=f'"{left.key_type.sql_name}"',
            rightType=f'"{right.key_type.sql_name}"',
        )
    maps = (implicit_cast(a, MapType(key, m.value_type)) for a, m in zip(arguments, (left, right), strict=False))
    function = _lambda(name, arguments, 2)
    return (*maps, function), MapType(key, function.data_type, function.nullable)


# ------------------------------------------------------------------------------------------------ engine rules


def _parts_of(function: str) -> tuple[list[str], str]:
    """The variables and the body of `(lambda c1, c2 : body)`."""
    head, _, body = function[len("(lambda ") : -1].partition(" : ")
    return head.split(", "), body


def _lower_transform(invocation: Invocation) -> str:
    array, function = invocation.sql
    return cast(f"list_transform({array}, {function[1:-1]})", invocation.data_type)


def _lower_filter(invocation: Invocation) -> str:
    array, function = invocation.sql
    return f"list_filter({array}, {function[1:-1]})"


def _lower_quantifier(invocation: Invocation) -> str:
    """`exists` is true if one is; `forall` false if one is not; else unknown if there is a NULL."""
    array, function = invocation.sql
    decisive, otherwise = ("true", "false") if invocation.name in ("exists", "any_match") else ("false", "true")

    def answer(found: str) -> str:
        return (
            f"CASE WHEN list_contains({found}, {decisive}) THEN {decisive} "
            f"WHEN {found} IS NULL OR list_position({found}, NULL) IS NOT NULL THEN NULL ELSE {otherwise} END"
        )

    return bind(f"CAST(list_transform({array}, {function[1:-1]}) AS BOOLEAN[])", "found", answer)


def _lower_aggregate(invocation: Invocation) -> str:
    array, start, merge, finish = invocation.sql
    (variable, *_), body = _parts_of(finish)
    state = cast(start, invocation.type_of(1))
    merged_variables, merged = _parts_of(merge)
    step = f"lambda {', '.join(merged_variables)} : {cast(merged, invocation.type_of(1))}"
    reduced = f"list_reduce({array}, {step}, {state})"
    if body == variable:
        return reduced
    finished = f"list_transform([{reduced}], lambda {variable} : {body})[1]"
    return cast(f"CASE WHEN {array} IS NOT NULL THEN {finished} END", invocation.data_type)


def _lower_zip_with(invocation: Invocation) -> str:
    """The shorter array is filled up with NULL."""
    left, right, function = invocation.sql
    longest = f"greatest(len({left}), len({right}))"
    entries = (
        f'list_transform(range(1, {longest} + 1), lambda i : struct_pack("key" := {left}[i], "value" := {right}[i]))'
    )
    zipped = f"list_transform({entries}, {function[1:-1]})"
    return cast(f"CASE WHEN {left} IS NOT NULL AND {right} IS NOT NULL THEN {zipped} END", invocation.data_type)


def _lower_sort(invocation: Invocation) -> str:
    """An element's place is the number of elements that the comparator puts before it; equal ones keep their order."""
    array, function = invocation.sql
    comparator = invocation.arguments[1]
    if isinstance(comparator, Lambda) and comparator.parameters[0].id < 0:
        return sorted_array(array, invocation.data_type, "ASC", "LAST")
    (left, right), body = _parts_of(function)
    unknown = raise_error(
        ErrorKind.SPARK,
        "COMPARATOR_RETURNS_NULL",
        {},
        {
            "firstValue": f"coalesce(CAST({left} AS VARCHAR), 'null')",
            "secondValue": f"coalesce(CAST({right} AS VARCHAR), 'null')",
        },
    )

    def ordered(a: str) -> str:
        is_before = f"CASE WHEN o IS NULL THEN {unknown} ELSE o < 0 OR (o = 0 AND j < i) END"
        comparison = f"list_transform([{body}], lambda o : {is_before})[1]"
        before = f"len(list_filter({a}, lambda {left}, j : {comparison}))"
        placed = f"list_transform({a}, lambda {right}, i : struct_pack(place := {before}, element := {right}))"
        return f"list_transform(list_sort({placed}), lambda p : p.element)"

    return cast(bind(array, "s", ordered), invocation.data_type)


def _entries(value: str) -> str:
    return f"map_entries({value})"


def _lower_map_filter(invocation: Invocation) -> str:
    value, function = invocation.sql
    return cast(f"map_from_entries(list_filter({_entries(value)}, {function[1:-1]}))", invocation.data_type)


def _lower_transform_keys(invocation: Invocation) -> str:
    value, function = invocation.sql
    assert isinstance(invocation.data_type, MapType)
    keys = cast(f"list_transform({_entries(value)}, {function[1:-1]})", ArrayType(invocation.data_type.key_type))
    return make_map(keys, f"map_values({value})", invocation.data_type, invocation.environment)


def _lower_transform_values(invocation: Invocation) -> str:
    value, function = invocation.sql
    values = f"list_transform({_entries(value)}, {function[1:-1]})"
    return cast(f"CASE WHEN {value} IS NOT NULL THEN map(map_keys({value}), {values}) END", invocation.data_type)


def _lower_map_zip(invocation: Invocation) -> str:
    """Keys of the left map, then those only the right one has."""
    left, right, function = invocation.sql

    def zipped(a: str, b: str) -> str:
        others = f"list_filter(map_keys({b}), lambda x : NOT list_contains(map_keys({a}), x))"
        members = f'"key" := k, "value" := map_extract_value({a}, k), "other" := map_extract_value({b}, k)'
        entries = f"list_transform(map_keys({a}) || {others}, lambda k : struct_pack({members}))"
        values = f"list_transform({entries}, {function[1:-1]})"
        made = f"map(map_keys({a}) || {others}, {values})"
        return f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN {made} END"

    return cast(bind(left, "m", lambda a: bind(right, "n", lambda b: zipped(a, b))), invocation.data_type)


# ------------------------------------------------------------------------------------------------ rows


def _higher_order(typing: object, rule: object, lambdas: LambdaRule, *, can_be_null: bool = False) -> Function:
    nullability = Nullability.ALWAYS if can_be_null else Nullability.ARGUMENTS
    return Function(typing, rule, nullability=nullability, lambdas=lambdas)  # type: ignore[arg-type]


_AGGREGATE = _higher_order(_type_aggregate, _lower_aggregate, _of_accumulator, can_be_null=True)
_FORALL = _higher_order(_type_quantifier, _lower_quantifier, _of_element, can_be_null=True)

FUNCTIONS: dict[str, Function] = {
    "transform": _higher_order(_type_transform, _lower_transform, _of_element_and_index),
    "filter": _higher_order(_type_filter, _lower_filter, _of_element_and_index),
    "exists": _FORALL,
    "forall": _FORALL,
    "aggregate": _AGGREGATE,
    "reduce": _AGGREGATE,
    "zip_with": _higher_order(_type_zip_with, _lower_zip_with, _of_pair),
    "array_sort": _higher_order(_type_sort, _lower_sort, _of_two_elements),
    "map_filter": _higher_order(_type_map_filter, _lower_map_filter, _of_entry),
    "transform_keys": _higher_order(_type_transform_keys, _lower_transform_keys, _of_entry),
    "transform_values": _higher_order(_type_transform_values, _lower_transform_values, _of_entry),
    "map_zip_with": _higher_order(_type_map_zip, _lower_map_zip, _of_key_and_values),
}
