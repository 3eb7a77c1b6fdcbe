"""Choosing between values: coalesce and its relatives, greatest and least, NaN tests."""

from __future__ import annotations

from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import ANY, P_BOOLEAN, P_DOUBLE, Types
from unbounded.types.datatypes import BOOLEAN, DataType, DoubleType, FloatType


def _first(types: Types) -> DataType:
    return types[0]


def _second(types: Types) -> DataType:
    return types[1]


_ALWAYS, _NEVER, _ALL = Nullability.ALWAYS, Nullability.NEVER, Nullability.ALL_ARGUMENTS
_IFNULL = scalar([ANY, ANY], _first, "coalesce({0}, {1})", unified="all", nullability=_ALL)

def _lower_at_least(invocation: Invocation) -> str:
    """Values that are neither NULL nor NaN are counted."""
    least, *values = invocation.sql
    kinds = [a.data_type for a in invocation.arguments[1:]]
    present = [
        f"({value} IS NOT NULL{f' AND NOT isnan({value})' if isinstance(kind, FloatType | DoubleType) else ''})"
        for value, kind in zip(values, kinds, strict=True)
    ]
    return f"({' + '.join(f'CAST({p} AS INTEGER)' for p in present) or '0'} >= {least})"


FUNCTIONS: dict[str, Function] = {
    "at_least_n_non_nulls": scalar([ANY, ANY], BOOLEAN, _lower_at_least, is_variadic=True, nullability=_NEVER),
    "coalesce": scalar([ANY, ANY], _first, "coalesce({all})", is_variadic=True, unified="all", nullability=_ALL),
    "ifnull": _IFNULL,
    "nvl": _IFNULL,
    "nvl2": scalar(
        [ANY, ANY, ANY], _second, "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END", unified=(1, 2), nullability=_ALWAYS
    ),
    "nullif": scalar([ANY, ANY], _first, "nullif({0}, {1})", unified="all", nullability=_ALWAYS),
    "if": scalar(
        [P_BOOLEAN, ANY, ANY], _second, "CASE WHEN {0} THEN {1} ELSE {2} END", unified=(1, 2), nullability=_ALWAYS
    ),
    "greatest": scalar([ANY, ANY], _first, "greatest({all})", is_variadic=True, unified="all", nullability=_ALL),
    "least": scalar([ANY, ANY], _first, "least({all})", is_variadic=True, unified="all", nullability=_ALL),
    "isnan": scalar([P_DOUBLE], BOOLEAN, "coalesce(isnan({0}), false)", nullability=_NEVER),
    "nanvl": scalar([P_DOUBLE, P_DOUBLE], _first, "CASE WHEN isnan({0}) THEN {1} ELSE {0} END", unified="all"),
}
