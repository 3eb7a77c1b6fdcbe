"""Functions that need an OVER clause: ranking and neighbours."""

from __future__ import annotations

from unbounded.functions.registry import Function, Nullability, call, window_function
from unbounded.functions.signature import ANY, P_BOOLEAN, P_INTEGER, Types
from unbounded.types.datatypes import DOUBLE, INTEGER, DataType


def _first(types: Types) -> DataType:
    return types[0]


def _rank(name: str) -> Function:
    return window_function([], INTEGER, f"CAST({call(name, '')} AS INTEGER)")


_ALWAYS = Nullability.ALWAYS

FUNCTIONS: dict[str, Function] = {
    "row_number": _rank("row_number"),
    "rank": _rank("rank"),
    "dense_rank": _rank("dense_rank"),
    "percent_rank": window_function([], DOUBLE, call("percent_rank", "")),
    "cume_dist": window_function([], DOUBLE, call("cume_dist", "")),
    "ntile": window_function([P_INTEGER], INTEGER, f"CAST({call('ntile', '{0}')} AS INTEGER)"),
    "lag": window_function([ANY, P_INTEGER, ANY], _first, call("lag"), optional=2, nullability=_ALWAYS),
    "lead": window_function([ANY, P_INTEGER, ANY], _first, call("lead"), optional=2, nullability=_ALWAYS),
    "nth_value": window_function(
        [ANY, P_INTEGER, P_BOOLEAN], _first, call("nth_value", "{0}, {1}"), optional=1, nullability=_ALWAYS
    ),
}
